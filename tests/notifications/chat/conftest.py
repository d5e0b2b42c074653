"""What the tests of chats share: a bot of their own, apps of JANDI, and the portal's people in them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from notifications import secret_doors
from notifications.chat import people, spoken
from notifications.chat.hearing import Heard, Reply, hear
from notifications.chat.spoken import Answer, Asked, Button
from notifications.models import ChatApp
from notifications.texts import Text, pick, render
from portal import origin
from tests import factories
from tests.notifications.conftest import MONDAY, later
from tests.notifications.receivers.jandi import PATH, Jandi

TOKEN = "YE1ronbbuoZkq7h3J5KMI4Tn"
MINSEO, JIHUN = "minseo@example.com", "jihun@example.com"


@dataclass
class PlainBot:
    """Knows four verbs: what is asked, `stop X` (to be confirmed), `start X` (to be followed), `break`, `wait`."""

    asked: list[Asked] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    sources: list[origin.Source] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    ended: Answer | None = None
    looks: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        self.sources.append(origin.current())
        self.threads.append(threading.current_thread().name)
        verb, _space, rest = asked.text.partition(" ")
        if verb == "break":
            raise RuntimeError("broken")
        if verb == "wait":
            assert self.go_on.wait(30)
        if verb == "stop" and not asked.confirmed:
            return Answer({"en": f"Stop {rest}?", "ko": f"{rest} 중지할까요?"}, severity="warning", confirm=True)
        self.done.append(asked.text)
        follows = "operation 12" if verb == "start" else ""
        title = {"en": f"Done: {asked.text}", "ko": f"했어요: {asked.text}"}
        return Answer(title, severity="success", follows=follows, link="/env/chat-dev/")

    def help(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return Answer({"en": "What I can do", "ko": "할 수 있는 일"}, "status", buttons=(Button("Status", "status"),))

    def followed(self, follows: str, asked: Asked) -> Answer | None:
        self.looks += 1
        self.asked.append(asked)
        return self.ended

    def names(self, user: User, beginning: str, now: datetime) -> list[str]:
        return []


@pytest.fixture(autouse=True)
def bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainBot]:
    made = PlainBot()
    monkeypatch.setattr(spoken, "_bots", [made])
    yield made
    made.go_on.set()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Monday 09:00 UTC, standing still."""
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def topic() -> Iterator[Jandi]:
    """A topic's Incoming Webhook."""
    with Jandi() as server:
        yield server


def jandi_app(name: str = "JANDI", *, topic: Jandi | None = None, **config: str) -> ChatApp:
    made = ChatApp(name=name, kind="jandi", config={"token": TOKEN, "language": "en"} | config)
    if topic is not None:
        made.config["webhook_url"] = topic.url + PATH
    secret_doors.new_address(made)
    made.save()
    return made


def minseo(app: ChatApp | None = None) -> User:
    """A manager, with an address; linked in the app, if one is given."""
    user = factories.manager()
    User.objects.filter(pk=user.pk).update(email=MINSEO)
    if app is not None:
        people.link(app, MINSEO, "Minseo", user, MONDAY)
    return User.objects.get(pk=user.pk)


def say(app: ChatApp, text: str, *, now: datetime = MONDAY, key: str = "", **values: Any) -> Reply:
    """As a door hands it over, of Minseo unless told otherwise; each time another request, unless a key is given."""
    given = {"external_id": values.pop("who", MINSEO), "name": "Minseo", "key": key or f"request {next(_numbers)}"}
    return hear(Heard(app=app, text=text, **given | values), now=now)


_numbers = itertools.count()


def title(reply: Reply) -> str:
    """In the reply's language."""
    assert reply.answer is not None
    return people_read(reply.answer.title, reply.language)


def people_read(text: Text, language: str = "en") -> str:
    return pick(render(text), language)


__all__ = ["JIHUN", "MINSEO", "MONDAY", "PlainBot", "jandi_app", "later", "minseo", "people_read", "say", "title"]
