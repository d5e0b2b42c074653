"""The steps of a start or a redeploy in which checks come up. They look at the rows of checks; others ask addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from environments.models import Check, CheckState, HttpCheck, Operation, OperationStep
from environments.models.texts import in_language
from environments.targets.base import Done, Outcome, Wait

from .health import COMES_UP, gating

Texts = Mapping[str, str]

LOOK_EVERY = timedelta(seconds=5)
# Somebody must have had the time to ask.
SHORTEST = timedelta(minutes=1)
NAMED = 5
# In a step's memo: the order group whose targets' checks it waits for (None: those of the environment as a whole), and
# that its time ran out.
ORDER = "order"
RAN_OUT = "ran_out"
THERE: Texts = {"en": "It answers", "ko": "응답해요"}
NOTHING: Texts = {"en": "No check to wait for", "ko": "기다릴 점검이 없어요"}
SILENT: Texts = {"en": "no answer yet", "ko": "아직 응답 없음"}


def awaited(operation: Operation) -> frozenset[int | None]:
    """The order groups after which the operation waits for checks; None stands for those of the whole environment."""
    if operation.kind == Operation.Kind.STOP:
        return frozenset()
    return frozenset(gating([operation.environment_id]).values_list("target__order", flat=True))


def grace(step: OperationStep) -> timedelta:
    """How long the step waits at most: the longest that one of its checks may take."""
    longest: int | None = _of(step).aggregate(longest=Max("start_grace_min"))["longest"]
    return max(timedelta(minutes=longest or 0), SHORTEST)


def ensure(operation: Operation, step: OperationStep, now: datetime) -> Outcome:
    """Wait until the step's checks have answered well since it began. Safe to run again.

    When its time is over it is done all the same, and says so: what the operation was to do in AWS, it has done.
    """
    checks = list(_of(step))
    began = step.started_at or now
    if not checks:
        return Done(NOTHING)
    silent = [check for check in checks if not _answers(check, began)]
    if not silent:
        return Done(THERE)
    if step.deadline_at is not None and now >= step.deadline_at:
        said = _said(silent)
        return Done(
            {"en": f"It runs, but does not answer. {said['en']}", "ko": f"실행 중이지만 응답이 없어요. {said['ko']}"},
            {RAN_OUT: True},
        )
    if step.attempts <= 1:
        later = Q(due_at__isnull=True) | Q(due_at__gt=now)
        Check.objects.filter(later, pk__in=[check.pk for check in checks]).update(due_at=now)
    said = _said(silent)
    return Wait(LOOK_EVERY, {"en": f"Waiting for {said['en']}", "ko": f"기다리는 중: {said['ko']}"})


def unready(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> Texts | None:
    """After an operation has succeeded: why its environment does not answer yet, None when it is ready; that is noted.

    In the transaction that ends it, after `health.environments_moved` has locked its checks: one that comes up in the
    same moment is seen here, or sees that the operation has ended.
    """
    if operation.kind == Operation.Kind.STOP:
        return None
    if any(step.memo.get(RAN_OUT) for step in steps):
        silent = list(gating([operation.environment_id]).exclude(state=CheckState.UP))
        if silent:
            return _said(silent)
    operation.ready_at = now
    Operation.objects.filter(pk=operation.pk).update(ready_at=now)
    return None


def _of(step: OperationStep) -> QuerySet[HttpCheck]:
    order = step.memo.get(ORDER)
    bound = Q(target__isnull=True) if order is None else Q(target__order=order)
    return gating([step.operation.environment_id]).filter(bound).order_by("name", "pk")


def _answers(check: HttpCheck, since: datetime) -> bool:
    """An answer from before says nothing of what has just been deployed."""
    return check.state == CheckState.UP and check.seen_at is not None and check.seen_at >= since


def _said(checks: Sequence[HttpCheck]) -> Texts:
    more = f" (+{len(checks) - NAMED})" if len(checks) > NAMED else ""
    return {
        "en": ", ".join(_one(check, "en", "“", "”") for check in checks[:NAMED]) + more,
        "ko": ", ".join(_one(check, "ko", "‘", "’") for check in checks[:NAMED]) + more,
    }


def _one(check: HttpCheck, language: str, opening: str, closing: str) -> str:
    # That it answered well before is no news, and what woke it is none either.
    old = check.state == CheckState.UP or check.reason == COMES_UP
    told = SILENT if old else check.reason
    return f"{opening}{check.name}{closing}: {in_language(told, language) or SILENT[language]}"
