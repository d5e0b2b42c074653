"""A channel that is on and over which nothing arrives: somebody hears of that, once, and when it works again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from notifications import dead_channels, dispatch
from notifications.backoff import LONGEST
from notifications.dead_channels import SILENT, WORKS
from notifications.models import Channel, Delivery, Event
from notifications.models.channel import TRIPS_AT, rest_after

from . import discord_server as replies
from .conftest import MONDAY, later, say
from .discord_server import Discord
from .people import mail, minseo, room, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    """Owned by Minseo, who reads mail."""
    owner = minseo(channel=mail())
    return make_channel(per_minute=6000, event_kinds=["environment.starting"], owner=owner)


def news(number: int, at: datetime) -> None:
    say(str(number), labels={"environment": str(number)}, now=at)


def work(channel: Channel, at: datetime) -> None:
    """One look of the sweep, and one worker."""
    dispatch.sweep(at)
    channel.refresh_from_db()
    for delivery_id in dispatch.due(channel, at):
        dispatch.deliver(delivery_id, at)


def silences() -> list[Event]:
    return list(Event.objects.filter(kind=SILENT).order_by("pk"))


def trip(channel: Channel, discord: Discord) -> None:
    discord.answers(*[replies.reset_after_acceptance] * TRIPS_AT)
    for number in range(TRIPS_AT):
        news(number, MONDAY)
        work(channel, MONDAY)
    channel.refresh_from_db()
    assert channel.failures == TRIPS_AT


def test_a_day_of_lost_messages_is_told_once_and_to_the_owner_over_another_channel(
    channel: Channel, discord: Discord
) -> None:
    discord.always_answers(replies.reset_after_acceptance)
    for step in range(0, 25 * 60, 10):
        news(step, later(minutes=step))
        work(channel, later(minutes=step))
    (event,) = silences()
    assert event.severity == "error"
    assert event.title["en"] == "Nothing arrives over channel “1”"
    assert "Failures in a row: " in event.body["en"]
    assert [(one.channel.name, one.contact and one.contact.name, one.why) for one in event.deliveries.all()] == [
        ("Mail", "Minseo Kim", "owner")
    ]


def test_it_is_told_when_the_rest_is_a_quarter_of_an_hour(channel: Channel) -> None:
    number = next(number for number in range(100) if rest_after(number) >= LONGEST)
    values = {"last_error": {"en": "No answer."}, "last_error_at": MONDAY}
    Channel.objects.filter(pk=channel.pk).update(failures=number - 1, **values)
    assert dead_channels.tell_of_silence(MONDAY) == 0
    Channel.objects.filter(pk=channel.pk).update(failures=number)
    assert dead_channels.tell_of_silence(MONDAY) == 1
    assert silences()[0].body["en"] == f"Failures in a row: {number}. The last: No answer. It is tried again by itself."
    assert dead_channels.tell_of_silence(later(hours=9)) == 0


def test_it_is_told_as_well_where_nothing_is_left_to_try(channel: Channel, discord: Discord) -> None:
    trip(channel, discord)
    work(channel, later(minutes=14))
    assert silences() == []
    work(channel, later(minutes=16))
    work(channel, later(minutes=17))
    assert len(silences()) == 1


def test_some_failures_that_a_success_ends_are_nobodys_business(channel: Channel, discord: Discord) -> None:
    trip(channel, discord)
    news(100, later(minutes=2))
    work(channel, later(minutes=2))
    assert len(discord.accepted) > TRIPS_AT
    work(channel, later(hours=2))
    assert not Event.objects.filter(kind__in=[SILENT, WORKS]).exists()


def test_whoever_heard_of_it_hears_that_it_works_again(channel: Channel, discord: Discord) -> None:
    rule("Trouble", to=[room("Operators")], severities=["error"])
    trip(channel, discord)
    work(channel, later(minutes=16))
    news(100, later(minutes=20))
    work(channel, later(minutes=20))
    over = Event.objects.get(kind=WORKS)
    assert over.title["en"] == "Channel “1” works again"
    assert sorted((one.channel.name, one.why) for one in over.deliveries.all()) == [
        ("Mail", "follows"),
        ("Operators", "follows"),
    ]
    news(101, later(minutes=21))
    work(channel, later(minutes=21))
    assert Event.objects.filter(kind=WORKS).count() == 1


def test_the_next_time_is_told_anew_also_when_a_person_saved_it_in_between(channel: Channel, discord: Discord) -> None:
    trip(channel, discord)
    work(channel, later(minutes=16))
    channel.refresh_from_db()
    channel.settle()
    channel.save()
    news(100, later(minutes=20))
    work(channel, later(minutes=20))
    discord.always_answers(replies.broken)
    for step in range(30):
        news(200 + step, later(hours=1, minutes=step))
        work(channel, later(hours=1, minutes=step))
    assert [event.at > later(hours=1) for event in silences()] == [False, True]


def test_a_channel_that_is_off_is_expected_to_be_silent(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(failures=50, last_error_at=MONDAY, enabled=False)
    assert dead_channels.tell_of_silence(later(hours=9)) == 0


def test_of_two_sweeps_at_once_one_tells(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    Channel.objects.filter(pk=channel.pk).update(failures=50, last_error_at=MONDAY)
    assert dead_channels.tell_of_silence(MONDAY) == 1
    # As the other one saw it, before the first had told.
    monkeypatch.setattr(dead_channels, "_last", lambda channel: None)
    with transaction.atomic():
        dead_channels.tell_of_silence(MONDAY + timedelta(seconds=1))
    assert len(silences()) == 1
    assert Delivery.objects.count() == 1
