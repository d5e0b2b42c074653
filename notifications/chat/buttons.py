"""Real buttons in a chat: which messages may have them, and what they carry.

A message has buttons where the bot that sends it is the bot of a chat app here: the same token in the channel and in
the app. Only then does the platform tell us of a press, signed, and who it was. Everywhere else a message has links.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from notifications import links
from notifications.chat.spoken import Answer, Button
from notifications.chat.typed import drawn
from notifications.models import Channel, ChatApp, ChatPerson, ChatRequest, Contact, Delivery
from notifications.senders.base import Message, MessageAction, MessageField
from notifications.senders.discord import length
from notifications.texts import Text, pick, render

SAY, REQUEST, OFFER, ACKNOWLEDGE = "say", "req", "offer", "ack"
LONGEST: Final = 100
"""What a button of Discord carries at most; Slack's may be longer."""

TIED: Final[Mapping[str, str]] = {
    "slack_bot": ChatApp.Kind.SLACK,
    "slack_person": ChatApp.Kind.SLACK,
    "discord_bot": ChatApp.Kind.DISCORD,
    "discord_person": ChatApp.Kind.DISCORD,
}
"""Kinds of channels whose sender is a bot, and of which platform."""


@dataclass(frozen=True, slots=True)
class OfAnswer:
    """A button below an answer of the bot: pressing it is typing `says`."""

    says: str


@dataclass(frozen=True, slots=True)
class OfOffer:
    """A choice of what a message offers."""

    delivery_id: int
    choice: str


@dataclass(frozen=True, slots=True)
class OfAcknowledgement:
    """“I look after it”."""

    delivery_id: int


Carried = OfAnswer | OfOffer | OfAcknowledgement


def pressable(channel: Channel, reader: Contact | None = None) -> bool:
    """Whether messages over this channel may have real buttons: an app with its bot token is switched on, and its
    platform has called us at least once. One query, none for kinds without buttons.

    `reader`: whom the message is for alone. They have buttons once the app knows them (one query more); until then, and
    without an account, the link in their message is what lets them do it.
    """
    kind = TIED.get(channel.kind)
    if kind is None:
        return False
    apps = ChatApp.objects.filter(kind=kind, is_on=True, last_at__isnull=False).only("kind", "config")
    tied = [app.pk for app in apps if ties(app, channel)]
    if not tied or reader is None:
        return bool(tied)
    return reader.user_id is not None and ChatPerson.objects.filter(app__in=tied, user=reader.user_id).exists()


def ties(app: ChatApp, channel: Channel) -> bool:
    """Whether the bot of the channel is that of the app: its presses are the app's to report."""
    token, own = channel.config.get("token", ""), app.config.get("bot_token", "")
    return TIED.get(channel.kind) == app.kind and bool(token) and constant_time_compare(token, own)


def offer_press(delivery_id: int, choice: str) -> str:
    """What a button for a choice carries: at most 66 characters."""
    return f"{OFFER}:{delivery_id}:{choice}"


def acknowledge_press(delivery_id: int) -> str:
    """What the button “I look after it” carries."""
    return f"{ACKNOWLEDGE}:{delivery_id}"


def carried(app: ChatApp, value: str) -> Carried | None:
    """What a pressed button means; None for one that none of ours carries. At most one query."""
    kind, _colon, rest = value.partition(":")
    first, _colon, last = rest.partition(":")
    match kind:
        case "say":
            return OfAnswer(rest) if rest else None
        case "req":
            return _of_request(app, first, last)
        case "offer":
            return OfOffer(int(first), last) if _is_id(first) and last else None
        case "ack":
            return OfAcknowledgement(int(rest)) if _is_id(rest) else None
    return None


def is_spent(does: OfOffer | OfAcknowledgement, delivery: Delivery, value: str, url: str) -> bool:
    """Whether a button, or a link, does what has just been done: it is taken out of the message."""
    if isinstance(does, OfAcknowledgement):
        return value == acknowledge_press(delivery.pk) or (bool(url) and url == links.acknowledge_url(delivery.pk))
    if value:
        return value.startswith(f"{OFFER}:{delivery.pk}:")
    choices = (delivery.event.offer or {}).get("choices", ())
    return bool(url) and url in {links.offer_url(delivery.pk, choice["key"]) for choice in choices}


def as_message(
    answer: Answer, language: str, link: str, request_id: int | None = None, *, types: Callable[[str], str]
) -> Message:
    """An answer of the bot in the form of a message, so that it is drawn as messages are: `link` is absolute, `types`
    writes a command as one types it on the platform.

    `request_id`: what it answers, by which a button finds a text that is too long for it to carry; without it, such a
    button is left out.
    """
    presses = [(button, _answer_press(button, number, request_id)) for number, button in enumerate(answer.buttons)]
    return Message(
        kind="chat",
        severity=answer.severity,
        title=said(answer.title, language, types),
        body=said(answer.body, language, types),
        fields=tuple(
            MessageField(said(name, language, types), said(value, language, types)) for name, value in answer.fields
        ),
        link=link,
        actor="",
        at=timezone.now(),
        language=language,
        key="",
        actions=tuple(
            MessageAction(said(button.label, language, types), "", press=press, style=button.style)
            for button, press in presses
            if press
        ),
    )


def said(text: Text, language: str, types: Callable[[str], str]) -> str:
    """A text in one language, with its commands as one types them."""
    return drawn(pick(render(text), language), types) if text else ""


def _answer_press(button: Button, number: int, request_id: int | None) -> str:
    whole = f"{SAY}:{button.says}"
    if length(whole) <= LONGEST:
        return whole
    return f"{REQUEST}:{request_id}:{number}" if request_id is not None else ""


def _of_request(app: ChatApp, request_id: str, number: str) -> OfAnswer | None:
    if not (_is_id(request_id) and _is_id(number)):
        return None
    kept = ChatRequest.objects.filter(pk=int(request_id), app=app).values_list("answer", flat=True).first() or {}
    buttons = kept.get("buttons", [])
    return OfAnswer(buttons[int(number)]["says"]) if int(number) < len(buttons) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
