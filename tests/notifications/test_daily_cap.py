"""So many messages a day and no more, with a word to the owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.db import connections

from notifications import claims, dispatch
from notifications.channel_health import CHANNEL_CAPPED
from notifications.models import Channel, Delivery, Event
from notifications.outbox import send_test

from . import discord_server as replies
from .conftest import MONDAY, fresh, later, owe
from .discord_server import Discord
from .people import mail, minseo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_seoul(settings: LazySettings) -> None:
    """Where Monday 09:00 UTC is six in the evening, and the day ends six hours later."""
    settings.TIME_ZONE = "Asia/Seoul"


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    owner = minseo(channel=mail(event_kinds=["nothing.of.this"]))
    return make_channel(daily_cap=2, per_minute=6000, event_kinds=["environment.starting"], owner=owner)


def try_one(at: datetime = MONDAY) -> Delivery:
    number = Delivery.objects.count()
    owed = owe(str(number), labels={"environment": str(number)}, now=at)
    dispatch.deliver(owed.pk, at)
    return fresh(owed)


def test_what_comes_beyond_is_not_sent_and_says_why(channel: Channel, discord: Discord) -> None:
    assert [try_one().status for _ in range(4)] == ["sent", "sent", "dropped", "dropped"]
    assert len(discord.requests) == 2
    last = Delivery.objects.filter(status="dropped").latest("pk")
    assert last.last_error["en"] == "The channel's limit of the day was reached."
    assert (last.attempts, last.attempt_log.count()) == (0, 0)


def test_the_next_day_by_the_portals_clock_counts_anew(channel: Channel, discord: Discord) -> None:
    assert [try_one().status for _ in range(3)] == ["sent", "sent", "dropped"]
    assert try_one(later(hours=5, minutes=59)).status == "dropped"
    assert try_one(later(hours=6)).status == "sent"


def test_its_owner_hears_of_it_once_a_day_and_not_over_that_channel(channel: Channel, discord: Discord) -> None:
    for _ in range(5):
        try_one()
    told = Event.objects.get(kind=CHANNEL_CAPPED)
    assert told.title["en"] == "Channel “1” has sent its 2 messages of the day"
    assert [(one.channel.name, one.contact.name if one.contact else "", one.why) for one in told.deliveries.all()] == [
        ("Mail", "Minseo Kim", "owner")
    ]
    for _ in range(3):
        try_one(later(hours=7))
    assert Event.objects.filter(kind=CHANNEL_CAPPED).count() == 2


def test_an_owner_whom_only_that_channel_reaches_is_not_told_over_it(channel: Channel, discord: Discord) -> None:
    Channel.objects.filter(name="Mail").delete()
    for _ in range(3):
        try_one()
    assert not Event.objects.get(kind=CHANNEL_CAPPED).deliveries.exists()


def test_what_nobody_can_have_received_does_not_count_and_what_may_have_arrived_does(
    channel: Channel, discord: Discord
) -> None:
    discord.answers(replies.refuse(400), replies.reset_after_acceptance)
    assert [try_one().status for _ in range(4)] == ["failed", "unknown", "sent", "dropped"]


def test_a_test_message_goes_out_all_the_same(channel: Channel, discord: Discord) -> None:
    for _ in range(3):
        try_one()
    test = send_test(channel=channel, actor="operator", now=MONDAY)
    assert dispatch.deliver(test, MONDAY) == "sent"


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_one_moment_do_not_go_beyond_it_together(channel: Channel) -> None:
    owed = [owe(str(one), labels={"environment": str(one)}).pk for one in range(6)]
    # One was sent before.
    first = claims.claim(owed[0], MONDAY)
    assert first is not None
    first.delivery.mark_sent(MONDAY, "1")
    first.attempts[0].complete(first.attempts[0].Outcome.SENT, error={}, code=200, duration_ms=1)
    barrier = threading.Barrier(5)

    def race(delivery_id: int) -> object:
        barrier.wait()
        try:
            return claims.claim(delivery_id, MONDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        claimed = list(pool.map(race, owed[1:]))
    assert sum(one is not None for one in claimed) == 1
