"""Mails of tickets that did not get out: which, why in plain words, and sending one again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _

from environments.models import Ticket, TicketMail

from . import owed_mails, ticket_people
from .owed_mails import BROKEN, CUT_OFF, MOST_TRIES, REPEATABLE
from .ticket_mails import GONE, LATE, MAILS

MOST_SHOWN: Final = 20
OWN_WORDS: Final = frozenset({LATE, GONE, CUT_OFF, BROKEN})
"""What the portal itself says of a mail, translated where it is shown."""


def of_ticket(ticket: Ticket) -> list[TicketMail]:
    """Its mails that failed, of which nobody knows, or that wait for another try, with their readers; the newest
    first. One query."""
    waits = Q(status=TicketMail.Status.PENDING) & ~Q(error="")
    rows = ticket.mails.filter(Q(status__in=REPEATABLE) | waits).select_related("reader")
    return list(rows.order_by("-pk")[:MOST_SHOWN])


def why(mail: TicketMail) -> str:
    if mail.error in OWN_WORDS:
        return _(mail.error)
    if mail.status == TicketMail.Status.UNKNOWN:
        return _("The connection broke while it was sent. It may have arrived.")
    if mail.status == TicketMail.Status.PENDING:
        return _("The mail server has not taken it yet. It is tried again by itself.")
    if mail.attempts >= MOST_TRIES:
        return _("The mail server has not taken it, however often it was tried.")
    return _("The mail server refused it.")


def server_words(mail: TicketMail) -> str:
    """What the mail server said, or the connection; empty where the portal's own words say it."""
    return "" if mail.error in OWN_WORDS else mail.error


def send_again(*, ticket: Ticket, user: User, number: int, now: datetime) -> bool:
    """Owe a failed or unknown mail of a ticket once more. False when there is no such mail, it is in another state by
    now, or its reader may not have it any more. PermissionDenied, in words, for those who may not work on it."""
    ticket_people.require_work(user, ticket)
    mail = TicketMail.objects.select_related(*MAILS.related).filter(ticket=ticket, pk=number).first()
    return mail is not None and owed_mails.send_again(MAILS, mail=mail, now=now)
