"""Taking back what the history shows: exceptions and holds that were placed go, those that ended come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from environments.models import DayException, Environment, Hold
from portal.history import MADE, changes_of

from . import exceptions, history, holds, permissions

KINDS = {"exception": DayException, "hold": Hold}


def take_back(*, environment: Environment, kind: str, change_id: int, author: User, now: datetime) -> int:
    """Undo one change of an exception (with all that was changed together) or of a hold; how many it was about.

    0 when there is nothing to undo any more: it was done already, or the change is none of this environment. Raises
    PermissionDenied, and ValidationError saying why it cannot come back; nothing is written then.
    """
    model = KINDS.get(kind)
    where = next((where for place, where in history.of_environment(environment) if place is model), None)
    row = changes_of(model).filter(where, pk=change_id).first() if model and where else None
    if row is None:
        return 0
    return (_exceptions if model is DayException else _hold)(environment, row, author, now)


def _exceptions(environment: Environment, row: Any, author: User, now: datetime) -> int:
    together = changes_of(DayException).filter(
        history_date=row.history_date, history_type=row.history_type, batch=row.batch
    )
    ids = together.filter(ended_at__isnull=row.ended_at is None).values_list("id", flat=True)
    rows = list(DayException.objects.filter(pk__in=list(ids)))
    if row.ended_at is not None:
        return exceptions.restore(exceptions=rows, author=author, now=now)
    act = exceptions.undo if row.history_type == MADE else exceptions.remove
    return act(exceptions=rows, author=author, now=now)


def _hold(environment: Environment, row: Any, author: User, now: datetime) -> int:
    permissions.require_switch(author, environment)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        in_force = Hold.objects.open().filter(environment=environment).first()
        if row.ended_at is None:
            return int(holds.take_back(environment=environment, hold_id=row.id, author=author, now=now))
        if row.until is not None and row.until <= now:
            raise ValidationError(_("It cannot come back: its time is over."))
        if in_force is not None:
            raise ValidationError(_("It cannot come back: another hold has taken its place."))
        holds.place_again(Hold.objects.get(pk=row.id), author=author, now=now)
    return 1
