"""Until when a hold lasts: its default end, and how far it may reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Hold, Operation, OperationStatus, State, Wish

from . import permissions
from .running_on import left_running
from .specs import planned, spec_of

KIND = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}
MET = {Wish.RUNNING: State.RUNNING, Wish.STOPPED: State.STOPPED}


def default_end(environment: Environment, *, now: datetime) -> datetime | None:
    """When a hold placed now ends by default; None when the plan without it never changes."""
    return rules.default_until(spec_of(planned(environment, now), now, without_holds=True), now)


def extended_until(environment: Environment, spec: rules.EnvironmentSpec, now: datetime, by: timedelta) -> datetime:
    """Where “+1 h” ends, a whole minute: counted from when it would be stopped, so that keeping on takes nothing away.

    `environment` with its plan. ValidationError in words where it is left running and no stop is in sight: each end
    would be an earlier one.
    """
    left = left_running(environment, spec, now)
    if left is None:
        return whole_minute(rules.extended_until(spec, now, by))
    if left.stop is None:
        raise ValidationError(_("It runs on anyway, and no stop is planned."))
    return whole_minute(left.stop + by)


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a hold of somebody may reach: `latest` None is without limit; `counts_from` is kept with the hold."""

    counts_from: datetime | None
    latest: datetime | None


def limit_of(environment: Environment, desired: Wish, author: User | AnonymousUser, *, now: datetime) -> Limit:
    """The longest hold that `author` may place now: the environment's, unless they may pass it."""
    environment = planned(environment, now)
    spec = spec_of(environment, now)
    begin = _counted_from(environment, spec, desired, now)
    hours = environment.max_hold_hours
    if hours is None or begin is None or author.has_perm(permissions.EXCEED):
        return Limit(begin, None)
    return Limit(begin, whole_minute(begin) + timedelta(hours=hours))


def _counted_from(
    environment: Environment, spec: rules.EnvironmentSpec, desired: Wish, now: datetime
) -> datetime | None:
    """`rules.counts_from`; what is left running against its plan, or was when it was first held, counts from its stop
    as what is planned to run does."""
    if desired == Wish.RUNNING and (left := left_running(environment, spec, now)):
        return left.stop
    earlier = _counted_from_before(environment, spec, desired, now)
    begin = rules.counts_from(spec, rules.Desired(desired), now, earlier)
    return max(begin, earlier) if begin and earlier else begin


def _counted_from_before(
    environment: Environment, spec: rules.EnvironmentSpec, desired: Wish, now: datetime
) -> datetime | None:
    """From where the last hold of this wish counted, when what it began still goes on: also after it was released, or
    replaced by its opposite for a moment. It is over once the environment really was the opposite, or the plan itself
    wished for the same in between."""
    opposite = Wish.STOPPED if desired == Wish.RUNNING else Wish.RUNNING
    last = Hold.objects.filter(environment=environment, desired=desired).order_by("-created_at", "-pk").first()
    if last is None or last.counts_from is None or environment.state == MET[opposite]:
        return None
    done = Operation.objects.filter(environment=environment, kind=KIND[opposite], status=OperationStatus.SUCCEEDED)
    if done.filter(finished_at__gte=last.created_at).exists():
        return None
    since = rules.plan(spec.without_holds(), last.created_at, now)
    return None if any(segment.desired.value == desired for segment in since) else last.counts_from


def whole_minute(at: datetime) -> datetime:
    """Rounded up: people are told minutes, and given no less than they were promised."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=bool(at.second or at.microsecond))
