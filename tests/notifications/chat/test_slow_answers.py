"""What takes longer than platforms wait is acknowledged and said later; what was cut off is never done again."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import Settings

from notifications.chat import answering, following
from notifications.chat.hearing import Heard, hear
from notifications.models import ChatRequest
from portal.env import BadOption, envseconds, use
from tests.notifications.receivers.jandi import Jandi
from tests.support.waiting import wait_until

from .conftest import MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, say, title

slowly = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quick(settings: Settings) -> None:
    """Platforms that wait for a tenth of a second."""
    settings.CHAT_ANSWER_SECONDS = 0.1


def row() -> ChatRequest:
    return ChatRequest.objects.get()


def killed(app: Any, text: str = "start chat-dev") -> ChatRequest:
    """A request whose process died before it was answered: only its row is there."""
    return ChatRequest.objects.create(
        app=app,
        key="killed",
        external_id=MINSEO,
        name="Minseo",
        text=text,
        language="en",
        received_at=MONDAY,
        reply_to={"name": "Minseo"},
        lease_until=MONDAY + following.LEASE,
        next_at=MONDAY + following.LEASE,
        deadline_at=MONDAY + following.OWED_FOR,
    )


@slowly
def test_an_answer_in_time_is_told_at_once_from_a_thread_with_a_connection_of_its_own(
    bot: PlainBot, settings: Settings
) -> None:
    settings.CHAT_ANSWER_SECONDS = 10
    app = jandi_app()
    minseo(app)
    assert title(say(app, "status")) == "Done: status"
    assert bot.threads[0].startswith("chat")
    assert row().next_at is None


@slowly
@pytest.mark.usefixtures("quick")
def test_a_slow_answer_is_acknowledged_in_time_and_said_once_it_is_there(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    began = time.monotonic()
    reply = say(app, "wait", reply_to={"name": "Minseo"})
    assert time.monotonic() - began < 3
    assert (reply.answer, reply.again) == (None, False)
    assert row().state == "received"
    bot.go_on.set()
    wait_until(lambda: topic.taken)
    assert topic.taken[0]["body"].startswith("[[@Minseo Done: wait]]")
    wait_until(lambda: row().next_at is None)
    assert (row().state, bot.done) == ("answered", ["wait"])
    assert following.sweep(later(hours=1)) == 0
    assert len(topic.taken) == 1


@slowly
@pytest.mark.usefixtures("quick")
def test_a_slow_answer_that_jandi_cannot_be_told_is_asked_for_and_nothing_hangs(
    bot: PlainBot,
) -> None:
    app = jandi_app()
    minseo(app)
    assert say(app, "wait").answer is None
    bot.go_on.set()
    wait_until(lambda: row().next_at is None and row().state == "answered")
    assert row().follows == ""


@slowly
@pytest.mark.usefixtures("quick")
def test_who_waits_behind_others_for_too_long_is_told_so_and_not_done_afterwards(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    for _busy in range(answering.THREADS):
        say(app, "wait")
    assert say(app, "start chat-dev").answer is None
    following.sweep(later(minutes=3))
    bot.go_on.set()
    wait_until(lambda: not ChatRequest.objects.filter(state="received").exists())
    last = ChatRequest.objects.get(text="start chat-dev")
    assert (last.state, last.answer["title"]["en"]) == ("refused", "I was interrupted")
    assert "start chat-dev" not in bot.done


@pytest.mark.django_db
def test_a_request_that_was_cut_off_is_told_of_soberly_and_not_done_again(bot: PlainBot, topic: Jandi) -> None:
    app = jandi_app(topic=topic)
    minseo(app)
    killed(app)
    assert following.sweep(later(seconds=119)) == 0
    assert following.sweep(later(seconds=120)) == 1
    assert [said["body"] for said in topic.taken] == ["@Minseo I was interrupted"]
    assert "status" in topic.taken[0]["connectInfo"][0]["description"]
    assert (row().state, row().next_at, bot.done) == ("refused", None, [])
    assert following.sweep(later(hours=7)) == 0


@pytest.mark.django_db
def test_a_request_that_was_cut_off_comes_again_and_is_still_not_done(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    killed(app)
    heard = Heard(app, "killed", MINSEO, "Minseo", "start chat-dev")
    assert hear(heard, now=later(minutes=1)).again
    assert bot.done == []


def test_what_a_job_raises_in_time_is_raised_and_a_time_out_of_its_own_is_one_of_those() -> None:
    def broken(turn: answering.Turn) -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        answering.within(10, broken)


def test_an_answer_has_one_teller() -> None:
    in_time, too_late = answering.Turn(), answering.Turn()
    assert in_time.found()
    assert not in_time.leave()
    assert too_late.leave()
    assert not too_late.found()


@pytest.mark.parametrize(("given", "seconds"), [("", 2.2), ("0", 0.0), ("2.5", 2.5), ("10", 10.0)])
def test_the_time_is_a_number_of_seconds(monkeypatch: pytest.MonkeyPatch, given: str, seconds: float) -> None:
    from portal import env

    monkeypatch.setattr(env, "_source", {"A_TIME": given})
    monkeypatch.setattr(env, "REGISTRY", {})
    assert envseconds("A_TIME", 2.2, help="A time.", maximum=10) == seconds
    assert env.REGISTRY["A_TIME"].default == "2.2"


@pytest.mark.parametrize("given", ["11", "-1", "inf", "nan", "1e1", "1_0", "two", ".", "1.", "1.2.3", "٨"])
def test_any_other_time_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    from portal import env

    monkeypatch.setattr(env, "_source", env._source)
    monkeypatch.setattr(env, "REGISTRY", {})
    use({"A_TIME": given})
    with pytest.raises(BadOption, match="A_TIME"):
        envseconds("A_TIME", 2.2, help="A time.", maximum=10)
