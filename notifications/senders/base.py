"""What a sender is. A new kind of channel is one class in one file, and one line in `registry.py`.

A sender knows one protocol and nothing of our database: it gets a `Message` and its configuration as plain values, and
turns whatever goes wrong into a `TransportError` that says what to do next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from django_stubs_ext import StrOrPromise

from notifications.masking import mask


@dataclass(frozen=True, slots=True)
class MessageField:
    """A short fact beside the text, as "Team: chat"."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one language, as plain text: each sender escapes it for its own medium."""

    kind: str
    severity: str
    title: str
    body: str
    fields: tuple[MessageField, ...]
    link: str
    """Absolute address of the page in the portal, or ""."""
    actor: str
    at: datetime
    language: str
    key: str
    """The same at each try of one delivery: for media that know idempotency keys."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has accepted the message. `external_id` is its name for it, or "" when it gives none."""

    external_id: str = ""
    code: int | None = None


class TransportError(Exception):
    """A message did not go out, or nobody can know whether it did.

    `permanent`: trying this message again cannot help. `closes_channel`: no message can get through until a person
    changes the channel's settings (its webhook was deleted, its token revoked); implies `permanent`. `unknown`: it may
    have arrived. None of them: worth another try, after `retry_after` seconds when the other side said so. `code`: its
    status, if it answered. `message` is read by people: a lazy translation, as a rule.
    """

    def __init__(
        self,
        message: StrOrPromise,
        *,
        permanent: bool = False,
        closes_channel: bool = False,
        unknown: bool = False,
        retry_after: float | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(str(message))
        self.message = message
        self.permanent = permanent or closes_channel
        self.closes_channel = closes_channel
        self.unknown = unknown
        self.retry_after = retry_after
        self.code = code


def _no_check(_value: str) -> None:
    """Any value is fine."""


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One setting of a channel. The admin's form, its masking and its checks are built from these."""

    name: str
    label: StrOrPromise
    help_text: StrOrPromise = ""
    secret: bool = True
    required: bool = True
    check: Callable[[str], None] = _no_check
    """Raises `django.core.exceptions.ValidationError` on a value that can never work."""
    mask: Callable[[str], str] = mask
    """How a stored secret is shown."""


class Sender(Protocol):
    """Sends one message over one kind of channel."""

    config_fields: ClassVar[tuple[ConfigField, ...]]

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Returns once the other side has accepted the message; raises `TransportError` otherwise, and nothing else.

        Takes at most about fifteen seconds. Texts of errors never contain a value of a secret field.
        """
        ...
