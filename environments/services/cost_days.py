"""Days of environments: when each ran and what that cost, written from facts and prices (docs/costs.md).

Today's row says what it was up to a moment, and what each hour from then on adds: pages go on from there, and only
what changes a fact or a price has it written anew. Days are closed when they end, by a mark that waits for that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from environments.models import Environment, Interval
from environments.models.daily import DailyCost, MonthlyCost, StaleDays
from environments.models.rate import Rate

from . import cost_marks, cost_months, cost_rows, faulty_rows
from .cost_facts import Reckoned, reckoned
from .cost_marks import Claim

log = logging.getLogger(__name__)

# A transaction writes the days of so many environments, and so many days of all of them.
MOST, MOST_DAYS = 500, 4000
# What is left then is for the next minute, and for other workers.
MOST_TURNS = 60
# Between two of them others get their turn: SQLite has one writer.
BREATH_S = 0.01
DAY = timedelta(days=1)


def rebuild(*, environments: Iterable[int], first: date, last: date | None, now: datetime) -> None:
    """Make these dates (both included; None: until today) anew at once, and what else is due of these environments.

    Where another worker is about it, that one does it.
    """
    ids = set(environments)
    cost_marks.mark(environment_ids=ids, first=first, last=last, now=now)
    _work(now, ids)


def rebuild_due(*, now: datetime) -> frozenset[int]:
    """Make anew whatever is marked, and close the days that have ended; the environments whose present day, or one that
    comes, was among that.

    Each batch of environments is one transaction; a worker that is killed loses one, and another does it once its lease
    is over. Safe to run twice at once.
    """
    return _work(now, None)


def close_days(*, now: datetime) -> frozenset[int]:
    """Close days as `rebuild_due` does, and find what has no mark that would see to that: what was there before there
    were any, prices that begin later. Days of removed environments add nothing any more."""
    unmarked = Environment.objects.filter(~Exists(StaleDays.objects.filter(environment=OuterRef("pk"))))
    counted = Exists(Interval.objects.filter(environment=OuterRef("pk")))
    priced = Exists(Rate.objects.filter(environment=OuterRef("pk")))
    found = unmarked.filter(counted | priced).values_list("pk", flat=True)
    cost_marks.mark_all(environment_ids=list(found), now=now)
    _add_nothing(DailyCost.objects.filter(environment=None, day__gte=now.date() - 2 * DAY))
    return rebuild_due(now=now)


def finish(*, environments: Iterable[int], now: datetime) -> None:
    """Count the present day of environments up to now, before they are removed: their rows stay as they are then, and
    add nothing any more. The day of one that is not removed after all is written anew with its next fact, or when it
    ends."""
    ids = set(environments)
    rebuild(environments=ids, first=now.date() - DAY, last=None, now=now)
    _add_nothing(DailyCost.objects.filter(environment__in=ids, day__gte=now.date() - 2 * DAY))


def forget(*, environments: Iterable[int]) -> None:
    """Remove all rows of days and months of these environments, as if they had never been (those of the sample); the
    hours of their teams are those of the others then."""
    ids = set(environments)
    with transaction.atomic():
        StaleDays.objects.filter(environment__in=ids).delete()
        cost_months.add_hours(cost_rows.remove(ids))
        MonthlyCost.objects.filter(environment__in=ids).delete()


def _add_nothing(rows: QuerySet[DailyCost]) -> None:
    adding = rows.filter(Q(an_hour__gt=0) | Q(always_an_hour__gt=0))
    adding.update(an_hour=Decimal(0), always_an_hour=Decimal(0))


def _work(now: datetime, among: set[int] | None) -> frozenset[int]:
    written: set[int] = set()
    passing: set[int] = set()
    for _ in range(MOST_TURNS):
        claims = cost_marks.claim(now=now, most=MOST, most_days=MOST_DAYS, among=among, passing=passing)
        if not claims:
            break
        done = _written(claims, reckoned(days={one.environment_id: one.days for one in claims}, now=now), now)
        written |= {one.environment_id for one in done if one.concerns_what_comes}
        passing |= {one.environment_id for one in claims} - {one.environment_id for one in done}
        time.sleep(BREATH_S)
    return frozenset(written)


def _written(claims: Sequence[Claim], found: Sequence[Reckoned], now: datetime) -> list[Reckoned]:
    """Write all at once; where a row of them cannot be written, each environment by itself, so that the others are.

    A faulty one keeps its marks, and is tried again when their lease is over; it is said each time.
    """
    try:
        return _write(claims, found, now)
    except Exception as error:
        if not faulty_rows.are_to_blame(error):
            raise
        if len(claims) == 1:
            log.exception("The days of %s cannot be written.", ", ".join(one.name for one in found))
            return []
    of_each = {one.environment_id: one for one in found}
    done = []
    for claim in claims:
        if one := of_each.get(claim.environment_id):
            done += _written([claim], [one], now)
    return done


def _write(claims: Sequence[Claim], found: Sequence[Reckoned], now: datetime) -> list[Reckoned]:
    """Write what nothing has changed since it was claimed; the rest is given back, for the next turn."""
    with transaction.atomic():
        ours = {one.environment_id: one for one in cost_marks.only_ours(claims)}
        writing = [one for one in found if one.environment_id in ours]
        written = cost_rows.write(writing)
        cost_months.sum_months(written.months, {one.environment_id: one.name for one in writing})
        cost_months.add_hours(written.minutes)
        settled = [ours[one.environment_id] for one in writing]
        cost_marks.settle(settled, {one.environment_id: one.goes_on for one in writing if one.goes_on})
        # A turn of their own: there may be years of them.
        cost_marks.mark_each(days={one.environment_id: one.never_made for one in writing if one.never_made}, now=now)
    there = {one.environment_id for one in found}
    cost_marks.release(one for one in claims if one.environment_id not in ours and one.environment_id in there)
    return writing
