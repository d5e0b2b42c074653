"""A conversation in Slack, over its signed door, with the bot of the portal itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from environments.models import DayException, Hold
from notifications.chat.slack import learn_language
from notifications.models import ChatApp
from tests.journeys import chat_world
from tests.journeys.chat_world import NOW
from tests.notifications.chat_slack.test_talking import buttons, said
from tests.notifications.receivers.chats import SLACK_PERSON, call_slack, command, link, press_slack, slack_app
from tests.notifications.receivers.slack import SlackApi
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> Iterator[SlackApi]:
    with time_machine.travel(NOW, tick=False), SlackApi() as found:
        yield found


@pytest.fixture
def minseo(there: SlackApi, monkeypatch: pytest.MonkeyPatch) -> User:
    return chat_world.open_the_scene(monkeypatch)[1]


def in_slack(there: SlackApi, minseo: User, language: str) -> ChatApp:
    app = slack_app(there, language=language)
    link(app, minseo)
    learn_language(app, SLACK_PERSON)
    return app


def types(app: ChatApp, there: SlackApi, text: str) -> dict[str, Any]:
    return said(call_slack(app, command(text, there)))


def read(message: dict[str, Any]) -> str:
    return chat_world.plain(json.dumps(message, ensure_ascii=False))


def test_in_english_she_looks_mistypes_extends_sets_an_exception_takes_it_back_and_stops(
    there: SlackApi, minseo: User
) -> None:
    app = in_slack(there, minseo, "en")

    assert "chat-dev: Running" in read(types(app, there, "status"))
    mistyped = types(app, there, "stauts")
    assert mistyped["response_type"] == "ephemeral"
    assert "Did you mean “status”?" in read(mistyped)
    assert "/env chat-dev status" in read(mistyped), "an example, as one types it here"

    assert "until 20:00 (Asia/Seoul)" in read(types(app, there, "chat-dev extend 2h"))
    assert chat_world.placed() == [("running", monday("20:00"), "bot", minseo, True)]

    assert "stop 22:00" in read(types(app, there, "chat-dev exception set 2026-11-25 stop 22:00"))
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, True)]
    assert "taken out" in read(types(app, there, "chat-dev exception del 2026-11-25 stop"))
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, False)]

    asked = types(app, there, "chat-dev force_stop")
    assert asked["response_type"] == "ephemeral"
    assert len(chat_world.placed()) == 1, "nothing is done yet"
    (label, yes, style) = buttons(asked)[0]
    assert (label, style) == ("Yes: chat-dev force_stop", "danger")
    assert f"`/env {yes.removeprefix('say:')}`" in read(asked), "the code can be typed as well"
    press_slack(app, there, yes, asked, private=True)
    (done,) = there.responses
    assert "chat-dev stops now" in read(done)
    extended, stopped = chat_world.placed()
    assert (extended[4], stopped[0], stopped[2:]) == (False, "stopped", ("bot", minseo, True))

    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    assert there.responses[-1]["text"] == "chat-dev is stopped"
    assert chat_world.recorded(Hold) == chat_world.recorded(DayException) == {("bot", minseo)}


def test_in_korean_she_reads_korean_and_types_the_code(there: SlackApi, minseo: User) -> None:
    app = in_slack(there, minseo, "ko")

    assert "혹시 “status” 말씀이십니까?" in read(types(app, there, "stauts"))
    assert "20:00 (Asia/Seoul)까지" in read(types(app, there, "chat-dev 연장 2h"))
    asked = types(app, there, "chat-dev 중지")
    assert "중지하시겠습니까?" in asked["text"]
    digits = buttons(asked)[0][1].removeprefix("say:")
    assert "chat-dev: 지금 중지" in types(app, there, digits)["text"]
    assert [hold[0] for hold in chat_world.placed() if hold[4]] == ["stopped"]
    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    assert there.responses[-1]["text"] == "chat-dev: 중지됨"
