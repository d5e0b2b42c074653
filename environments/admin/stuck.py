"""What keeps a stack from being deleted, on the environment's page, and the button that leaves it behind."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from environments.models import Environment, Operation
from environments.models.texts import in_language
from environments.services import permissions, stuck_deletes
from environments.targets.stack_stuck_texts import REMEDIES


@dataclass(frozen=True, slots=True)
class Line:
    """A resource that holds its stack: what it is, what AWS says, what can be done. `key` is empty where it cannot be
    left behind."""

    logical_id: str
    physical_id: str
    type: str
    where: str
    reason: str
    remedy: str
    key: str


def lines(last: Operation | None) -> list[Line]:
    """What the last operation left stuck; asks the database for nothing when its steps are there."""
    return [
        Line(
            logical_id=row["logical_id"],
            physical_id=row["physical_id"],
            type=row["type"],
            where="/".join(part for part in (one.target, row["path"]) if part),
            reason=row["reason"],
            remedy=in_language(REMEDIES.get(row["cause"], REMEDIES["other"])),
            key=stuck_deletes.key(row) if row in one.retainable else "",
        )
        for one in stuck_deletes.of_operation(last)
        for row in one.rows
    ]


@require_POST
def leave_behind(request: HttpRequest, environment: Environment) -> HttpResponse:
    """An operator has the stop done without what holds the stacks."""
    permissions.require_accept(request.user, environment)
    try:
        operation = stuck_deletes.leave_behind(
            environment=environment,
            keys=request.POST.getlist("resource"),
            user=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("environments:page", environment.slug)
    if operation:
        messages.success(request, _("It is deleted without them. They stay in AWS: delete them there when you can."))
    else:
        messages.error(request, _("What holds it has changed since you looked. Read the new list."))
    return redirect("environments:page", environment.slug)
