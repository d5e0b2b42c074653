"""Sums of days: each hour of the day so far, and whole once the day is over.

How many answers there were, and how many were good, add up from the hours. Response times do not: they are made from
the answers, of a running day as long as these are few, and of each day once it is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Sum

from environments.models import HealthDay, HealthHour

from . import health_sum_facts as facts
from . import health_sum_rows, plans

# Answers of a running day that are read anew each hour.
FEW: Final = 200_000
# Checks whose answers of a day are ranked at once.
CHECKS_AT_ONCE: Final = 200
# Zones are up to so far from UTC.
FURTHEST_ZONE: Final = timedelta(hours=14)


def make(zone_name: str, day: date, checks: Collection[int], until: datetime) -> None:
    """The sums of these checks, of a day of this zone as far as `until`; the hours before that have theirs."""
    begin, end = plans.bounds(day, zone_name)
    if end > until and facts.hour(begin) == begin:
        counted = _counted(begin, min(end, until), checks)
        if sum(one.samples for one in counted.values()) > FEW:
            _put(day, counted)
            return
    ids = sorted(checks)
    for first in range(0, len(ids), CHECKS_AT_ONCE):
        _put(day, facts.made(begin, min(end, until), ids[first : first + CHECKS_AT_ONCE]))


def finish(until: datetime) -> int:
    """Make the response times of days that were over by `until` and have none yet; how many days of checks. One query
    where none is left, and one more for each day and zone with checks that never answered."""
    days: defaultdict[tuple[str, date], set[int]] = defaultdict(set)
    newest = (until + FURTHEST_ZONE).date()
    oldest = newest - timedelta(days=settings.HEALTH_SAMPLE_DAYS + 2)
    rows = HealthDay.objects.filter(
        day__range=(oldest, newest), samples__gt=0, p50_ms__isnull=True, check_row__isnull=False
    )
    found = list(rows.order_by().values_list("check_number", "day"))
    whose = {one.check_id: one for one in facts.whose({pk for pk, _ in found})} if found else {}
    for pk, day in found:
        if pk in whose:
            days[whose[pk].zone, day].add(pk)
    return sum(len(checks) for checks in _finished(days, until))


def _finished(days: dict[tuple[str, date], set[int]], until: datetime) -> Iterator[set[int]]:
    for (zone_name, day), checks in days.items():
        begin, end = plans.bounds(day, zone_name)
        if end <= until:
            # Of what never answered there is no time to make.
            answered = HealthHour.objects.filter(hour__gte=facts.hour(begin), hour__lt=end, p50_ms__isnull=False)
            late = checks & set(answered.order_by().values_list("check_number", flat=True).distinct())
            if late:
                make(zone_name, day, late, until)
                yield late


def _counted(begin: datetime, end: datetime, checks: Collection[int]) -> dict[int, facts.Made]:
    """What the hours of `[begin, end)` add up to, by check, without times."""
    found: dict[int, facts.Made] = {}
    for some in facts.chunks(checks):
        rows = HealthHour.objects.filter(hour__gte=begin, hour__lt=end, check_number__in=some, samples__gt=0)
        sums = rows.order_by().values_list("check_number").annotate(n=Sum("samples"), good=Sum("up"))
        found |= {pk: facts.Made(number, good, None, None) for pk, number, good in sums}
    return found


def _put(day: date, made: dict[int, facts.Made]) -> None:
    health_sum_rows.put(HealthDay, [one.row(day, **made[one.check_id]._asdict()) for one in facts.whose(made)])
