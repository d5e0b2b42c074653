"""Who may do what with which ticket: who sees it reads and watches it; managers and those above them work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from environments.models import Environment, Team, Ticket, TicketRule
from portal.origin import acting

from . import permissions, ticket_readers, tickets

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    Person = User | AnonymousUser

WORK: Final = "environments.work_on_ticket"
NEVER: Final = "never"
HEARS: Final = (NEVER, *TicketRule.Hears.values)


def require_sight(user: Person, ticket: Ticket) -> None:
    if not tickets.visible_to(user).filter(pk=ticket.pk).exists():
        raise PermissionDenied(_("You may not see this ticket: it belongs to another team."))


def require_work(user: Person, ticket: Ticket) -> None:
    """PermissionDenied, in words, for those who may not."""
    require_sight(user, ticket)
    if not user.has_perm(WORK):
        raise PermissionDenied(_("You may read and watch tickets, but not work on them. A manager of the team can."))


def require_work_in(user: Person, scope: Environment | Team) -> None:
    """The same, for a ticket that is not there yet."""
    if not user.has_perm(WORK):
        raise PermissionDenied(_("You may read and watch tickets, but not open them. A manager of the team can."))
    if not permissions.may_see_scope(user, scope):
        raise PermissionDenied(_("You may not see %(name)s.") % {"name": scope.name})


def workers(ticket: Ticket) -> QuerySet[User]:
    """Who may be assigned: who sees it and may work on it."""
    may = User.objects.with_perm(WORK, backend="django.contrib.auth.backends.ModelBackend")
    return ticket_readers.people_of(ticket).filter(pk__in=may.values("pk"))


def workers_of(team: Team) -> QuerySet[User]:
    """The same, of a ticket that is not there yet."""
    may = User.objects.with_perm(WORK, backend="django.contrib.auth.backends.ModelBackend")
    return ticket_readers.who_see(team).filter(pk__in=may.values("pk"))


def zone_of(ticket: Ticket) -> str:
    """By whose calendar its due date goes."""
    return ticket.environment.zone_name if ticket.environment else settings.TIME_ZONE


def shown_name(person: User) -> str:
    return person.get_full_name() or person.get_username()


def hears(user: User) -> str:
    """Of which tickets of the teams that they see somebody hears by mail: one of `HEARS`."""
    return _own(user).values_list("hears", flat=True).first() or NEVER


def hear(*, user: User, choice: str) -> None:
    """Set that for oneself; rules of single teams or kinds, which operators make, stay. Raises PermissionDenied, and
    ValueError for what is no choice."""
    if choice not in HEARS:
        raise ValueError(f"“{choice}” is none of {HEARS}")
    if not user.has_perm(tickets.VIEW):
        raise PermissionDenied(_("You may not see tickets. An administrator can give you a role that may."))
    with acting(user):
        there = list(_own(user))
        for rule in there[1:] if choice != NEVER else there:
            rule.delete()
        if choice == NEVER:
            return
        rule = there[0] if there else TicketRule(reader=user)
        rule.hears = choice
        rule.save()


def _own(user: User) -> QuerySet[TicketRule]:
    return TicketRule.objects.filter(reader=user, team=None, kind="").order_by("pk")
