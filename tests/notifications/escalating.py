"""A matter about which people are asked: Minseo at once, Jihun after five minutes."""

from __future__ import annotations

from datetime import datetime

import pytest

from notifications import escalations
from notifications.models import Channel, Contact, ContactGroup, Escalation, Event

from .conftest import MONDAY, say
from .people import group, jihun, mail, minseo, rule

END = Escalation.End


@pytest.fixture
def channel() -> Channel:
    return mail(event_kinds=["nothing.of.this"])


@pytest.fixture
def on_call(channel: Channel) -> ContactGroup:
    """Minseo at once, Jihun after five minutes."""
    made = group("On call", minseo(channel=channel), jihun(channel=channel))
    rule("Failures", groups=[made], severities=["error"])
    return made


def fail(title: str = "chat-dev failed to start", at: datetime = MONDAY) -> Event:
    return say(title, kind="environment.failed", severity="error", now=at, thread="operation-chat-dev")


def told(event: Event) -> list[str]:
    asked = event.deliveries.exclude(status="dropped").order_by("pk")
    return [one.contact.name for one in asked.select_related("contact") if one.contact]


def take_on(event: Event, by: str = "Jihun Lee", at: datetime = MONDAY, who: Contact | None = None) -> bool:
    return escalations.acknowledge(event=event, by=by, contact=who, origin="link", now=at)


def arrives(event: Event) -> None:
    """As if a worker had sent what was owed of it."""
    for delivery in event.deliveries.filter(status="pending"):
        delivery.claim(delivery.not_before)
        delivery.mark_sent(delivery.not_before, "")
