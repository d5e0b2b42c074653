"""What breaks, or does not get out, while people are asked: nobody else waits for it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications import asking, dispatch, escalations
from notifications.backoff import LONGEST
from notifications.models import Channel, Contact, ContactGroup, Delivery, Escalation, Event
from notifications.senders.base import TransportError
from notifications.senders.email import Email
from notifications.stumbles import Stumbles

from .conftest import MONDAY, later, say
from .escalating import END, arrives, channel, fail, on_call, told
from .people import rule

pytestmark = pytest.mark.django_db
__all__ = ["channel", "on_call"]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalations, "_stumbles", Stumbles("Escalation"))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The titles of events whose escalation breaks; how often each was tried stands in `tries`."""
    titles, well = set[str](), asking.go_on

    def go_on(escalation: Escalation, now: datetime) -> bool:
        if escalation.event.title["en"] in titles:
            raise RuntimeError("a defect with this one")
        return well(escalation, now)

    monkeypatch.setattr(asking, "go_on", go_on)
    return titles


class TestOneThatBreaks:
    def test_the_others_go_on_and_it_is_logged_once_with_its_number(
        self, on_call: ContactGroup, broken: set[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, good = fail("bad"), say("good", kind="x", severity="error", thread="another")
        broken.add("bad")
        for minute in (5, 6, 7):
            escalations.sweep(later(minutes=minute))
        assert told(good) == ["Minseo Kim", "Jihun Lee"]
        assert told(bad) == ["Minseo Kim"]
        said = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
        assert len(said) == 1
        assert f"Escalation {bad.escalations.get().pk} broke" in said[0]

    def test_it_is_tried_again_later_ever_more_seldom_and_goes_on_where_it_was(
        self, on_call: ContactGroup, broken: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event, tries = fail("bad"), list[int]()
        broken.add("bad")
        breaks = asking.go_on

        def counted(escalation: Escalation, now: datetime) -> bool:
            tries.append(round((now - later(minutes=5)).total_seconds()))
            return breaks(escalation, now)

        monkeypatch.setattr(asking, "go_on", counted)
        for second in range(0, 300, 10):
            escalations.sweep(later(minutes=5, seconds=second))
        assert tries == [0, 10, 30, 70, 150]
        broken.clear()
        assert escalations.sweep(later(hours=1)) == 1
        assert told(event) == ["Minseo Kim", "Jihun Lee"]

    def test_what_happened_is_written_and_told_even_where_asking_breaks(
        self, on_call: ContactGroup, broken: set[str]
    ) -> None:
        rule("Also Jihun", people=[Contact.objects.get(name="Jihun Lee")], severities=["error"])
        broken.add("bad")
        event = fail("bad")
        assert (told(event), event.escalations.get().next_at) == (["Jihun Lee"], MONDAY)
        broken.clear()
        assert escalations.sweep(later(seconds=20)) == 1
        assert sorted(told(event)) == ["Jihun Lee", "Minseo Kim"]

    def test_two_hundred_that_break_keep_nobody_from_their_turn(
        self, on_call: ContactGroup, broken: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(escalations, "AT_MOST", 3)
        for number in range(3):
            say("bad", kind=f"x{number}", severity="error")
        broken.add("bad")
        good = say("good", kind="y", severity="error", now=later(seconds=30))
        assert escalations.sweep(later(minutes=6)) == 0
        assert escalations.sweep(later(minutes=6, seconds=1)) == 1
        assert told(good) == ["Minseo Kim", "Jihun Lee"]


class TestWhatDoesNotGetOut:
    """Of somebody who is being asked, the next try is never more than a minute away."""

    @pytest.fixture
    def refusing(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """A mail server that says “not now”, and perhaps when."""
        said: dict[str, Any] = {"of_reader": True}

        def send(_sender: object, _message: object, _config: object) -> None:
            raise TransportError("452 4.2.2 mailbox full", code=452, **said)

        monkeypatch.setattr(Email, "send", send)
        return said

    def waits(self, delivery: Delivery, tries: int, now: datetime = MONDAY) -> timedelta:
        """How long it waits after so many tries in vain."""
        Delivery.objects.filter(pk=delivery.pk).update(attempts=tries - 1, not_before=now, status="retry")
        assert dispatch.deliver(delivery.pk, now) == Delivery.Status.RETRY
        return Delivery.objects.get(pk=delivery.pk).not_before - now

    def test_a_message_to_somebody_who_is_asked_is_tried_again_each_minute_at_least(
        self, on_call: ContactGroup, refusing: dict[str, Any]
    ) -> None:
        delivery = fail().deliveries.get()
        assert all(self.waits(delivery, tries) <= timedelta(minutes=1) for tries in (1, 3, 4, 8, 50))

    def test_a_reminder_too(self, on_call: ContactGroup, refusing: dict[str, Any]) -> None:
        ContactGroup.objects.update(rounds=2)
        arrives(fail())
        for minute in (5, 20):
            escalations.sweep(later(minutes=minute))
        reminder = Delivery.objects.get(event__kind=escalations.AGAIN)
        assert self.waits(reminder, 8, later(minutes=20)) <= timedelta(minutes=1)

    def test_any_other_message_waits_ever_longer(self, on_call: ContactGroup, refusing: dict[str, Any]) -> None:
        rule("Boss", people=[Contact.objects.get(name="Jihun Lee")], event_kinds=["for.jihun"])
        delivery = say(kind="for.jihun").deliveries.get()
        assert self.waits(delivery, 8) > LONGEST * 0.7

    def test_once_nobody_is_asked_any_more_it_is_a_message_like_others(
        self, on_call: ContactGroup, refusing: dict[str, Any]
    ) -> None:
        event = fail()
        for minute in (5, 20):
            escalations.sweep(later(minutes=minute))
        assert event.escalations.get().end == END.EXHAUSTED
        assert self.waits(event.deliveries.order_by("pk")[0], 8, later(minutes=21)) > LONGEST * 0.7

    def test_a_service_that_says_how_long_to_wait_is_waited_for(
        self, on_call: ContactGroup, refusing: dict[str, Any]
    ) -> None:
        refusing["retry_after"] = 300.0
        assert self.waits(fail().deliveries.get(), 8) >= timedelta(minutes=5)

    def test_the_next_one_is_asked_all_the_same(
        self, on_call: ContactGroup, refusing: dict[str, Any], channel: Channel
    ) -> None:
        event = fail()
        self.waits(event.deliveries.get(), 8)
        escalations.sweep(later(minutes=5))
        assert told(event) == ["Minseo Kim", "Jihun Lee"]
        assert Event.objects.filter(kind=escalations.AGAIN).count() == 0
