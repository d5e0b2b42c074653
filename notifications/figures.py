"""What `/metrics` says of messages: what waits, what became of a day's, and what came in (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q
from prometheus_client.metrics_core import Metric

from notifications.models import Arrival, ChatRequest, Delivery, Escalation, Event
from notifications.models.channel import TRIPS_AT
from notifications.routing import Why
from portal import metrics

DAY: Final = timedelta(hours=24)
STATES: Final = ("due", "held", "later", "sending")
"""Of messages that are owed."""


@metrics.register
def of_the_outbox(now: datetime) -> Iterator[Metric]:
    """Messages that are owed. One query. What is due and held back by its own channel is no work left undone, so it is
    counted by itself and its age is not told."""
    due = Q(status__in=Delivery.WAITING, not_before__lte=now)
    held = _held_back(now)
    found = (
        Delivery.objects.unfinished()
        .order_by()
        .aggregate(
            due=Count("pk", filter=due & ~held),
            held=Count("pk", filter=due & held),
            later=Count("pk", filter=Q(status__in=Delivery.WAITING, not_before__gt=now)),
            sending=Count("pk", filter=Q(status=Delivery.Status.SENDING)),
            oldest=Min("not_before", filter=due & ~held),
        )
    )
    yield metrics.gauge(
        "daybreak_outbox_deliveries",
        "Messages not settled yet: due, held by a channel that is off or rests, put off until later, being sent.",
        {(state,): found[state] for state in STATES},
        ["state"],
    )
    yield metrics.gauge(
        "daybreak_outbox_oldest_seconds",
        "How long the oldest message that is due and not held has waited.",
        _age(found, now),
    )


@metrics.register
def of_deliveries_of_a_day(now: datetime) -> Iterator[Metric]:
    """Messages of what happened within the last 24 hours. One query."""
    recent = Event.objects.filter(at__gt=now - DAY).order_by().values("pk")
    rows = Delivery.objects.filter(event__in=recent).order_by().values_list("channel__kind", "status")
    yield metrics.gauge(
        "daybreak_deliveries_24h",
        "Messages of events of the last 24 hours, by kind of channel and what became of them.",
        {(kind, status): count for kind, status, count in rows.annotate(Count("pk"))},
        ["channel_kind", "status"],
    )


@metrics.register
def of_escalations(now: datetime) -> Iterator[Metric]:
    """One query."""
    yield metrics.gauge(
        "daybreak_escalations_open",
        "Matters of which a group is told in its order, until somebody acknowledges.",
        Escalation.objects.open().count(),
    )


@metrics.register
def of_arrivals(now: datetime) -> Iterator[Metric]:
    """What came in and is not judged yet. One query."""
    found = Arrival.objects.waiting().order_by().aggregate(count=Count("pk"), oldest=Min("received_at"))
    yield metrics.gauge("daybreak_arrivals_waiting", "Calls, reports and messages not judged yet.", found["count"])
    yield metrics.gauge("daybreak_arrivals_oldest_seconds", "How long the oldest of them has waited.", _age(found, now))


@metrics.register
def of_chats(now: datetime) -> Iterator[Metric]:
    """What people asked the bot. Two queries."""
    due = ChatRequest.objects.due(now).aggregate(count=Count("pk"), oldest=Min("next_at"))
    yield metrics.gauge("daybreak_chat_requests_due", "Answers in chats that somebody waits for.", due["count"])
    yield metrics.gauge("daybreak_chat_requests_oldest_seconds", "How long the oldest of them is due.", _age(due, now))
    recent = ChatRequest.objects.filter(received_at__gt=now - DAY).order_by()
    yield metrics.gauge(
        "daybreak_chat_requests_24h",
        "Requests in chats within the last 24 hours, by platform and what became of them.",
        {row[:2]: row[2] for row in recent.values_list("app__kind", "state").annotate(Count("pk"))},
        ["platform", "state"],
    )


def _held_back(now: datetime) -> Q:
    """Whose channel is switched off, was asked to wait, or rests. One that has tripped rests until a message arrives:
    between two rests it tries one, and the others go on waiting. Test messages wait for none of that."""
    off = Q(channel__enabled=False)
    waits = Q(channel__paused_until__isnull=False, channel__paused_until__gt=now)
    return (off | waits | Q(channel__failures__gte=TRIPS_AT)) & ~Q(why=Why.ASKED)


def _age(found: dict[str, datetime | None], now: datetime) -> float:
    return metrics.age(found["oldest"], now)
