"""Incidents that people close while their check is still in trouble: another one opens if that goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from environments.models import Check, Ticket

from . import tickets


def lock(ticket: Ticket) -> None:
    """Lock the check that an incident is about, before the ticket: in this order everybody does it. One query, none for
    other tickets."""
    if (check_id := _check_id(ticket)) is not None:
        list(Check.objects.filter(pk=check_id).select_for_update(no_key=True).values_list("pk"))


def closed(ticket: Ticket, *, now: datetime) -> None:
    """Somebody has closed it: have the sweep open another one if its check stays in trouble for as long as it may. The
    caller has called `lock`. One or two queries, none for other tickets."""
    if (check := still(ticket)) is not None:
        due = now + timedelta(minutes=check.ticket_after)
        Check.objects.in_trouble().filter(pk=check.pk).update(ticket_due_at=due)


def still(ticket: Ticket) -> Check | None:
    """The check that an incident is about, while it is in trouble; one query, none for other tickets."""
    check_id = _check_id(ticket)
    if check_id is None:
        return None
    return Check.objects.in_trouble().filter(pk=check_id, environment=ticket.environment_id).first()


def _check_id(ticket: Ticket) -> int | None:
    number = ticket.cause.removeprefix(tickets.OF_CHECKS)
    return int(number) if number != ticket.cause and number.isdecimal() else None
