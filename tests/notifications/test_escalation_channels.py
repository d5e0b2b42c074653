"""The same person may be asked by several channels in turn: by chat at once, by SMS after ten minutes."""

from __future__ import annotations

import pytest

from notifications import escalations, messages
from notifications.models import Channel, Contact, ContactGroup, Delivery, Event
from notifications.routing import Why

from .conftest import later
from .escalating import END, arrives, fail
from .people import contact, group, jihun, mail, minseo, room, rule, sms

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    """Mail, which everybody reads."""
    return mail(event_kinds=["nothing.of.this"])


@pytest.fixture
def text_messages() -> Channel:
    return sms(event_kinds=["nothing.of.this"])


@pytest.fixture
def on_call(channel: Channel, text_messages: Channel) -> ContactGroup:
    """Minseo by mail at once, Minseo by SMS after 10 minutes, Jihun after 20."""
    made, who = group("On call"), minseo(channel=channel)
    made.places.create(contact=who, channel=channel)
    made.places.create(contact=who, channel=text_messages, after=10)
    made.places.create(contact=jihun(channel=channel), after=20)
    rule("Failures", groups=[made], severities=["error"])
    return made


def asked() -> list[tuple[str, str, str]]:
    """Over which channel, whom, by what: "" for the event itself."""
    rows = Delivery.objects.filter(why=Why.ESCALATED).select_related("channel", "contact", "event").order_by("pk")
    return [
        (one.channel.name, one.contact.name if one.contact else "", one.event.title["en"].partition(": ")[0])
        for one in rows
    ]


def whom() -> list[tuple[str, str]]:
    return [(place, name.split()[0]) for place, name, _what in asked()]


def until(minutes: int, step: int = 5) -> None:
    for minute in range(0, minutes + 1, step):
        escalations.sweep(later(minutes=minute))


def test_a_person_is_asked_by_chat_at_once_and_by_sms_after_ten_minutes_and_then_the_next_one(
    on_call: ContactGroup,
) -> None:
    event = fail()
    assert whom() == [("Mail", "Minseo")]
    assert event.escalations.get().next_at == later(minutes=10)
    assert escalations.sweep(later(minutes=9)) == 0
    assert escalations.sweep(later(minutes=10)) == 1
    assert whom() == [("Mail", "Minseo"), ("SMS", "Minseo")]
    escalations.sweep(later(minutes=20))
    assert whom() == [("Mail", "Minseo"), ("SMS", "Minseo"), ("Mail", "Jihun")]
    assert {what for _place, _name, what in asked()} == {"chat-dev failed to start"}
    assert event.escalations.get().next_at == later(minutes=35)


def test_nobody_gets_a_text_message_once_somebody_looks_after_it(on_call: ContactGroup) -> None:
    event = fail()
    arrives(event)
    escalations.acknowledge(event=event, by="Jihun Lee", contact=None, origin="link", now=later(minutes=5))
    until(60)
    assert [place for place, _name in whom()] == ["Mail"]


def test_the_second_round_goes_through_the_same_channels(on_call: ContactGroup) -> None:
    ContactGroup.objects.update(rounds=2)
    fail()
    until(120)
    three = [("Mail", "Minseo"), ("SMS", "Minseo"), ("Mail", "Jihun")]
    assert whom() == [*three, *three]
    assert [what for *_whom, what in asked()][3:] == ["Still nobody looks after it"] * 3


def test_both_places_over_one_channel_ask_twice_the_second_time_by_a_reminder(
    on_call: ContactGroup, channel: Channel
) -> None:
    """The place says SMS, and there is no phone number any more: what leads to her is the mail, once more."""
    Contact.objects.filter(name="Minseo Kim").delete()
    who = contact("Minseo Kim", "minseo@example.com", channel=channel)
    on_call.places.create(contact=who, channel=channel)
    on_call.places.create(contact=who, channel=Channel.objects.get(name="SMS"), after=10)
    event = fail()
    until(20)
    assert asked() == [
        ("Mail", "Minseo Kim", "chat-dev failed to start"),
        ("Mail", "Minseo Kim", "Still nobody looks after it"),
        ("Mail", "Jihun Lee", "chat-dev failed to start"),
    ]
    reminder = Delivery.objects.get(event__kind=escalations.AGAIN)
    assert (reminder.not_before, event.escalations.get().step) == (later(minutes=10), 3)
    assert messages.compose(reminder).actions[0].label == "I look after it"
    until(60)
    assert len(asked()) == 3, "and no place of the first round is asked again by what its reminder was"
    assert event.escalations.get().end == END.EXHAUSTED


def test_what_was_missed_is_asked_at_once_over_each_channel_and_twice_where_they_are_the_same(
    on_call: ContactGroup, channel: Channel
) -> None:
    on_call.places.filter(channel__name="SMS").update(channel=None)
    fail()
    escalations.sweep(later(hours=1))
    assert asked() == [
        ("Mail", "Minseo Kim", "chat-dev failed to start"),
        ("Mail", "Jihun Lee", "chat-dev failed to start"),
        ("Mail", "Minseo Kim", "Still nobody looks after it"),
    ]


@pytest.mark.parametrize("fault", ["off", "no number", "a room"])
def test_a_channel_that_does_not_lead_to_them_leaves_their_own(on_call: ContactGroup, fault: str) -> None:
    place = on_call.places.get(channel__name="SMS")
    if fault == "off":
        Channel.objects.filter(name="SMS").update(enabled=False)
    elif fault == "no number":
        place.contact.set_addresses({"email": "minseo@example.com"})
        place.contact.save()
    else:
        on_call.places.filter(pk=place.pk).update(channel=room())
    fail()
    until(10)
    assert whom() == [("Mail", "Minseo"), ("Mail", "Minseo")]


def test_who_was_told_by_a_rule_over_another_channel_is_asked_over_the_one_that_their_place_says(
    on_call: ContactGroup, text_messages: Channel
) -> None:
    on_call.places.filter(contact__name="Minseo Kim", channel__name="Mail").delete()
    on_call.places.update(after=0)
    rule("Also by mail", people=[Contact.objects.get(name="Minseo Kim")], severities=["error"])
    event = fail()
    assert sorted((one.channel.name, one.why) for one in event.deliveries.filter(contact__name="Minseo Kim")) == [
        ("Mail", Why.RULE),
        ("SMS", Why.ESCALATED),
    ]


def test_who_was_told_over_the_channel_of_their_place_is_not_told_twice(
    on_call: ContactGroup, text_messages: Channel
) -> None:
    who = Contact.objects.get(name="Minseo Kim")
    rule("By SMS", people=[who], to=[text_messages], severities=["error"])
    event = fail()
    until(19)
    rows = event.deliveries.filter(contact=who)
    assert sorted(rows.values_list("channel__name", flat=True)) == ["Mail", "SMS"]
    assert not Event.objects.filter(kind=escalations.AGAIN).exists()


def test_a_channel_that_they_chose_meanwhile_asks_nobody_again(on_call: ContactGroup, text_messages: Channel) -> None:
    on_call.places.filter(contact__name="Minseo Kim").delete()
    on_call.places.create(contact=Contact.objects.get(name="Minseo Kim"))
    fail()
    Contact.objects.filter(name="Minseo Kim").update(urgent_channel=text_messages)
    until(15)
    assert whom() == [("Mail", "Minseo")]


def test_those_who_were_told_over_several_channels_count_as_one_person(on_call: ContactGroup) -> None:
    event = fail()
    until(20)
    event.deliveries.update(status="sent", sent_at=later(minutes=20))
    until(40)
    said = Event.objects.get(kind=escalations.NOBODY).body["en"]
    assert said == "Messages have reached everybody in “On call”."
