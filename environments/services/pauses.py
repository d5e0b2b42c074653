"""Switching the schedule of an environment off until a time, and on again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from environments import override_events
from environments.models import Environment, Hold, Pause, State
from portal.origin import acting

from . import budget_limits, expiry, recorded, schedules
from .permissions import EXCEED

LONGEST = timedelta(days=366)


def place(
    *,
    environment: Environment,
    until: datetime,
    reason: str = "",
    author: User,
    origin: str = Hold.Origin.WEB,
    now: datetime,
) -> Pause:
    """Leave the environment as it is from now until `until`; an open pause is replaced and stays in the history.

    Its plan is judged again within seconds. Raises ValidationError naming `until` when that is not in the future or
    more than a year away, and in words where a used-up budget forbids that it goes on; PermissionDenied for those who
    may not pass the environment's longest hold: a pause would be the way around it. Nothing is written then.
    """
    if environment.max_hold_hours and not author.has_perm(EXCEED):
        raise PermissionDenied(
            _("%(name)s may be kept on or off for %(hours)s hours at most, so only an operator can pause its schedule.")
            % {"name": environment.name, "hours": environment.max_hold_hours}
        )
    left = expiry.days_left(environment, now)
    if left is not None and left < 0:
        raise ValidationError(
            {"until": _("%(name)s has expired: there is nothing to pause.") % {"name": environment.name}}
        )
    if environment.state != State.STOPPED:
        budget_limits.refuse_extension(environment, author, now, until)
    if until <= now:
        raise ValidationError({"until": _("This time has passed. Choose one in the future.")})
    if until - now > LONGEST:
        raise ValidationError({"until": _("A schedule is paused for a year at most. Give it no schedule for longer.")})
    with acting(author, origin), transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        _end_open(environment, author, now)
        pause = Pause.objects.create(
            environment=environment,
            starts_at=now,
            until=until,
            reason=reason.strip(),
            author=author,
            origin=origin,
            created_at=now,
        )
        schedules.plan_changed([environment.pk], now=now)
        override_events.paused(pause, environment, author, now)
    return pause


def resume(*, environment: Environment, author: User, now: datetime) -> bool:
    """End the open pause; the schedule decides again within seconds. False when there was none (somebody was
    faster)."""
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        ended = _end_open(environment, author, now)
        if ended:
            schedules.plan_changed([environment.pk], now=now)
            override_events.resumed(environment, author, now)
    return ended


def end_spent(*, now: datetime) -> int:
    """Close pauses whose time has come, and tell of it; their number. The plan has ended them by itself already."""
    with transaction.atomic():
        over = Pause.objects.open().filter(until__lte=now).select_related("environment__team", "environment__schedule")
        spent = list(over.order_by("pk"))
        ended = recorded.update(over, ended_at=F("until"))
        for pause in spent:
            override_events.pause_ended(pause, pause.environment, now)
    return ended


def _end_open(environment: Environment, author: User, now: datetime) -> bool:
    open_one = Pause.objects.open().filter(environment=environment)
    return bool(recorded.update(open_one, by=author, ended_at=now, ended_by=author))
