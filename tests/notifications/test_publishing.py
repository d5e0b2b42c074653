"""Events become deliveries in the transaction of what happened, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from notifications import fanout, outbox, wakeups
from notifications.models import Channel, Delivery, Event
from notifications.outbox import publish
from notifications.reaching import Recipient
from notifications.routing import Why
from notifications.texts import filled

from . import people
from .conftest import MONDAY, later, owe, say

pytestmark = pytest.mark.django_db


def test_an_event_owes_one_message_to_each_channel_that_wants_it(make_channel: Callable[..., Channel]) -> None:
    make_channel("all")
    make_channel("failures", event_kinds=["environment.failed"])
    make_channel("off", enabled=False)
    assert {delivery.channel.name: delivery.why for delivery in say().deliveries.all()} == {"all": "everything"}
    failed = say(kind="environment.failed")
    assert {found.channel.name: found.why for found in failed.deliveries.all()} == {
        "all": "everything",
        "failures": "listed",
    }


def test_what_the_caller_rolls_back_was_never_published(
    channel: Channel, woken: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def fail_after_publishing() -> None:
        with transaction.atomic():
            say()
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        fail_after_publishing()
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert not woken


def test_workers_are_told_only_after_the_commit(
    channel: Channel, woken: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        delivery = owe()
        assert not woken
    assert woken == [delivery.pk]


def test_a_broker_that_is_away_costs_neither_the_event_nor_the_caller(
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.undo()
    # Nobody listens there; with kombu's own options the caller would wait for six seconds.
    away = Celery(broker="redis://127.0.0.1:9/0", broker_transport_options={"max_retries": 1, "interval_start": 0})
    monkeypatch.setattr(wakeups, "current_app", away)
    with django_capture_on_commit_callbacks(execute=True):
        delivery = owe()
    assert delivery.status == Delivery.Status.PENDING
    assert f"No wake-up for delivery {delivery.pk}" in caplog.text


def test_the_same_deduplication_key_publishes_once(channel: Channel) -> None:
    first = say("first", dedupe_key="operation-1-ready")
    assert say("again", dedupe_key="operation-1-ready", now=later(hours=1)) == first
    assert [event.title["en"] for event in Event.objects.all()] == ["first"]
    assert Delivery.objects.count() == 1


def test_texts_are_kept_in_every_language_whoever_publishes(channel: Channel) -> None:
    with override("ko"):
        event = say(
            _("Test message"),
            body=filled(_("Channel “%(name)s” was switched off"), name="ops"),
            fields=[(_("Sent"), "3"), ({"en": "Team", "ko": "팀"}, "chat")],
        )
    assert event.title == {"en": "Test message", "ko": "테스트 메시지"}
    assert event.body == {"en": "Channel “ops” was switched off", "ko": "“ops” 채널이 꺼졌어요"}
    assert event.fields == [
        {"name": {"en": "Sent", "ko": "보냄"}, "value": {"en": "3", "ko": "3"}},
        {"name": {"en": "Team", "ko": "팀"}, "value": {"en": "chat", "ko": "chat"}},
    ]


def test_a_missing_language_falls_back_to_what_there_is() -> None:
    assert say({"en": "Only English"}).title == {"en": "Only English", "ko": "Only English"}
    assert say({"": "typed by somebody"}).title == {"en": "typed by somebody", "ko": "typed by somebody"}


def test_a_stray_nul_byte_does_not_undo_the_callers_transaction() -> None:
    assert say(body="AWS said:\x00 no").body["en"] == "AWS said: no"


@pytest.mark.parametrize(
    "wrong",
    [
        {"now": MONDAY.replace(tzinfo=None)},
        {"severity": "fatal"},
        {"link": "https://elsewhere.example/"},
        {"link": "//elsewhere.example/"},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        say(**wrong)


def test_the_log_of_events_only_grows() -> None:
    event = say()
    event.actor = "somebody else"
    with pytest.raises(TypeError):
        event.save()


def test_one_message_an_event_channel_and_recipient_is_a_rule_of_the_database(channel: Channel) -> None:
    delivery = owe()
    delivery.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        delivery.save(force_insert=True)


def test_who_is_owed_an_event_later_is_owed_it_once_and_workers_are_told(
    woken: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first, second = people.room("First", event_kinds=[]), people.room("Second")
    event = say()
    wanted = [Recipient(one.pk, None, Why.ESCALATED, "On call") for one in (first, second)]
    with django_capture_on_commit_callbacks(execute=True):
        (owed,) = outbox.owe(event, wanted, later(minutes=5))
        assert not woken
    assert woken == [owed]
    delivery = event.deliveries.get(pk=owed)
    assert (delivery.channel, delivery.why, delivery.rule_name) == (second, "escalated", "On call")
    assert (delivery.not_before, delivery.deadline_at) == (later(minutes=5), later(minutes=5, days=1))
    assert outbox.owe(event, wanted, later(minutes=6)) == []


def test_publishing_costs_the_same_for_many_channels(
    make_channel: Callable[..., Channel], django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(10):
        make_channel(str(number))
    fanout.book()
    # Savepoint, event, rules as they were, channels, deliveries, release.
    with django_assert_num_queries(6):
        publish(kind="a", severity="info", labels={}, title="b", now=MONDAY)
