"""Days of an environment: when it ran on each, and what that cost. Pure arithmetic, in whole microseconds since the
epoch between the datetimes that come in and the amounts that go out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from environments.rules.costs import Amount, Rate, in_force, local_days, money
from environments.rules.intervals import merged
from environments.rules.zones import EPOCH, known_zone

_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_HOURS: Final = 24

Key = tuple[int | None, str]
"""An account and a currency: what a day's costs are kept apart by."""


@dataclass(frozen=True, slots=True)
class WallDay:
    """A date of a time zone, `[begin, end)`, and where the hours by the clock on its walls begin: (instant, hour).

    An hour that the clock leaves out is not there; where it goes back, one lasts up to two hours.
    """

    day: date
    begin: datetime
    end: datetime
    hours: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A target of an environment: where it is billed, when it ran, and its price lines.

    `spans` may overlap; one without an end still runs.
    """

    account: int | None
    spans: Sequence[tuple[datetime, datetime | None]]
    rates: Sequence[Rate] = ()


@dataclass(frozen=True, slots=True)
class DayCost:
    """Amounts up to a moment, each rounded once, to a millionth; and what each hour from then on adds."""

    estimate: Decimal
    always_on: Decimal
    an_hour: Decimal = Decimal(0)
    always_an_hour: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class DayFound:
    """What a date was up to `known_until`: seconds that any part ran, minutes in each of the 24 hours by the clock on
    the wall (rounded, each by itself), and the costs of all parts by account and currency."""

    day: date
    known_until: datetime
    seconds: int
    minutes: bytes
    costs: Mapping[Key, DayCost] = field(default_factory=dict)


class _Tariff(NamedTuple):
    """In `[begin, end)` an hour of running costs `running` more than the `always` that is billed anyway; `absent` of
    that is for what was not there to be kept on."""

    begin: int
    end: int
    prices: Mapping[str, tuple[Fraction, Fraction, Fraction]]  # currency -> running, always, absent


@dataclass(slots=True)
class _Sum:
    estimate: Fraction = Fraction(0)
    always_on: Fraction = Fraction(0)
    an_hour: Fraction = Fraction(0)
    always_an_hour: Fraction = Fraction(0)


def wall_days(zone_name: str, first: date, last: date) -> list[WallDay]:
    """The dates `first` to `last`, both included, of a time zone; one that the zone has leapt over is left out.
    A zone that this server does not know goes by UTC.
    """
    tz = known_zone(zone_name)
    found = []
    for day, begin, end in local_days(zone_name, first, last):
        if begin == end:
            continue
        start = _instant(begin)
        steady = end - begin == timedelta(hours=_HOURS) and begin.astimezone(tz).hour == 0
        if steady and begin.astimezone(tz).utcoffset() == (end - _MICROSECOND).astimezone(tz).utcoffset():
            hours = [(start + hour * _HOUR, hour) for hour in range(_HOURS)]
        else:
            hours = []
            for at in range(0, (end - begin) // _MICROSECOND, _MINUTE):
                hour = (begin + at * _MICROSECOND).astimezone(tz).hour
                if not hours or hours[-1][1] != hour:
                    hours.append((start + at, hour))
        found.append(WallDay(day, begin, end, tuple(hours)))
    return found


def days_found(days: Sequence[WallDay], parts: Sequence[Part], now: datetime) -> list[DayFound]:
    """What each of these dates was, as is known at `now`: the future is left out.

    `days` in the order of time, as `wall_days` gives them. A currency that no line has a price in on a date is not
    there on that date. The amounts of dates are sums over their parts rounded once: the sum over dates is off from the
    whole by half a millionth for each at most.
    """
    days = [day for day in days if day.begin <= now]
    if not days:
        return []
    begin, until = days[0].begin, min(days[-1].end, now)
    together = _Ran((span for part in parts for span in part.spans), begin, until)
    priced = [
        (part, _Ran(part.spans, begin, until), _tariffs(part.rates, begin, days[-1].end))
        for part in parts
        if part.rates
    ]
    found = []
    for day in days:
        known = min(day.end, now)
        first, last = _instant(day.begin), _instant(known)
        spans = together.within(first, last)
        sums: dict[Key, _Sum] = {}
        for part, ran, tariffs in priced:
            runs = known < day.end and any(_lasts(span, known) for span in part.spans)
            _add(sums, part.account, ran, tariffs, (first, last), ends=known == day.end, runs=runs)
        found.append(
            DayFound(
                day.day,
                known,
                (sum(b - a for a, b in spans) + _SECOND // 2) // _SECOND,
                _minutes(spans, day.hours),
                {key: _rounded(amounts) for key, amounts in sums.items()},
            )
        )
    return found


def amounts(parts: Iterable[Part], begin: datetime, end: datetime) -> dict[Key, Amount]:
    """What all parts cost in `[begin, end)` by account and currency, not rounded: also what is planned to run."""
    first, last = _instant(begin), _instant(end)
    sums: dict[Key, _Sum] = {}
    for part in parts:
        tariffs = _tariffs(part.rates, begin, end)
        _add(sums, part.account, _Ran(part.spans, begin, end), tariffs, (first, last), ends=True, runs=False)
    return {key: Amount(found.estimate / _HOUR, found.always_on / _HOUR) for key, found in sums.items()}


class _Ran:
    """Spans that share no moment, in order, to be asked for many days."""

    __slots__ = ("_ends", "_spans")

    def __init__(self, spans: Iterable[tuple[datetime, datetime | None]], begin: datetime, end: datetime) -> None:
        self._spans = [(_instant(first), _instant(last)) for first, last in merged(spans, begin, end)]
        self._ends = [last for _, last in self._spans]

    def within(self, begin: int, end: int) -> list[tuple[int, int]]:
        """The parts of them that lie in `[begin, end)`."""
        found = []
        for first, last in self._spans[bisect_right(self._ends, begin) :]:
            if first >= end:
                break
            found.append((max(first, begin), min(last, end)))
        return found


def _tariffs(rates: Sequence[Rate], begin: datetime, end: datetime) -> list[_Tariff]:
    """The price lines of a target taken together: for each stretch without a change one sum a currency."""
    lines = []
    edges: set[int] = set()
    for rate, (from_, until) in in_force(rates, begin, end):
        spans = () if rate.always else merged(rate.absent, from_, until)
        gone = [(_instant(first), _instant(last)) for first, last in spans]
        lines.append((rate, _instant(from_), _instant(until), gone))
        edges.update(edge for span in (lines[-1][1:3], *gone) for edge in span)
    found = []
    for first, last in pairwise(sorted(edges)):
        prices: dict[str, tuple[Fraction, Fraction, Fraction]] = {}
        for rate, line_begin, line_end, gone in lines:
            if line_begin <= first and last <= line_end:
                running, always, absent = prices.get(rate.currency, (Fraction(0), Fraction(0), Fraction(0)))
                more = rate.an_hour
                if rate.always:
                    always += more
                else:
                    running += more
                    absent += more if any(a <= first and last <= b for a, b in gone) else 0
                prices[rate.currency] = running, always, absent
        if prices:
            found.append(_Tariff(first, last, prices))
    return found


def _add(
    sums: dict[Key, _Sum],
    account: int | None,
    ran: _Ran,
    tariffs: Sequence[_Tariff],
    span: tuple[int, int],
    *,
    ends: bool,
    runs: bool,
) -> None:
    """Add what a part cost in `span`; where that is not the end of the day, also what each hour from there adds."""
    begin, end = span
    for tariff in tariffs:
        first, last = max(tariff.begin, begin), min(tariff.end, end)
        goes_on = not ends and tariff.begin <= end < tariff.end
        if last <= first and not goes_on:
            continue
        whole = max(last - first, 0)
        part = sum(b - a for a, b in ran.within(first, last)) if whole else 0
        for currency, (running, always, absent) in tariff.prices.items():
            amounts = sums.setdefault((account, currency), _Sum())
            amounts.estimate += running * part + always * whole
            amounts.always_on += (running + always) * whole - absent * (whole - part)
            if goes_on:
                amounts.an_hour += running + always if runs else always
                amounts.always_an_hour += running + always - (0 if runs else absent)


def _rounded(amounts: _Sum) -> DayCost:
    return DayCost(
        money(amounts.estimate / _HOUR),
        money(amounts.always_on / _HOUR),
        money(amounts.an_hour),
        money(amounts.always_an_hour),
    )


def _minutes(spans: Iterable[tuple[int, int]], hours: Sequence[tuple[int, int]]) -> bytes:
    ran = [0] * _HOURS
    begins = [begin for begin, _ in hours]
    for first, last in spans:
        at = bisect_right(begins, first) - 1
        while at < len(begins) and begins[at] < last:
            until = begins[at + 1] if at + 1 < len(begins) else last
            ran[hours[at][1]] += min(last, until) - max(first, begins[at])
            at += 1
    return bytes((time + _MINUTE // 2) // _MINUTE for time in ran)


def _lasts(span: tuple[datetime, datetime | None], at: datetime) -> bool:
    began, ended = span
    # Clocks of workers differ by a moment: what has no end runs, though it begin a moment later.
    return ended is None or began <= at < ended


def _instant(at: datetime) -> int:
    return (at - EPOCH) // _MICROSECOND
