"""“Keep it running / stopped until …”: placing and releasing holds."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Hold, Operation, State, Wish

from . import operations, schedules
from .specs import planned, spec_of

KIND = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}
MET = {Wish.RUNNING: State.RUNNING, Wish.STOPPED: State.STOPPED}


class Until(Enum):
    """Ends of a hold that are no time: the next boundary of the plan without it, or somebody's release."""

    NEXT_CHANGE = "next"
    RELEASED = "released"


def default_end(environment: Environment, *, now: datetime) -> datetime | None:
    """When a hold placed now ends by default; None when the plan without it never changes."""
    return rules.default_until(spec_of(planned(environment, now), now, without_holds=True), now)


def place(
    *,
    environment: Environment,
    desired: Wish,
    until: datetime | Until,
    reason: str = "",
    author: User,
    origin: str = Hold.Origin.WEB,
    now: datetime,
) -> Hold:
    """Keep the environment running or stopped, effective at once; an open hold is replaced and stays in the history.

    Records the start or stop that it takes. Raises ValidationError naming `until` when that is not in the future.
    Nothing is written then.
    """
    end = default_end(environment, now=now) if until is Until.NEXT_CHANGE else until
    if not isinstance(end, datetime):
        end = None
    elif end <= now:
        raise ValidationError({"until": _("This time has passed. Choose one in the future.")})
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        _end_open(environment, author, now)
        hold = Hold.objects.create(
            environment=environment,
            desired=desired,
            starts_at=now,
            until=end,
            reason=reason.strip(),
            author=author,
            origin=origin,
            created_at=now,
        )
        schedules.enforce(environment, now=now)
        _make_sure(environment, hold, now)
    return hold


def release(*, environment: Environment, author: User, now: datetime) -> bool:
    """End the open hold; the plan decides again at once. False when there was none (somebody was faster)."""
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        ended = _end_open(environment, author, now)
        if ended:
            schedules.enforce(environment, now=now)
    return ended


def _end_open(environment: Environment, author: User, now: datetime) -> bool:
    return bool(Hold.objects.open().filter(environment=environment).update(ended_at=now, ended_by=author))


def _make_sure(environment: Environment, hold: Hold, now: datetime) -> None:
    """What somebody asks for by hand is done even when the plan wished for it before and it went wrong or was
    changed."""
    wish = Wish(hold.desired)
    fresh = Environment.objects.with_plan(now).get(pk=environment.pk)
    under_way = Operation.objects.unfinished().filter(environment=environment, kind=KIND[wish], next_wish__isnull=True)
    if fresh.state == MET[wish] or under_way.exists():
        return
    found = rules.explain(spec_of(fresh, now), now)
    operations.request_many([(fresh, schedules.wanted(found, [hold], fresh))], now=now)
