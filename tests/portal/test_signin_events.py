"""Failed sign-ins and locks are told, with the name, never with the address or what was typed as a password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from notifications import kinds
from notifications.messages import compose
from notifications.models import Channel, Event
from portal import signin_events
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
WRONG = "battery staple"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(monday("10:00"), tick=False) as moved:
        factories.manager()
        yield moved


def fail(times: int = 1, name: str = "manager", address: str = HERE, password: str = WRONG) -> None:
    for _ in range(times):
        Client(REMOTE_ADDR=address).post("/login/", {"username": name, "password": password})


def told() -> list[tuple[str, str]]:
    rows = Event.objects.filter(kind__startswith="signin.").order_by("pk")
    return [(event.kind, event.title["en"]) for event in rows]


def test_a_failure_is_told_with_the_name_and_leads_to_the_log() -> None:
    fail()
    assert told() == [("signin.failed", "Sign-in of manager failed")]
    event = Event.objects.get()
    assert (event.severity, event.link) == ("info", "/axes/accessfailurelog/")
    assert event.labels == {"environment": "", "team": ""}


def test_a_lock_is_a_warning_and_each_lock_is_told(clock: Any) -> None:
    fail(7)
    assert [kind for kind, _ in told()] == ["signin.failed", "signin.locked"]
    assert Event.objects.get(kind="signin.locked").severity == "warning"
    clock.shift(timedelta(minutes=20))
    fail(5)
    assert [kind for kind, _ in told()] == ["signin.failed", "signin.locked", "signin.locked"]


def test_further_failures_of_the_hour_from_there_are_not_told_again_but_from_elsewhere_they_are(clock: Any) -> None:
    fail(3)
    fail(1, address=ELSEWHERE)
    assert len(told()) == 2
    clock.shift(timedelta(hours=1))
    fail(1)
    assert len(told()) == 3


def test_what_was_typed_as_a_name_that_nobody_has_is_not_told_it_may_be_a_password() -> None:
    fail(1, name="my secret Passw0rd")
    assert told() == [("signin.failed", "Sign-in of a name that nobody has failed")]
    assert "Passw0rd" not in str(Event.objects.values())


def test_guessing_with_many_names_is_told_once_an_hour() -> None:
    for number in range(20):
        fail(1, name=f"root{number}")
    assert len(told()) == 1


def test_no_password_is_in_what_is_told() -> None:
    fail(5, password="hunter2 hunter2")
    assert "hunter2" not in str(list(Event.objects.values()))


def test_where_it_came_from_is_in_the_log_of_sign_ins_alone_which_forgets_it_sooner() -> None:
    channel = Channel.objects.create(name="Team room", kind="discord")
    fail(5)
    events = list(Event.objects.values())
    assert len(events) == 2
    assert HERE not in str(events)
    messages = [compose(delivery) for delivery in channel.deliveries.all()]
    assert len(messages) == 2
    assert HERE not in str(messages)


def test_channels_and_rules_can_choose_them() -> None:
    assert set(signin_events.KINDS) <= set(kinds.catalogue())
