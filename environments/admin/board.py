"""The board: what needs somebody, what is going on, and a row for each environment. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import FAILED_STATES, MOVING_STATES, Account, Environment, Operation, OperationStep, State
from environments.services import permissions

from . import cards
from .pages import fingerprint


def _cards(request: HttpRequest, now: datetime) -> list[cards.Card]:
    environments = list(Environment.objects.visible_to(request.user).with_plan())
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    moving = [e.pk for e in environments if e.state in MOVING_STATES]
    current = {
        operation.environment_id: operation
        for operation in Operation.objects.unfinished().filter(environment__in=moving).prefetch_related(steps)
    }
    usual = {
        kind: cards.usual_durations([pk for pk, o in current.items() if o.kind == kind], kind) for kind in Operation.Kind
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
    upcoming = min((r for r in rows if r.next_at), key=lambda r: r.next_at or now, default=None)
    may_switch = request.user.has_perm(permissions.SWITCH)
    inner = render_to_string(
        "environments/_board.html",
        {
            "rows": rows,
            "attention": [r for r in rows if r.failed or (r.hold and not r.hold.until)],
            "running": sum(r.environment.state == State.RUNNING for r in rows),
            "moving": sum(r.environment.state in MOVING_STATES for r in rows),
            "failing": sum(r.environment.state in FAILED_STATES for r in rows),
            "upcoming": upcoming,
            "may_switch": may_switch,
        },
        request,
    )
    return {
        "inner": inner,
        "seen": fingerprint(inner),
        "every": 2 if any(r.current for r in rows) else 5,
        "live_url": reverse("environments:board_live"),
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
    part = _context(request)
    if request.GET.get("seen") == part["seen"]:
        return HttpResponse(status=204)
    return TemplateResponse(request, "environments/_live.html", part)


live_view = admin.site.admin_view(board_live)
