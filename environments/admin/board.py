"""The board: what needs somebody, what is going on, and a row for each environment. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import FAILED_STATES, MOVING_STATES, Account, Operation, OperationStep, State
from environments.services import permissions

from . import cards
from .live import live_part, renewed
from .operation_cards import usual_durations


def _cards(request: HttpRequest, now: datetime) -> list[cards.Card]:
    environments = list(cards.environments_of(request.user, now))
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    moving = [environment.pk for environment in environments if environment.state in MOVING_STATES]
    under_way = Operation.objects.unfinished().filter(environment__in=moving).prefetch_related(steps)
    current = {operation.environment_id: operation for operation in under_way}
    usual = {
        kind: usual_durations([pk for pk, operation in current.items() if operation.kind == kind], kind)
        for kind in Operation.Kind
    }
    made = []
    for environment in environments:
        operation = current.get(environment.pk)
        took = usual[Operation.Kind(operation.kind)].get(environment.pk) if operation else None
        made.append(cards.card(environment, now, current=operation, usual=took))
    return made


def _context(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    rows = _cards(request, now)
    context = {
        "rows": rows,
        # Red before amber.
        "attention": sorted(
            (row for row in rows if row.failed or row.drifted or row.kept),
            key=lambda row: (not row.failed, not row.drifted),
        ),
        "running": sum(row.environment.state == State.RUNNING for row in rows),
        "moving": sum(row.environment.state in MOVING_STATES for row in rows),
        "failing": sum(row.environment.state in FAILED_STATES for row in rows),
        "upcoming": min((row for row in rows if row.next_at), key=lambda row: row.next_at or now, default=None),
        "may_switch": request.user.has_perm(permissions.SWITCH),
    }
    busy = any(row.current for row in rows)
    url = reverse("environments:board_live")
    return live_part(request, "environments/_board.html", context, busy=busy, url=url) | {
        "rows": rows,
        "may_add": request.user.has_perm("environments.add_environment"),
        "no_account": _no_account(request, rows),
    }


def _no_account(request: HttpRequest, rows: Sequence[cards.Card]) -> bool:
    return not rows and request.user.has_perm("environments.add_account") and not Account.objects.exists()


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by django-unfold for the admin's index page."""
    return context | _context(request) | {"title": _("Board")}


@require_GET
def board_live(request: HttpRequest) -> HttpResponse:
    """The part of the board that changes; 204 when it reads as the browser has it (`seen`)."""
    return renewed(request, _context(request))


live_view = admin.site.admin_view(board_live)
