"""What the buttons of tickets do: move, take up, say something, watch; and which mails somebody wants."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from environments.models import Ticket, TicketProgress, TicketRule
from environments.services import ticket_changes, ticket_mail_troubles, ticket_people, ticket_readers

from .board_actions import Done
from .ticket_closing import closed
from .ticket_sight import answer, for_readers, of_ticket, person, refused


@of_ticket
@require_POST
def move(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Into another column; undone by moving it back. Who closes what goes on is told so."""
    wanted = request.POST.get("progress", "")
    try:
        before = ticket_changes.move(ticket=ticket, user=person(request), progress=wanted, now=timezone.now())
    except ValidationError as error:
        return refused(request, ticket, error)
    if before == wanted:
        return answer(request, ticket, Done(_("Nothing to change: it was so already.")))
    said = _("#%(number)s: %(progress)s") % {"number": ticket.pk, "progress": TicketProgress(wanted).label}
    done = Done(said, {"progress": before})
    return answer(request, ticket, closed(ticket, done) if wanted == TicketProgress.DONE else done)


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
    """`wished`: 1 to hear of each change, 0 to watch it no more, “none” to hear no more of it at all."""
    wished = request.POST.get("wished")
    if wished == "1":
        ticket_changes.watch(ticket=ticket, user=person(request))
        return answer(request, ticket, Done(_("You hear of each change of #%(number)s.") % {"number": ticket.pk}))
    if wished == "none":
        removed = ticket_changes.hear_nothing(ticket=ticket, user=person(request))
    else:
        ticket_changes.unwatch(ticket=ticket, user=person(request))
        removed = []
    return answer(request, ticket, Done(_no_more(request, ticket, removed)))


def _no_more(request: HttpRequest, ticket: Ticket, removed: list[TicketRule]) -> str:
    """What they hear of it from now on, and which rules are gone."""
    if still := ticket_readers.rules_of(person(request), ticket):
        said = _("You do not watch #%(number)s any more. By a rule you still hear of it: %(rules)s.")
        return said % {"number": ticket.pk, "rules": _named(still)}
    said = _("You hear no more of #%(number)s.") % {"number": ticket.pk}
    if not removed:
        return said
    gone = _("Removed, also for other tickets: %(rules)s.") % {"rules": _named(removed)}
    return f"{said} {gone}"


def _named(rules: list[TicketRule]) -> str:
    return ", ".join(f"“{words}”" for words in ticket_readers.rules_words(rules))


@of_ticket
@require_POST
def again(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Send a mail of it once more that failed, or of which nobody knows whether it arrived."""
    sent = request.POST.get("mail", "")
    number = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else 0
    user, now = person(request), timezone.now()
    if ticket_mail_troubles.send_again(ticket=ticket, user=user, number=number, now=now):
        return answer(request, ticket, Done(_("It is sent again within a minute.")))
    said = _(
        "It cannot be sent again: its reader may not see the ticket any more, wants no more of these mails, or it "
        "is on its way already."
    )
    return refused(request, ticket, ValidationError(said))


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
