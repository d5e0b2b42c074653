"""Every kind of event is named in docs/events.md, and every kind named there exists."""

from __future__ import annotations

import re
from pathlib import Path

from notifications import kinds

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def _documented() -> set[str]:
    """The first column of the table; “`.stopping`” is of the same family as the kind before it."""
    found: list[str] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            for name in re.findall(r"`([a-z_.]+)`", line.split("|")[1]):
                found.append(found[-1].split(".")[0] + name if name.startswith(".") else name)
    return set(found)


def test_the_page_of_events_names_every_kind_and_no_other() -> None:
    assert _documented() == set(kinds.catalogue())
