"""How long another side may have us wait: at least as long as we would by ourselves, at most an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from notifications import dispatch
from notifications.backoff import LONGEST_ASKED
from notifications.models import Channel, Delivery, DeliveryAttempt
from notifications.models.channel import TRIPS_AT
from notifications.senders.base import TransportError

from . import discord_server as replies
from .conftest import MONDAY, later, owe
from .discord_server import Discord

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    return make_channel(per_minute=6000)


@pytest.mark.parametrize("asked", ["3601", "31536000", "1e12", "1e300"])
def test_nobody_is_waited_for_longer_than_an_hour(channel: Channel, discord: Discord, asked: str) -> None:
    discord.answers(replies.refuse(429, {"message": "slow down"}, Retry_After=asked))
    owed = owe()
    assert dispatch.deliver(owed.pk, MONDAY) == "retry"
    owed.refresh_from_db()
    channel.refresh_from_db()
    assert channel.paused_until is not None
    for at in (owed.not_before, channel.paused_until):
        assert later(hours=1) <= at < later(hours=1, seconds=10)


def test_that_holds_also_for_a_wait_that_a_sender_learns_of_later() -> None:
    error = TransportError("slow down")
    error.retry_after = 1e300
    assert error.retry_after == LONGEST_ASKED.total_seconds()
    error.retry_after = -1.0
    assert error.retry_after == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_for_no_wait_at_all_is_not_hammered(
    channel: Channel, discord: Discord, status: int
) -> None:
    discord.always_answers(replies.refuse(status, {"message": "at once"}, Retry_After="0"))
    owed, at = owe(), MONDAY
    while at < later(hours=1):
        dispatch.deliver(owed.pk, at)
        owed.refresh_from_db()
        channel.refresh_from_db()
        at = max(owed.not_before, channel.paused_until or at)
    assert owed.status == "retry"
    assert 5 < DeliveryAttempt.objects.count() < 15


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_service_that_names_a_wait_is_broken_all_the_same(
    channel: Channel, discord: Discord, status: int
) -> None:
    discord.answers(*[replies.refuse(status, {}, Retry_After="1")] * TRIPS_AT)
    for number in range(TRIPS_AT):
        at = later(seconds=5 * number)
        assert dispatch.deliver(owe(labels={"environment": str(number)}, now=at).pk, at) == "retry"
    channel.refresh_from_db()
    assert channel.failures == TRIPS_AT
    assert channel.has_tripped


@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_service_that_only_limits_us_is_no_broken_one(channel: Channel, discord: Discord, status: int) -> None:
    discord.answers(replies.refuse(status, {}, Retry_After="20"))
    owed = owe()
    assert dispatch.deliver(owed.pk, MONDAY) == "retry"
    channel.refresh_from_db()
    assert channel.failures == 0
    assert channel.paused_until is not None
    assert timedelta(seconds=20) <= channel.paused_until - MONDAY < timedelta(seconds=30)
    assert Delivery.objects.get().not_before >= channel.paused_until
