"""Ways to run the same thing, by what a month of each costs: price lines and hours. Exact until it is rounded.

A month has 730 hours, as AWS's own calculators take it. A way costs a part that is there whatever runs (`fixed`) and a
part for each hour that it runs; so two ways cost the same at one number of hours at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Final

MONTH: Final = Fraction(730)
"""Hours of a month."""


class Per(Enum):
    """What a price is for: an hour, a month of 730 hours, or once."""

    HOUR = "hour"
    MONTH = "month"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What `quantity` of something cost.

    `hours` a month that it is billed for; None: those that the way runs. `reserved` is the share of it that is really
    taken, 0 to 1: of an instance's capacity that tasks reserve, when what the tasks take is billed and the instance is
    not (Fargate). A price paid once is spread over so many `months`. Raises ValueError for what makes no sense.
    """

    label: str
    unit_price: Fraction
    per: Per = Per.HOUR
    quantity: Fraction = Fraction(1)
    hours: Fraction | None = None
    reserved: Fraction = Fraction(1)
    months: int = 1

    def __post_init__(self) -> None:
        if self.unit_price < 0 or self.quantity < 0:
            raise ValueError(f"{self.label}: prices and quantities are not negative")
        if self.hours is not None and not 0 <= self.hours <= MONTH:
            raise ValueError(f"{self.label}: a month has 730 hours")
        if not 0 <= self.reserved <= 1:
            raise ValueError(f"{self.label}: a share is from 0 to 1")
        if self.months < 1:
            raise ValueError(f"{self.label}: it is spread over a month or more")

    @property
    def fixed(self) -> Fraction:
        """What it costs a month whatever runs."""
        if self.per is Per.ONCE:
            return self._whole / self.months
        return Fraction(0) if self.hours is None else self._an_hour * self.hours

    @property
    def an_hour(self) -> Fraction:
        """What it costs for each hour that the way runs."""
        return self._an_hour if self.per is not Per.ONCE and self.hours is None else Fraction(0)

    @property
    def _an_hour(self) -> Fraction:
        return self._whole / MONTH if self.per is Per.MONTH else self._whole

    @property
    def _whole(self) -> Fraction:
        return self.unit_price * self.quantity * self.reserved


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run something for `hours` a month."""

    name: str
    lines: tuple[PriceLine, ...]
    hours: Fraction = MONTH

    @property
    def fixed(self) -> Fraction:
        return sum((line.fixed for line in self.lines), Fraction(0))

    @property
    def an_hour(self) -> Fraction:
        return sum((line.an_hour for line in self.lines), Fraction(0))

    @property
    def monthly(self) -> Fraction:
        """What a month costs."""
        return self.at(self.hours)

    def at(self, hours: Fraction) -> Fraction:
        """What a month costs in which it runs for so many hours."""
        return self.fixed + self.an_hour * hours

    def of(self, line: PriceLine) -> Fraction:
        """What one of its lines adds to a month."""
        return line.fixed + line.an_hour * self.hours


@dataclass(frozen=True, slots=True)
class Even:
    """From `at` on (hours of a month, or a reserved share), the way `then` is cheaper; up to there the way `before`."""

    at: Fraction
    before: Way
    then: Way


@dataclass(frozen=True, slots=True)
class Difference:
    """A way beside the first one. `share` is that of the first one's cost; None where that is nothing.

    `hours` says from how many hours a month on which is cheaper, when both run as long; `reserved` the same for the
    share that is taken of what is billed by it, each running its own hours. None: one of them never is.
    """

    way: Way
    amount: Fraction
    share: Fraction | None
    hours: Even | None
    reserved: Even | None


def differences(ways: Sequence[Way]) -> list[Difference]:
    """Each way but the first beside the first."""
    if not ways:
        return []
    first = ways[0]
    return [
        Difference(
            way=way,
            amount=way.monthly - first.monthly,
            share=(way.monthly - first.monthly) / first.monthly if first.monthly else None,
            hours=even_hours(first, way),
            reserved=even_reserved(first, way),
        )
        for way in ways[1:]
    ]


def cheapest(ways: Sequence[Way]) -> list[Way]:
    """The ways that no other is cheaper than: several where they cost the same."""
    least = min((way.monthly for way in ways), default=Fraction(0))
    return [way for way in ways if way.monthly == least]


def even_hours(one: Way, other: Way) -> Even | None:
    """The hours of a month at which both cost the same, within it (neither 0 nor all of it); None where there are
    none, or where they always do."""
    return _even(one, other, one.fixed, one.an_hour, other.fixed, other.an_hour, MONTH)


def even_reserved(one: Way, other: Way) -> Even | None:
    """The reserved share at which both cost the same: the first way against the second, of which the lines that have a
    share all have that one. None where neither way has such lines, or both have."""
    by_share = [way for way in (one, other) if any(line.reserved != 1 for line in way.lines)]
    if len(by_share) != 1:
        return None
    way = by_share[0]
    rest = other if way is one else one
    none = _reserving(way, Fraction(0)).monthly
    each = _reserving(way, Fraction(1)).monthly - none
    return _even(way, rest, none, each, rest.monthly, Fraction(0), Fraction(1))


def _reserving(way: Way, share: Fraction) -> Way:
    lines = tuple(line if line.reserved == 1 else replace(line, reserved=share) for line in way.lines)
    return replace(way, lines=lines)


def _even(
    one: Way, other: Way, fixed: Fraction, each: Fraction, fixed_other: Fraction, each_other: Fraction, most: Fraction
) -> Even | None:
    if each == each_other:
        return None
    at = (fixed_other - fixed) / (each - each_other)
    if not 0 < at < most:
        return None
    steep, flat = (one, other) if each > each_other else (other, one)
    return Even(at, before=steep, then=flat)
