"""A manager clicks; the stack comes up; Discord hears of it, once, in colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from environments.models import Environment, Hold, State, Ticket
from notifications import dispatch
from notifications.models import Channel, Delivery
from tests import factories
from tests.notifications.discord_server import Discord
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db
BLUE, GREEN, AMBER, RED = 3447003, 3066993, 15844367, 15158332


@pytest.fixture
def discord(settings: Any) -> Iterator[Discord]:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = True
    with Discord() as server:
        Channel.objects.create(name="team", kind="discord", config={"webhook_url": server.url("team")})
        yield server


def _send_what_is_owed(day: Journey) -> None:
    for _ in range(20):
        due = [pk for channel in Channel.objects.all() for pk in dispatch.due(channel, day.now)]
        for pk in due:
            dispatch.deliver(pk, day.now)
        if not due:
            return


def _embeds(discord: Discord) -> list[tuple[str, int]]:
    embeds = [message["payload"]["embeds"][0] for message in discord.accepted]
    return [(embed["title"], embed["color"]) for embed in embeds]


def _click(client: Client, chat: Environment, verb: str, **fields: str) -> Any:
    return client.post(reverse(f"environments:ask_{verb}", args=[chat.slug]), fields, follow=True)


def test_start_until_twenty_from_the_page_then_stop(chat_aws: Any, discord: Discord, client: Client) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    client.force_login(factories.manager())
    day = Journey(chat_aws, monday("19:00"))
    day.settle()
    with time_machine.travel(day.now, tick=False):
        answer = _click(client, chat, "start", until="time", until_time="2026-11-23T20:00", reason="client demo")
    assert "chat-dev starts now and is kept running until 20:00 (Asia/Seoul)." in answer.content.decode()
    assert Hold.objects.get().until == monday("20:00")
    day.settle()
    with time_machine.travel(day.now, tick=False):
        page = client.get(reverse("environments:page", args=["chat-dev"])).content.decode()
    assert "Running, held" in page
    assert "client demo" in page
    assert "ChatAppMasterStack is up after" in page
    _send_what_is_owed(day)
    held = ("chat-dev: kept running until 20:00 (Asia/Seoul)", BLUE)
    assert _embeds(discord) == [held, ("chat-dev is starting", BLUE), ("chat-dev is ready", GREEN)]

    day.go_to(monday("20:03"))
    _send_what_is_owed(day)
    over = ("chat-dev: the hold has ended", BLUE)
    assert _embeds(discord)[3:] == [over, ("chat-dev is stopping", BLUE), ("chat-dev is stopped", GREEN)]
    assert Environment.objects.get().state == State.STOPPED
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


def test_a_failure_is_told_in_red_with_its_reason(chat_aws: Any, discord: Discord, client: Client) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    chat_aws.fail_resource("Redis", reason="No capacity for cache.t3.micro.", stack="ChatAppMasterStack")
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:00"))
    day.settle()
    _send_what_is_owed(day)
    told = "chat-dev failed to start"
    opened = f"Ticket #{Ticket.objects.get().pk} opened: {told}"
    assert _embeds(discord) == [("chat-dev is starting", BLUE), (told, RED), (opened, AMBER)]
    for message in discord.accepted[1:]:
        assert "No capacity for cache.t3.micro." in message["payload"]["embeds"][0]["description"]
    assert Environment.objects.get(pk=chat.pk).state == State.FAILED_TO_START


def test_a_discord_that_is_down_holds_up_nothing_and_hears_of_it_later(chat_aws: Any, discord: Discord) -> None:
    factories.chat_app(next_transition_at=monday("08:00"))
    Channel.objects.update(config={"webhook_url": "http://127.0.0.1:9/api/webhooks/1/away"})
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:02"))
    _send_what_is_owed(day)
    assert Environment.objects.get().state == State.RUNNING
    assert discord.accepted == []
    channel = Channel.objects.get()
    channel.config = {"webhook_url": discord.url("team")}
    channel.save()
    day.go_to(monday("09:30"))
    _send_what_is_owed(day)
    assert [title for title, _ in _embeds(discord)] == ["chat-dev is starting", "chat-dev is ready"]
