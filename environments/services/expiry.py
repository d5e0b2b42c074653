"""Telling people in time that an environment's last day comes. The stop itself is the plan's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from environments import events
from environments.models import Environment, Schedule

DAYS_BEFORE = (7, 1)
# People are told in their morning, not at midnight.
FROM_HOUR = 9


def warn(*, now: datetime) -> int:
    """Publish the warnings that are due: a week and a day before the last day, each once; their number.

    Who sets a last day that is nearer gets the warning that fits. Safe to run twice at once.
    """
    # A day more at both ends, because the date is that of the environment's own zone.
    near = Q(expires_on__gte=now.date() - timedelta(days=1), expires_on__lte=now.date() + timedelta(days=8))
    rows = Environment.objects.filter(near).exclude(expiry_warned=min(DAYS_BEFORE)).select_related("team", "schedule")
    return sum(_warn(environment, now) for environment in rows)


def days_left(environment: Environment, now: datetime) -> int | None:
    """Days until the last day, in the zone of its plan: 0 on that day itself, negative after it. None: it has none."""
    if environment.expires_on is None:
        return None
    return (environment.expires_on - today(environment.schedule, environment.zone_name, now)).days


def today(schedule: Schedule | None, own_zone: str, now: datetime) -> date:
    """Which day it is for an environment with this schedule: its plan's zone decides, not the portal's."""
    zone = (schedule.timezone if schedule else own_zone) or settings.TIME_ZONE
    return now.astimezone(ZoneInfo(zone)).date()


def _warn(environment: Environment, now: datetime) -> int:
    left = days_left(environment, now)
    due = min((days for days in DAYS_BEFORE if left is not None and 0 <= left <= days), default=None)
    told = environment.expiry_warned
    if due is None or (told is not None and told <= due):
        return 0
    if now.astimezone(ZoneInfo(environment.zone_name)).hour < FROM_HOUR:
        return 0
    with transaction.atomic():
        untold = Environment.objects.filter(
            pk=environment.pk, expiry_warned=told, expires_on=environment.expires_on
        ).update(expiry_warned=due)
        if untold:
            events.expiring(environment, now)
    return untold
