"""Mails of tickets: what is owed to whom, and the sending of it. What changes within a minute is one mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_noop

from environments.models import Ticket, TicketMail

from . import owed_mails, ticket_messages, ticket_readers
from .ticket_messages import DONE, OPENED

if TYPE_CHECKING:
    from django.contrib.auth.models import User

GATHERED: Final = timedelta(minutes=1)

LATE = gettext_noop("It waited for three days and is no news any more.")
GONE = gettext_noop("The reader may not see the ticket any more, has no address, or wants no more of these mails.")

MAILS: Final = owed_mails.Kind(
    model=TicketMail,
    related=("ticket__team", "ticket__environment__team", "reader__preference"),
    may_go=lambda mail: ticket_readers.may_still_read(
        mail.reader, mail.ticket, opened_or_done=any(line["event"] for line in mail.lines)
    ),
    compose=ticket_messages.compose,
    too_old=timedelta(days=3),
    late=LATE,
    gone=GONE,
)


def owe(
    *,
    ticket: Ticket,
    lines: Sequence[dict[str, Any]],
    actor: User | None,
    opened: bool = False,
    done: bool = False,
    now: datetime,
) -> int:
    """Owe each reader but `actor` what has changed, within the caller's transaction: in the mail that still gathers,
    else in a new one. How many hear of it. A fixed number of queries and one for each mail that gathers already."""
    readers = list(ticket_readers.of_ticket(ticket, opened_or_done=opened or done).values_list("pk", flat=True))
    if actor is not None and actor.pk in readers:
        readers.remove(actor.pk)
    if not readers:
        return 0
    who = (actor.get_full_name() or actor.get_username()) if actor else ""
    told = {"who": who, "at": now.isoformat(), "event": OPENED if opened else DONE if done else ""}
    said = [{**told, **line} for line in lines] or [told]
    gathering = TicketMail.objects.filter(
        ticket=ticket, reader__in=readers, status=TicketMail.Status.PENDING, leased_until=None, not_before__gt=now
    )
    # Locked until the caller commits: a worker that wants to send one waits, and reads what was added.
    added = set()
    for mail in gathering.filter(attempts=0).select_for_update():
        if mail.reader_id not in added:
            mail.lines = [*mail.lines, *said]
            mail.save(update_fields=["lines"])
            added.add(mail.reader_id)
    TicketMail.objects.bulk_create(
        TicketMail(ticket=ticket, reader_id=reader, lines=said, not_before=now + GATHERED)
        for reader in readers
        if reader not in added
    )
    return len(readers)


def send_due(*, now: datetime) -> int:
    """Send the mails that are due; see `owed_mails.send_due`."""
    return owed_mails.send_due(MAILS, now=now)
