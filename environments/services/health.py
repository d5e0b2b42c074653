"""The state of checks, and of environments by their checks. The only place that moves `Check.state`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from environments.models import (
    TROUBLE,
    Check,
    CheckState,
    Environment,
    HttpCheck,
    Operation,
    OperationStatus,
    State,
)
from environments.rules import health as rules
from environments.rules.health import Expectation

from . import health_rows, health_telling
from .health_waking import BEFORE_AWAKE as BEFORE_AWAKE
from .health_waking import CALLED as CALLED
from .health_waking import COMES_UP as COMES_UP
from .health_waking import IN_ALARM as IN_ALARM
from .health_waking import NO_ALARM as NO_ALARM
from .health_waking import PROBED as PROBED
from .health_waking import SLEEPS as SLEEPS
from .health_waking import counts_from, follow, ringing
from .health_waking import expected as expected
from .health_waking import expected_since as expected_since

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What was found out about a check: the state it should be in, why, and when it was last heard of (None: it was
    not); of alarms that ring, since when the last of them does."""

    check_id: int
    state: str
    reason: Texts
    seen_at: datetime | None = None
    rang_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The health of an environment: the worst of its checks speaks for all, the longest in this state first."""

    state: CheckState
    since: datetime | None
    reason: Texts
    checks: int
    in_trouble: int
    late: int


def coming_up(check: HttpCheck, environment: Environment, now: datetime) -> bool:
    """Whether no good answer is no trouble yet: the environment starts, or has just started and may take so long."""
    match expected(environment, check):
        case Expectation.STARTING:
            return True
        case Expectation.EXPECTED if check.state == CheckState.STARTING:
            until = rules.coming_up_until(
                check_since=check.state_since,
                environment_since=environment.state_since,
                waited_for=check.gates_start,
                grace=timedelta(minutes=check.start_grace_min),
            )
            return until is not None and now < until
    return False


def settle(moves: Sequence[Move], *, now: datetime) -> int:
    """Bring checks into the states that were found out; how many really changed.

    In one transaction (that of the caller, if there is one) and a fixed number of queries, but for events, which are
    one for each environment and kind of change. Of a check that is switched off nothing is taken; of one whose
    environment sleeps only that it was heard of, of one that comes up no trouble. Side effects: times for tickets,
    events, incidents that are over, and environments that are ready.
    """
    found = {move.check_id: move for move in moves}
    if not found:
        return 0
    with transaction.atomic(savepoint=False):
        rows = _locked(Check.objects.switched_on().filter(pk__in=found))
        stood = _stand(rows)
        for check in rows:
            _move(check, found[check.pk], now)
        changed = _write(rows, stood, now)
        _mark_ready(
            {check.environment_id for check in changed if check.state == CheckState.UP and _is_http(check)}, now
        )
    return len(changed)


def environments_moved(environment_ids: Iterable[int], *, now: datetime) -> int:
    """Bring the checks of these environments to sleep, or awake, as their state and wish now say; how many changed.

    Called in the transaction that writes `Environment.state` or `wish`. One query where nothing follows from it.
    What is to be asked is due at once; what sleeps is not asked.
    """
    ids = set(environment_ids)
    if not ids:
        return 0
    with transaction.atomic(savepoint=False):
        rows = _locked(Check.objects.filter(environment__in=ids))
        if not rows:
            return 0
        stood, alarms = _stand(rows), ringing(rows)
        for check in rows:
            follow(check, alarms, now)
        return len(_write(rows, stood, now))


def hurry(check_ids: Collection[int], *, now: datetime) -> None:
    """Have the next sweep open the incidents of these that are in trouble, however long they would be let alone. One
    query, none for none. The caller has locked them."""
    if check_ids:
        Check.objects.in_trouble().filter(pk__in=check_ids, ticket_due_at__gt=now).update(ticket_due_at=now)


def of_environments(ids: Iterable[int]) -> dict[int, Health]:
    """The health of each of these environments that has checks, in one query."""
    rows = (
        Check.objects.switched_on()
        .filter(environment__in=set(ids))
        .order_by("environment", "state_since", "pk")
        .values_list("environment", "state", "state_since", "reason", "name")
    )
    return {pk: _health([row[1:] for row in its]) for pk, its in groupby(rows, key=lambda row: row[0])}


def _health(rows: Sequence[tuple[str, datetime | None, Texts, str]]) -> Health:
    states = [row[0] for row in rows]
    worst = rules.worst(states)
    alike = [row for row in rows if row[0] == worst]
    _, since, reason, name = alike[0]
    beside = f" (+{len(alike) - 1})" if len(alike) > 1 else ""
    return Health(
        state=CheckState(worst),
        since=since,
        reason={language: f"{name}: {text}{beside}" for language, text in reason.items()},
        checks=len(rows),
        in_trouble=sum(state in TROUBLE for state in states),
        late=states.count(CheckState.LATE),
    )


def gating(environment_ids: Collection[int]) -> QuerySet[HttpCheck]:
    """The checks that a start of these environments waits for."""
    rows = HttpCheck.objects.filter(environment__in=environment_ids, is_on=True, gates_start=True)
    return cast("QuerySet[HttpCheck]", rows)


def _locked(checks: QuerySet[Check]) -> list[Check]:
    """With their environments. In one order everywhere, or two transactions wait for each other."""
    rows = list(checks.select_for_update(no_key=True).order_by("pk"))
    # Only now: of rows that it had to wait for, PostgreSQL shows only the locked table as it is by then.
    environments = Environment.objects.select_related("team").in_bulk({check.environment_id for check in rows})
    for check in rows:
        check.environment = environments[check.environment_id]
    return rows


def _move(check: Check, move: Move, now: datetime) -> None:
    """Bring the row, unsaved, to what the move says, in keeping with what its environment does."""
    check.seen_at = max(filter(None, (move.seen_at, check.seen_at)), default=None)
    match expected(check.environment, check):
        case Expectation.ASLEEP:
            return
        case Expectation.STARTING if move.state in health_telling.TOLD:
            state, until = CheckState.STARTING, None
        case _:
            until = counts_from(check, move.rang_at)
            state = CheckState.STARTING if until and now < until else CheckState(move.state)
    check.state, check.reason = state, dict(move.reason)
    if check.kind == Check.Kind.ALARM:
        check.due_at = until if state == CheckState.STARTING else None


def _stand(checks: Sequence[Check]) -> dict[int, tuple[Any, ...]]:
    """What of each is compared, the state first."""
    return {check.pk: _values(check) for check in checks}


def _values(check: Check) -> tuple[Any, ...]:
    return (
        *(check.state, check.reason, check.seen_at, check.due_at, check.failures, check.ticket_due_at),
        *(check.awake_since, check.told_at),
    )


def _write(checks: Sequence[Check], stood: Mapping[int, tuple[Any, ...]], now: datetime) -> list[Check]:
    """Save what differs and do what follows from a changed state; those whose state changed."""
    changed = [check for check in checks if check.state != stood[check.pk][0]]
    for check in changed:
        check.state_since = now
        if check.state in TROUBLE and stood[check.pk][0] not in TROUBLE:
            check.ticket_due_at = now + timedelta(minutes=check.ticket_after)
    for check in checks:
        if check.state not in TROUBLE:
            check.ticket_due_at = None
    health_telling.tell(checks, {pk: values[0] for pk, values in stood.items()}, now)
    health_rows.write([check for check in checks if _values(check) != stood[check.pk]])
    health_telling.close(changed, now)
    return changed


def _is_http(check: Check) -> bool:
    return check.kind == Check.Kind.HTTP


def _mark_ready(environment_ids: Collection[int], now: datetime) -> None:
    """Environments whose start ended before they answered are ready when the last check that it waited for is up."""
    if not environment_ids:
        return
    last = Operation.objects.filter(environment=OuterRef("environment")).order_by("-created_at", "-pk").values("pk")[:1]
    waits = HttpCheck.objects.filter(environment=OuterRef("environment"), is_on=True, gates_start=True)
    waits = waits.exclude(state=CheckState.UP)
    Operation.objects.filter(
        ~Exists(waits),
        Exists(Environment.objects.filter(pk=OuterRef("environment"), state=State.RUNNING)),
        environment__in=environment_ids,
        pk=last,
        kind__in=[Operation.Kind.START, Operation.Kind.REDEPLOY],
        status=OperationStatus.SUCCEEDED,
        ready_at__isnull=True,
    ).update(ready_at=now)
