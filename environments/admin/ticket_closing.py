"""What people are told who close an incident while what it is about goes on."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.models import Check, Operation, Ticket
from environments.services import health_tickets, operation_tickets

from .board_actions import Done


def closed(ticket: Ticket, done: Done) -> Done:
    """What is said of it, with what still goes on. Two queries at most."""
    goes_on = _goes_on(ticket)
    return Done(f"{done.text.rstrip('.')}. {goes_on}", done.undo, is_overruled=True) if goes_on else done


def _goes_on(ticket: Ticket) -> str:
    if (check := health_tickets.still(ticket)) is not None:
        return _of_check(check)
    operation = operation_tickets.still(ticket)
    return _of_operation(operation, ticket) if operation is not None else ""


def _of_check(check: Check) -> str:
    words = {"name": check.name, "state": check.get_state_display(), "n": check.ticket_after}
    if not check.ticket_after:
        return _("“%(name)s” still says: %(state)s. A new incident opens in a moment if it stays so.") % words
    said = ngettext(
        "“%(name)s” still says: %(state)s. A new incident opens if it stays so for %(n)d minute.",
        "“%(name)s” still says: %(state)s. A new incident opens if it stays so for %(n)d minutes.",
        check.ticket_after,
    )
    return said % words


def _of_operation(operation: Operation, ticket: Ticket) -> str:
    said = {
        Operation.Kind.START: _("%(name)s has not started yet. A new incident opens when it fails again."),
        Operation.Kind.STOP: _("%(name)s has not stopped yet. A new incident opens when it fails again."),
        Operation.Kind.REDEPLOY: _("%(name)s is not redeployed yet. A new incident opens when it fails again."),
    }
    return said[Operation.Kind(operation.kind)] % {"name": ticket.environment.name if ticket.environment else ""}
