"""The open tickets of an environment, on its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from environments.models import Environment, Ticket
from environments.services import ticket_people, tickets

from .ticket_cards import card


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_env_tickets.html`; one query."""
    rows = tickets.open_of(environment) if request.user.has_perm(tickets.VIEW) else []
    return {
        "ticket_cards": [card(_of(row, environment), now, may_work=False) for row in rows],
        "may_open_tickets": request.user.has_perm(ticket_people.WORK),
    }


def _of(ticket: Ticket, environment: Environment) -> Ticket:
    ticket.environment = environment
    return ticket
