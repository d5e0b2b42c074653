"""Several deliveries that are one message: claimed together, sent once, with one outcome for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from notifications import claims, dispatch
from notifications.models import Channel, Delivery
from notifications.models.delivery import LEASE
from notifications.senders.registry import sender

from . import discord_server as replies
from .conftest import later, owe
from .discord_server import Discord

pytestmark = pytest.mark.django_db

AT = later(seconds=10)
"""When what was gathered from Monday 09:00 on is due."""


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    return make_channel(gather_seconds=10, per_minute=6000)


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def listed(discord: Discord, number: int) -> list[str]:
    """The lines of a message."""
    return list(discord.accepted[number]["payload"]["embeds"][0]["description"].splitlines())


def test_what_came_within_the_wait_is_one_message(channel: Channel, discord: Discord) -> None:
    first, second, third = (owe(name, now=later(seconds=at)) for name, at in (("a", 0), ("b", 4), ("c", 9)))
    assert dispatch.deliver(first.pk, later(seconds=9)) is None
    assert dispatch.deliver(first.pk, AT) == "sent"
    assert statuses() == ["sent"] * 3
    assert len(discord.accepted) == 1
    assert "3 messages" in discord.titles()[0]
    assert [one.sent_with_id for one in Delivery.objects.order_by("pk")] == [None, first.pk, first.pk]
    assert [one.attempt_log.get().outcome for one in (first, second, third)] == ["sent"] * 3


def test_whoever_of_them_a_worker_is_told_of_the_oldest_leads(channel: Channel, discord: Discord) -> None:
    first, _second, third = owe("a"), owe("b"), owe("c")
    assert dispatch.deliver(third.pk, AT) == "sent"
    assert dispatch.deliver(first.pk, AT) is None
    assert Delivery.objects.filter(sent_with=first).count() == 2
    assert len(discord.accepted) == 1


@pytest.mark.parametrize(
    ("reply", "status"),
    [(replies.broken, "retry"), (replies.refuse(400), "failed"), (replies.reset_after_acceptance, "unknown")],
)
def test_all_of_them_get_the_outcome(channel: Channel, discord: Discord, reply: replies.Behaviour, status: str) -> None:
    discord.answers(reply)
    first, *_others = owe("a"), owe("b"), owe("c")
    assert dispatch.deliver(first.pk, AT) == status
    assert statuses() == [status] * 3
    assert len({one.not_before for one in Delivery.objects.all()}) == 1
    assert all(one.last_error for one in Delivery.objects.all())


def test_what_is_tried_again_is_tried_together_with_what_came_meanwhile(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.broken)
    first = owe("a")
    owe("b")
    dispatch.deliver(first.pk, AT)
    owe("c", now=later(seconds=12))
    assert dispatch.deliver(first.pk, later(seconds=40)) == "sent"
    assert statuses() == ["sent"] * 3
    assert len(discord.accepted) == 1


def test_those_that_are_not_worth_another_try_fail_and_the_others_are_tried_again(
    channel: Channel, discord: Discord
) -> None:
    discord.answers(replies.broken)
    first, second = owe("a"), owe("b")
    Delivery.objects.filter(pk=second.pk).update(deadline_at=AT + timedelta(seconds=5))
    dispatch.deliver(first.pk, AT)
    assert statuses() == ["retry", "failed"]


def test_messages_of_another_environment_are_another_message(channel: Channel, discord: Discord) -> None:
    first = owe("a")
    owe("b", labels={"environment": "shop-dev"})
    dispatch.deliver(first.pk, AT)
    assert statuses() == ["sent", "pending"]


def test_nothing_overtakes_an_older_one_that_stays_behind(channel: Channel, discord: Discord) -> None:
    first, alone, third = owe("a"), owe("b"), owe("c")
    Delivery.objects.filter(pk=alone.pk).update(bundle="")
    assert dispatch.deliver(first.pk, AT) == "sent"
    assert statuses() == ["sent", "pending", "pending"]
    dispatch.deliver(alone.pk, AT)
    dispatch.deliver(third.pk, AT)
    assert discord.titles() == ["a", "b", "c"]


def test_what_waits_for_the_morning_holds_up_nothing_of_the_night(channel: Channel, discord: Discord) -> None:
    put_off, now = owe("a"), owe("b")
    Delivery.objects.filter(pk=put_off.pk).update(not_before=later(hours=10), bundle="quiet")
    assert dispatch.deliver(now.pk, AT) == "sent"
    assert statuses() == ["pending", "sent"]


def test_one_message_tells_of_no_more_than_its_medium_holds_and_how_many_are_in_the_next(
    channel: Channel, discord: Discord
) -> None:
    most = sender("discord").lines.most
    owed = [owe(f"chat-dev: 점검 {number:02d} {'한' * 300}") for number in range(most + 3)]
    dispatch.deliver(owed[0].pk, AT)
    assert statuses().count("sent") == most
    assert listed(discord, 0)[-1] == "3 more are in the next message."
    dispatch.deliver(owed[-1].pk, AT)
    assert statuses().count("sent") == most + 3
    told = [line.partition("점검 ")[2][:2] for number in (0, 1) for line in listed(discord, number) if "점검" in line]
    assert told == [f"{number:02d}" for number in range(most + 3)]
    assert len(discord.accepted) == 2


def test_an_error_that_came_last_is_told_first(channel: Channel, discord: Discord) -> None:
    first = owe("chat-dev is starting")
    owe("chat-dev is ready", severity="success")
    owe("the database is gone", severity="error")
    dispatch.deliver(first.pk, AT)
    assert [line[6:] for line in listed(discord, 0)[1:]] == [
        "the database is gone",
        "chat-dev is starting",
        "chat-dev is ready",
    ]


def test_a_bundle_takes_one_lane(channel: Channel) -> None:
    first = owe("a")
    owe("b"), owe("c")
    other = owe("d", labels={"environment": "shop-dev"})
    assert claims.claim(first.pk, AT) is not None
    assert claims.claim(other.pk, AT) is not None


def test_a_worker_that_died_leaves_all_of_them_unknown(channel: Channel) -> None:
    first = owe("a")
    owe("b")
    claims.claim(first.pk, AT)
    assert dispatch.sweep(AT + LEASE).unknown == 2
    assert statuses() == ["unknown"] * 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_are_told_of_each_send_it_once(channel: Channel, discord: Discord) -> None:
    owed, barrier = [owe(str(number)).pk for number in range(6)], threading.Barrier(6)

    def race(delivery_id: int) -> object:
        barrier.wait()
        try:
            return dispatch.deliver(delivery_id, AT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(race, owed))
    assert results.count("sent") == 1
    assert statuses() == ["sent"] * 6
    assert len(discord.requests) == 1
