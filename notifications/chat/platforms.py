"""What a chat platform is to the bot. A new one is one class in one file, one line here, and a door (`inbound`)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from django_stubs_ext import StrOrPromise

from notifications.chat.spoken import Answer
from notifications.senders.base import ConfigField, TransportError

if TYPE_CHECKING:
    from notifications.models import ChatApp


class NothingLaterError(TransportError):
    """This app was not given what it takes to write later: no trouble, and said where somebody waits for it."""


class Platform(Protocol):
    """How one platform is written to; how it is listened to is its door's matter."""

    about: ClassVar[StrOrPromise]
    """For who adds an app: what it is, and what one needs for it."""
    config_fields: ClassVar[tuple[ConfigField, ...]]
    keyword: ClassVar[str]
    """What one types before a verb."""

    def say_later(self, app: ChatApp, reply_to: Mapping[str, str], answer: Answer, language: str) -> None:
        """Writes an answer after the request was answered by HTTP. `reply_to` is what the door kept with the request.

        Raises `senders.base.TransportError`; takes at most about ten seconds.
        """
        ...

    def email_of(self, app: ChatApp, external_id: str) -> str:
        """The address that the platform itself vouches for, or "" where it tells none. Raises `TransportError`."""
        ...


PLATFORMS: Final[Mapping[str, str]] = {
    "jandi": "notifications.chat.jandi.Jandi",
    "slack": "notifications.chat.slack.Slack",
    "discord": "notifications.chat.discord.Discord",
}


def platform(kind: str) -> Platform:
    """The platform of a kind of `ChatApp`. Raises KeyError for an unknown one."""
    module, _dot, name = PLATFORMS[kind].rpartition(".")
    found: Platform = getattr(import_module(module), name)()
    return found
