"""What a sender is. A new kind of channel is one class in one file, and one line in `registry.py`.

A sender knows one protocol and nothing of our database: it gets a `Message` and its configuration as plain values, and
turns whatever goes wrong into a `TransportError` that says what to do next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from django_stubs_ext import StrOrPromise

from notifications.backoff import LONGEST_ASKED
from notifications.masking import mask


@dataclass(frozen=True, slots=True)
class MessageField:
    """A short fact beside the text, as "Team: chat"."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MessageAction:
    """Something its reader can do by one click, as "Keep on 2 h": a link to a page with one button, signed, that needs
    no sign-in. `note`: what it means, as its price.

    `press`: what a real button of it carries, where the medium has them and tells us who has pressed (`chat.buttons`);
    "": it is a link. `url` may be "" beside a `press`. `style`: "" or "danger".
    """

    label: str
    url: str
    note: str = ""
    press: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """One of the events that a message tells of, as it would be told alone: for media that programs read."""

    kind: str
    severity: str
    title: str
    body: str
    fields: tuple[MessageField, ...]
    link: str
    at: datetime
    actor: str
    environment: str
    team: str


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
    to: str = ""
    """The address of its one reader, of the kind that `Sender.address` names; "" for a place."""
    to_name: str = ""
    actions: tuple[MessageAction, ...] = ()
    acknowledge: str = ""
    """Absolute address under which its reader says "I look after it"; "" where nobody is asked to."""
    acknowledge_press: str = ""
    """What the button for that carries, as `MessageAction.press`; also of a place, whose readers have no link."""
    unsubscribe: str = ""
    """Absolute address of its reader's own way out, also for RFC 8058's one click; "" for a place."""
    until: datetime | None = None
    """From then on it is no news any more: a sender with a queue of its own passes it on. All others are held to it by
    `in_time`."""

    events: tuple[MessageEvent, ...] = ()
    """What it tells of, oldest first; one where it is about one. () for what is no event, as an answer of the bot."""

    @property
    def presses(self) -> bool:
        """Whether any of what its reader can do is a real button."""
        return bool(self.acknowledge_press) or any(action.press for action in self.actions)


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has accepted the message. `external_id` is its name for it, or "" when it gives none."""

    external_id: str = ""
    code: int | None = None


class TransportError(Exception):
    """A message did not go out, or nobody can know whether it did.

    `permanent`: trying this message again cannot help. `closes_channel`: no message can get through until a person
    changes the channel's settings (its webhook was deleted, its token revoked); implies `permanent`. `unknown`: it may
    have arrived. None of them: worth another try, after `retry_after` seconds when the other side said so.
    `of_reader`: the other side works, and this one reader is the trouble (a full mailbox), so that others need not
    wait. `code`: its status, if it answered. `message` is read by people: a lazy translation, as a rule.
    """

    def __init__(
        self,
        message: StrOrPromise,
        *,
        permanent: bool = False,
        closes_channel: bool = False,
        unknown: bool = False,
        of_reader: bool = False,
        retry_after: float | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(str(message))
        self.message = message
        self.permanent = permanent or closes_channel
        self.closes_channel = closes_channel
        self.unknown = unknown
        self.of_reader = of_reader
        self.retry_after = retry_after
        self.code = code

    @property
    def retry_after(self) -> float | None:
        """Seconds. Nobody is waited for longer than an hour, whatever a header says."""
        return self._retry_after

    @retry_after.setter
    def retry_after(self, asked: float | None) -> None:
        self._retry_after = None if asked is None else max(0.0, min(asked, LONGEST_ASKED.total_seconds()))


class NoNewsError(TransportError):
    """`Message.until` passed before any of the message was sent: there is nothing to send any more."""


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


@dataclass(frozen=True, slots=True)
class Lines:
    """How much a medium holds of a message that lists several events: `most` lines of at most `length` characters each,
    whole even where all is Korean, beside the title, the line before them, the one after them and two links."""

    most: int
    length: int


class Sender(Protocol):
    """Sends one message over one kind of channel."""

    about: ClassVar[StrOrPromise]
    """For who adds a channel: which service it is, and what one needs for it."""
    config_fields: ClassVar[tuple[ConfigField, ...]]
    address: ClassVar[str]
    """Which kind of a person's addresses it writes to (a key of `models.contact.ADDRESSES`); "": a place."""
    per_minute: ClassVar[int | None]
    """How many messages a minute its service takes; None: no limit is known. A channel may have less."""
    lines: ClassVar[Lines]
    """How many events one message lists: what is beyond goes with the next."""

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Returns once the other side has accepted the message; raises `TransportError` otherwise, and nothing else.

        Takes at most about fifteen seconds, and no longer than `in_time.left`: what was not sent by then raises
        `NoNewsError`. Texts of errors never contain a value of a secret field.
        """
        ...
