"""Accepting that a delete loses data: by an operator, for one target and exactly the templates they looked at; and
taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from environments.models import Environment, GuardAcceptance, Operation, OperationStatus, OperationStep, StepStatus

from .retries import retry


@dataclass(frozen=True, slots=True)
class Question:
    """A delete that waits for an operator: what would be lost, and the fingerprint of the templates that say so."""

    step: OperationStep
    target: str
    fingerprint: str
    findings: tuple[dict[str, str], ...]


def questions(environment: Environment) -> list[Question]:
    """What the last operation left for an operator to decide; none once a newer one has begun or all is accepted."""
    last = Operation.objects.filter(environment=environment).order_by("-created_at", "-pk").first()
    if last is None or last.status != OperationStatus.FAILED:
        return []
    steps = last.steps.filter(status=StepStatus.FAILED, target__isnull=False)
    return [
        Question(step, step.target_label, step.memo["fingerprint"], tuple(step.memo["findings"]))
        for step in steps
        if "fingerprint" in step.memo
    ]


def accept(*, environment: Environment, fingerprints: Sequence[str], user: User, now: datetime) -> bool:
    """Record the acceptance of each open question among `fingerprints` and try the stop again.

    False, and nothing written, unless all open questions were answered: then somebody looked at an outdated list.
    ValidationError, and nothing written, where others need it by now.
    """
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        open_questions = questions(environment)
        if not open_questions or {q.fingerprint for q in open_questions} != set(fingerprints):
            return False
        for question in open_questions:
            GuardAcceptance.objects.get_or_create(
                target_id=question.step.target_id or 0,
                fingerprint=question.fingerprint,
                defaults={"findings": list(question.findings), "accepted_by": user, "accepted_at": now},
            )
        retry(environment=environment, actor=user, now=now)
    return True


def withdraw(*, acceptance: GuardAcceptance, user: User) -> bool:
    """Take an acceptance back, so that the next stop asks again; False when somebody else has done it already.

    A stop that is deleting already is not held up. Who withdrew what is in the environment's log.
    """
    target = acceptance.target
    names = ", ".join(finding["logical_id"] for finding in acceptance.findings)
    with transaction.atomic():
        gone, _kinds = GuardAcceptance.objects.filter(pk=acceptance.pk).delete()
        if not gone:
            return False
        told = f"Withdrew that a stop of {target.identifier} may delete {names}"
        LogEntry.objects.log_actions(user.pk, [target.environment], CHANGE, change_message=told)
    return True
