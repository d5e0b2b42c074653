"""What keeps an environment's stacks from being deleted, and a stop that leaves exactly that behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from environments.models import Environment, Operation, OperationStatus, OperationStep, StepStatus
from environments.targets import stack_stuck

from . import needs, operations, workflow_steps

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Stuck:
    """A stack that could not be deleted: the step that failed, its target, and the rows of `stack_stuck.Stuck`."""

    step: OperationStep
    target: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def retainable(self) -> list[Mapping[str, Any]]:
        """What could be left behind."""
        return [row for row in self.rows if row["offer"] == stack_stuck.RETAIN]


def of_operation(last: Operation | None) -> list[Stuck]:
    """What the last operation, if it failed, left stuck; read from its steps, which should be prefetched."""
    if last is None or last.status != OperationStatus.FAILED or last.kind != Operation.Kind.STOP:
        return []
    steps = [step for step in last.steps.all() if step.status == StepStatus.FAILED and step.target_id]
    return [Stuck(step, step.target_label, tuple(step.memo["stuck"])) for step in steps if step.memo.get("stuck")]


def key(row: Mapping[str, Any]) -> str:
    """What names a resource in a form: its stack, of this one life, and itself."""
    return f"{row['stack_id']}#{row['logical_id']}"


def leave_behind(*, environment: Environment, keys: Sequence[str], user: User, now: datetime) -> Operation | None:
    """Stop once more, without the resources that `keys` name: they stay in AWS, and the stacks go.

    None, and nothing written, unless `keys` are all that could be left behind as the last operation found it: then
    somebody looked at an outdated list. ValidationError, and nothing written, where others need the environment by now.
    What was accepted counts for this one operation, and for
    one that is asked for here after it. Who, when and what is in its
    reason, which is told to those who hear of stops, and in the environment's history.
    """
    with transaction.atomic():
        operations.lock(environment.pk)
        last = Operation.objects.filter(environment=environment).order_by("-created_at", "-pk").first()
        found = of_operation(last)
        rows = [row for one in found for row in one.retainable]
        if not rows or {key(row) for row in rows} != set(keys):
            return None
        needs.refuse_stop(environment, user, anyway=False, now=now)
        reason = _reason(rows, user)
        operation = operations.request(
            environment=environment,
            kind=Operation.Kind.STOP,
            trigger=Operation.Trigger.HOLD,
            reason=reason,
            actor=user,
            now=now,
        )
        _tell_steps(operation, found)
        LogEntry.objects.log_actions(user.pk, [environment], CHANGE, change_message=reason["en"])
    return operation


def _tell_steps(operation: Operation, found: Sequence[Stuck]) -> None:
    """Write the steps now instead of at their first turn: the first of each target says what is left behind."""
    steps = workflow_steps.write(operation)
    for one in found:
        first = next((step for step in steps if step.target_id == one.step.target_id), None)
        if first is not None:
            first.memo = {stack_stuck.RETAIN: stack_stuck.accepted(one.rows, _told_before(one.step))}
            first.save(update_fields=["memo"])


def _told_before(failed: OperationStep) -> list[Mapping[str, Any]]:
    """What the stop that failed with this step had been told to leave behind, by the same target's first step."""
    its = failed.operation.steps.filter(target=failed.target_id)
    return [entry for step in its for entry in step.memo.get(stack_stuck.RETAIN, ())]


def _reason(rows: Sequence[Mapping[str, Any]], user: User) -> dict[str, str]:
    name = user.get_full_name() or user.get_username()
    names = ", ".join(f"{row['logical_id']} ({row['type']})" for row in rows[:SHOWN])
    more = len(rows) - SHOWN
    en, ko = (f"{names} and {more} more", f"{names} 외 {more}개") if more > 0 else (names, names)
    return {
        "en": f"Deleted without {en}, which stay in AWS and cost on: accepted by {name}",
        "ko": f"{ko}을(를) 남기고 삭제(AWS에 남아 비용이 계속 발생): {name} 님이 동의",
    }
