"""The map of hours in words: a cell for each hour of the week, whose number says what its colour shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _

from environments.services.cost_hours import HOURS, HoursMap

from .costs_words import weekdays

PALE: Final = 0.75
MIDDLE: Final = 64
DEEP: Final = 82


@dataclass(frozen=True, slots=True)
class Cell:
    """`level` is how much of the colour it has, 0 to 100; `number` stands in the cell, in white where `is_deep`, and
    `told` says it in words."""

    level: int
    is_deep: bool
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
        number, told = str(round(value * 100)), _("%(span)s: ran %(number)s%% of the time")
    else:
        number, told = _count(value * found.most), _("%(span)s: %(number)s ran on average")
    return Cell(*_colour(value), number, told % {"span": span, "number": number})


def _colour(value: float) -> tuple[int, bool]:
    """Between what black and what white can be read on (4.5:1) lies a step, which no cell has."""
    if value > PALE:
        return DEEP + round((value - PALE) / (1 - PALE) * (100 - DEEP)), True
    return round(value / PALE * MIDDLE), False


def _count(number: float) -> str:
    if number < 10 and round(number, 1) != round(number):
        return formats.number_format(round(number, 1), 1)
    return formats.number_format(round(number), 0, force_grouping=True)
