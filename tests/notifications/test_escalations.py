"""Who is asked next, until somebody looks after it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from notifications import dispatch, escalations, messages
from notifications.models import Channel, Contact, ContactGroup, Delivery, Event
from notifications.routing import Why

from .conftest import MONDAY, later
from .escalating import arrives, channel, fail, on_call, take_on, told
from .people import contact, group, jihun, minseo, rule

pytestmark = pytest.mark.django_db
__all__ = ["channel", "on_call"]


def test_the_first_of_the_group_is_told_in_the_transaction_of_the_event(on_call: ContactGroup) -> None:
    event = fail()
    assert told(event) == ["Minseo Kim"]
    first = event.deliveries.get()
    assert (first.why, first.rule_name) == (Why.ESCALATED, "Failures")
    escalation = event.escalations.get()
    assert (escalation.step, escalation.next_at) == (1, later(minutes=5))


def test_the_next_one_is_told_while_nobody_acknowledges(on_call: ContactGroup) -> None:
    event = fail()
    assert escalations.sweep(later(minutes=4)) == 0
    assert escalations.sweep(later(minutes=5)) == 1
    assert escalations.sweep(later(minutes=5)) == 0
    assert told(event) == ["Minseo Kim", "Jihun Lee"]


def test_the_message_has_the_link_by_which_they_take_it_on(on_call: ContactGroup) -> None:
    first = fail().deliveries.get()
    assert messages.compose(first).acknowledge.startswith("https://daybreak.example/m/a/")


def test_a_second_round_reminds_them_by_a_message_of_its_own_with_a_button(on_call: ContactGroup) -> None:
    on_call.rounds = 2
    on_call.save()
    event = fail()
    arrives(event)
    for minute in (5, 20):
        escalations.sweep(later(minutes=minute))
    reminder = Event.objects.get(kind=escalations.AGAIN)
    assert reminder.title["en"] == "Still nobody looks after it: chat-dev failed to start"
    assert told(reminder) == ["Minseo Kim"]
    (action,) = messages.compose(reminder.deliveries.get()).actions
    assert action.label == "I look after it"
    assert not Event.objects.filter(kind=escalations.NOBODY).exists()


def test_whom_nothing_reaches_costs_no_time(channel: Channel) -> None:
    away, nobody = minseo(is_on=False), contact("Nobody", "", "")
    rule("Failures", groups=[group("On call", away, nobody, jihun(channel=channel))], severities=["error"])
    assert told(fail()) == ["Jihun Lee"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["sweep", "acknowledge"])
def test_of_many_that_do_it_at_one_moment_one_does_it(on_call: ContactGroup, what: str) -> None:
    event, barrier = fail(), threading.Barrier(5)
    arrives(event)

    def race(number: int) -> int:
        barrier.wait()
        try:
            return escalations.sweep(later(minutes=5)) if what == "sweep" else take_on(event, by=str(number))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(race, range(5))) == 1
    assert len(told(event)) == (2 if what == "sweep" else 1)


def test_the_message_of_who_is_asked_is_sent_like_any_other(
    on_call: ContactGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = fail()
    Contact.objects.update(is_on=False)
    # Nobody is asked anything of a person who was switched off since.
    assert dispatch.deliver(event.deliveries.get().pk, MONDAY) == Delivery.Status.DROPPED
    assert event.deliveries.get().last_error["en"] == "This person gets no messages."


def test_the_first_of_two_groups_is_asked_once_and_the_next_ones_in_their_time(
    on_call: ContactGroup, channel: Channel
) -> None:
    both = group("Others", Contact.objects.get(name="Minseo Kim"), contact("Boss", "boss@example.com", channel=channel))
    rule("Failures too", groups=[both], severities=["error"])
    event = fail()
    assert told(event) == ["Minseo Kim"]
    assert escalations.sweep(later(minutes=5)) == 2
    assert sorted(told(event)) == ["Boss", "Jihun Lee", "Minseo Kim"]
