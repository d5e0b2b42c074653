"""Incidents, which open and close by themselves, and which tickets somebody sees. What people do with a ticket is in
`ticket_changes`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from environments.models import UNDONE, Environment, Ticket, TicketComment, TicketProgress
from environments.models.environment import SEE_EVERY_TEAM

from . import ticket_news
from .ticket_news import News, Texts

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

OPERATION = "operation"
"""The cause of an incident about a start, stop or redeploy that failed."""

OF_CHECKS = "check:"
"""How the causes of incidents about checks begin."""

VIEW = "environments.view_ticket"


def of_check(check_id: int) -> str:
    """The cause of an incident about a check."""
    return f"{OF_CHECKS}{check_id}"


def incident(*, environment: Environment, cause: str, title: Texts, description: Texts, now: datetime) -> Ticket:
    """Open an incident, or return the one of this environment and cause that is not done yet.

    Of two at once one opens it. One that is there gets a comment, when the description says something else than was
    said last, and its cause is no longer over. Runs within the caller's transaction, if there is one.
    """
    with transaction.atomic():
        there = _undone(environment.pk, cause)
        if there is None:
            try:
                with transaction.atomic():
                    made = _open(environment, cause, title, description, now)
            except IntegrityError:  # another one was quicker, and has committed
                there = _undone(environment.pk, cause)
                if there is None:
                    raise
            else:
                return made
        _again(there, description, now)
        return there


def over(*, environment_id: int, cause: str, reason: Texts, now: datetime) -> bool:
    """The cause of an incident is over: close it, whoever works on it, and say why. One that people open again after
    that is theirs to close. False when there is none to close."""
    return bool(over_many({(environment_id, cause): reason}, now=now))


def over_many(reasons: Mapping[tuple[int, str], Texts], *, now: datetime) -> int:
    """`over` for many: (environment's id, cause) -> reason. One query where there is none of them."""
    if not reasons:
        return 0
    wanted = reduce(or_, (Q(environment=pk, cause=cause) for pk, cause in reasons))
    with transaction.atomic():
        found = list(Ticket.objects.undone().filter(wanted, over_at__isnull=True).select_for_update().order_by("pk"))
        if not found:
            return 0
        for ticket in found:
            _over(ticket, reasons[ticket.environment_id or 0, ticket.cause], now)
    return len(found)


def open_of(environment: Environment) -> list[Ticket]:
    """The tickets of an environment that are not done, incidents first, then the oldest; with their assignees. One
    query."""
    rows = Ticket.objects.undone().filter(environment=environment).select_related("assignee", "author")
    return list(rows.order_by("kind", "opened_at", "pk"))  # “incident” stands before “task”


def open_counts(environment_ids: Collection[int]) -> dict[int, int]:
    """How many tickets of each environment are not done; those without are absent. One query."""
    rows = Ticket.objects.undone().filter(environment__in=environment_ids).order_by()
    return dict(rows.values("environment").annotate(n=Count("pk")).values_list("environment", "n"))


def visible_to(user: Person) -> QuerySet[Ticket]:
    """The tickets of the environments that somebody sees, and of their teams; all for those who see every team.

    A ticket goes with its environment, whatever team it was opened in.
    """
    if not user.has_perm(VIEW):
        return Ticket.objects.none()
    if user.has_perm(SEE_EVERY_TEAM):
        return Ticket.objects.all()
    teams = user.teams.values("pk")  # type: ignore[union-attr]  # who has a permission is a user
    return Ticket.objects.filter(Q(environment__team__in=teams) | Q(environment__isnull=True, team__in=teams))


def mine(user: Person) -> QuerySet[Ticket]:
    """What somebody has to see to: assigned to them, visible to them and not done."""
    return visible_to(user).filter(assignee=user.pk, progress__in=UNDONE)


def _undone(environment_id: int, cause: str) -> Ticket | None:
    return Ticket.objects.undone().filter(environment=environment_id, cause=cause).select_for_update().first()


def _open(environment: Environment, cause: str, title: Texts, description: Texts, now: datetime) -> Ticket:
    ticket = Ticket.objects.create(
        kind=Ticket.Kind.INCIDENT,
        environment=environment,
        team_id=environment.team_id,
        cause=cause,
        title=dict(title),
        description=dict(description),
        opened_at=now,
    )
    ticket_news.tell([News(ticket, opened=True)], now=now)
    return ticket


def _again(ticket: Ticket, description: Texts, now: datetime) -> None:
    last = TicketComment.objects.filter(ticket=ticket, author__isnull=True).order_by("-at", "-pk").first()
    known = last.text if last else ticket.description
    if ticket.over_at is not None:
        ticket.over_at = None
        ticket.save(update_fields=["over_at"])
    if known != dict(description):
        _say(ticket, description, now)
        ticket_news.tell([News(ticket, [ticket_news.comment(description)])], now=now)


def _over(ticket: Ticket, reason: Texts, now: datetime) -> None:
    _say(ticket, reason, now)
    lines = [ticket_news.progress(ticket.progress, TicketProgress.DONE), ticket_news.comment(reason)]
    ticket.progress, ticket.done_at, ticket.over_at = TicketProgress.DONE, now, now
    ticket.save(update_fields=["progress", "done_at", "over_at"])
    ticket_news.tell([News(ticket, lines, done=True)], now=now)


def _say(ticket: Ticket, text: Texts, now: datetime) -> None:
    TicketComment.objects.create(ticket=ticket, text=dict(text), at=now)
