"""Until when a hold lasts: its default end, and how far it may reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User

from environments import rules
from environments.models import Environment, Hold, Operation, OperationStatus, State, Wish

from . import permissions
from .specs import planned, spec_of

KIND = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}
MET = {Wish.RUNNING: State.RUNNING, Wish.STOPPED: State.STOPPED}


def default_end(environment: Environment, *, now: datetime) -> datetime | None:
    """When a hold placed now ends by default; None when the plan without it never changes."""
    return rules.default_until(spec_of(planned(environment, now), now, without_holds=True), now)


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a hold of somebody may reach: `latest` None is without limit; `counts_from` is kept with the hold."""

    counts_from: datetime | None
    latest: datetime | None


def limit_of(environment: Environment, desired: Wish, author: User | AnonymousUser, *, now: datetime) -> Limit:
    """The longest hold that `author` may place now: the environment's, unless they may pass it."""
    environment = planned(environment, now)
    spec = spec_of(environment, now)
    begin = rules.counts_from(spec, rules.Desired(desired), now, _counted_from_before(environment, spec, desired, now))
    hours = environment.max_hold_hours
    if hours is None or begin is None or author.has_perm(permissions.EXCEED):
        return Limit(begin, None)
    return Limit(begin, whole_minute(begin) + timedelta(hours=hours))


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
