"""What the three transcripts share: chat-dev, which runs since 09:00 and is planned to stop at 18:00 (Seoul), the bot
of the portal itself, and what is true afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models

from environments.commands import ServerBot
from environments.models import DayException, Environment, Hold
from notifications.chat import following, spoken
from notifications.models import ChatRequest
from portal.history import changes_of
from tests import factories
from tests.commands.conftest import finish, running
from tests.support.times import monday

NOW = monday("17:00")
MARKS = {"\u2068", "\u2069"}


def open_the_scene(monkeypatch: pytest.MonkeyPatch) -> tuple[Environment, User]:
    """chat-dev, and Minseo, who manages it."""
    monkeypatch.setattr(spoken, "_bots", [ServerBot()])
    chat = running("chat-dev")
    return chat, factories.manager()


def plain(said: str) -> str:
    """What people read: no mark of a command is left in it."""
    assert not MARKS & set(said), said
    return said


def placed() -> list[tuple[str, datetime | None, str, Any, bool]]:
    """Each hold: what it wishes, until when, from where, of whom, and whether it is open."""
    rows = Hold.objects.order_by("pk")
    return [(row.desired, row.until, row.origin, row.author, row.ended_at is None) for row in rows]


def exceptions() -> list[tuple[str, str, Any, bool]]:
    """Each exception: its day, what it is, who has made it, and whether it counts."""
    return [
        (str(row.day), str(row.kind), row.author, row.ended_at is None) for row in DayException.objects.order_by("pk")
    ]


def recorded(model: type[models.Model]) -> set[tuple[str, Any]]:
    """From where, and by whom, rows of this kind were changed, as the history has it."""
    return {(row.history_origin, row.history_user) for row in changes_of(model).all()}


def operation_ends(kind: str, at: datetime) -> None:
    """The operation is over, and the sweep comes by."""
    finish(kind, at)
    following.sweep(at)


def log() -> list[tuple[str, str]]:
    """Who reads the log of requests reads this: what was asked, and what became of it."""
    return list(ChatRequest.objects.order_by("pk").values_list("text", "state"))
