"""Bringing operations forward: one thing at a time, under a lease, each step safe to run again."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction

from environments import check_events, events
from environments.models import (
    Environment,
    Operation,
    OperationStatus,
    OperationStep,
    StepStatus,
)
from environments.rules import steps as rules
from environments.targets.base import TargetError, Wait
from environments.targets.limits import Busy

from . import (
    deployment_endings,
    early_starts,
    health,
    health_steps,
    needed_starts,
    operation_tickets,
    operations,
    step_errors,
    workflow_steps,
)
from .step_turns import LEASE as LEASE
from .step_turns import LeaseLost as LeaseLost
from .step_turns import perform, turn
from .wakeups import wake_operation

log = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(seconds=10)
SWEEP_AT_ONCE = 1000


def sweep(*, now: datetime) -> int:
    """Wake a worker for each operation that is due and held by nobody; the number of them. Safe to run twice at
    once."""
    due = Operation.objects.due(now).order_by("not_before").values_list("pk", flat=True)[:SWEEP_AT_ONCE]
    for pk in due:
        wake_operation(pk)
    return len(due)


def advance(*, operation_id: int, now: datetime) -> datetime | None:
    """Claim the operation, do one thing, save it, and say when to look again (None: finished, or somebody else's).

    Requests to AWS are made outside of any transaction. Killed anywhere in here, the lease runs out and the same step
    is done again by another worker. Side effect: wakes a worker for the next look.
    """
    token = Operation.objects.claim(operation_id, now=now, lease=LEASE)
    if token is None:
        return None
    operation = Operation.objects.select_related("environment__team", "environment__schedule").get(pk=operation_id)
    try:
        again = _one_thing_or_failure(operation, token, now)
    except LeaseLost:
        log.info("Operation %s was taken over; its outcome is left to whoever holds it.", operation_id)
        return None
    except DatabaseError:
        # The database was in trouble, not the operation: its lease runs out, and the sweep tries again.
        log.exception("Operation %s could not be saved.", operation_id)
        return None
    # What waits longer is found by the sweep: thousands of delayed messages would all sit in one worker's memory.
    if again is not None and again - now < SWEEP_EVERY:
        wake_operation(operation_id, max(again - now, timedelta()))
    return again


def _one_thing_or_failure(operation: Operation, token: str, now: datetime) -> datetime | None:
    """A defect of ours anywhere on the way ends in a failed operation, never in a loop that holds the environment."""
    try:
        return _one_thing(operation, token, now)
    except (LeaseLost, DatabaseError):
        raise
    except Exception as error:
        log.exception("Operation %s broke.", operation.pk)
        return _fail(operation, token, step_errors.defect(error), now)


def _one_thing(operation: Operation, token: str, now: datetime) -> datetime | None:
    if operations.at_once(operation.next_wish):
        return _follow_next_wish(operation, token, now)
    if now >= operation.deadline_at:
        return _fail(operation, token, step_errors.out_of_time(operation), now)
    steps = list(operation.steps.all()) or workflow_steps.write(operation)
    if not steps:
        return _fail(operation, token, step_errors.no_targets(operation), now)
    broken = next((step for step in steps if step.status == StepStatus.FAILED), None)
    # After a failure nothing new is begun; what has begun in AWS is followed to its end, so that people see how it
    # ended.
    open_steps = workflow_steps.begun(steps) if broken else steps
    following = rules.next_step([workflow_steps.view(step) for step in open_steps], now)
    if broken and following.step is None and following.at is None:
        return _fail(operation, token, workflow_steps.error_of(broken), now)
    if following.step is not None:
        step = next(step for step in steps if step.pk == following.step)
        return _do(operation, token, step, steps, now)
    if following.at is not None:
        with transaction.atomic():
            return _release(operation, token, following.at)
    if resting := step_errors.nothing_redeployed(operation, steps):
        return _fail(operation, token, resting, now)
    return _succeed(operation, token, steps, now)


def _do(
    operation: Operation, token: str, step: OperationStep, steps: list[OperationStep], now: datetime
) -> datetime | None:
    """Perform one step and save its outcome."""
    is_first = step.started_at is None
    try:
        with turn(step) as ref:
            # Not before it is its account's turn: who waits in line has not begun, and runs out of no time.
            if not workflow_steps.begin(step, token, now):
                raise LeaseLost
            outcome = perform(operation, step, ref, steps, now)
        if isinstance(outcome, Wait):
            workflow_steps.waiting(step, outcome, now)
    except Busy as busy:
        # Nothing was sent: it is its account's turn later, and this thread is another's now.
        with transaction.atomic():
            return _release(operation, token, workflow_steps.put_off(step, busy, now, is_first=is_first), step)
    except TargetError as error:
        return _went_wrong(operation, token, step, error, now)
    except (LeaseLost, DatabaseError):
        raise
    except Exception as error:  # a defect of ours must end in a failed operation, never in a silent loop
        log.exception("Step %s of operation %s broke.", step.name, operation.pk)
        return _went_wrong(operation, token, step, step_errors.defect(error), now)
    with transaction.atomic():
        if step.name == workflow_steps.ANNOUNCE:
            events.announce(operation, now)
        if isinstance(outcome, Wait):
            return _release(operation, token, _soonest(steps, now), step)
        workflow_steps.done(step, outcome, steps, now)
        return _release(operation, token, now, step)


def _soonest(steps: list[OperationStep], now: datetime) -> datetime:
    following = rules.next_step([workflow_steps.view(step) for step in steps], now)
    return following.at or now


def _went_wrong(
    operation: Operation, token: str, step: OperationStep, error: TargetError, now: datetime
) -> datetime | None:
    step.failures += 1
    if not error.retryable or rules.gives_up(step.failures, now, step.deadline_at):
        workflow_steps.failed(step, error, now)
        with transaction.atomic():
            return _release(operation, token, now, step)
    again = now + rules.retry_delay(step.failures, random.random())  # noqa: S311 (jitter, not a secret)
    step.error, step.error_detail, step.not_before = error.texts, error.raw, again
    with transaction.atomic():
        return _release(operation, token, again, step)


def _follow_next_wish(operation: Operation, token: str, now: datetime) -> datetime | None:
    with transaction.atomic():
        operations.lock(operation.environment_id)
        current = Operation.objects.select_for_update().get(pk=operation.pk)
        wish: Mapping[str, Any] | None = current.next_wish
        if current.lease_token != token:
            raise LeaseLost
        if wish is None or not operations.at_once(wish):
            return _release(operation, token, now)
        operations.replace(current, operations.noted(wish), now)
    return None


def _release(operation: Operation, token: str, again: datetime, step: OperationStep | None = None) -> datetime:
    """Give the lease back and say when to look again; a wish that came in meanwhile is looked at without delay."""
    if step is not None:
        step.save()
    held = Operation.objects.filter(pk=operation.pk, lease_token=token, status=OperationStatus.RUNNING)
    if not held.update(not_before=again, lease_token="", lease_until=None):
        raise LeaseLost
    noted = Operation.objects.filter(pk=operation.pk, next_wish__kind__in=operations.AT_ONCE)
    return again if not noted.update(not_before=operation.created_at) else operation.created_at


def _succeed(operation: Operation, token: str, steps: list[OperationStep], now: datetime) -> datetime | None:
    with transaction.atomic():
        _finish(operation, token, OperationStatus.SUCCEEDED, now, steps)
        operation_tickets.succeeded(operation, now)
        unready = health_steps.unready(operation, steps, now)
        if any(s.name == workflow_steps.ANNOUNCE and s.status == StepStatus.DONE for s in steps):
            if unready:
                check_events.not_ready(operation, unready, now)
            else:
                events.finished(operation, steps, now)
            if operation.kind == Operation.Kind.START:
                early_starts.learn(operation.environment_id, now=now)
                # What is spared at the end of its period is what others started; this one the portal has started.
                Environment.objects.filter(pk=operation.environment_id).update(retained=False)
        deployment_endings.settle(operation, steps, now)
    needed_starts.let_go(operation, now)
    return None


def _fail(operation: Operation, token: str, error: TargetError, now: datetime) -> datetime | None:
    with transaction.atomic():
        operation.error, operation.error_detail = error.texts, error.raw
        _finish(operation, token, OperationStatus.FAILED, now)
        events.failed(operation, error.texts, now)
        operation_tickets.failed(operation, error.texts, now)
        deployment_endings.settle(operation, list(operation.steps.all()), now)
    needed_starts.let_go(operation, now)
    return None


def _finish(
    operation: Operation, token: str, status: OperationStatus, now: datetime, steps: Sequence[OperationStep] = ()
) -> None:
    """End the operation; a wish noted meanwhile becomes the next operation in the same transaction, unless it was for
    versions that this one has taken."""
    operations.lock(operation.environment_id)
    current = Operation.objects.select_for_update().get(pk=operation.pk)
    ended = Operation.objects.filter(pk=operation.pk, lease_token=token, status=OperationStatus.RUNNING).update(
        status=status,
        finished_at=now,
        lease_token="",
        lease_until=None,
        next_wish=None,
        error=operation.error,
        error_detail=operation.error_detail,
    )
    if not ended:
        raise LeaseLost
    operation.status, operation.finished_at = status, now
    succeeded = status == OperationStatus.SUCCEEDED
    Environment.objects.filter(pk=operation.environment_id).update(
        state=operations.END_STATE[Operation.Kind(operation.kind), succeeded],
        state_since=now,
        state_reason=operation.reason if succeeded else operation.error,
    )
    wish = current.next_wish
    if wish and wish["trigger"] == Operation.Trigger.DEPLOY and deployment_endings.has_all(operation, steps, now):
        wish = None
    if not (wish and operations.follow(operation, wish, now)):
        health.environments_moved([operation.environment_id], now=now)
