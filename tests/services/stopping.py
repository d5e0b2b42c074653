"""An environment that stops at six, and who is warned of that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from environments.models import Environment, State, Wish
from environments.services import stop_warnings
from notifications.models import Channel, Contact, Delivery, Event
from tests import factories
from tests.support.times import monday

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


STOP = monday("18:00")


def running(name: str = "chat-dev", **fields: Any) -> Environment:
    """It runs since nine, and stops at six."""
    values = {"state": State.RUNNING, "wish": Wish.RUNNING, "judged_at": monday("09:00"), "next_transition_at": STOP}
    return factories.environment(name, **(values | fields))


def contact(name: str = "Minseo Kim", user: User | None = None) -> Contact:
    made = Contact(name=name, user=user)
    made.set_addresses({"email": f"{name.split()[0].lower()}@example.com"})
    made.save()
    return made


@pytest.fixture
def mail() -> Channel:
    return Channel.objects.create(name="Mail", kind="email", config={"sender": "portal@example.com"}, event_kinds=["x"])


def warnings() -> list[str]:
    return [event.title["en"] for event in Event.objects.filter(kind="environment.stop_comes").order_by("pk")]


def told_to() -> list[str]:
    rows = Delivery.objects.filter(event__kind="environment.stop_comes", contact__isnull=False)
    return sorted(rows.values_list("contact__name", flat=True))


def minute_by_minute(begin: datetime, end: datetime) -> list[str]:
    """At which times somebody was warned, by the clock in Seoul."""
    times, moment = [], begin
    while moment <= end:
        if stop_warnings.warn_due(now=moment):
            times.append(f"{moment + 9 * HOUR:%a %H:%M}")
        moment += MINUTE
    return times
