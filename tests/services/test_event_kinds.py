"""Every kind of event is named in docs/events.md, and every kind named there exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps

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


def test_every_kind_is_under_exactly_one_heading() -> None:
    assert Counter(kind for _heading, names in kinds.groups() for kind in names) == Counter(list(kinds.catalogue()))


def test_starting_and_stopping_come_first_and_no_heading_comes_twice() -> None:
    headings = [str(heading) for heading, _names in kinds.groups()]
    assert headings[:2] == ["Starting and stopping", "Overrides"]
    assert len(headings) == len(set(headings))


def test_a_kind_that_an_app_puts_under_none_of_its_headings_is_under_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = apps.get_app_config("portal")
    later = {**config.event_kinds, "portal.new": "New"}  # type: ignore[attr-defined]
    monkeypatch.setattr(config, "event_kinds", later)
    assert (config.verbose_name, ["portal.new"]) in kinds.groups()
