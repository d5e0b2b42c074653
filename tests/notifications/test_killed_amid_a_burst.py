"""Workers are killed while they send, again and again: what is said of each message is true all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import settings

from notifications import dispatch
from notifications.models import Channel, Delivery, DeliveryAttempt
from notifications.models.delivery import LEASE
from tests.support.waiting import wait_until

from . import discord_server as replies
from .conftest import MONDAY, say
from .discord_server import Discord
from .test_order_and_isolation import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]

CHANNELS, EVENTS, KILLS = 4, 40, 3


def a_worker(at: datetime) -> subprocess.Popen[str]:
    """A process of its own, on the test's database, at its work."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
        "TEST_DATABASE_URL": database_url(),
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.support.delivering_worker", "3"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin
    worker.stdin.write(f"{at.isoformat()}\n")
    worker.stdin.flush()
    return worker


def kill(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait(30)
    for pipe in (worker.stdin, worker.stdout):
        assert pipe
        pipe.close()


def test_each_message_arrives_once_or_is_unknown_and_shown(
    make_channel: Callable[..., Channel], discord: Discord
) -> None:
    for number in range(CHANNELS):
        # Two of them gather, so that some messages are of several deliveries.
        make_channel(str(number), per_minute=6000, gather_seconds=5 if number < 2 else 0)
        discord.always_answers(replies.slow(0.05), webhook=str(number))
    for number in range(EVENTS):
        say(f"event {number}.", labels={"environment": f"env-{number % 8}"})
    left = Delivery.objects.filter(status__in=Delivery.UNFINISHED)
    at, cut_off = MONDAY, 0
    for _ in range(KILLS):
        at += 2 * LEASE
        arrived = len(discord.accepted)
        worker = a_worker(at)
        try:
            wait_until(lambda seen=arrived: len(discord.accepted) >= seen + 8 or not left.exists(), 30)  # type: ignore[misc]
        finally:
            kill(worker)
        cut_off = max(cut_off, Delivery.objects.filter(status="sending").count())
    assert cut_off, "no worker was killed while it was sending"
    last = a_worker(at := at + 2 * LEASE)
    try:
        dispatch.sweep(at)
        wait_until(lambda: not left.exists(), 60)
    finally:
        kill(last)

    arrived_of = Counter(
        (one["webhook"], title)
        for one in discord.accepted
        for embed in one["payload"]["embeds"]
        for title in told_of(f"{embed.get('title', '')}\n{embed.get('description', '')}")
    )
    assert max(arrived_of.values()) == 1, "something arrived twice by itself"
    rows = Delivery.objects.select_related("channel", "event").order_by("pk")
    assert {row.status for row in rows} <= {"sent", "unknown"}
    for row in rows:
        came = arrived_of[row.channel.name, row.event.title["en"]]
        assert row.status == "unknown" or came == 1, "marked sent, and nobody has it"
    unknown = rows.filter(status="unknown")
    assert unknown.count() >= cut_off
    assert all(row.last_error["en"] for row in unknown)
    assert not DeliveryAttempt.objects.filter(outcome="started").exists()


def told_of(text: str) -> set[str]:
    """The events that a message tells of."""
    return {f"event {number}." for number in range(EVENTS) if f"event {number}." in text}
