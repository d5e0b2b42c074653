"""A channel that fails again and again rests, and is then tried with one message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from notifications import channel_health, claims, dispatch
from notifications.models import Channel, Delivery
from notifications.models.channel import LONGEST_REST, TRIPS_AT, rest_after
from notifications.senders.base import Message, Sent, TransportError
from notifications.senders.email import Email
from tests.support.mail_server import mail_server

from . import discord_server as replies
from .conftest import MONDAY, fresh, later, owe, say
from .discord_server import Discord
from .people import jihun, mail, minseo, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    return make_channel(per_minute=6000)


def try_one(at: datetime) -> Delivery.Status | None:
    """A new message, tried at once."""
    number = Delivery.objects.count()
    return dispatch.deliver(owe(str(number), labels={"environment": str(number)}, now=at).pk, at)


def trip(discord: Discord) -> None:
    discord.answers(*[replies.broken] * TRIPS_AT)
    assert [try_one(MONDAY) for _ in range(TRIPS_AT)] == ["retry"] * TRIPS_AT


def test_after_some_failures_in_a_row_nothing_is_tried_for_half_a_minute(channel: Channel, discord: Discord) -> None:
    trip(discord)
    assert try_one(later(seconds=1)) is None
    assert try_one(later(seconds=29)) is None
    assert len(discord.requests) == TRIPS_AT


def test_then_one_message_tries_and_a_success_ends_it(channel: Channel, discord: Discord) -> None:
    trip(discord)
    at = later(seconds=40)
    assert try_one(at) == "sent"
    assert try_one(at) == "sent"
    channel.refresh_from_db()
    assert (channel.failures, channel.paused_until, channel.last_error) == (0, None, {})


def test_while_that_one_is_under_way_no_other_is(channel: Channel, discord: Discord) -> None:
    trip(discord)
    one, other = (owe(name, labels={"environment": name}).pk for name in ("one", "other"))
    at = later(seconds=40)
    assert claims.claim(one, at) is not None
    assert claims.claim(other, at) is None
    # A worker that died is not waited for any longer than for any message.
    assert claims.claim(other, at + timedelta(minutes=1)) is not None


def test_each_further_failure_doubles_the_rest_up_to_an_hour(channel: Channel, discord: Discord) -> None:
    trip(discord)
    discord.always_answers(replies.broken)
    at, rests = later(seconds=40), []
    for _ in range(9):
        assert try_one(at) == "retry"
        channel.refresh_from_db()
        assert channel.paused_until is not None
        rests.append(round((channel.paused_until - at).total_seconds()))
        at = channel.paused_until + timedelta(seconds=1)
    assert rests == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert rest_after(10_000) == LONGEST_REST


def test_no_answer_counts_as_a_failure(channel: Channel, discord: Discord, monkeypatch: pytest.MonkeyPatch) -> None:
    discord.answers(*[replies.reset_after_acceptance] * TRIPS_AT)
    assert [try_one(MONDAY) for _ in range(TRIPS_AT)] == ["unknown"] * TRIPS_AT
    assert try_one(later(seconds=1)) is None


def test_messages_that_are_refused_one_by_one_do_not_count_and_end_the_row(channel: Channel, discord: Discord) -> None:
    discord.answers(*[replies.broken] * (TRIPS_AT - 1), replies.refuse(400), replies.broken)
    outcomes = [try_one(MONDAY) for _ in range(TRIPS_AT + 1)]
    assert outcomes == [*["retry"] * (TRIPS_AT - 1), "failed", "retry"]
    channel.refresh_from_db()
    assert channel.failures == 1
    assert try_one(MONDAY) == "sent"


def test_a_service_that_asks_to_wait_is_waited_for_and_does_not_count(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.refuse(429, {"retry_after": 20}))
    assert try_one(MONDAY) == "retry"
    channel.refresh_from_db()
    assert channel.failures == 0
    assert channel_health.standing(channel, MONDAY) != ""


def test_a_shorter_wait_does_not_end_a_longer_one(channel: Channel) -> None:
    channel.note_failure({"en": "slow down"}, MONDAY, pause=600)
    channel.note_failure({"en": "slow down"}, MONDAY, pause=5)
    channel.refresh_from_db()
    assert channel.paused_until == later(minutes=10)


def test_the_channel_says_until_when_it_rests_and_why(channel: Channel, discord: Discord) -> None:
    trip(discord)
    channel.refresh_from_db()
    said = str(channel_health.standing(channel, MONDAY))
    assert said.startswith("Rests until ")
    assert ": 5 failures in a row. Then it is tried with one message." in said
    with translation.override("ko"):
        assert str(channel_health.standing(channel, MONDAY)) != ""
    assert channel_health.standing(channel, later(hours=1)) == ""


def test_a_person_who_saves_the_channel_ends_its_rest(channel: Channel, discord: Discord) -> None:
    trip(discord)
    channel.refresh_from_db()
    channel.settle()
    channel.save()
    assert try_one(later(seconds=1)) == "sent"


def test_what_waits_meanwhile_goes_out_afterwards(channel: Channel, discord: Discord) -> None:
    trip(discord)
    at = later(minutes=5)
    for delivery_id in Delivery.objects.claimable(at).values_list("pk", flat=True):
        assert dispatch.deliver(delivery_id, at) == "sent"
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


class Post:
    """A service for mails: who in `full` has a full mailbox, who in `broken` breaks it."""

    def __init__(self) -> None:
        self.full, self.broken = set[str](), set[str]()
        self.tried: list[str] = []

    def send(self, _sender: object, message: Message, _config: object) -> Sent:
        self.tried.append(message.to)
        if message.to in self.full:
            raise TransportError("452 4.2.2 mailbox full", of_reader=True, code=452)
        if message.to in self.broken:
            raise TransportError("The connection was closed.")
        return Sent(code=250)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    there = Post()
    monkeypatch.setattr(Email, "send", lambda sender, message, config: there.send(sender, message, config))
    return there


class TestOneReaderWhoIsTheTrouble:
    @pytest.fixture
    def to_minseo(self) -> Delivery:
        by_mail = mail(event_kinds=["none"])
        for kind, who in (("for.minseo", minseo(channel=by_mail)), ("for.jihun", jihun(channel=by_mail))):
            rule(kind, people=[who], event_kinds=[kind])
        return say(kind="for.minseo").deliveries.get()

    def work(self, woken: list[int], start: datetime, minutes: int) -> None:
        """As sweeps and workers do, once a minute."""
        for minute in range(minutes):
            now = start + timedelta(minutes=minute)
            dispatch.sweep(now)
            while woken:
                dispatch.deliver(woken.pop(0), now)

    def test_a_full_mailbox_holds_up_nobody_else(self, post: Post, to_minseo: Delivery, woken: list[int]) -> None:
        post.full.add("minseo@example.com")
        self.work(woken, MONDAY, 120)
        assert (fresh(to_minseo).status, fresh(to_minseo).last_error["en"]) == ("retry", "452 4.2.2 mailbox full")
        channel = Channel.objects.get()
        assert (channel.failures, channel.paused_until) == (0, None)
        other = say(kind="for.jihun", now=later(hours=2)).deliveries.get()
        self.work(woken, later(hours=2), 1)
        assert fresh(other).status == "sent"

    def test_it_ends_a_row_of_failures_for_the_service_has_answered(self, post: Post, to_minseo: Delivery) -> None:
        Channel.objects.update(failures=TRIPS_AT, paused_until=MONDAY)
        post.full.add("minseo@example.com")
        assert dispatch.deliver(to_minseo.pk, MONDAY) == "retry"
        assert Channel.objects.get().failures == 0

    def test_who_breaks_the_service_is_not_what_it_is_tried_with_again(
        self, post: Post, to_minseo: Delivery, woken: list[int]
    ) -> None:
        post.broken.add("minseo@example.com")
        self.work(woken, MONDAY, 120)
        assert Channel.objects.get().has_tripped
        other = say(kind="for.jihun", now=later(hours=2)).deliveries.get()
        self.work(woken, later(hours=2), 61)
        # The longest rest is an hour: then it is tried with what was tried least.
        assert fresh(other).status == "sent"

    def test_the_try_goes_to_what_was_tried_least_and_then_to_the_oldest(self, to_minseo: Delivery) -> None:
        new = [say(kind="for.jihun", labels={"environment": str(number)}).deliveries.get() for number in range(3)]
        Delivery.objects.filter(pk=to_minseo.pk).update(attempts=7, status="retry")
        Delivery.objects.filter(pk=new[0].pk).update(attempts=1, status="retry")
        channel = Channel.objects.get()
        assert dispatch.due(channel, MONDAY) == [to_minseo.pk, new[0].pk]
        channel.failures = TRIPS_AT
        assert dispatch.due(channel, MONDAY) == [new[1].pk, new[2].pk]

    def test_what_a_mail_server_answers_tells_the_reader_from_the_server(self, settings: Any) -> None:
        letter = Message(
            *("k", "info", "Hello", "", (), "", "", MONDAY, "en", "1"), to="minseo@example.com", to_name="Minseo"
        )
        with mail_server() as there:
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", there.port
            settings.EMAIL_FROM = "daybreak@example.com"
            settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
            settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
            answers = {"452 4.2.2 Mailbox full": True, "421 4.3.2 Closing down": False, "550 5.1.1 Unknown": False}
            for said, of_reader in answers.items():
                there.to_rcpt["minseo@example.com"] = said
                with pytest.raises(TransportError) as caught:
                    Email().send(letter, {})
                assert caught.value.of_reader == of_reader, said
            there.to_rcpt.clear()
            there.to_data["minseo@example.com"] = "451 4.3.0 Try later"
            with pytest.raises(TransportError) as caught:
                Email().send(letter, {})
            assert caught.value.of_reader
        with pytest.raises(TransportError) as caught:
            Email().send(letter, {})
        assert not caught.value.of_reader
