"""Sums of checks by hour and day, kept for good: of answers, whose samples are kept for days, and of calls and reports.

Answers are summed once their hour is over: each hour of UTC, and each day of the environment's own zone. A mark, the
row of check number 0, says how many answers of an hour are in its sums; an hour that has got more since is made anew,
at the latest before its samples are pruned. Calls and reports are counted as they are judged, in the same rows.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import Greatest

from environments.models import HealthDay, HealthHour, HealthSample

from . import health_day_sums, health_sum_rows
from . import health_sum_facts as facts

HOUR: Final = timedelta(hours=1)
# Who writes an answer has committed it by then.
SETTLED: Final = timedelta(minutes=2)
# Hours that are looked at once more for answers that were late.
AGAIN: Final = 3
# Hours whose days are made together; a worker that dies amid them makes them anew.
AT_ONCE: Final = 24
# Pruning leaves the rest to the next turn after that.
PRUNING_S: Final = 60
# Samples deleted in one transaction: some hundredths of a second.
PRUNED_AT_ONCE: Final = 5000
LONGEST_BREATH_S: Final = 0.1
MARK: Final = 0
_NONE: Final[Mapping[int, Sequence[datetime]]] = {}


def count(
    *, received: Mapping[int, Sequence[datetime]] = _NONE, missed: Mapping[int, Sequence[datetime]] = _NONE
) -> None:
    """Add calls and reports that came, and those that did not, to the hours and the days that they are of: the moments
    at which they came, or by which they should have come; both by check.

    In the caller's transaction; three queries for a thousand checks. What is of no check any more is dropped.
    """
    hours: list[health_sum_rows.Row] = []
    days: list[health_sum_rows.Row] = []
    for one in facts.whose({pk for pk, moments in [*received.items(), *missed.items()] if moments}):
        its = received.get(one.check_id, ()), missed.get(one.check_id, ())
        hours += _rows(one, facts.hour, *its)
        # An hour of UTC may be of two days: there are zones that are half an hour off.
        days += _rows(one, one.day, *its)
    health_sum_rows.add(HealthHour, hours)
    health_sum_rows.add(HealthDay, days)


def sum_due(*, now: datetime) -> int:
    """Sum the hours that are over and have answers that are in no sum yet, and their days as far as they are over; how
    many hours that were. Doing it twice, or twice at once, changes nothing. Reads what is new, and once more the
    samples of its days where these are few or over."""
    until = facts.hour(now - SETTLED)
    health_day_sums.finish(until)
    last = _marks().order_by("-hour").values_list("hour", flat=True).first()
    due = [until - ahead * HOUR for ahead in range(1, AGAIN + 1)] if last else []
    due = [at for at in due if last and at <= last and _samples(at).count() != _marked(at)]
    done = _sum(sorted(due), until)
    at = last + HOUR if last else None
    while hours := _with_samples(at, until):
        done += _sum(hours, until)
        at = hours[-1] + HOUR
    return done


def prune(*, now: datetime) -> int:
    """Delete the samples of hours that are older than `HEALTH_SAMPLE_DAYS`, for a minute at most; how many those were.

    An hour of which not all is in the sums is summed first.
    """
    before = facts.hour(now - timedelta(days=settings.HEALTH_SAMPLE_DAYS))
    gone, end = 0, time.monotonic() + PRUNING_S
    health_day_sums.finish(facts.hour(now - SETTLED))
    while time.monotonic() < end and (hours := _with_samples(None, before, most=1)):
        seen = _samples(hours[0]).aggregate(number=Count("pk"), newest=Max("pk"))
        if seen["number"] != _marked(hours[0]):
            _sum(hours, facts.hour(now - SETTLED))
        else:
            while time.monotonic() < end and (number := _prune_some(hours[0], seen["newest"])):
                gone += number
    return gone


def _prune_some(at: datetime, newest: int) -> int:
    """Delete some thousands of the samples of an hour, in a transaction of its own: others write in between. The mark
    says how many are left, so that whoever goes on with it does not sum what is left anew."""
    began = time.monotonic()
    with transaction.atomic():
        # What comes meanwhile is in no sum yet: it is for the next look.
        rows = _samples(at).filter(pk__lte=newest)
        until = rows.order_by("at").values_list("at", flat=True)[PRUNED_AT_ONCE - 1 : PRUNED_AT_ONCE].first()
        number = (rows.filter(at__lte=until) if until else rows).delete()[0]
        _marks().filter(hour=at).update(samples=Greatest(F("samples") - number, 0))
    if connection.vendor == "sqlite" and until:
        # Who waits to write asks again only now and then.
        time.sleep(min(time.monotonic() - began, LONGEST_BREATH_S))
    return number


def _rows(
    whose: facts.Whose,
    span: Callable[[datetime], datetime | date],
    received: Sequence[datetime],
    missed: Sequence[datetime],
) -> Iterator[health_sum_rows.Row]:
    came, lacked = Counter(map(span, received)), Counter(map(span, missed))
    for at in sorted({*came, *lacked}):
        yield whose.row(at, received=came[at], missed=lacked[at])


def _with_samples(begin: datetime | None, until: datetime, *, most: int = AT_ONCE) -> list[datetime]:
    """The first hours from `begin` on, over by `until`, that have samples; an indexed look for each."""
    found: list[datetime] = []
    while len(found) < most:
        rows = HealthSample.objects.filter(at__lt=until)
        rows = rows.filter(at__gte=begin) if begin else rows
        first = rows.order_by("at").values_list("at", flat=True).first()
        if first is None:
            break
        found.append(facts.hour(first))
        begin = found[-1] + HOUR
    return found


def _sum(hours: Sequence[datetime], until: datetime) -> int:
    """Make the sums of these hours and of the days they are in, as far as `until`; then mark them."""
    days: defaultdict[tuple[str, date], set[int]] = defaultdict(set)
    counted: dict[datetime, int] = {}
    for at in hours:
        made = facts.made(at, at + HOUR)
        found = facts.whose(made)
        health_sum_rows.put(HealthHour, [one.row(at, **made[one.check_id]._asdict()) for one in found])
        counted[at] = sum(one.samples for one in made.values())
        for one in found:
            for day in {one.day(at), one.day(at + HOUR - timedelta(microseconds=1))}:
                days[one.zone, day].add(one.check_id)
    for (zone_name, day), checks in days.items():
        health_day_sums.make(zone_name, day, checks, until)
    _mark(counted)
    return len(hours)


def _samples(at: datetime) -> QuerySet[HealthSample]:
    return HealthSample.objects.filter(at__gte=at, at__lt=at + HOUR)


def _marks() -> QuerySet[HealthHour]:
    return HealthHour.objects.filter(check_number=MARK)


def _marked(at: datetime) -> int:
    return _marks().filter(hour=at).values_list("samples", flat=True).first() or 0


def _mark(counted: Mapping[datetime, int]) -> None:
    HealthHour.objects.bulk_create(
        (HealthHour(check_number=MARK, hour=at, samples=number) for at, number in counted.items()),
        update_conflicts=True,
        update_fields=["samples"],
        unique_fields=["check_number", "hour"],
    )
