"""What was begun is told of once it has ended: once, to who asked, while they are the same."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from celery import Celery
from django.db import connection

from notifications import tasks
from notifications.apps import NotificationsConfig
from notifications.chat import following, people
from notifications.models import ChatRequest
from tests import factories
from tests.notifications.receivers.jandi import Jandi
from tests.notifications.receivers.server import refuse, reset_after_acceptance

from .conftest import MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, say

slowly = pytest.mark.django_db(transaction=True)


def row() -> ChatRequest:
    return ChatRequest.objects.get()


@pytest.mark.django_db
def test_the_end_of_what_was_begun_is_told_once_however_often_it_is_looked_at(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    user = minseo(app)
    say(app, "start chat-dev", reply_to={"name": "Minseo"})
    assert (row().follows, row().next_at) == ("operation 12", later(seconds=5))
    assert following.sweep(later(seconds=4)) == 0
    assert following.sweep(later(seconds=5)) == 1
    assert (topic.taken, bot.asked[-1].user) == ([], user)
    bot.ended = bot.help(bot.asked[-1])
    following.sweep(row().next_at)  # type: ignore[arg-type]
    assert [said["body"] for said in topic.taken] == ["@Minseo What I can do"]
    assert (row().follows, row().next_at, row().answer["followed"]["title"]["en"]) == ("", None, "What I can do")
    following.sweep(later(hours=7))
    assert len(topic.taken) == 1


@pytest.mark.django_db
def test_it_is_looked_at_less_and_less_often_up_to_once_a_minute_and_given_up_after_six_hours(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    say(app, "start chat-dev")
    waits, now = [], MONDAY
    while (due := row().next_at) is not None:
        waits.append(round((due - now).total_seconds()))
        now = due
        following.sweep(now)
    assert waits[:6] == [5, 10, 20, 40, 60, 60]
    assert max(waits) == 60
    assert (now - MONDAY).total_seconds() == pytest.approx(6 * 3600, abs=61)
    assert row().follows == ""


@slowly
def test_two_sweeps_at_once_tell_it_once(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    say(app, "start chat-dev")
    bot.ended = bot.help(bot.asked[-1])
    together = threading.Barrier(4)

    def sweep() -> None:
        try:
            together.wait(10)
            following.sweep(later(seconds=5))
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(topic.taken) == 1
    assert bot.looks == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["unlinked", "switched off", "another account"])
def test_who_is_not_the_same_any_more_is_told_nothing(bot: PlainBot, topic: Jandi, change: str) -> None:
    app = jandi_app(topic=topic)
    user = minseo(app)
    say(app, "start chat-dev")
    bot.ended = bot.help(bot.asked[-1])
    if change == "unlinked":
        people.unlink(app, MINSEO)
    elif change == "switched off":
        user.is_active = False
        user.save()
    else:
        people.link(app, MINSEO, "Minseo", factories.operator(), MONDAY)
    following.sweep(later(seconds=5))
    assert (topic.taken, bot.looks, row().next_at) == ([], 0, None)


def _ended(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    say(app, "start chat-dev")
    bot.ended = bot.help(bot.asked[-1])


@pytest.mark.django_db
def test_where_the_platform_asks_to_wait_it_is_told_later(bot: PlainBot, topic: Jandi) -> None:
    _ended(bot, topic)
    topic.next.append(refuse(429, {"code": 42900}, Retry_After="30"))
    following.sweep(later(seconds=5))
    assert topic.taken == []
    due = row().next_at
    assert due is not None
    assert due >= later(seconds=35)
    following.sweep(due)
    assert len(topic.taken) == 1
    assert row().next_at is None


@pytest.mark.django_db
def test_where_it_may_have_arrived_it_is_not_told_again(bot: PlainBot, topic: Jandi) -> None:
    _ended(bot, topic)
    topic.next.append(reset_after_acceptance)
    following.sweep(later(seconds=5))
    following.sweep(later(hours=1))
    assert len(topic.taken) == 1
    assert row().next_at is None


@pytest.mark.django_db
def test_a_worker_that_died_amid_telling_it_leaves_it_untold_rather_than_told_twice(
    bot: PlainBot, topic: Jandi
) -> None:
    _ended(bot, topic)
    following.sweep(later(seconds=4))
    told = {**row().answer, following.OWED: row().answer, following.SAYING: True}
    ChatRequest.objects.update(answer=told, follows="", next_at=later(minutes=2))
    following.sweep(later(minutes=2))
    assert (topic.taken, row().next_at) == ([], None)
    assert following.OWED not in row().answer


@pytest.mark.django_db
def test_a_webhook_that_is_gone_ends_it_and_stands_on_the_apps_page(bot: PlainBot, topic: Jandi) -> None:
    _ended(bot, topic)
    topic.next.append(refuse(400, {"code": 40051}))
    following.sweep(later(seconds=5))
    found = row()
    assert (found.next_at, found.follows) == (None, "")
    found.app.refresh_from_db()
    assert "40051" in found.app.last_error["en"]


@pytest.mark.django_db
def test_what_waits_for_confirmation_expires_by_itself(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    say(app, "stop chat-dev")
    following.sweep(later(seconds=119))
    assert row().state == "confirming"
    following.sweep(later(seconds=120))
    assert (row().state, row().next_at) == ("expired", None)


@pytest.mark.django_db
def test_an_app_that_is_switched_off_is_told_nothing(bot: PlainBot, topic: Jandi) -> None:
    _ended(bot, topic)
    type(row().app).objects.update(is_on=False)
    following.sweep(later(seconds=5))
    assert (topic.taken, row().next_at) == ([], None)


@pytest.mark.django_db
def test_a_sweep_with_nothing_to_do_is_one_query(django_assert_num_queries: Any) -> None:
    app = jandi_app()
    minseo(app)
    say(app, "status")
    with django_assert_num_queries(1):
        assert following.sweep(later(hours=1)) == 0


@pytest.mark.django_db
def test_what_was_begun_wakes_a_worker_and_the_clockwork_looks_each_ten_seconds(
    published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    app = jandi_app()
    minseo(app)
    with django_capture_on_commit_callbacks(execute=True):
        say(app, "status")
        say(app, "start chat-dev")
    assert published == [following.TASK]
    entries = [entry for entry in NotificationsConfig.beat_entries if entry["task"] == tasks.follow_chats.name]
    assert [entry["every_seconds"] for entry in entries] == [10]
    assert tasks.follow_chats.name == following.TASK


def test_a_broker_that_is_away_holds_up_no_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = Celery(broker="redis://127.0.0.1:9/0", broker_transport_options={"max_retries": 1, "interval_start": 0})
    monkeypatch.setattr(following, "current_app", away)
    following.wake()
    assert "the next sweep looks" in caplog.text
