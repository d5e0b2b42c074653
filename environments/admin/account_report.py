"""What an account's page says of the last test of its connection: region by region, what is wrong first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from environments.models import Account
from environments.models.texts import in_language
from environments.services import accounts

from .own_clock import at_place_words

Data = Mapping[str, Any]
# In the order in which they are shown: verdict, its word, its tone.
VERDICTS = {
    "denied": (gettext_lazy("missing"), "failed"),
    "failed": (gettext_lazy("could not be asked"), "failed"),
    "unknown": (gettext_lazy("cannot be tested"), "stopped"),
    "allowed": (gettext_lazy("works"), "running"),
}


@dataclass(frozen=True, slots=True)
class Line:
    action: str
    word: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Region:
    """A region's lines: those to look at, and those that work. `summary` counts them in words."""

    name: str
    summary: str
    tone: str
    wrong: list[Line]
    right: list[Line]


def context(account: Account, now: datetime) -> dict[str, Any]:
    """What the template shows; nothing of a report before the first test."""
    if account.checked_at is None:
        return {"tested": ""}
    said, tone = summary(account.check_report)
    return {
        "tested": at_place_words(account.checked_at, settings.TIME_ZONE, now),
        "test_summary": said,
        "test_tone": tone,
        "test_regions": [_region(name, account.check_report) for name in _regions(account.check_report)],
        "lacking": [json.dumps(document, indent=2) for document in accounts.missing(account)],
    }


def summary(report: Sequence[Data]) -> tuple[str, str]:
    """Counts in a sentence, and the tone of the worst."""
    counts = Counter(row["verdict"] for row in report)
    words = {
        "denied": ngettext("%(n)s permission is missing", "%(n)s permissions are missing", counts["denied"]),
        "failed": ngettext("%(n)s could not be asked", "%(n)s could not be asked", counts["failed"]),
        "unknown": ngettext("%(n)s cannot be tested", "%(n)s cannot be tested", counts["unknown"]),
        "allowed": ngettext("%(n)s works", "%(n)s work", counts["allowed"]),
    }
    there = [verdict for verdict in VERDICTS if counts[verdict]]
    said = ", ".join(words[verdict] % {"n": counts[verdict]} for verdict in there)
    # What cannot be tested is no fault: a connection of which all else works is well.
    wrong = [VERDICTS[verdict][1] for verdict in there if verdict in {"denied", "failed"}]
    return (said or _("There was nothing to test."), wrong[0] if wrong else "running")


def _regions(report: Sequence[Data]) -> list[str]:
    return list(dict.fromkeys(row["region"] for row in report))


def _region(name: str, report: Sequence[Data]) -> Region:
    rows = [row for row in report if row["region"] == name]
    ranks = list(VERDICTS)
    rows.sort(key=lambda row: ranks.index(row["verdict"]))
    lines = [(row["verdict"], _line(row)) for row in rows]
    said, tone = summary(rows)
    wrong = [line for verdict, line in lines if verdict != "allowed"]
    return Region(name, said, tone, wrong, [line for verdict, line in lines if verdict == "allowed"])


def _line(row: Data) -> Line:
    word, tone = VERDICTS[row["verdict"]]
    return Line(row["action"], str(word), tone, in_language(row["texts"]))
