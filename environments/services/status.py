"""Looking at what AWS has, without changing anything."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from environments.models import UNFINISHED, Environment, State, Target
from environments.targets import registry
from environments.targets.base import Seen, TargetError

from .wakeups import wake_observer
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)
AT_ONCE = 50


def observe(*, environment_id: int, now: datetime) -> None:
    """Set the state of an environment that nobody is changing to what AWS shows; say why when AWS cannot be asked."""
    environment = Environment.objects.get(pk=environment_id)
    targets = Target.objects.filter(environment=environment).select_related("account").prefetch_related("parameters")
    reason: dict[str, str] = {}
    try:
        state = _together(registry.driver(t.kind).state(target_reference(t)) for t in targets)
    except TargetError as error:
        state, reason = State.UNKNOWN, error.texts
    fields = {"state": state, "state_since": now, "state_reason": reason, "observed_at": now}
    # Only while nothing is under way: an operation knows better than a look that began before it.
    idle = Environment.objects.filter(pk=environment_id).exclude(operations__status__in=UNFINISHED)
    idle.filter(state=environment.state).exclude(state=state, state_reason=reason).update(**fields)
    Environment.objects.filter(pk=environment_id).update(observed_at=now)


def look_again(environment: Environment) -> None:
    """After commit, look at AWS for an environment whose targets were edited."""
    wake_observer(environment.pk)


def observe_unknown(*, now: datetime) -> int:
    """Wake a look at environments whose state nobody knows yet, each every five minutes; their number."""
    waiting = Q(observed_at__isnull=True) | Q(observed_at__lte=now - LOOK_AGAIN)
    unknown = Environment.objects.filter(waiting, state=State.UNKNOWN, targets__isnull=False).distinct()
    ids = list(unknown.values_list("pk", flat=True)[:AT_ONCE])
    Environment.objects.filter(pk__in=ids).update(observed_at=now)
    for pk in ids:
        wake_observer(pk)
    return len(ids)


def _together(seen: Iterable[Seen]) -> State:
    """One state for all targets: running or stopped when they agree, else not known."""
    found = set(seen)
    if found == {Seen.RUNNING}:
        return State.RUNNING
    return State.STOPPED if found == {Seen.STOPPED} else State.UNKNOWN
