"""What becomes of the tickets of people whose accounts are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from environments.models import UNDONE, Ticket
from portal.origin import acting

from . import recorded, ticket_news
from .ticket_news import News


def leave(*, people: Iterable[User], by: User, now: datetime) -> None:
    """Take these people off their tickets, which the deletion of their accounts would do without a word: as history,
    and of those that are not done told to who hears of them. Five queries where there are none."""
    ids = [person.pk for person in people]
    with acting(by), transaction.atomic():
        theirs = Ticket.objects.filter(assignee__in=ids)
        undone = theirs.filter(progress__in=UNDONE).select_related("team", "environment__team", "assignee")
        left = [(ticket, ticket.assignee) for ticket in undone.order_by("pk")]
        recorded.update(theirs, assignee=None)
        recorded.update(Ticket.objects.filter(author__in=ids), author=None)
        for ticket, assignee in left:
            ticket.assignee = None
            ticket_news.tell([News(ticket, [ticket_news.moved("assignee", assignee, None)], actor=by)], now=now)
