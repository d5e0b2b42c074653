"""Environments that were used, for tests: what ran, and how busy that was. It is the night to Monday, 23 November."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from environments.models import Environment, Target
from environments.models.advice import HourlyUse, UseLook
from tests.services import costing
from tests.support.times import SEOUL, monday

NOW = monday("04:30")
DAYS = 16


def used(of: Environment, first: int = 10, last: int = 17, *, ran: tuple[int, int] = (7, 22)) -> Target:
    """Sixteen days up to now: it ran from hour to hour on working days, and was busy in some of these hours; so much by
    its wall clock. Its target costs ten cents an hour."""
    target = costing.target(of, of.slug)
    costing.price(target)
    begin = (NOW - timedelta(days=DAYS)).astimezone(SEOUL).replace(hour=0, minute=0)
    for day in (begin + timedelta(days=n) for n in range(DAYS)):
        if day.weekday() < 5:
            costing.ran(target, day.replace(hour=ran[0]), day + timedelta(hours=ran[1]))
    measured(of, begin, lambda at: first <= at.hour < last and at.weekday() < 5)
    return target


def always_on(of: Environment, first: int = 9, last: int = 18) -> Target:
    """The same for what has run without end."""
    target = costing.target(of, of.slug)
    costing.price(target)
    begin = (NOW - timedelta(days=DAYS)).astimezone(SEOUL).replace(hour=0, minute=0)
    costing.ran(target, begin)
    measured(of, begin, lambda at: first <= at.hour < last and at.weekday() < 5)
    Environment.objects.filter(pk=of.pk).update(state="running")
    return target


def measured(of: Environment, begin: datetime, busy: Callable[[datetime], bool]) -> None:
    """CloudWatch knew of each hour until now."""
    hours = int((NOW - begin).total_seconds() // 3600)
    UseLook.objects.update_or_create(environment=of, defaults={"asked_at": NOW, "wanted_at": NOW + timedelta(days=1)})
    HourlyUse.objects.bulk_create(
        HourlyUse(
            environment=of, hour=at, cpu=Decimal(40 if busy(at.astimezone(SEOUL)) else 1), network=1_000_000
        )
        for at in (begin + timedelta(hours=n) for n in range(hours))
    )  # fmt: skip
