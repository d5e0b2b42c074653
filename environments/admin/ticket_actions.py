"""What the buttons of tickets do: move, take up, say something, watch; and which mails somebody wants."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from environments.models import Ticket, TicketProgress
from environments.services import ticket_changes, ticket_people

from .board_actions import Done
from .ticket_sight import answer, for_readers, of_ticket, person, refused


@of_ticket
@require_POST
def move(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Into another column; undone by moving it back."""
    wanted = request.POST.get("progress", "")
    try:
        before = ticket_changes.move(ticket=ticket, user=person(request), progress=wanted, now=timezone.now())
    except ValidationError as error:
        return refused(request, ticket, error)
    if before == wanted:
        return answer(request, ticket, Done(_("Nothing to change: it was so already.")))
    said = _("#%(number)s: %(progress)s") % {"number": ticket.pk, "progress": TicketProgress(wanted).label}
    return answer(request, ticket, Done(said, {"progress": before}))


@of_ticket
@require_POST
def take(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    try:
        ticket_changes.take_up(ticket=ticket, user=person(request), now=timezone.now())
    except ValidationError as error:
        return refused(request, ticket, error)
    return answer(request, ticket, Done(_("#%(number)s is yours.") % {"number": ticket.pk}))


@of_ticket
@require_POST
def comment(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    try:
        text = request.POST.get("text", "")
        ticket_changes.comment(ticket=ticket, user=person(request), text=text, now=timezone.now())
    except ValidationError as error:
        return refused(request, ticket, error)
    return answer(request, ticket, Done(_("Said. Who watches it hears of it.")))


@of_ticket
@require_POST
def watch(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    if request.POST.get("wished") == "1":
        ticket_changes.watch(ticket=ticket, user=person(request))
        return answer(request, ticket, Done(_("You hear of each change of #%(number)s.") % {"number": ticket.pk}))
    ticket_changes.unwatch(ticket=ticket, user=person(request))
    return answer(request, ticket, Done(_("You hear no more of #%(number)s.") % {"number": ticket.pk}))


@for_readers
@require_POST
def hear(request: HttpRequest) -> HttpResponse:
    """Which mails somebody wants of the tickets that they see."""
    try:
        ticket_people.hear(user=person(request), choice=request.POST.get("hears", ""))
    except ValueError:
        messages.error(request, _("Choose of which changes you want to hear."))
    else:
        messages.success(request, _("Kept."))
    return redirect("environments:tickets")
