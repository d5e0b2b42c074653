"""Who comes as far as the pages of tickets, and how these answer what was done."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from environments.models import Ticket
from environments.services import tickets

from .board_actions import Done

View = Callable[..., HttpResponse]


def for_readers(view: View) -> View:
    """Sign-in first; then PermissionDenied, in words, for those who may not see tickets."""

    @wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(tickets.VIEW):
            raise PermissionDenied(_("You may not see tickets. An administrator can give you a role that may."))
        return view(request, *args, **kwargs)

    return admin.site.admin_view(allowed)


def of_ticket(view: View) -> View:
    """The ticket by its number; one that the user may not see does not exist for them."""

    @for_readers
    @wraps(view)
    def found(request: HttpRequest, number: int) -> HttpResponse:
        rows = tickets.visible_to(request.user).select_related("team", "environment__team", "assignee", "author")
        ticket = rows.filter(pk=number).first() if number < 2**63 else None
        if ticket is None:
            raise Http404(_("There is no ticket #%(number)s that you can see.") % {"number": number})
        return view(request, ticket)

    return found


def answer(request: HttpRequest, ticket: Ticket, done: Done) -> HttpResponse:
    """What follows, as a message that can be undone; the parts that renew themselves are asked for anew."""
    if not request.headers.get("HX-Request"):
        messages.success(request, done.text)
        return redirect("environments:ticket", ticket.pk)
    context = {"done": done, "undo_url": reverse("environments:ticket_move", args=[ticket.pk])}
    return TemplateResponse(
        request, "environments/_board_answer.html", context, headers={"HX-Trigger": "environmentChanged"}
    )


def refused(request: HttpRequest, ticket: Ticket, error: ValidationError) -> HttpResponse:
    """Why it was not done: a message where it was asked for (`ticketStays`: what was shown as done is taken back),
    else on the ticket's page."""
    said = " ".join(error.messages)
    if not request.headers.get("HX-Request"):
        messages.error(request, said)
        return redirect("environments:ticket", ticket.pk)
    context = {"said": said, "ticket": ticket}
    return TemplateResponse(
        request, "environments/_ticket_refused.html", context, headers={"HX-Trigger": "ticketStays"}
    )


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin site has asked for a sign-in
    return request.user
