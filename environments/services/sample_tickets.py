"""The sample's tickets: an incident that opened and closed by itself, and what people have said to each other.

Written as they were then, with their history; nobody is told of what is long past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from environments import check_events
from environments.models import CheckState, Environment, HttpCheck, Ticket, TicketComment, TicketProgress
from portal.origin import PORTAL, WEB, Source, from_source

from . import plans, sample_answers, tickets

# Four tries, five seconds apart, before it is down.
SEEN_AFTER = timedelta(seconds=15)


def incident(check: HttpCheck, down: sample_answers.Span) -> None:
    """The ticket of an outage, in the caller's transaction."""
    seen = copy(check)
    seen.state = CheckState.DOWN
    began = down[0] + SEEN_AFTER + timedelta(minutes=check.ticket_after)
    environment = check.environment
    with _then(began):
        ticket = Ticket.objects.create(
            kind=Ticket.Kind.INCIDENT,
            environment=environment,
            team_id=environment.team_id,
            cause=tickets.of_check(check.pk),
            title=check_events.title(environment, [seen]),
            description=sample_answers.said(check, up=False),
            opened_at=began,
        )
    with _then(down[1]):
        ticket.progress, ticket.done_at, ticket.over_at = TicketProgress.DONE, down[1], down[1]
        ticket.save()
    TicketComment.objects.create(ticket=ticket, text=sample_answers.said(check, up=True), at=down[1])


def tasks(environment: Environment, author: User, now: datetime) -> None:
    """What a team works on: one in each column of the board. In the caller's transaction."""
    oskar = User.objects.get(username="operator")
    today, zone = plans.today(environment.zone_name, now), ZoneInfo(environment.zone_name)

    def at(days: int, hour: int, minute: int) -> datetime:
        return datetime.combine(today - timedelta(days=days), time(hour, minute), zone)

    memory = _task(environment, author, at(5, 10, 12), "More memory for the chat server", MEMORY, oskar)
    _change(memory, oskar, at(4, 14, 40), progress=TicketProgress.IN_PROGRESS)
    _say(memory, oskar, at(4, 14, 45), "A load test takes 1.6 GB of the 2 GB. I try t3.medium tomorrow.")
    _say(memory, author, at(4, 15, 3), "Tomorrow is fine: nobody shows it to customers then.")
    _change(memory, oskar, at(1, 11, 20), per_cent=60, due_on=today + timedelta(days=4))
    named = _task(environment, oskar, at(8, 9, 30), "A name of its own for staging", NAME, author)
    _change(named, author, at(7, 16, 5), progress=TicketProgress.WAITING)
    _say(named, author, at(7, 16, 6), "Asked the network team for the record. They answer within two weeks.")
    done = _task(environment, author, at(10, 13, 15), "Load test before the release", "", author)
    _say(done, author, at(3, 17, 50), "Two hundred users at once, half of the answers under 40 ms.")
    _change(done, author, at(3, 17, 52), progress=TicketProgress.DONE, per_cent=100, done_at=at(3, 17, 52))
    _task(None, oskar, at(2, 9, 5), "Who may keep environments on over the weekend?", WEEKEND, None, environment)


MEMORY = "The load test used nearly all of it, and the health check failed for twenty minutes."
NAME = "Testers type the load balancer's address by hand. staging.chat.example.com would do."
WEEKEND = "Two of ours were left on for days. A budget would stop it, but the release days need them."


def _task(
    environment: Environment | None,
    author: User,
    at: datetime,
    title: str,
    text: str,
    assignee: User | None,
    beside: Environment | None = None,
) -> Ticket:
    """About an environment, or of the team of the one `beside`."""
    of_team = environment or beside
    assert of_team is not None
    with _then(at, author):
        ticket = Ticket.objects.create(
            kind=Ticket.Kind.TASK,
            environment=environment,
            team_id=of_team.team_id,
            title={"": title},
            description={"": text} if text else {},
            author=author,
            assignee=assignee,
            opened_at=at,
        )
        ticket.watchers.add(*{one for one in (author, assignee) if one})
    return ticket


def _change(ticket: Ticket, person: User, at: datetime, **values: Any) -> None:
    with _then(at, person):
        for name, value in values.items():
            setattr(ticket, name, value)
        ticket.save()


def _say(ticket: Ticket, person: User, at: datetime, text: str) -> None:
    TicketComment.objects.create(ticket=ticket, author=person, text={"": text}, at=at)


@contextmanager
def _then(at: datetime, person: User | None = None) -> Iterator[None]:
    """What is written within was somebody's act, or the portal's own, at that moment."""
    with from_source(Source(WEB if person else PORTAL, person=lambda: person, at=at)):
        yield
