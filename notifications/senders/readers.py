"""What is the same for the readers of every medium: what they can do, by a link each, and the message as plain text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import Message, MessageAction, MessageField
from notifications.senders.lengths import clip

OPEN: Final = _("Open in Daybreak")
ACKNOWLEDGE: Final = _("I look after it")

TITLE, BODY, NAME, VALUE, FIELDS, ACTIONS = 500, 20_000, 200, 2_000, 50, 20


def in_language(words: StrOrPromise, language: str) -> str:
    """Our own words in the language of a message."""
    with translation.override(language):
        return str(words)


def doable(message: Message) -> tuple[MessageAction, ...]:
    """What its reader can do, in this order: what is offered, to look after it, to open the page."""
    own = [(ACKNOWLEDGE, message.acknowledge, message.acknowledge_press), (OPEN, message.link, "")]
    added = (
        MessageAction(in_language(words, message.language), url, press=press)
        for words, url, press in own
        if url or press
    )
    return (*message.actions, *added)


def bounded(message: Message) -> Message:
    """The message no longer than anybody reads, for media without limits of their own: a mail of many megabytes is
    refused."""
    return replace(
        message,
        title=clip(message.title, TITLE),
        body=clip(message.body, BODY),
        actor=clip(message.actor, NAME),
        fields=tuple(MessageField(clip(one.name, NAME), clip(one.value, VALUE)) for one in message.fields[:FIELDS]),
        actions=tuple(
            replace(one, label=clip(one.label, NAME), note=clip(one.note, NAME)) for one in message.actions[:ACTIONS]
        ),
    )


def named(action: MessageAction) -> str:
    """Its label with its note, as "Keep on 2 h · $0.40"."""
    return f"{action.label} · {action.note}" if action.note else action.label


def plain(message: Message, limit: int, length: Callable[[str], int] = len, *, titled: bool = True) -> str:
    """The message as plain text of at most `limit`: title, body, details, links.

    Words are cut where it is too long, a link never: one that does not fit with its label is left out, the last ones
    first.
    """
    facts = "\n".join(f"{field.name}: {field.value}" for field in message.fields)
    words = [message.title if titled else "", message.body, facts]
    links: list[str] = []
    for action in doable(message):
        line = f"{named(action)}: {action.url}"
        # A quarter of the room is for what it is about.
        if length("\n".join([*links, line])) <= limit * 3 // 4:
            links.append(line)
    rest = "\n".join(links)
    room = limit - (length("\n" + rest) if rest else 0)
    said = clip("\n".join(part for part in words if part), room, length)
    return "\n".join(part for part in (said, rest) if part)
