"""One step's turn: a thread for its account, and its target's driver, under the operation's lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from environments.models import Operation, OperationStep
from environments.targets import registry
from environments.targets.base import Done, Goal, Outcome, StepContext, TargetError, TargetRef
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy, patience

from . import health_steps, needed_starts, workflow_steps

# Longer than one step's requests to AWS with their time-outs and retries (`targets.client.CONFIG`).
LEASE = timedelta(minutes=5)
# How long a step sleeps for its turn at AWS before it gives its thread to somebody else.
PATIENCE_S = 0.3


class LeaseLost(Exception):
    """Somebody else works on the operation by now; what was about to be saved is theirs to say."""


class _Lease:
    """The lease of one step: renewed right before anything is changed in AWS, however long the looking took.

    `then` is called whenever the lease is held for what follows.
    """

    def __init__(self, operation_id: int, token: str, now: datetime, then: Callable[[], None] | None = None) -> None:
        self.operation_id, self.token, self.now, self.began = operation_id, token, now, monotonic()
        self.then = then

    def renew(self) -> None:
        """Hold the lease for its whole length from this moment on. LeaseLost when it is somebody else's by now."""
        moment = self.now + timedelta(seconds=monotonic() - self.began)
        ours = Operation.objects.filter(pk=self.operation_id, lease_token=self.token, lease_until__gt=moment)
        if not ours.update(lease_until=moment + LEASE):
            raise LeaseLost
        if self.then is not None:
            self.then()


@contextmanager
def turn(step: OperationStep) -> Iterator[TargetRef | None]:
    """A thread for the step's account: the plain reference of its target, None for what is done without AWS.

    Raises Busy when the account has all the threads that it gets; TargetError when the target was removed meanwhile.
    """
    if step.name in workflow_steps.WITHOUT_AWS:
        yield None
        return
    ref = workflow_steps.reference(step)
    with lanes.lane(ref.account.account_id), patience(PATIENCE_S):
        try:
            yield ref
        except TargetError as error:
            if error.code == UNREACHABLE:
                lanes.away(ref.account.account_id)
            raise


def perform(
    operation: Operation, step: OperationStep, ref: TargetRef | None, steps: Sequence[OperationStep], now: datetime
) -> Outcome:
    """Do one step, whose turn it is; Busy, LeaseLost and TargetError as the driver raises them."""
    if step.name == workflow_steps.ANNOUNCE:
        return Done(workflow_steps.ANNOUNCED)
    if step.name == workflow_steps.HEALTH:
        return health_steps.ensure(operation, step, now)
    if ref is None:
        return needed_starts.ensure(operation, step.started_at or now, now)
    memo: dict[str, Any] = {}
    for earlier in steps:
        if earlier.target_id == step.target_id and earlier.pk <= step.pk:
            memo |= earlier.memo
    beginning = workflow_steps.beginning(step, now)
    context = StepContext(
        now=now,
        token=step.token,
        memo=memo,
        retried=step.attempts > 1,
        since=step.started_at or now,
        began=operation.started_at or now,
        renew=_Lease(operation.pk, operation.lease_token, now, beginning.requesting if beginning else None).renew,
        found=workflow_steps.found(steps),
    )
    try:
        outcome = registry.driver(ref.kind).perform(Goal(operation.kind), step.name, ref, context)
    except (Busy, TargetError) as error:
        if beginning:
            beginning.failed(error)
        raise
    lanes.back(ref.account.account_id)
    return outcome
