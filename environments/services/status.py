"""Looking at what AWS has, without changing anything."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from environments.models import MOVING_STATES, UNFINISHED, Environment, State, Target
from environments.targets import registry
from environments.targets.base import Seen, TargetError

from .wakeups import wake_observer
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)
AT_ONCE = 50
OUTSIDE = {"en": "changed outside of the portal", "ko": "포털 밖에서 변경됨"}


def observe(*, environment_id: int, now: datetime) -> None:
    """Bring the state of an environment that nobody is changing to what AWS shows; nothing is changed in AWS.

    A failure stays shown until AWS has what the failed operation wanted. When AWS cannot be asked, a state that nobody
    knew yet says why, and one that was known stays.
    """
    environment = Environment.objects.get(pk=environment_id)
    targets = Target.objects.filter(environment=environment).select_related("account").prefetch_related("parameters")
    try:
        seen = _together(registry.driver(t.kind).state(target_reference(t)) for t in targets)
        changes = _seen(State(environment.state), seen)
    except TargetError as error:
        unknown = environment.state == State.UNKNOWN and environment.state_reason != error.texts
        changes = {"state_reason": error.texts} if unknown else {}
    if changes:
        # Only while nothing is under way: an operation knows better than a look that began before it.
        idle = Environment.objects.filter(pk=environment_id, state=environment.state)
        idle.exclude(operations__status__in=UNFINISHED).update(state_since=now, **changes)
    Environment.objects.filter(pk=environment_id).update(observed_at=now)


def _seen(state: State, seen: State) -> dict[str, Any]:
    """What a look changes of a state that nobody is changing."""
    failed_for_good = (state == State.FAILED_TO_START and seen != State.RUNNING) or (
        state == State.FAILED_TO_STOP and seen != State.STOPPED
    )
    if seen == state or seen == State.UNKNOWN or failed_for_good:
        return {}
    outside = state in {State.RUNNING, State.STOPPED}
    return {"state": seen, "state_reason": OUTSIDE if outside else {}}


def look_again(environment: Environment) -> None:
    """After commit, look at AWS for an environment whose targets were edited."""
    wake_observer(environment.pk)


def observe_idle(*, now: datetime) -> int:
    """Wake a look at environments that nobody is changing, each every five minutes; the number of them."""
    waiting = Q(observed_at__isnull=True) | Q(observed_at__lte=now - LOOK_AGAIN)
    idle = Environment.objects.filter(
        waiting, ~Q(state__in=MOVING_STATES), Exists(Target.objects.filter(environment=OuterRef("pk")))
    )
    ids = list(idle.order_by("observed_at").values_list("pk", flat=True)[:AT_ONCE])
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
