"""The rows behind an operation's steps: written once, then moved from status to status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from environments.models import Operation, OperationStep, StepStatus, Target
from environments.rules import steps as rules
from environments.targets import registry
from environments.targets.base import (
    AccountRef,
    Done,
    Goal,
    ParameterRef,
    StepDef,
    TargetError,
    TargetRef,
    Texts,
    Wait,
    chain,
)
from environments.targets.limits import Busy

from . import health_steps, intervals, price_wishes
from .step_errors import step_out_of_time

ANNOUNCE = "announce"
ANNOUNCED: Texts = {"en": "People were told", "ko": "알림을 보냈어요"}
FINAL = frozenset({StepStatus.DONE, StepStatus.SKIPPED})
ANNOUNCE_DEADLINE = timedelta(minutes=10)
NEEDS = "needs"
NEEDS_DEADLINE = timedelta(hours=3)
HEALTH = "health"
# Steps that ask nothing of AWS.
WITHOUT_AWS = frozenset({ANNOUNCE, NEEDS, HEALTH})
# Steps wait for their account's turn, too, before their own time begins.
WAITING = timedelta(hours=1)
# Steps of a start that only take away what is in the way.
CLEARING = frozenset({"clear"})


def write(operation: Operation) -> list[OperationStep]:
    """Write the operation's steps from what the environment is made of now; none when it has no targets.

    Position 0: looks at all targets. 1: tells people. From 2: an order group each, ascending to start or redeploy,
    descending to stop; to start or redeploy, each is followed by a position in which the checks of its targets come up,
    and the last by those of the environment as a whole. What needs other environments waits for these first, and does
    everything else one position later.
    """
    goal = Goal(operation.kind)
    targets = list(operation.environment.targets.all())
    rows: list[OperationStep] = []
    for target in targets:
        rows += [_row(operation, target, 0, d.name) for d in _chain(target, goal) if d.preflight]
    if any(_chain(target, goal) for target in targets):
        rows.append(_row(operation, None, 1, ANNOUNCE))
    awaited = health_steps.awaited(operation) if rows else frozenset()
    position = 2
    for order in rules.order_groups((t.order for t in targets), stopping=goal is Goal.STOP):
        group = [
            _row(operation, target, position, d.name)
            for target in targets
            if target.order == order
            for d in _chain(target, goal)
            if not d.preflight
        ]
        rows += group
        position += 1
        if group and order in awaited:
            rows.append(_health(operation, position, order))
            position += 1
    if None in awaited:
        rows.append(_health(operation, position, None))
    if rows and goal is Goal.START and operation.environment.needs.exists():
        for row in rows:
            row.position += 1
        rows.insert(0, _row(operation, None, 0, NEEDS))
    OperationStep.objects.bulk_create(rows)
    _give_time(operation, rows)
    return list(operation.steps.all())


def _give_time(operation: Operation, rows: Sequence[OperationStep]) -> None:
    """Move the operation's deadline to where its steps' own deadlines end at the latest; never nearer."""
    chains: defaultdict[int, defaultdict[int | None, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
    for row in rows:
        chains[row.position][row.target_id] += _deadline(row)
    longest = sum((max(its.values()) for its in chains.values()), timedelta())
    until = (operation.started_at or operation.created_at) + longest + WAITING
    if until > operation.deadline_at:
        operation.deadline_at = until
        Operation.objects.filter(pk=operation.pk).update(deadline_at=until)


def _chain(target: Target, goal: Goal) -> tuple[StepDef, ...]:
    return chain(registry.driver(target.kind), goal)


def _row(operation: Operation, target: Target | None, position: int, name: str) -> OperationStep:
    return OperationStep(
        operation=operation,
        target=target,
        target_label=target.identifier if target else "",
        position=position,
        name=name,
        # CloudFormation's form of a token: a letter, then letters, digits and dashes. The same for each try, and with
        # the operation's moment in it: another installation counts its operations from one as well.
        token=f"daybreak-{operation.pk}-{_moment(operation)}-{target.pk if target else 0}-{name}",
    )


def _health(operation: Operation, position: int, order: int | None) -> OperationStep:
    row = _row(operation, None, position, HEALTH)
    row.token += "" if order is None else f"-{order}"
    row.memo = {health_steps.ORDER: order}
    return row


def _moment(operation: Operation) -> str:
    return f"{int(operation.created_at.timestamp() * 1000):x}"


def view(step: OperationStep) -> rules.StepView:
    return rules.StepView(
        id=step.pk,
        position=step.position,
        chain=step.target_id,
        finished=step.status in FINAL,
        not_before=step.not_before,
    )


def found(steps: Sequence[OperationStep]) -> dict[str, Any]:
    """What sources of parameters gave in this operation so far, to any of its targets."""
    return {source: given for step in steps for source, given in step.memo.get("found", {}).items()}


def reference(step: OperationStep) -> TargetRef:
    """The plain reference that a driver takes. `TargetError` when the target was removed meanwhile."""
    target = (
        Target.objects.select_related("account")
        .prefetch_related("parameters", "guard_acceptances")
        .filter(pk=step.target_id or 0)
        .first()
    )
    if target is None:
        raise TargetError(
            {
                "en": f"The target {step.target_label} was removed while the operation was under way.",
                "ko": f"작업이 진행되는 동안 대상 {step.target_label}이(가) 제거되었어요.",
            }
        )
    return target_reference(target)


def target_reference(target: Target) -> TargetRef:
    account = target.account
    return TargetRef(
        kind=target.kind,
        identifier=target.identifier,
        account=AccountRef(account.account_id, account.name, account.role_arn, account.external_id),
        region=target.region,
        options=target.options,
        parameters=tuple(
            ParameterRef(p.name, p.source, p.value, p.pattern, p.excluded) for p in target.parameters.all()
        ),
        accepted=frozenset(a.fingerprint for a in target.guard_acceptances.all()),
        memory=target.memory,
    )


def begin(step: OperationStep, lease_token: str, now: datetime) -> bool:
    """Note, before anything is done, that a try begins: a later worker then knows that an earlier one may have acted.

    False when the lease is no longer ours; then nothing is written.
    """
    if step.started_at is None:
        step.started_at = now
        step.deadline_at = now + _deadline(step)
    step.status = StepStatus.RUNNING
    step.attempts += 1
    return bool(
        OperationStep.objects.filter(pk=step.pk, operation__lease_token=lease_token).update(
            started_at=step.started_at, deadline_at=step.deadline_at, status=step.status, attempts=step.attempts
        )
    )


def put_off(step: OperationStep, busy: Busy, now: datetime, *, is_first: bool) -> datetime:
    """Its account has had its requests: it is tried again then.

    A first try of what only looks has not begun: its time is not running. What changes something has, for a request may
    have gone out before the one that had to wait, and by its begin a later try tells its own work from earlier ones.
    """
    step.not_before = now + timedelta(seconds=busy.seconds)
    if is_first and _definition(step).preflight:
        step.started_at = step.deadline_at = None
        step.status = StepStatus.PENDING
    return step.not_before


def _deadline(step: OperationStep) -> timedelta:
    if step.target is None:
        if step.name == HEALTH:
            return health_steps.grace(step)
        return NEEDS_DEADLINE if step.name == NEEDS else ANNOUNCE_DEADLINE
    return _definition(step).deadline


def _definition(step: OperationStep) -> StepDef:
    """The step as its target's kind has it; one that it has no more, or that is of no target, is short."""
    defs = _chain(step.target, Goal(step.operation.kind)) if step.target else ()
    return next((d for d in defs if d.name == step.name), StepDef(step.name, ANNOUNCE_DEADLINE))


def waiting(step: OperationStep, outcome: Wait, now: datetime) -> None:
    """Not yet: keep what is known for people, look again later. `TargetError` when the step's deadline is over."""
    if step.deadline_at is not None and now >= step.deadline_at:
        step.detail = dict(outcome.detail)
        raise step_out_of_time(step)
    step.failures = 0
    step.error, step.error_detail = {}, ""
    step.detail = dict(outcome.detail)
    step.progress = dict(outcome.progress) or step.progress
    step.memo = step.memo | dict(outcome.memo)
    step.not_before = now + outcome.delay


def done(step: OperationStep, outcome: Done, steps: list[OperationStep], now: datetime) -> None:
    """The step's promise holds. When its whole target is where it should be, the target's later steps are skipped, and
    the announcement with them when nothing is left to do for any target."""
    step.status = StepStatus.DONE
    step.finished_at = now
    step.failures = 0
    step.error, step.error_detail = {}, ""
    step.detail = dict(outcome.detail)
    step.memo = step.memo | dict(outcome.memo)
    if outcome.remember is not None:
        Target.objects.filter(pk=step.target_id or 0).update(memory=dict(outcome.remember))
    if outcome.finished or all(s.status in FINAL for s in steps if s.target_id == step.target_id):
        _arrived(step, now)
    if not outcome.finished:
        return
    _skip(
        [s for s in steps if s.target_id == step.target_id and s.pk != step.pk and s.status == StepStatus.PENDING], now
    )
    left = [s for s in steps if s.target_id is not None and s.pk != step.pk and s.status not in FINAL]
    if not left:
        _skip([s for s in steps if s.name == ANNOUNCE and s.status == StepStatus.PENDING], now)


def _arrived(step: OperationStep, now: datetime) -> None:
    """The whole target is where the operation wants it: what is known of when it ran follows."""
    if step.target_id is not None and step.operation.kind == Operation.Kind.START:
        intervals.begun(target_id=step.target_id, now=now)
        price_wishes.started(target_id=step.target_id, now=now)
    elif step.target_id is not None and step.operation.kind == Operation.Kind.STOP:
        intervals.ended(target_id=step.target_id, now=now)


def beginning(step: OperationStep, now: datetime) -> intervals.Beginning | None:
    """What hears of the step's requests to AWS, when they may start its target."""
    if step.target_id is None or step.operation.kind != Operation.Kind.START or step.name in CLEARING:
        return None
    return intervals.Beginning(step.target_id, now)


def _skip(rows: list[OperationStep], now: datetime) -> None:
    for row in rows:
        row.status, row.finished_at = StepStatus.SKIPPED, now
    OperationStep.objects.bulk_update(rows, ["status", "finished_at"])


def failed(step: OperationStep, error: TargetError, now: datetime) -> None:
    step.status, step.finished_at = StepStatus.FAILED, now
    step.error, step.error_detail = error.texts, error.raw
    step.memo = step.memo | error.memo


def error_of(step: OperationStep) -> TargetError:
    """The error of a step that failed, as it was saved."""
    return TargetError(step.error, raw=step.error_detail)


def begun(steps: list[OperationStep]) -> list[OperationStep]:
    """The open steps of targets that AWS is already changing, while another target has failed."""
    changing = {s.target_id for s in steps if s.position > 1 and s.status in {StepStatus.RUNNING, StepStatus.DONE}}
    changing -= {s.target_id for s in steps if s.status == StepStatus.FAILED} | {None}
    return [s for s in steps if s.target_id in changing and s.position > 1 and s.status not in FINAL]
