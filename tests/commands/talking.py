"""Somebody who talks to the bot, and what they read there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from environments.commands import ServerBot
from notifications.chat.spoken import Answer, Asked, Bot
from notifications.texts import Text

BOT: Bot = ServerBot()


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation with the bot, as a platform would have it."""

    user: User | None
    language: str = "en"
    keyword: str = "/env"

    def asks(self, text: str, now: datetime, *, confirmed: bool = False) -> Answer:
        return BOT.answer(self.asked(text, now, confirmed=confirmed))

    def reads(self, text: str, now: datetime, *, confirmed: bool = False) -> str:
        """The answer as text: title, body, fields."""
        return written(self.asks(text, now, confirmed=confirmed))

    def is_told(self, follows: str, now: datetime) -> str | None:
        """What became of what was begun; None while it goes on."""
        answer = BOT.followed(follows, self.asked("", now))
        return None if answer is None else written(answer)

    def asked(self, text: str, now: datetime, *, confirmed: bool = False) -> Asked:
        return Asked(text, self.user, "Mina", self.language, self.keyword, now, confirmed)


def written(answer: Answer) -> str:
    """Title, body and fields; a command to type stands in ⟨brackets⟩, which a platform shows in its own form."""
    fields = [f"{_plain(name)}: {_plain(value)}" for name, value in answer.fields]
    return "\n".join(part for part in (_plain(answer.title), _plain(answer.body), *fields) if part)


def _plain(text: Text) -> str:
    assert isinstance(text, str), "an answer is written in the language of who asked"
    return text.replace("\u2068", "⟨").replace("\u2069", "⟩")
