"""Today and the present month of many environments together, for pages that are read each few seconds.

The same amounts as `costs.so_far` and `costs.month_of_each` add up to, in whole millionths all the way: a thousand
environments take some ten milliseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast

from environments.models import DailyCost, Environment, MonthlyCost
from environments.models.daily import StaleDays
from environments.models.money import PLACES
from environments.models.rate import Rate
from environments.rules.costs import local_days

from .cost_now import DAY, Now
from .plans import today

MICROSECOND: Final = timedelta(microseconds=1)
HOUR: Final = timedelta(hours=1) // MICROSECOND
AMOUNTS: Final = ("estimate", "always_on", "an_hour", "always_an_hour")


@dataclass(slots=True)
class _Sum:
    estimate: int = 0
    always_on: int = 0
    an_hour: int = 0
    always_an_hour: int = 0

    def add_since(self, an_hour: int, always_an_hour: int, time: timedelta) -> None:
        """What it costs for so long, each row rounded to a millionth, half to even."""
        part = max(time, timedelta()) // MICROSECOND
        self.estimate += _rounded(an_hour * part)
        self.always_on += _rounded(always_an_hour * part)

    def now(self, currency: str) -> Now:
        return Now(currency, *(Decimal(getattr(self, name)).scaleb(-PLACES) for name in AMOUNTS))


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts by currency, sorted: of today, each environment by its own date, and of its month so far."""

    today: list[Now]
    month: list[Now]


def totals(*, environments: QuerySet[Environment], now: datetime) -> Totals:
    """Today and the present month of all of these, up to now. Three queries, whatever their number."""
    named = environments.order_by().values_list("pk", "timezone", "schedule__timezone")
    zones = {pk: own or schedules or settings.TIME_ZONE for pk, own, schedules in named}
    dates = {name: today(name, now) for name in set(zones.values())}
    of_today: defaultdict[str, _Sum] = defaultdict(_Sum)
    of_month: defaultdict[str, _Sum] = defaultdict(_Sum)
    _add_months(environments, dates, of_month)
    _add_days(environments, zones, dates, now, of_today, of_month)
    return Totals(*([found[name].now(name) for name in sorted(found)] for found in (of_today, of_month)))


def is_reckoning(*, environments: QuerySet[Environment], now: datetime) -> bool:
    """Whether days of any of these that have a price are still to be reckoned: amounts that are missing will come. One
    query."""
    due = StaleDays.objects.filter(marked_at__lte=now, environment__in=environments.order_by().values("pk"))
    return due.filter(Exists(Rate.objects.filter(environment=OuterRef("environment")))).exists()


def _add_months(environments: QuerySet[Environment], dates: Mapping[str, date], into: Mapping[str, _Sum]) -> None:
    """What was counted: the months of those whose calendar has that month."""
    months = {name: day.replace(day=1) for name, day in dates.items()}
    rows = MonthlyCost.objects.filter(
        environment__in=environments.order_by().values("pk"), month__in=set(months.values())
    )
    grouped = rows.order_by().values_list(
        "month", "currency", "environment__timezone", "environment__schedule__timezone"
    )
    sums = {f"sum_{name}": Cast(Sum(name), BigIntegerField()) for name in AMOUNTS[:2]}
    for month, currency, own, schedules, estimate, always_on in grouped.annotate(**sums):
        if months[own or schedules or settings.TIME_ZONE] == month:
            into[currency].estimate += estimate
            into[currency].always_on += always_on


def _add_days(
    environments: QuerySet[Environment],
    zones: Mapping[int, str],
    dates: Mapping[str, date],
    now: datetime,
    of_today: Mapping[str, _Sum],
    of_month: Mapping[str, _Sum],
) -> None:
    """Days that are not over, and yesterdays that nobody has closed: these go on as today until today has a row."""
    ends = {(name, day): end for name, on in dates.items() for day, _begin, end in local_days(name, on - DAY, on)}
    wanted = Q(pk__in=[])
    for day in {day for _, day in ends}:
        wanted |= Q(day=day, known_until__lt=max(end for (_, on), end in ends.items() if on == day))
    rows = DailyCost.objects.filter(wanted, environment__in=environments.order_by().values("pk")).order_by()
    raw = {f"raw_{name}": Cast(F(name), BigIntegerField()) for name in AMOUNTS}
    found = list(rows.annotate(**raw).values_list("environment_id", "day", "known_until", "currency", *raw))
    counted = {pk for pk, day, *_ in found if pk in zones and day == dates[zones[pk]]}
    for pk, day, known, currency, estimate, always_on, an_hour, always_an_hour in found:
        zone = zones.get(pk, "")
        end = ends.get((zone, day))
        if end is None or known >= end:
            continue
        same_month = day.replace(day=1) == dates[zone].replace(day=1)
        if same_month:
            of_month[currency].add_since(an_hour, always_an_hour, min(now, end) - known)
        if day == dates[zone]:
            sums = of_today[currency]
            sums.estimate, sums.always_on = sums.estimate + estimate, sums.always_on + always_on
            sums.add_since(an_hour, always_an_hour, min(now, end) - known)
        elif pk not in counted:
            for sums in (of_today[currency], of_month[currency]):
                sums.add_since(an_hour, always_an_hour, min(now, end + DAY) - end)
        else:
            continue
        for sums in (of_today[currency], of_month[currency]):
            sums.an_hour, sums.always_an_hour = sums.an_hour + an_hour, sums.always_an_hour + always_an_hour


def _rounded(amount: int) -> int:
    """Of an amount for an hour times microseconds: for these, half to even."""
    whole, rest = divmod(amount, HOUR)
    return whole + (2 * rest > HOUR or (2 * rest == HOUR and whole % 2 == 1))
