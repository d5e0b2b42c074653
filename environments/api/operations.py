"""Operations: what was started, stopped and redeployed, how far it is, and trying once more."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from environments.models import Operation, OperationStatus, OperationStep
from environments.services import permissions, retries
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.problems import Problem
from portal.models.token import Scope

from . import following
from .asking import Number, of_visible, person, reader
from .operation_schemas import OperationDetail, OperationFilters, OperationOut, operation_out, step_out

router = Router(tags=["Operations"])

SEE = "environments.view_operation"


class Following(Schema):
    since: str = Field("", max_length=64, description="The `version` that is known; without it, nothing is waited for.")
    wait: int = Field(20, ge=0, le=following.LONGEST_S, description="How many seconds to wait for a newer one.")


@router.get("", response=Page[OperationOut], auth=needs(Scope.READ), summary="Operations")
def operations(request: HttpRequest, window: Query[Window], filters: Query[OperationFilters]) -> dict[str, Any]:
    """Of the environments that the account sees, the newest first, without their steps."""
    user = reader(request, SEE)
    rows = of_visible(Operation.objects.select_related("environment", "actor"), user)
    if filters.environment:
        rows = rows.filter(environment__slug=filters.environment)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.since:
        rows = rows.filter(created_at__gte=filters.since)
    found, following_cursor = cut(rows, window, ("-pk",))
    return {"items": [operation_out(one) for one in found], "next": following_cursor}


@router.get("/{number}", response=OperationDetail, auth=needs(Scope.READ), summary="An operation")
def one_operation(request: HttpRequest, number: Number) -> dict[str, Any]:
    """With its steps, in their order."""
    return _detail(_seen(request, number))


@router.get("/{number}/follow", response=OperationDetail, auth=needs(Scope.READ), summary="Follow an operation")
def follow(request: HttpRequest, number: Number, asked: Query[Following]) -> dict[str, Any]:
    """Answers as soon as the operation is another than `since` says, or over, or when the wait is over.

    Ask again with the `version` of the answer. Few may wait at the same time: further ones are answered at once.
    """
    since, wait = asked.since, asked.wait if asked.since else 0
    return _detail(following.follow(lambda: _seen(request, number), since=since, wait=wait))


@router.post("/{number}/retry", response={202: OperationOut}, auth=needs(Scope.OPERATE), summary="Try once more")
def retry(request: HttpRequest, number: Number) -> Status[dict[str, Any]]:
    """A new operation that does what this one failed to do; 409 when it did not fail, or something newer came."""
    user, now = person(request), timezone.now()
    failed = _seen(request, number)
    permissions.require_switch(user, failed.environment)
    newest = failed.environment.operations.first()
    again = None
    if failed.status == OperationStatus.FAILED and newest is not None and newest.pk == failed.pk:
        again = retries.retry(environment=failed.environment, actor=user, now=now)
    if again is None:
        raise Problem(409, _("There is nothing to try again"), _("It did not fail, or something newer has happened."))
    return Status(202, operation_out(Operation.objects.select_related("environment", "actor").get(pk=again.pk)))


def _seen(request: HttpRequest, number: int) -> Operation:
    """Raises Http404 for those of other teams."""
    user = reader(request, SEE)
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    rows = of_visible(Operation.objects.select_related("environment", "actor").prefetch_related(steps), user)
    found: Operation | None = rows.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _detail(operation: Operation) -> dict[str, Any]:
    steps = [step_out(step) for step in operation.steps.all()]
    return operation_out(operation) | {"steps": steps, "version": following.version_of(operation)}
