"""Operations on the environment's page: the newest one opened, the others a line each, opened and paged on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, Operation

from .live import shown_so_far
from .operation_cards import NOTHING_KNOWN, OperationCard, Usual, operation_card, operation_line, usual_of

PAGE, LONGEST = 5, 200


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest operation, with its steps, and those before it, without; `usual` says how long it took before."""

    operation: Operation | None
    before: Sequence[Operation]
    usual: Usual


def newest(environment: Environment, listed: int = PAGE) -> Newest:
    """With `listed` older ones. Four queries, whatever the length of the history; one where there is none."""
    rows = list(environment.operations.select_related("actor")[: listed + 2])
    if not rows:
        return Newest(None, (), NOTHING_KNOWN)
    prefetch_related_objects(rows[:1], "steps")
    return Newest(rows[0], rows[1:], usual_of(rows[0]))


def opened(found: Newest, environment: Environment, now: datetime) -> OperationCard | None:
    """The newest one, with its timeline."""
    return operation_card(found.operation, environment.zone_name, now, found.usual) if found.operation else None


def listed(request: HttpRequest) -> int:
    """How many lines somebody has before them who opened more: they are not taken away when they are renewed."""
    return shown_so_far(request, "listed", PAGE, LONGEST)


def lines(environment: Environment, rows: Sequence[Operation], now: datetime, count: int = PAGE) -> dict[str, Any]:
    """The context of `environments/_operations.html`: lines, and where there are more."""
    shown, more = rows[:count], len(rows) > count
    address = reverse("environments:operations", args=[environment.slug])
    return {
        "older_operations": [operation_line(row, environment.zone_name, now) for row in shown],
        "operations_count": count,
        "operations_url": address,
        "more_operations": f"{address}?before={shown[-1].pk}" if more else "",
        "all_operations": (
            f"{reverse('admin:environments_operation_changelist')}?environment__id__exact={environment.pk}"
        ),
    }


@require_GET
def older(request: HttpRequest, environment: Environment) -> HttpResponse:
    """With `open`, the timeline of one operation; else a page of lines, of those older than `before`."""
    now = timezone.now()
    if "open" in request.GET:
        row = _asked_for(environment, request.GET["open"])
        one = operation_card(row, environment.zone_name, now, usual_of(row))
        return TemplateResponse(request, "environments/_timeline.html", {"one": one, "env": environment})
    rows = environment.operations.select_related("actor")
    if "before" in request.GET:
        last = _asked_for(environment, request.GET["before"])
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    context = {"env": environment, **lines(environment, list(rows[: PAGE + 1]), now)}
    return TemplateResponse(request, "environments/_operations.html", context)


def _asked_for(environment: Environment, number: str) -> Operation:
    found = None
    if number.isascii() and number.isdecimal() and len(number) < 19:
        found = environment.operations.prefetch_related("steps").filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no such operation of this environment."))
    return found
