"""One delivery and what can happen to it, against a Discord that answers as Discord does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app

from notifications import dispatch, tasks
from notifications.models import Channel, Delivery, DeliveryAttempt, Event
from notifications.outbox import CHANNEL_OFF, GIVE_UP_AFTER, send_again
from notifications.senders import http

from . import discord_server as replies
from .conftest import MONDAY, fresh, later, owe, say
from .discord_server import Discord

pytestmark = pytest.mark.django_db

SENT, RETRY, FAILED, UNKNOWN = "sent", "retry", "failed", "unknown"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that waits a fifth of a second for an answer."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)


def test_a_message_is_sent_and_its_id_kept(channel: Channel, discord: Discord) -> None:
    delivery = owe("chat-dev is ready")
    assert dispatch.deliver(delivery.pk, MONDAY) == SENT
    sent = fresh(delivery)
    assert (sent.status, sent.attempts, sent.external_id) == (SENT, 1, "1100000000000000001")
    assert sent.sent_at is not None
    assert MONDAY <= sent.sent_at < later(seconds=5)
    attempt = sent.attempt_log.get()
    assert (attempt.outcome, attempt.code, attempt.error) == (SENT, 200, {})
    assert attempt.duration_ms is not None
    assert discord.titles() == ["chat-dev is ready"]


def test_an_answer_without_an_id_is_as_good(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.without_id)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == SENT
    assert fresh(delivery).external_id == ""


def test_a_sent_message_is_never_sent_again(channel: Channel, discord: Discord) -> None:
    delivery = owe()
    dispatch.deliver(delivery.pk, MONDAY)
    assert dispatch.deliver(delivery.pk, later(hours=1)) is None
    assert dispatch.sweep(later(days=2)) == dispatch.Swept(unknown=0, failed=0, woken=0)
    assert len(discord.requests) == 1


def test_a_server_error_is_tried_again_later_and_later(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.broken, replies.broken)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == RETRY
    assert timedelta(seconds=7) < fresh(delivery).not_before - MONDAY < timedelta(seconds=14)
    assert dispatch.deliver(delivery.pk, later(seconds=5)) is None
    assert dispatch.deliver(delivery.pk, later(seconds=20)) == RETRY
    assert timedelta(seconds=14) < fresh(delivery).not_before - later(seconds=20) < timedelta(seconds=26)
    assert dispatch.deliver(delivery.pk, later(minutes=1)) == SENT
    assert [attempt.outcome for attempt in delivery.attempt_log.all()] == [RETRY, RETRY, SENT]


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (replies.refuse(429, {"retry_after": 99.0, "global": False}, Retry_After="40"), 40),
        (replies.refuse(429, {"message": "You are being rate limited.", "retry_after": 64.57}), 64.57),
    ],
    ids=["the header first", "else the body"],
)
def test_a_rate_limit_says_when_and_holds_the_whole_channel(
    channel: Channel, discord: Discord, reply: replies.Behaviour, wait: float
) -> None:
    discord.answers(reply)
    limited, other = owe(), owe("other", labels={"environment": "other"})
    assert dispatch.deliver(limited.pk, MONDAY) == RETRY
    assert timedelta(seconds=wait) <= fresh(limited).not_before - MONDAY < timedelta(seconds=wait + 3)
    # Asking again for another message would only bring the ban nearer.
    assert dispatch.deliver(other.pk, later(seconds=wait - 1)) is None
    assert dispatch.sweep(later(seconds=wait - 1)).woken == 0
    assert dispatch.deliver(other.pk, later(seconds=wait + 3)) == SENT
    assert dispatch.deliver(limited.pk, later(seconds=wait + 3)) == SENT


@pytest.mark.parametrize("status", [401, 403, 404, 410, 301])
def test_a_webhook_that_is_gone_switches_its_channel_off_and_the_others_hear_of_it(
    make_channel: Callable[..., Channel], discord: Discord, status: int
) -> None:
    dead, alive = make_channel("dead"), make_channel("alive")
    discord.always_answers(replies.refuse(status, {"message": "Unknown Webhook"}, Location="/"), webhook="dead")
    delivery = say().deliveries.get(channel=dead)
    assert dispatch.deliver(delivery.pk, MONDAY) == FAILED
    dead.refresh_from_db()
    assert not dead.enabled
    assert dead.last_error == dead.disabled_reason == fresh(delivery).last_error
    assert dead.last_error["en"] == f"Discord answered {status}: Unknown Webhook"
    told = Event.objects.get(kind=CHANNEL_OFF)
    assert [found.channel for found in told.deliveries.all()] == [alive]
    assert told.title["en"] == "Channel “dead” was switched off"
    assert len(discord.requests) == 1


def test_what_waits_for_a_channel_that_is_off_goes_out_when_it_is_on_again(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.gone)
    first, second = owe("first"), owe("second")
    dispatch.deliver(first.pk, MONDAY)
    assert dispatch.deliver(second.pk, later(minutes=1)) is None
    channel.refresh_from_db()
    channel.enabled = True
    channel.settle()
    channel.save()
    assert dispatch.deliver(second.pk, later(hours=1)) == SENT


def test_a_message_that_discord_refuses_fails_alone(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.refuse(400, {"message": "Invalid Form Body"}))
    bad, good = owe(), owe("good")
    assert dispatch.deliver(bad.pk, MONDAY) == FAILED
    assert dispatch.deliver(good.pk, MONDAY) == SENT
    channel.refresh_from_db()
    assert channel.enabled


def test_no_answer_in_time_is_unknown_and_not_repeated_by_itself(
    channel: Channel, discord: Discord, impatient: None
) -> None:
    discord.answers(replies.hang)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == UNKNOWN
    assert "may have arrived" in fresh(delivery).last_error["en"]
    assert dispatch.sweep(later(hours=1)).woken == 0
    assert len(discord.requests) == 1


def test_a_reset_after_acceptance_is_unknown_for_it_may_have_arrived(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.reset_after_acceptance)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == UNKNOWN
    assert fresh(delivery).sent_at is None
    assert len(discord.accepted) == 1


def test_a_refused_connection_is_tried_again_for_nothing_can_have_arrived(make_channel: Callable[..., Channel]) -> None:
    make_channel(config={"webhook_url": "http://127.0.0.1:9/api/webhooks/1/token"})
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == RETRY
    assert fresh(delivery).last_error["en"] == "The address could not be reached."


def test_a_sender_that_breaks_its_promise_leaves_an_unknown_and_not_a_crash(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("notifications.senders.discord.payload", lambda message: 1 / 0)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == UNKNOWN
    assert "ZeroDivisionError" in caplog.text


def test_past_its_deadline_a_message_has_failed(channel: Channel, discord: Discord) -> None:
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY + GIVE_UP_AFTER) is None
    assert dispatch.sweep(MONDAY + GIVE_UP_AFTER).failed == 1
    assert fresh(delivery).status == FAILED
    assert not discord.requests


def test_a_next_try_past_the_deadline_is_not_waited_for(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.broken)
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY + GIVE_UP_AFTER - timedelta(seconds=1)) == FAILED


def test_a_failed_message_can_be_sent_again_and_a_sent_one_cannot(
    channel: Channel,
    discord: Discord,
    woken: list[int],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    discord.answers(replies.refuse(400))
    delivery = owe()
    dispatch.deliver(delivery.pk, MONDAY)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert send_again(delivery=delivery, now=later(days=3))
    assert woken == [delivery.pk]
    assert dispatch.deliver(delivery.pk, later(days=3)) == SENT
    assert not send_again(delivery=delivery, now=later(days=4))
    assert fresh(delivery).status == SENT


def test_a_message_that_arrives_clears_the_channels_last_error(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.broken)
    delivery = owe()
    dispatch.deliver(delivery.pk, MONDAY)
    channel.refresh_from_db()
    assert channel.last_error_at is not None
    dispatch.deliver(delivery.pk, later(minutes=1))
    channel.refresh_from_db()
    assert channel.last_error == {}
    assert channel.last_error_at is None


def test_settings_that_no_key_opens_say_so_and_switch_the_channel_off(channel: Channel, settings: object) -> None:
    settings.SECRET_KEY = "another-another-another-another-another"  # type: ignore[attr-defined]
    delivery = owe()
    assert dispatch.deliver(delivery.pk, MONDAY) == FAILED
    channel.refresh_from_db()
    assert not channel.enabled
    assert "present keys" in channel.last_error["en"]


def test_a_wake_up_runs_the_task_that_delivers(channel: Channel, discord: Discord) -> None:
    delivery = owe()
    # The clock of a task is the real one, and Monday 09:00 is not now.
    Delivery.objects.update(deadline_at=later(days=365_000), not_before=later(days=-10_000))
    tasks.deliver(delivery.pk)
    assert fresh(delivery).status == SENT
    assert {"notifications.tasks.deliver", "notifications.tasks.sweep"} <= set(current_app.tasks)


def test_a_try_is_on_record_before_the_request_goes_out(channel: Channel) -> None:
    delivery = owe()
    attempt = delivery.claim(MONDAY)
    assert attempt is not None
    assert attempt.outcome == DeliveryAttempt.Outcome.STARTED
    assert fresh(delivery).status == Delivery.Status.SENDING
    assert delivery.claim(MONDAY) is None
