"""What is asked in a chat and what is answered, whatever the platform; and who does the answering.

This app knows platforms and people. What the verbs mean, whoever can do them registers (`register`), as with `offers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from notifications.texts import Text

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Asked:
    """Something typed to the bot, without its keyword; a pressed button says the same as its text typed.

    `user`: whose rights decide; None: nobody known, who may ask for help only. `name`: what people call them there.
    `keyword`: what one types before a verb on this platform (“/서버”, “/env”). `confirmed`: they were asked
    whether they mean it, and said yes.
    """

    text: str
    user: User | None
    name: str
    language: str
    keyword: str
    now: datetime
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A button below an answer: pressing it is typing `says`. `style`: "" or "danger"."""

    label: Text
    says: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says, in each language that it may be read in (`Text`); platforms draw it in their own form.

    `severity` (info, success, warning, error) is its colour. `private`: only who asked is shown it, where a platform
    can. `confirm`: nothing was done yet; it is done when they repeat it, or press. `refused`: it was not done, and why
    stands in the body. `follows`: what was begun and is told of when it ends, in the words of whoever answered.
    """

    title: Text
    body: Text = ""
    fields: tuple[tuple[Text, Text], ...] = ()
    severity: str = "info"
    link: str = ""
    """Path of the page in the portal, or ""."""
    buttons: tuple[Button, ...] = ()
    private: bool = False
    confirm: bool = False
    resolved: str = ""
    """With `confirm`: the same command with its names and days written so that they mean the same later. Said again
    with `confirmed`, it does what was asked about; "" where the text itself does."""
    refused: bool = False
    follows: str = ""


class Bot(Protocol):
    """Who understands the verbs and does them. All of it with the rights of `asked.user`."""

    def answer(self, asked: Asked) -> Answer:
        """Does what is asked, or says why not; never raises for what people type. What stops something is only done
        when `asked.confirmed`; until then the answer says what would happen, with `confirm`."""
        ...

    def help(self, asked: Asked) -> Answer:
        """What can be typed, with examples; also for people whom nobody knows."""
        ...

    def followed(self, follows: str, asked: Asked) -> Answer | None:
        """What became of what was begun; None while it goes on."""
        ...

    def names(self, user: User, beginning: str, now: datetime) -> list[str]:
        """Names that may be typed (of environments and schedules that the user sees) that begin so; at most 25."""
        ...


_bots: list[Bot] = []


def register(bot: Bot) -> None:
    """From now on this one answers."""
    _bots[:] = [bot]


def bot() -> Bot:
    """Who answers. Raises LookupError where nobody was registered."""
    if not _bots:
        raise LookupError("Nobody registered for the chat (`notifications.chat.spoken.register`).")
    return _bots[0]
