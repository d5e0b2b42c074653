"""Shapes of the chart of costs: places along the axis are shares of its width, heights are pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

HEIGHT: Final = 240


@dataclass(frozen=True, slots=True)
class Part:
    paint: SafeString
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    """`words` are its days, `told` all that it stands for; `is_open` where its last day is not over. `expected`: what
    is still to come of it, `allowed` its part of the budget, `always_whole` always on with what is still to come of
    that; empty where nobody knows."""

    x: str
    width: str
    middle: str
    words: str
    told: str
    parts: tuple[Part, ...]
    cost: str
    always_on: str
    saved: str
    share: str
    amounts: tuple[str, ...]
    top: str
    is_open: bool
    expected: str
    allowed: str
    always_whole: str


@dataclass(frozen=True, slots=True)
class Line:
    x1: str
    x2: str
    y1: str
    y2: str


@dataclass(frozen=True, slots=True)
class Legend:
    swatch: SafeString
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    x: str
    width: str
    y: str
    height: str
    middle: str
    words: str


@dataclass(frozen=True, slots=True)
class Later:
    """A bar that has not begun, in words."""

    words: str
    expected: str
    allowed: str
    always_on: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`bars` are those that have begun, and `later` the others of which something is known; `ticks` and `labels` the
    words at its axes with their places. `has_budget`: there is one, be its line within the chart or far above it.
    `has_rest`: the line of always on goes on to the month's end."""

    bars: tuple[Bar, ...]
    legend: tuple[Legend, ...]
    ticks: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str, str], ...]
    always_on: tuple[Line, ...]
    budget: tuple[Line, ...]
    expected: tuple[Expected, ...]
    height: int = HEIGHT
    has_open: bool = False
    later: tuple[Later, ...] = ()
    has_budget: bool = False
    has_rest: bool = False


@cache
def paint(colour: int) -> SafeString:
    """Colour and pattern as attributes of a shape: neighbours of odd and even numbers differ without their colours."""
    filled = format_html(' fill="url(#costs-p{})"', colour) if colour % 2 else ""
    return format_html('class="costs-part costs-c{}"{}', colour, filled)


@cache
def swatch(colour: int) -> SafeString:
    """The same as a small square beside a name."""
    square = '<svg class="costs-swatch" aria-hidden="true"><rect {} x="4" width="12" height="12" rx="3"/></svg>'
    return format_html(square, paint(colour))
