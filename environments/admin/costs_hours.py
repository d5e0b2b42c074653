"""The map of hours in words: a cell for each hour of the week, whose number says what its colour shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _

from environments.services.cost_hours import HOURS, HoursMap

from .costs_words import weekdays


@dataclass(frozen=True, slots=True)
class Cell:
    """`level` is 0 to 100, for the colour; `number` stands in the cell, `told` says it in words."""

    level: int
    number: str
    told: str


@dataclass(frozen=True, slots=True)
class Shown:
    rows: list[tuple[str, list[Cell]]]
    hours: list[str]
    days: int
    alone: bool
    too_many: bool
    most: str


def shown(found: HoursMap) -> Shown:
    """The map as cells: per cent of the hour for one environment, else how many ran on average."""
    clock = [f"{hour:02}" for hour in range(HOURS)]
    rows = [
        (name, [_cell(found, value, name, hour) for hour, value in enumerate(row)])
        for name, row in zip(weekdays(), found.cells, strict=False)
    ]
    return Shown(rows, clock, found.days, found.alone, found.too_many, _count(found.most))


def _cell(found: HoursMap, value: float, day: str, hour: int) -> Cell:
    span = f"{day} {hour:02}:00–{hour + 1:02}:00"
    if found.alone:
        number = str(round(value * 100))
        return Cell(
            round(value * 100), number, _("%(span)s: ran %(share)s%% of the time") % {"span": span, "share": number}
        )
    number = _count(value * found.most)
    return Cell(round(value * 100), number, _("%(span)s: %(number)s ran on average") % {"span": span, "number": number})


def _count(number: float) -> str:
    if number < 10 and round(number, 1) != round(number):
        return formats.number_format(round(number, 1), 1)
    return formats.number_format(round(number), 0, force_grouping=True)
