"""Tickets as they stand on a board or in a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats

from environments.models import Ticket, TicketProgress
from environments.services import plans, ticket_people

from .displays import name_of

PROGRESS_TONES = {
    TicketProgress.OPEN: "unknown",
    TicketProgress.IN_PROGRESS: "moving",
    TicketProgress.WAITING: "held",
    TicketProgress.DONE: "running",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket as it stands on a board or in a list. `steps`: where it may be moved, for those who may."""

    ticket: Ticket
    title: str
    kind: str
    is_incident: bool
    where: str
    assignee: str
    due: str
    is_overdue: bool
    progress: str
    tone: str
    steps: tuple[tuple[str, str], ...]


def card(ticket: Ticket, now: datetime, *, may_work: bool) -> Card:
    progress = TicketProgress(ticket.progress)
    is_overdue = overdue(ticket, now)
    return Card(
        ticket=ticket,
        title=ticket.title_text,
        kind=str(ticket.get_kind_display()),
        is_incident=ticket.kind == Ticket.Kind.INCIDENT,
        where=ticket.environment.name if ticket.environment else ticket.team.name,
        assignee=name_of(ticket.assignee) if ticket.assignee else "",
        due=formats.date_format(ticket.due_on, "MONTH_DAY_FORMAT") if ticket.due_on else "",
        is_overdue=is_overdue,
        progress=str(progress.label),
        tone=PROGRESS_TONES[progress],
        steps=tuple((one.value, str(one.label)) for one in TicketProgress if one != progress) if may_work else (),
    )


def overdue(ticket: Ticket, now: datetime) -> bool:
    """Its day is over where it is about, and it is not done."""
    is_open = ticket.due_on is not None and ticket.progress != TicketProgress.DONE
    return is_open and ticket.due_on < plans.today(ticket_people.zone_of(ticket), now)  # type: ignore[operator]
