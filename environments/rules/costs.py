"""What running costs: price lines, and the spans in which something ran. Exact until it is rounded, once, at the end.

Amounts are fractions of a currency unit, so that a stretch of time costs the same however it is cut: by midnights,
clock changes or new prices. `money` rounds to a millionth, half to even; pages round that to what the currency has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from environments.rules.intervals import Span, merged
from environments.rules.zones import WallClock, known_zone, moment

PLACES: Final = 6
_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """A price line: what `quantity` of something cost each `hours` hours, from `begin` until `end` or a newer line of
    its label.

    `hours` is 1, or 730 for prices of a month: AWS's own calculators take a month for so many hours. `always`: it is
    billed while the thing is stopped, too (volumes, snapshots, addresses). `absent`: spans in which the thing was not
    there to be kept on (its environment was not in the portal yet, or it was a part of another one): it cost what it
    ran, and nothing was saved; one without an end lasts. Raises ValueError for a negative price or quantity, for no
    hours, and for naive times.
    """

    label: str
    unit_price: Decimal
    currency: str
    begin: datetime
    quantity: Decimal = Decimal(1)
    always: bool = False
    hours: int = 1
    end: datetime | None = None
    absent: tuple[tuple[datetime, datetime | None], ...] = ()

    def __post_init__(self) -> None:
        if self.unit_price < 0 or self.quantity < 0:
            raise ValueError(f"{self.label}: prices and quantities are not negative")
        if self.hours < 1:
            raise ValueError(f"{self.label}: a price is for an hour or more")
        if self.begin.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError(f"{self.label}: times must be aware")

    @property
    def an_hour(self) -> Fraction:
        """What all of it costs an hour."""
        return Fraction(self.unit_price) * Fraction(self.quantity) / self.hours


@dataclass(frozen=True, slots=True)
class Amount:
    """What a stretch of time cost (`estimate`) and would have cost had everything run all the time (`always_on`): all
    the time that it was there (`Rate.absent`), and never less than it cost."""

    estimate: Fraction = Fraction(0)
    always_on: Fraction = Fraction(0)

    @property
    def saved(self) -> Fraction:
        return self.always_on - self.estimate

    @property
    def saved_share(self) -> Fraction:
        """Of what it would have cost, 0 to 1; 0 where that is nothing."""
        return self.saved / self.always_on if self.always_on else Fraction(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.estimate + other.estimate, self.always_on + other.always_on)


def cost(
    spans: Iterable[tuple[datetime, datetime | None]], rates: Sequence[Rate], begin: datetime, end: datetime
) -> dict[str, Amount]:
    """What one target cost in `[begin, end)`, by currency; a currency whose lines begin later is not there.

    `spans` are when it ran (one without an end still runs); they may overlap. Of the lines with one label the newest
    that has begun counts. Currencies are never added to each other.
    """
    ran = merged(spans, begin, end)
    found: dict[str, Amount] = {}
    for rate, (first, last) in in_force(rates, begin, end):
        whole = rate.an_hour * _hours([(first, last)])
        part = whole if rate.always else rate.an_hour * _hours(merged(ran, first, last))
        idle = [] if rate.always else merged(rate.absent, first, last)
        nowhere = sum((_hours([span]) - _hours(merged(ran, *span)) for span in idle), Fraction(0))
        amount = Amount(part, whole - rate.an_hour * nowhere)
        found[rate.currency] = found.get(rate.currency, Amount()) + amount
    return found


def running(spans: Iterable[tuple[datetime, datetime | None]], begin: datetime, end: datetime) -> timedelta:
    """How long something ran within `[begin, end)`; moments that several spans share count once."""
    return sum((last - first for first, last in merged(spans, begin, end)), timedelta())


def local_days(zone_name: str, first: date, last: date) -> list[tuple[date, datetime, datetime]]:
    """The days `first` to `last`, both included, of a time zone, each with its beginning and its end in UTC.

    A day is 23 or 25 hours long where the clock changes. Each ends where the next one begins. A
    zone that this server does not know goes by UTC.
    """
    clock = WallClock(known_zone(zone_name))
    ordinals = range(first.toordinal(), last.toordinal() + 2)
    begins = [(date.fromordinal(ordinal), moment(clock.instant(ordinal, 0))) for ordinal in ordinals]
    return [(day, begin, end) for (day, begin), (_, end) in pairwise(begins)]


def money(amount: Fraction, places: int = PLACES) -> Decimal:
    """The amount in decimal digits, half to even. Exact in between: an amount is rounded once."""
    return Decimal(round(amount * 10**places)).scaleb(-places)


def in_force(rates: Sequence[Rate], begin: datetime, end: datetime) -> Iterator[tuple[Rate, Span]]:
    """Each line with the part of `[begin, end)` in which it counts."""
    labels: dict[str, list[Rate]] = {}
    for rate in rates:
        labels.setdefault(rate.label, []).append(rate)
    for lines in labels.values():
        ordered = sorted(lines, key=lambda line: line.begin)  # stable: of two that begin at once the later one counts
        ends = [line.begin for line in ordered[1:]] + [end]
        for line, until in zip(ordered, ends, strict=True):
            first, last = max(line.begin, begin), min(until, line.end or end, end)
            if first < last:
                yield line, (first, last)


def _hours(spans: Iterable[Span]) -> Fraction:
    total = sum((last - first for first, last in spans), timedelta())
    return Fraction(total // _MICROSECOND, _HOUR // _MICROSECOND)
