"""A conversation in Discord, over its signed door, with the bot of the portal itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from environments.models import DayException, Hold
from notifications.models import ChatApp
from tests.journeys import chat_world
from tests.journeys.chat_world import NOW
from tests.notifications.chat_discord.test_talking import buttons, embed, pressed, said
from tests.notifications.receivers.chats import asked, call_discord, discord_app, interaction, link
from tests.notifications.receivers.discord import DiscordApi
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> Iterator[DiscordApi]:
    with time_machine.travel(NOW, tick=False), DiscordApi() as found:
        yield found


@pytest.fixture
def minseo(there: DiscordApi, monkeypatch: pytest.MonkeyPatch) -> User:
    return chat_world.open_the_scene(monkeypatch)[1]


@pytest.fixture
def app(there: DiscordApi, minseo: User) -> ChatApp:
    made = discord_app(there)
    link(made, minseo)
    return made


def uses(app: ChatApp, *path: str, locale: str = "en-US", **options: str) -> dict[str, Any]:
    return said(call_discord(app, interaction(2, asked(*path, **options), locale=locale)))


def read(found: dict[str, Any]) -> str:
    return chat_world.plain(json.dumps(found, ensure_ascii=False)).replace("\\\\_", "_")


def test_in_english_she_looks_mistypes_extends_sets_an_exception_takes_it_back_and_stops(
    app: ChatApp, there: DiscordApi, minseo: User
) -> None:
    assert "chat-dev: Running" in read(uses(app, "status", name="chat-dev"))
    mistyped = uses(app, "status", name="chat-dve")
    assert mistyped["data"]["flags"] == 64
    assert "/env status name:chat-dev" in read(mistyped), "an example, as one types it here"

    assert "until 20:00 (Asia/Seoul)" in read(uses(app, "extend", name="chat-dev", by="2h"))
    assert chat_world.placed() == [("running", monday("20:00"), "bot", minseo, True)]

    set_ = uses(app, "exception", "set", name="chat-dev", date="2026-11-25", which="stop", time="22:00")
    assert "stop 22:00" in read(set_)
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, True)]
    gone = uses(app, "exception", "del", name="chat-dev", date="2026-11-25", which="stop")
    assert "taken out" in read(gone)
    assert chat_world.exceptions() == [("2026-11-25", "stop", minseo, False)]

    question = uses(app, "force_stop", name="chat-dev")
    assert question["data"]["flags"] == 64
    assert len(chat_world.placed()) == 1, "nothing is done yet"
    yes = buttons(question)[0][1]
    assert f"/env confirm code:{yes.removeprefix('say:')}" in read(question)
    done = said(call_discord(app, pressed(yes, question)))
    assert embed(done)["title"] == "chat-dev stops now"
    extended, stopped = chat_world.placed()
    assert (extended[4], stopped[0], stopped[2:]) == (False, "stopped", ("bot", minseo, True))

    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    assert "chat-dev is stopped" in read({"taken": there.taken})
    assert chat_world.recorded(Hold) == chat_world.recorded(DayException) == {("bot", minseo)}


def test_in_korean_she_reads_korean_and_confirms_by_the_code(app: ChatApp, there: DiscordApi) -> None:
    assert "20:00 (Asia/Seoul)까지" in read(uses(app, "extend", locale="ko", name="chat-dev", by="2h"))
    question = uses(app, "force_stop", locale="ko", name="chat-dev")
    assert "중지하시겠습니까?" in embed(question)["title"]
    digits = buttons(question)[0][1].removeprefix("say:")
    done = uses(app, "confirm", locale="ko", code=digits)
    assert embed(done)["title"] == "chat-dev: 지금 중지"
    assert [hold[0] for hold in chat_world.placed() if hold[4]] == ["stopped"]
    chat_world.operation_ends("stop", NOW + timedelta(minutes=3))
    assert "chat-dev: 중지됨" in read({"taken": there.taken})
