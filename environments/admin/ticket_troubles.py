"""The mails of a ticket that did not get out, for those who work on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from environments.models import Ticket
from environments.services import ticket_mail_troubles
from environments.services.owed_mails import REPEATABLE

from .displays import name_of, toned
from .own_clock import at_place_words

TONES = {"pending": "moving", "failed": "failed", "unknown": "unknown"}


def mail_lines(ticket: Ticket, zone: str, now: datetime) -> list[dict[str, Any]]:
    """The context of `environments/_ticket_mails.html`; one query. `told_at`: when that happened which it tells."""
    return [
        {
            "pk": mail.pk,
            "reader": name_of(mail.reader),
            "address": mail.reader.email,
            "state": toned(mail.get_status_display(), TONES[mail.status]),
            "told_at": at_place_words(datetime.fromisoformat(mail.lines[-1]["at"]), zone, now),
            "tries": mail.attempts,
            "why": ticket_mail_troubles.why(mail),
            "server_words": ticket_mail_troubles.server_words(mail),
            "can_be_repeated": mail.status in REPEATABLE,
        }
        for mail in ticket_mail_troubles.of_ticket(ticket)
    ]
