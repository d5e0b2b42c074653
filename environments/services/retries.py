"""Trying once more what failed last, under the rules of a fresh wish."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from environments.models import Environment, Operation, OperationStatus

from . import needed_starts, needs, operations


def retry(*, environment: Environment, actor: User, now: datetime) -> Operation | None:
    """Ask once more for what failed last; None when something newer has happened since.

    ValidationError as for a fresh wish: a stop of what others need by now (who may stop it anyway does so by a hold), a
    start of what needs something that may not be started, a redeploy that `operations.request` refuses.
    """
    with transaction.atomic():
        environment = operations.lock(environment.pk)
        last = Operation.objects.filter(environment=environment).order_by("-created_at", "-pk").first()
        if last is None or last.status != OperationStatus.FAILED:
            return None
        if last.kind == Operation.Kind.STOP:
            needs.refuse_stop(environment, actor, anyway=False, now=now)
        elif last.kind == Operation.Kind.START:
            needed_starts.refuse(environment, actor, now)
        return operations.request(
            environment=environment, kind=last.kind, trigger=last.trigger, reason=last.reason, actor=actor, now=now
        )
