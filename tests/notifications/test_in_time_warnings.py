"""A warning never goes out after what it warns of, and a worker that never came back counts against its channel."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifications import claims, dispatch, messages
from notifications.models import Channel, Contact, Delivery
from notifications.models.channel import TRIPS_AT
from notifications.senders import in_time
from notifications.texts import render
from tests.portal.test_mail_in_time import serving
from tests.support.mail_server import mail_server

from .conftest import MONDAY, fresh, later, owe, say
from .discord_server import Discord

pytestmark = pytest.mark.django_db

LATE = 0.8
"""Seconds from when it is claimed until it is no news any more."""


def warning(channel: Channel, contact: Contact | None = None) -> Delivery:
    """Of a stop that comes in a moment."""
    until = MONDAY + timedelta(seconds=LATE)
    if contact is None:
        return owe("chat-dev stops", until=until)
    event = say("chat-dev stops", until=until)
    return Delivery.objects.create(
        event=event,
        channel=channel,
        contact=contact,
        recipient=f"contact-{contact.pk}",
        why="rule",
        not_before=MONDAY,
        deadline_at=until,
    )


@pytest.fixture
def mails(db: None, settings: Any) -> Channel:
    settings.EMAIL_HOST, settings.EMAIL_FROM = "127.0.0.1", "daybreak@example.com"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL, settings.EMAIL_TIMEOUT = False, False, 5
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return Channel.objects.create(name="Mail", kind="email", event_kinds=["none"])


@pytest.fixture
def minseo(db: None) -> Contact:
    return Contact.objects.create(name="Minseo", addresses={"email": "minseo@example.com"})


class Server:
    """Says each of its lines, one that is slow after the moment has passed, and keeps what it was told."""

    def __init__(self, slow: int, *lines: str) -> None:
        self.slow, self.lines, self.told = slow, lines, list[bytes]()

    def __call__(self, connection: socket.socket) -> None:
        heard = connection.makefile("rb")
        for number, line in enumerate(self.lines):
            if number == self.slow:
                time.sleep(LATE * 1.5)
            connection.sendall(f"{line}\r\n".encode())
            self.told.append(heard.readline())
        self.told += heard.readlines()


@pytest.mark.parametrize("slow", range(5), ids=["greeting", "hello", "sender", "reader", "go on"])
def test_a_mail_server_that_is_ready_after_the_stop_is_given_nothing(
    mails: Channel, minseo: Contact, settings: Any, slow: int
) -> None:
    server = Server(slow, "220 here", "250 hello", "250 OK", "250 OK", "354 go on")
    delivery = warning(mails, minseo)
    began = time.monotonic()
    with serving(server) as settings.EMAIL_PORT:
        assert dispatch.deliver(delivery.pk, MONDAY) == Delivery.Status.DROPPED
        assert time.monotonic() - began < LATE * 1.5
        time.sleep(LATE)
    assert not any(b"Subject" in line for line in server.told)
    assert fresh(delivery).last_error == render(in_time.OLD_NEWS)
    assert [one.outcome for one in delivery.attempt_log.all()] == ["failed"]


def test_a_warning_that_is_in_time_is_sent(mails: Channel, minseo: Contact, settings: Any) -> None:
    delivery = warning(mails, minseo)
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        assert dispatch.deliver(delivery.pk, MONDAY) == Delivery.Status.SENT
    assert [mail["Subject"] for mail in server.taken] == ["chat-dev stops"]


def test_a_request_is_not_made_when_writing_the_message_took_until_the_stop(
    make_channel: Callable[..., Channel], discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery, compose = warning(make_channel()), messages.compose

    def slowly(*given: Any) -> Any:
        time.sleep(LATE * 1.1)
        return compose(*given)

    monkeypatch.setattr(messages, "compose", slowly)
    assert dispatch.deliver(delivery.pk, MONDAY) == Delivery.Status.DROPPED
    assert discord.requests == []
    assert fresh(delivery).last_error == render(in_time.OLD_NEWS)
    assert fresh(delivery).channel.failures == 0


class TestAWorkerThatNeverCameBack:
    def test_counts_as_a_failure_of_its_channel_once(
        self, make_channel: Callable[..., Channel], discord: Discord
    ) -> None:
        make_channel(gather_seconds=5, per_minute=6000)
        owed = [owe(name) for name in ("a", "b", "c")]
        assert claims.claim(owed[0].pk, later(seconds=6)) is not None
        dispatch.sweep(later(minutes=2))
        dispatch.sweep(later(minutes=2))
        channel = Channel.objects.get()
        assert channel.failures == 1
        assert channel.last_error == render(dispatch.CUT_OFF)

    def test_again_and_again_has_the_channel_rest(self, make_channel: Callable[..., Channel], discord: Discord) -> None:
        make_channel()
        for number in range(TRIPS_AT):
            delivery = owe(f"{number}", labels={})
            assert claims.claim(delivery.pk, later(minutes=2 * number)) is not None
            dispatch.sweep(later(minutes=2 * number + 1, seconds=30))
        now = later(minutes=2 * TRIPS_AT - 1, seconds=-25)
        channel = Channel.objects.get()
        assert channel.has_tripped
        assert not channel.is_open(now)
        assert dispatch.deliver(owe("one more", labels={}).pk, now) is None
        assert discord.requests == []
