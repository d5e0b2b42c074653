"""So many a minute and no more, however many workers there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections

from notifications import claims, dispatch
from notifications.models import Channel, Delivery

from .conftest import MONDAY, later, owe, say
from .discord_server import Discord

pytestmark = pytest.mark.django_db


def a_backlog(number: int) -> list[int]:
    """Messages of as many environments, so that none waits for another."""
    return [owe(str(one), labels={"environment": str(one)}).pk for one in range(number)]


def send_all(owed: list[int], at: datetime) -> int:
    """How many of them go out when everything is tried at this moment."""
    return sum(dispatch.deliver(one, at) == "sent" for one in owed)


def test_a_quarter_of_a_minutes_messages_goes_at_once_and_the_rest_evenly(
    make_channel: Callable[..., Channel], discord: Discord
) -> None:
    make_channel(per_minute=12)
    owed = a_backlog(20)
    assert send_all(owed, MONDAY) == 3
    # Twelve a minute, three of them at once: the others six seconds apart.
    assert send_all(owed, later(seconds=5.9)) == 0
    assert send_all(owed, later(seconds=6)) == 1
    assert send_all(owed, later(seconds=18)) == 2


def test_no_span_of_a_minute_has_more(make_channel: Callable[..., Channel], discord: Discord) -> None:
    make_channel(per_minute=12)
    owed = a_backlog(25)
    sent: list[datetime] = []
    for second in range(0, 140, 2):
        at = later(seconds=second)
        while owed and dispatch.deliver(owed[0], at) == "sent":
            sent.append(at)
            del owed[0]
    spans = [sum(begin <= at < begin + timedelta(minutes=1) for at in sent) for begin in sent]
    assert max(spans) == 12
    assert len(sent) >= 12 + 9


def test_what_a_quiet_time_saves_up_is_no_more_than_that_quarter(
    make_channel: Callable[..., Channel], discord: Discord
) -> None:
    make_channel(per_minute=12)
    owed = a_backlog(20)
    send_all(owed, MONDAY)
    assert send_all(owed, later(hours=5)) == 3


def test_one_a_minute_is_one_a_minute(make_channel: Callable[..., Channel], discord: Discord) -> None:
    make_channel(per_minute=1)
    owed = a_backlog(3)
    assert [send_all(owed, later(seconds=at)) for at in (0, 1, 59, 60, 119, 120)] == [1, 0, 0, 1, 0, 1]


def test_a_channel_without_a_limit_of_its_own_has_its_services(channel: Channel, discord: Discord) -> None:
    assert send_all(a_backlog(40), MONDAY) == 7  # a quarter of Discord's thirty


def test_a_test_message_does_not_wait_for_its_turn(make_channel: Callable[..., Channel], discord: Discord) -> None:
    from notifications.outbox import send_test

    channel = make_channel(per_minute=1)
    assert send_all(a_backlog(2), MONDAY) == 1
    test = send_test(channel=channel, actor="operator", now=MONDAY)
    assert dispatch.deliver(test, MONDAY) == "sent"


def test_a_channel_that_waits_costs_the_sweep_nothing_for_what_it_owes(
    make_channel: Callable[..., Channel],
    discord: Discord,
    woken: list[int],
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    make_channel(per_minute=1)
    send_all(a_backlog(30), MONDAY)
    woken.clear()
    with django_assert_max_num_queries(10) as queries:  # type: ignore[attr-defined]
        assert dispatch.sweep(later(seconds=30)).woken == 0
    assert not any("LIMIT 2" in query["sql"] for query in queries), "its deliveries were looked through"
    assert dispatch.sweep(later(seconds=60)).woken > 0


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_one_moment_keep_to_it_together(make_channel: Callable[..., Channel]) -> None:
    make_channel(per_minute=4)
    owed, barrier = a_backlog(8), threading.Barrier(8)

    def race(delivery_id: int) -> object:
        barrier.wait()
        try:
            return claims.claim(delivery_id, MONDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(race, owed))
    assert sum(one is not None for one in claimed) == 1
    assert Delivery.objects.filter(status="sending").count() == 1
    # Whoever was refused has left nothing behind.
    assert Delivery.objects.filter(status="pending", attempts=0, lease_token="").count() == 7


def test_two_messages_of_one_environment_that_come_at_once_use_up_one_turn(
    make_channel: Callable[..., Channel], discord: Discord
) -> None:
    channel = make_channel(per_minute=1)
    say("first"), say("second")
    first, second = Delivery.objects.order_by("pk")
    assert dispatch.deliver(second.pk, MONDAY) is None  # it waits for the first
    channel.refresh_from_db()
    assert channel.next_at is None, "a claim that was lost has given its turn back"
    assert dispatch.deliver(first.pk, MONDAY) == "sent"
