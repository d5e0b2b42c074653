"""The board of tickets: a column for each progress. A fixed number of queries, whatever the number of tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, Team, Ticket, TicketRule
from environments.services import ticket_lists, ticket_people, tickets
from environments.services.ticket_lists import Filters
from portal.mail import is_configured

from .live import IDLE, live_part, renewed
from .ticket_cards import PROGRESS_TONES, card
from .ticket_sight import for_readers, person

LONGEST_SEARCH = 80


@for_readers
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    now, filters = timezone.now(), read(request)
    context = admin.site.each_context(request) | _board(request, filters, now)
    context |= live_part(request, "environments/_tickets.html", context, every=IDLE, url=_live_url(filters))
    context |= _choices(request, filters) | {
        "title": _("Tickets"),
        "mine_count": count_of_mine(request),
        "hears": ticket_people.hears(person(request)),
        "hears_choices": [(ticket_people.NEVER, _("never")), *TicketRule.Hears.choices],
        "has_address": bool(person(request).email),
        "mail_missing": not is_configured(),
    }
    return TemplateResponse(request, "environments/tickets.html", context)


@for_readers
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    filters = read(request)
    context = _board(request, filters, timezone.now())
    part = live_part(request, "environments/_tickets.html", context, every=IDLE, url=_live_url(filters))
    return renewed(request, part)


def read(request: HttpRequest) -> Filters:
    """What the address asks for; what makes no sense there filters nothing."""
    asked = request.GET
    team, kind = asked.get("team", ""), asked.get("kind", "")
    return Filters(
        mine=asked.get("who") == "mine",
        team=int(team) if team.isascii() and team.isdecimal() and len(team) < 19 else 0,
        environment=asked.get("environment", "").replace("\x00", "")[:LONGEST_SEARCH],
        kind=kind if kind in Ticket.Kind.values else "",
        text=asked.get("q", "").strip().replace("\x00", "")[:LONGEST_SEARCH],
    )


def count_of_mine(request: HttpRequest) -> int:
    """How many tickets somebody has to see to; asked for once a request."""
    if not hasattr(request, "_tickets_mine"):
        request._tickets_mine = tickets.mine(request.user).count()  # type: ignore[attr-defined]  # noqa: SLF001
    return int(request._tickets_mine)  # type: ignore[attr-defined]  # noqa: SLF001


def badge(request: HttpRequest) -> str:
    """Beside the entry of the navigation; nothing for none."""
    return str(count_of_mine(request) or "")


def _board(request: HttpRequest, filters: Filters, now: datetime) -> dict[str, Any]:
    """The context of `environments/_tickets.html`."""
    may_work = request.user.has_perm(ticket_people.WORK)
    columns = [
        {
            "name": str(column.progress.label),
            "value": column.progress.value,
            "tone": PROGRESS_TONES[column.progress],
            "count": column.count,
            "more": column.more,
            "cards": [card(one, now, may_work=may_work) for one in column.tickets],
        }
        for column in ticket_lists.board(request.user, filters, now=now)
    ]
    return {
        "columns": columns,
        "any": any(column["count"] for column in columns),
        "filters": filters,
        "may_work": may_work,
        "done_days": ticket_lists.DONE_SHOWN.days,
    }


def _choices(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    """What can be chosen in the filters: two queries."""
    seen = tickets.visible_to(request.user)
    environments = Environment.objects.filter(pk__in=seen.order_by().values("environment")).order_by("name")
    visible = Environment.objects.visible_to(request.user)
    teams = Team.objects.filter(pk__in=visible.values("team")).order_by("name")
    return {
        "teams": list(teams.values_list("pk", "name")),
        "environments": list(environments.values_list("slug", "name")),
        "kinds": Ticket.Kind.choices,
    }


def _live_url(filters: Filters) -> str:
    asked = {
        "who": "mine" if filters.mine else "",
        "team": filters.team or "",
        "environment": filters.environment,
        "kind": filters.kind,
        "q": filters.text,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse("environments:tickets_live")
    return f"{address}?{query}" if query else address
