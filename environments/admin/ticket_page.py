"""The page of a ticket: what it is about, where it stands, what was said, and what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, Ticket, TicketProgress
from environments.services import history as histories
from environments.services import operation_tickets, ticket_people, ticket_readers

from . import history
from .displays import language, name_of
from .live import IDLE, live_part, renewed, shown_so_far, stamped
from .own_clock import at_place_words
from .ticket_cards import PROGRESS_TONES, card
from .ticket_said import moment_asked, who_said, with_comments
from .ticket_sight import of_ticket, person
from .ticket_troubles import mail_lines


@of_ticket
@require_GET
def page(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    now = timezone.now()
    context = admin.site.each_context(request) | _ticket(request, ticket, now)
    context |= _live(request, ticket, now, context) | {
        "title": f"#{ticket.pk} {ticket.title_text}",
        "crumbs": [(_("Tickets"), reverse("environments:tickets")), (f"#{ticket.pk}", "")],
    }
    return TemplateResponse(request, "environments/ticket.html", context)


@of_ticket
@require_GET
def live(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    now = timezone.now()
    return renewed(request, _live(request, ticket, now, _ticket(request, ticket, now)))


@of_ticket
@require_GET
def changes(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """More of its changes: below those that are there, else on a page of its own."""
    crumbs = [
        (_("Tickets"), reverse("environments:tickets")),
        (str(ticket), reverse("environments:ticket", args=[ticket.pk])),
    ]
    title = _("Changes of %(name)s") % {"name": ticket}
    return history.shown(request, _changes(request, ticket, timezone.now()), title, crumbs)


def _ticket(request: HttpRequest, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """The context of `environments/_ticket.html`; a query each for what was said, who watches, the reader's rules, and
    the mails that failed."""
    environment, zone = ticket.environment, ticket_people.zone_of(ticket)
    may_work = request.user.has_perm(ticket_people.WORK)
    watchers = list(ticket.watchers.order_by("first_name", "last_name", "username"))
    return {
        "ticket": ticket,
        "card": card(ticket, now, may_work=may_work),
        "env": environment,
        "team": environment.team if environment else ticket.team,
        "zone": zone,
        "is_done": ticket.progress == TicketProgress.DONE,
        "is_mine": ticket.assignee_id == request.user.pk,
        "opened": at_place_words(ticket.opened_at, zone, now),
        "done": at_place_words(ticket.done_at, zone, now) if ticket.done_at else "",
        "over": at_place_words(ticket.over_at, zone, now) if ticket.over_at else "",
        "author": name_of(ticket.author) if ticket.author else "",
        "steps": [(one.value, str(one.label), PROGRESS_TONES[one], one == ticket.progress) for one in TicketProgress],
        "about": _about(ticket, environment),
        "comments": [
            {
                "who": who_said(said),
                "when": at_place_words(said.at, zone, now),
                "text": str(said),
            }
            for said in ticket.comments.select_related("author")
        ],
        "rules": _rules(request, ticket),
        "mails": mail_lines(ticket, zone, now) if may_work else [],
        "watchers": [name_of(one) for one in watchers],
        "is_watching": request.user in watchers,
        "has_address": bool(getattr(request.user, "email", "")),
        "may_work": may_work,
    }


def _rules(request: HttpRequest, ticket: Ticket) -> list[str]:
    """By which rules the reader hears of it."""
    return ticket_readers.rules_words(ticket_readers.rules_of(person(request), ticket))


def _about(ticket: Ticket, environment: Environment | None) -> dict[str, str]:
    """The next step of an incident: where its cause is seen, and seen to."""
    if environment is None or ticket.kind != Ticket.Kind.INCIDENT or ticket.progress == TicketProgress.DONE:
        return {}
    address = reverse("environments:page", args=[environment.slug])
    if operation_tickets.still(ticket) is not None:
        text = _("What failed stands on the page of %(name)s, with “Try again”.")
    else:
        text = _("How it is now stands on the page of %(name)s.")
    return {"url": address, "text": text % {"name": environment.name}}


def _live(request: HttpRequest, ticket: Ticket, now: datetime, context: dict[str, Any]) -> dict[str, Any]:
    mark = histories.mark(histories.of_thing(Ticket, ticket.pk))
    changed = stamped(
        "ticket-changes",
        (mark, len(context["comments"]), timezone.localdate(now), language()),
        request,
        "environments/_ticket_changes.html",
        lambda: _changes(request, ticket, now),
    )
    url = reverse("environments:ticket_live", args=[ticket.pk])
    return live_part(request, "environments/_ticket.html", context, every=IDLE, url=url, parts={"changes": changed})


def _changes(request: HttpRequest, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Its history, and between it what was said."""
    zone = ticket_people.zone_of(ticket)
    context = history.lines_of(
        request,
        histories.of_thing(Ticket, ticket.pk),
        zone,
        now,
        address=reverse("environments:ticket_changes", args=[ticket.pk]),
        count=shown_so_far(request, "shown", history.PAGE, history.LONGEST),
    )
    return context | {"changes": with_comments(context, ticket, zone, now, before=moment_asked(request))}
