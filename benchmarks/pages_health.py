"""What a large installation has beside its plans, for the benches of pages: checks, tickets, favourites, and the
messages about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

TICKETS, EVENTS = 300, 20_000
DOWN_EACH, MISSED_EACH, FAVOURITE_EACH = 25, 40, 50
"""Of so many environments one has an address that is down, a job that did not call, a star of each person."""
BATCH = 5000


def add_health(made: Sequence[Any], people: Sequence[Any], now: datetime) -> None:
    """Write two checks for each environment, some in trouble, with their tickets; tasks of their teams, favourites of
    `people`, and events with a delivery each."""
    with transaction.atomic():
        down = _checks(made, now)
        _tickets(made, down, people, now)
        _favourites(made, people)
    _messages(made, now)


def _checks(made: Sequence[Any], now: datetime) -> list[Any]:
    """An address and a job of each environment, asleep where it is off; the addresses that are down."""
    from environments.models import CheckState, Heartbeat, HttpCheck, State
    from environments.services import heartbeats

    down = []
    for n, one in enumerate(made):
        runs = one.state == State.RUNNING
        state = CheckState.UP if runs else CheckState.ASLEEP
        facts = {"environment": one, "state_since": now - timedelta(hours=3), "seen_at": now, "due_at": now}
        is_down, is_missed = n % DOWN_EACH == 2, n % MISSED_EACH == 4
        check = HttpCheck.objects.create(
            name="API",
            url=f"https://{one.slug}.example.com/actuator/health",
            state=CheckState.DOWN if is_down else state,
            reason={"en": "No answer within 5 s.", "ko": "5초 안에 응답이 없어요."} if is_down else {},
            **facts,
        )
        down += [check] if is_down else []
        job = Heartbeat(name="nightly backup", state=CheckState.MISSED if is_missed else state, **facts)
        heartbeats.renew(job)
        job.save()
    return down


def _tickets(made: Sequence[Any], down: Sequence[Any], people: Sequence[Any], now: datetime) -> None:
    """An incident of each address that is down, the rest tasks: half of them done, some overdue."""
    from environments.models import Ticket, TicketComment, TicketProgress

    undone = [TicketProgress.OPEN, TicketProgress.IN_PROGRESS, TicketProgress.WAITING]
    rows = [
        Ticket(
            kind=Ticket.Kind.INCIDENT,
            environment=check.environment,
            team_id=check.environment.team_id,
            cause=f"check:{check.pk}",
            title={"en": f"{check.environment.name}: API is down", "ko": f"{check.environment.name}: API 중단"},
            description=check.reason,
            opened_at=check.state_since,
        )
        for check in down[:TICKETS]
    ]
    for n in range(TICKETS - len(rows)):
        one, done = made[n % len(made)], n % 2 == 0
        rows.append(
            Ticket(
                kind=Ticket.Kind.TASK,
                environment=one if n % 5 else None,
                team_id=one.team_id,
                title={"": f"More memory for {one.name}"},
                description={"": "The load test used nearly all of it."},
                progress=TicketProgress.DONE if done else undone[n // 2 % 3],
                done_at=now - timedelta(days=n % 30) if done else None,
                author=people[0],
                assignee=people[n % len(people)] if n % 3 else None,
                due_on=(now + timedelta(days=n % 20 - 5)).date() if n % 4 else None,
                opened_at=now - timedelta(days=40 + n % 60),
            )
        )
    written = Ticket.objects.bulk_create(rows)
    TicketComment.objects.bulk_create(
        TicketComment(ticket=one, author=people[0], text={"": "I look at it tomorrow."}, at=now) for one in written
    )


def _favourites(made: Sequence[Any], people: Sequence[Any]) -> None:
    from environments.models import Favourite

    Favourite.objects.bulk_create(
        Favourite(user=person, environment=one) for person in people for one in made[3::FAVOURITE_EACH]
    )


def _messages(made: Sequence[Any], now: datetime) -> None:
    from notifications.models import Channel, Delivery, Event

    webhook = {"webhook_url": "https://discord.com/api/webhooks/1/a"}
    channel = Channel.objects.create(name="ops", kind="discord", config=webhook)
    teams = {one.pk: one.team.name for one in made}

    def events() -> Iterator[Event]:
        for n in range(EVENTS):
            one = made[n % len(made)]
            yield Event(
                kind="environment.ready",
                severity="success",
                labels={"environment": one.slug, "team": teams[one.pk]},
                title={"en": f"{one.name} is ready", "ko": f"{one.name} 준비 완료"},
                body={"en": "Running until 18:00: Hours", "ko": "18:00까지 실행: Hours"},
                link=f"/env/{one.slug}/",
                at=now - timedelta(minutes=EVENTS - n),
            )

    for chunk in _chunked(Event.objects, events()):
        Delivery.objects.bulk_create(
            Delivery(
                event=one,
                channel=channel,
                why="everything",
                status=Delivery.Status.SENT,
                sent_at=one.at,
                not_before=one.at,
                deadline_at=one.at + timedelta(hours=1),
            )
            for one in chunk
        )


def _chunked(manager: Any, rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, BATCH)):
        yield manager.bulk_create(chunk)
