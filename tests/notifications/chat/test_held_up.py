"""Platforms wait three seconds, also while the database, or another platform, is held up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from notifications import tasks
from notifications.chat import doors, following, people
from notifications.models import ChatApp, ChatRequest
from tests.notifications.receivers.jandi import Jandi
from tests.notifications.receivers.server import refuse, reset_after_acceptance
from tests.support.waiting import wait_until

from .conftest import MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, say, title
from .test_jandi import WHOLE, call


@pytest.fixture
def release() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def hold_the_database(release: threading.Event) -> threading.Thread:
    """Somebody writes, and keeps the lock until they are released, or for five seconds."""
    held = threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                ChatApp.objects.update(refused=7)
                held.set()
                release.wait(5)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert held.wait(10)
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_holds_the_database_for_five_seconds_delays_no_acknowledgement(
    bot: PlainBot, topic: Jandi, settings: Settings, release: threading.Event
) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    settings.CHAT_ANSWER_SECONDS = 2.2
    writer = hold_the_database(release)
    began = time.monotonic()
    answer = call(app, WHOLE)
    assert time.monotonic() - began < 3
    release.set()
    writer.join(10)
    assert answer.status_code == 200
    is_at_it = "I am at it" in json.loads(answer.content)["body"]
    assert is_at_it or connection.vendor != "sqlite", "there, one writer holds up all others"
    if is_at_it:
        wait_until(lambda: topic.taken)
        assert "Done: 상태" in topic.taken[0]["body"]
    wait_until(lambda: ChatRequest.objects.filter(state="answered", next_at=None).exists())
    assert bot.done == ["상태"], "once"
    wait_until(lambda: ChatApp.objects.get().last_at == MONDAY)


@pytest.mark.django_db
def test_that_an_app_was_heard_is_written_at_most_once_a_minute(bot: PlainBot, clock: object) -> None:
    app = jandi_app()
    ChatApp.objects.update(last_at=later(seconds=-59))
    call(app, WHOLE)
    assert ChatApp.objects.get().last_at == later(seconds=-59)
    ChatApp.objects.update(last_at=later(seconds=-60))
    call(app, WHOLE, data="again", text="again")
    assert ChatApp.objects.get().last_at == MONDAY


@pytest.mark.django_db
def test_what_is_wrong_with_writing_there_stays_until_something_was_written(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    doors.note_error(app.pk, "The webhook is gone.")
    call(app, WHOLE)
    assert ChatApp.objects.get().last_error["en"] == "The webhook is gone."
    say(app, "start chat-dev")
    bot.ended = bot.help(bot.asked[-1])
    following.sweep(later(seconds=5))
    assert len(topic.taken) == 1
    assert ChatApp.objects.get().last_error == {}


@pytest.mark.django_db
def test_what_was_wrong_with_calls_is_forgotten_once_one_is_right_also_within_the_minute(bot: PlainBot) -> None:
    app = jandi_app()
    call(app, WHOLE)
    call(app, WHOLE, token="wrong")
    assert "token" in ChatApp.objects.get().last_error["en"]
    call(app, WHOLE, data="again", text="again")
    assert ChatApp.objects.get().last_error == {}


def _owed(bot: PlainBot, app: ChatApp, count: int) -> None:
    for number in range(count):
        say(app, f"start {app.name} {number}")
    ChatRequest.objects.filter(app=app).update(next_at=later(seconds=5))


@pytest.mark.django_db
@pytest.mark.parametrize("away", [refuse(503), reset_after_acceptance])
def test_a_platform_that_is_away_is_tried_once_in_a_sweep_and_delays_nobody_else(
    bot: PlainBot, topic: Jandi, away: object
) -> None:
    with Jandi() as other:
        first, second = jandi_app("Away", topic=topic), jandi_app("Here", topic=other)
        minseo(first)
        people.link(second, MINSEO, "Minseo", first.people.get().user, MONDAY)
        _owed(bot, first, 5)
        _owed(bot, second, 3)
        bot.ended = bot.help(bot.asked[-1])
        topic.next.extend([away, away, away, away, away])  # type: ignore[list-item]
        following.sweep(later(seconds=6))
        assert len(topic.next) == 4, "once"
        assert len(other.taken) == 3
        topic.next.clear()
        ChatRequest.objects.filter(app=first).exclude(next_at=None).update(next_at=later(minutes=1))
        following.sweep(later(minutes=1))
        assert first.pk not in following._failed


@pytest.mark.django_db
def test_a_sweep_that_takes_long_is_left_alone_by_the_next_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[object] = []

    def sweep(now: object) -> int:
        swept.append(now)
        if len(swept) == 1:
            tasks.follow_chats()
        return 0

    monkeypatch.setattr(following, "sweep", sweep)
    tasks.follow_chats()
    assert len(swept) == 1
    tasks.follow_chats()
    assert len(swept) == 2


def _asked_late(app: ChatApp) -> ChatRequest:
    """A question that was found too late to be answered by HTTP, and is owed."""
    say(app, "stop chat-dev", reply_to={"name": "Minseo"})
    row = ChatRequest.objects.get()
    row.answer = following.owing(row.answer, row.answer)
    row.deadline_at, row.next_at = later(minutes=10), later(minutes=1)
    row.save()
    return row


@pytest.mark.django_db
def test_the_two_minutes_to_confirm_run_from_when_the_question_was_said(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    row = _asked_late(app)
    topic.next.append(refuse(429, {"code": 42900}, Retry_After="100"))
    following.sweep(later(minutes=1))
    assert topic.taken == []
    following.sweep(later(minutes=5))
    assert "Stop chat-dev?" in topic.taken[0]["body"]
    assert title(say(app, row.code, now=later(minutes=6, seconds=59))) == "Done: stop chat-dev"


@pytest.mark.django_db
def test_a_question_that_could_not_be_said_expires_and_that_is_said(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    row = _asked_late(app)
    following.sweep(later(minutes=10))
    assert [said["body"] for said in topic.taken] == ["@Minseo I could not ask you in time: nothing was changed"]
    row.refresh_from_db()
    assert (row.state, row.next_at) == ("expired", None)
    assert title(say(app, row.code, now=later(minutes=11))) == "Too late: nothing was changed"
    assert bot.done == []
