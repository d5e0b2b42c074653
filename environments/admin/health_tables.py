"""Health over time as tables and lines: days by checks, response times, and reports by subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _

from environments.models import Environment, HealthDay
from environments.services import health_history
from environments.services.health_history import Subject, Tally

from . import small_charts
from .costs_words import weekday_words
from .health_words import figure, share

PERIODS: Final = (7, 30, 90, 365)
DAY: Final = timedelta(days=1)
FINE, FAIR = 0.99, 0.95
MOST: Final = 12
"""Checks that have a column of their own, the least good ones first."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a check. `width` is the share as a bar of 100; `told` says all of it; empty where nothing was asked."""

    share: str = ""
    width: str = ""
    beside: str = ""
    told: str = ""
    tone: str = ""
    is_less: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    whole: Cell
    chart: tuple[tuple[str, ...], tuple[str, ...]] | None
    told: str
    top: str


@dataclass(frozen=True, slots=True)
class Line:
    day: str
    cells: tuple[Cell, ...]
    reports: Cell


@dataclass(frozen=True, slots=True)
class Reporting:
    name: str
    received: str
    missed: str
    cell: Cell


def section(environment: Environment, first: date, last: date) -> dict[str, Any]:
    """The context of the tables; three queries."""
    answered = health_history.answered(environment.pk, first, last)
    reports = health_history.reports(environment.pk, first, last)
    subjects = health_history.subjects(environment.pk, first, last)
    columns = _ranked(answered)
    shown = columns[:MOST]
    dates = [last - ahead * DAY for ahead in range((last - first).days + 1)]
    cells = [{row.day: _answers(row) for row in answered[pk]} for pk in shown]
    lines = [
        Line(weekday_words(day), tuple(its.get(day, Cell()) for its in cells), _reports(reports.get(day)))
        for day in dates
    ]
    return {
        "columns": [_column(answered[pk], first, last) for pk in shown],
        "lines": [line for line in lines if line.reports.share or any(cell.share for cell in line.cells)],
        "left_out": len(columns) - len(shown),
        "has_reports": bool(reports),
        "all_reports": _reports(sum(reports.values(), Tally())) if reports else None,
        "subjects": [_subject(one) for one in subjects],
        "first_words": weekday_words(first),
        "last_words": weekday_words(last),
        "nothing": not answered and not reports,
    }


def _ranked(answered: Mapping[int, Sequence[HealthDay]]) -> list[int]:
    def good(pk: int) -> tuple[float, str]:
        rows = answered[pk]
        return sum(row.up for row in rows) / sum(row.samples for row in rows), rows[-1].check_name

    return sorted(answered, key=good)


def _column(rows: Sequence[HealthDay], first: date, last: date) -> Column:
    whole = Tally(sum(row.samples for row in rows), sum(row.up for row in rows))
    slow = [row.p95_ms for row in rows if row.p95_ms is not None]
    name = rows[-1].check_name + ("" if rows[-1].check_row_id else f" ({_('removed')})")
    if not slow:
        return Column(name, _cell(whole), None, "", "")
    length = max((last - first).days, 1)
    top = max(slow)
    drawn = tuple(
        small_charts.lines(
            [((row.day - first).days / length, value) for row in rows if (value := getattr(row, field)) is not None],
            top=top,
            gap=1.5 / length,
        )
        for field in ("p50_ms", "p95_ms")
    )
    usual = sorted(row.p50_ms for row in rows if row.p50_ms is not None)
    told = _("%(name)s: on a usual day half of the answers came in %(usual)s; on the slowest, 95 of 100 in %(top)s.")
    return Column(
        name,
        _cell(whole),
        (drawn[0], drawn[1]),
        told % {"name": name, "usual": figure(usual[len(usual) // 2]), "top": figure(top)},
        figure(top),
    )


def _answers(row: HealthDay) -> Cell:
    times = ""
    if row.p50_ms is not None and row.p95_ms is not None:
        times = f"{figure(row.p50_ms)} / {figure(row.p95_ms)}"
    return _cell(Tally(row.samples, row.up), beside=times)


def _reports(tally: Tally | None) -> Cell:
    if tally is None:
        return Cell()
    words = {"received": _number(tally.received), "all": _number(tally.received + tally.missed)}
    return _cell(tally, beside=_("%(received)s of %(all)s") % words)


def _subject(one: Subject) -> Reporting:
    name = one.name if one.is_there else f"{one.name} ({_('removed')})"
    return Reporting(name, _number(one.tally.received), _number(one.tally.missed), _cell(one.tally))


def _cell(tally: Tally, beside: str = "") -> Cell:
    if not tally.all:
        return Cell()
    said = _("%(good)s of %(all)s as they should be") % {"good": _number(tally.good), "all": _number(tally.all)}
    good = tally.good / tally.all
    tone = "running" if good >= FINE else "unknown" if good >= FAIR else "failed"
    return Cell(share(tally), f"{100 * good:.1f}", beside, said, tone, tally.good < tally.all)


def _number(value: int) -> str:
    return formats.number_format(value, force_grouping=True)
