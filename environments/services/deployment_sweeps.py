"""Deployments whose hour has come, and those whose operation is over without their having been told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from environments.models import (
    UNFINISHED,
    Deployment,
    DeploymentStatus,
    Environment,
    OperationStatus,
)
from environments.models.environment import OnPush

from . import deployment_words as words
from . import operations
from .deployment_endings import called_off, settle
from .deployment_hours import next_hour
from .deployment_telling import DECIDED, TAKES, take_now, wait

log = logging.getLogger(__name__)

AT_ONCE = 200


def sweep(*, now: datetime) -> int:
    """Have environments take what is due, and settle what an ended or cancelled operation left as being taken; how many
    environments were looked at. Safe to run twice at once. One that cannot be judged holds up no other."""
    due = _environments(Deployment.objects.due(now))
    taken = Deployment.objects.filter(status=DeploymentStatus.TAKEN)
    left = _environments(taken.exclude(operation__status__in=UNFINISHED))
    for environment_id in due:
        _alone(take_due, environment_id, now)
    for environment_id in left:
        _alone(settle_left, environment_id, now)
    return len(set(due) | set(left))


def take_due(environment_id: int, now: datetime) -> None:
    """The hour of some of its deployments has come: they are taken, by what is true of it now."""
    with transaction.atomic():
        environment = operations.lock(environment_id)
        rows = list(Deployment.objects.due(now).filter(environment=environment).order_by("pk"))
        due = [row for row in rows if not _goes_on_waiting(environment, row, now)]
        if due:
            actor = due[-1].user
            take_now(environment, due, words.why_now(due), actor, now)
        Deployment.objects.bulk_update(rows, DECIDED)


def settle_left(environment_id: int, now: datetime) -> None:
    """Judge what is tied to operations of it that have ended."""
    with transaction.atomic():
        operations.lock(environment_id)
        taken = Deployment.objects.filter(environment=environment_id, status=DeploymentStatus.TAKEN)
        rows = list(taken.exclude(operation__status__in=UNFINISHED).select_related("operation"))
        ended = {row.operation for row in rows if row.operation and row.operation.status != OperationStatus.CANCELLED}
        called_off([row for row in rows if row.operation not in ended], now)
        for operation in sorted(ended, key=lambda one: one.pk):
            settle(operation, list(operation.steps.all()), now)


def _goes_on_waiting(environment: Environment, row: Deployment, now: datetime) -> bool:
    """Whether its policy has changed since: it waits for the next start, or for another hour."""
    if environment.state not in TAKES or environment.on_push == OnPush.NEXT_START:
        wait(row)
        return True
    hour = environment.push_hour if environment.on_push == OnPush.AT_HOUR else None
    if hour is None or row.due_at is None or next_hour(hour, environment.zone_name, row.due_at) == row.due_at:
        return False
    row.due_at = next_hour(hour, environment.zone_name, now)
    return row.due_at > now


def _environments(rows: QuerySet[Deployment]) -> list[int]:
    return list(rows.order_by("environment").values_list("environment", flat=True).distinct()[:AT_ONCE])


def _alone(judge: Callable[[int, datetime], None], environment_id: int, now: datetime) -> None:
    try:
        judge(environment_id, now)
    except DatabaseError:
        log.exception("Deployments of environment %s could not be saved.", environment_id)
    except Exception:  # a defect of ours with one environment must not keep the others from their turn
        log.exception("Judging the deployments of environment %s broke.", environment_id)
