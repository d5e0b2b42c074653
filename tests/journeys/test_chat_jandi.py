"""A conversation in JANDI, over its door, with the bot of the portal itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from environments.models import DayException, Hold
from notifications.chat import people
from notifications.models import ChatRequest
from tests.journeys import chat_world
from tests.journeys.chat_world import NOW
from tests.notifications.chat.conftest import MINSEO, jandi_app
from tests.notifications.chat.test_jandi import DOCUMENTED, call, heard
from tests.notifications.receivers.jandi import Jandi
from tests.support.times import monday

pytestmark = pytest.mark.django_db
Types = Callable[[str], str]


@pytest.fixture
def topic() -> Iterator[Jandi]:
    with time_machine.travel(NOW, tick=False), Jandi() as server:
        yield server


@pytest.fixture
def minseo(topic: Jandi, monkeypatch: pytest.MonkeyPatch) -> User:
    return chat_world.open_the_scene(monkeypatch)[1]


def in_jandi(topic: Jandi, minseo: User, language: str) -> Types:
    """Minseo types, each time a little later; what stands in the topic then."""
    app = jandi_app(topic=topic, language=language)
    people.link(app, MINSEO, "Gloria", minseo, NOW)

    def types(text: str) -> str:
        at = f"2026-11-23T08:00:00.{ChatRequest.objects.count():03}Z"
        said = call(app, DOCUMENTED, text=f"/서버 {text}", writerEmail=MINSEO, createdAt=at)
        return chat_world.plain(heard(said))

    return types


def code() -> str:
    return ChatRequest.objects.get(state="confirming").code


def test_in_english_she_looks_mistypes_extends_sets_an_exception_takes_it_back_and_stops(
    topic: Jandi, minseo: User
) -> None:
    types = in_jandi(topic, minseo, "en")

    assert "chat-dev: Running" in types("status")
    mistyped = types("stauts")
    assert "Did you mean “status”?" in mistyped
    assert "/서버 chat-dev status" in mistyped, "an example, as one types it here"

    assert "until 20:00 (Asia/Seoul)" in types("chat-dev extend 2h")
    assert chat_world.placed() == [("running", monday("20:00"), "bot", minseo, True)]

    assert "stop 22:00" in types("chat-dev exception set 2026-11-25 stop 22:00")
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, True)]
    assert "taken out" in types("chat-dev exception del 2026-11-25 stop")
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, False)]

    asked = types("force_stop chat-dev")
    assert f"type within two minutes: /서버 {code()}" in asked
    assert len(chat_world.placed()) == 1, "nothing is done yet"
    assert "chat-dev stops now" in types(code())
    extended, stopped = chat_world.placed()
    assert (extended[4], stopped[0], stopped[2:]) == (False, "stopped", ("bot", minseo, True))

    assert topic.taken == []
    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    (told,) = topic.taken
    assert "@Gloria chat-dev is stopped" in chat_world.plain(told["body"])

    assert chat_world.recorded(Hold) == chat_world.recorded(DayException) == {("bot", minseo)}
    assert [state for _text, state in chat_world.log()] == ["answered", "refused", *["answered"] * 5]


def test_in_korean_she_reads_korean_and_types_it(topic: Jandi, minseo: User) -> None:
    types = in_jandi(topic, minseo, "ko")

    assert "chat-dev: " in types("상태")
    assert "혹시 “status” 말씀이십니까?" in types("stauts")
    assert "20:00 (Asia/Seoul)까지" in types("chat-dev 연장 2h")
    assert chat_world.placed() == [("running", monday("20:00"), "bot", minseo, True)]

    assert "중지하시겠습니까?" in types("중지")
    assert "chat-dev: 지금 중지" in types(f"확인 {code()}")
    assert [hold[0] for hold in chat_world.placed() if hold[4]] == ["stopped"]
    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    assert "@Gloria chat-dev: 중지됨" in topic.taken[0]["body"]


def test_a_stop_that_was_asked_about_and_cancelled_changes_nothing(topic: Jandi, minseo: User) -> None:
    types = in_jandi(topic, minseo, "en")
    types("force_stop chat-dev")
    digits = code()
    assert "Cancelled: nothing was changed" in types(f"cancel {digits}")
    assert "nothing was changed" in types(digits)
    assert chat_world.placed() == []
