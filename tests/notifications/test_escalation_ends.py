"""How asking people ends: by somebody who looks after it, by the end of the matter, in vain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications import escalations
from notifications.models import Channel, Contact, ContactGroup, Event

from .conftest import MONDAY, later, say
from .escalating import END, arrives, channel, fail, on_call, take_on, told
from .people import group, jihun, minseo, rule

pytestmark = pytest.mark.django_db
__all__ = ["channel", "on_call"]


def test_nobody_is_told_after_an_acknowledgement_and_what_waits_is_not_sent(on_call: ContactGroup) -> None:
    event = fail()
    assert take_on(event, at=later(minutes=1))
    assert escalations.sweep(later(hours=1)) == 0
    waiting = event.deliveries.get()
    assert (waiting.status, waiting.last_error["en"]) == ("dropped", "Jihun Lee looks after it.")
    escalation = event.escalations.get()
    assert (escalation.end, escalation.by, escalation.origin) == (END.ACKNOWLEDGED, "Jihun Lee", "link")
    assert escalation.ended_at == later(minutes=1)


def test_those_who_were_told_hear_who_looks_after_it_but_not_that_person(on_call: ContactGroup) -> None:
    event = fail()
    escalations.sweep(later(minutes=5))
    arrives(event)
    who = Contact.objects.get(name="Jihun Lee")
    take_on(event, at=later(minutes=6), who=who)
    news = Event.objects.get(kind=escalations.ACKNOWLEDGED)
    assert news.title["en"] == "Jihun Lee looks after it: chat-dev failed to start"
    assert told(news) == ["Minseo Kim"]


def test_the_second_acknowledgement_changes_nothing(on_call: ContactGroup) -> None:
    event = fail()
    assert take_on(event)
    assert not take_on(event, by="Minseo Kim")
    assert event.escalations.get().by == "Jihun Lee"
    assert Event.objects.filter(kind=escalations.ACKNOWLEDGED).count() == 1


def test_when_the_matter_is_over_nobody_else_is_asked(on_call: ContactGroup) -> None:
    event = fail()
    arrives(event)
    over = say("chat-dev runs", kind="environment.ready", now=later(minutes=2), thread=event.thread, ends_thread=True)
    assert event.escalations.get().end == END.OVER
    assert escalations.sweep(later(hours=1)) == 0
    assert told(over) == ["Minseo Kim"]
    assert not take_on(event)


def test_everybody_told_in_vain_is_an_event_of_its_own_that_asks_no_group(on_call: ContactGroup) -> None:
    rule("Everything", groups=[on_call])
    event = fail()
    for minute in range(0, 60, 5):
        escalations.sweep(later(minutes=minute))
    news = Event.objects.get(kind=escalations.NOBODY)
    assert news.title["en"] == "Nobody acknowledged: chat-dev failed to start"
    assert news.at == later(minutes=20)
    assert not news.escalations.exists()
    assert event.escalations.get().end == END.EXHAUSTED
    # It is still not too late to take it on.
    assert take_on(event, at=later(hours=1))
    assert event.escalations.get().end == END.ACKNOWLEDGED


def test_a_group_that_nothing_reaches_is_said_at_once(channel: Channel) -> None:
    rule("Failures", groups=[group("On call", minseo(is_on=False))], severities=["error"])
    assert fail().escalations.get().end == END.EXHAUSTED
    assert Event.objects.filter(kind=escalations.NOBODY).exists()


def test_who_looks_after_it_is_not_asked_about_the_same_again_until_it_is_over(on_call: ContactGroup) -> None:
    take_on(fail())
    assert not fail(at=later(hours=1)).escalations.exists()
    assert fail("chat-dev failed to stop", at=later(hours=1)).escalations.exists(), "that is something else"
    say("chat-dev runs", now=later(hours=2), thread="operation-chat-dev", ends_thread=True)
    assert fail(at=later(hours=3)).escalations.exists()


def test_after_half_a_day_they_are_asked_again_all_the_same(on_call: ContactGroup) -> None:
    take_on(fail())
    assert fail(at=MONDAY + escalations.HOLDS + timedelta(minutes=1)).escalations.exists()


class TestWhoAcknowledgesWhat:
    def test_what_is_over_cannot_be_acknowledged_and_what_began_since_goes_on(self, on_call: ContactGroup) -> None:
        first = fail()
        say("chat-dev runs", kind="environment.ready", now=later(minutes=2), thread=first.thread, ends_thread=True)
        today = fail(at=later(days=3))
        assert not take_on(first, at=later(days=3, minutes=1))
        assert today.escalations.get().end == ""
        assert [one.status for one in today.deliveries.all()] == ["pending"]

    def test_neither_can_what_everybody_was_asked_about_in_vain_before_it_was_over(self, on_call: ContactGroup) -> None:
        first = fail()
        for minute in (5, 20):
            escalations.sweep(later(minutes=minute))
        assert escalations.may_be_acknowledged(first.escalations.get())
        say("chat-dev runs", kind="environment.ready", now=later(hours=1), thread=first.thread, ends_thread=True)
        today = fail(at=later(days=1))
        assert not escalations.may_be_acknowledged(first.escalations.get())
        assert escalations.standing(first.escalations.get()) == (END.OVER, later(hours=1))
        assert not take_on(first, at=later(days=1, minutes=1))
        assert today.escalations.get().end == ""

    def test_it_holds_for_all_of_a_matter_that_its_publisher_named(self, on_call: ContactGroup) -> None:
        first, second = fail(), fail("chat-dev failed to stop", at=later(minutes=1))
        second.deliveries.update(status="sent", sent_at=later(minutes=1))
        assert take_on(first, at=later(minutes=2))
        assert second.escalations.get().end == END.ACKNOWLEDGED
        assert first.deliveries.get().status == "dropped"
        assert told(Event.objects.get(kind=escalations.ACKNOWLEDGED)) == ["Minseo Kim"]

    def test_of_a_matter_that_nobody_named_it_holds_for_what_reads_alike(self, channel: Channel) -> None:
        rule("Locks", groups=[group("On call", minseo(channel=channel)), group("Others", jihun(channel=channel))])
        alice, bob = (
            say(f"{who} is locked out", kind="signin.locked", severity="warning", labels={}) for who in ("alice", "bob")
        )
        assert alice.thread == bob.thread
        assert take_on(alice, at=later(minutes=2))
        assert {one.end for one in alice.escalations.all()} == {END.ACKNOWLEDGED}
        assert {one.end for one in bob.escalations.all()} == {""}
        assert {one.status for one in bob.deliveries.all()} == {"pending"}

    def test_reminders_of_another_matter_are_still_sent(self, on_call: ContactGroup) -> None:
        ContactGroup.objects.update(rounds=2)
        rule("Locks", groups=[on_call], severities=["warning"])
        alice, _bob = (
            say(f"{who} is locked out", kind="signin.locked", severity="warning", labels={}) for who in ("alice", "bob")
        )
        for minute in (5, 20):
            escalations.sweep(later(minutes=minute))
        assert take_on(alice, at=later(minutes=21))
        by_title = {
            one.title["en"].partition(": ")[2]: one.deliveries.get().status
            for one in Event.objects.filter(kind=escalations.AGAIN)
        }
        assert by_title == {"alice is locked out": "dropped", "bob is locked out": "pending"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "No message has reached anybody in “On call”."),
        (["Jihun Lee"], "In “On call”, messages have reached 1 of 2 people."),
        (["Jihun Lee", "Minseo Kim"], "Messages have reached everybody in “On call”."),
    ],
)
def test_in_vain_says_whom_it_has_really_reached(on_call: ContactGroup, sent: list[str], said: str) -> None:
    event = fail()
    escalations.sweep(later(minutes=5))
    event.deliveries.filter(contact__name__in=sent).update(status="sent", sent_at=later(minutes=6))
    escalations.sweep(later(minutes=20))
    assert Event.objects.get(kind=escalations.NOBODY).body["en"] == said
