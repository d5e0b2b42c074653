"""A message as Slack shows it: the title as text, the rest as blocks beside a coloured line.

Facts: Slack's "Block Kit reference" and "chat.postMessage" (checked 2026-11-21). Texts are `plain_text`, in which
nothing is markup: an environment called <!channel> wakes nobody and chat_dev_2 keeps its underscores. Only attachments
have a colour.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from notifications.senders import colours, readers
from notifications.senders.base import Lines, Message
from notifications.senders.lengths import clip

# Slack takes 3000 characters of a text and shortens a title of more than 4000; a longer title than this tells no more.
TITLE, SECTION, FIELD, FIELDS, BUTTON, BUTTONS, URL, VALUE = 300, 3000, 2000, 10, 75, 25, 3000, 2000

LINES: Final = Lines(20, 120)

WORDS: Final = {
    "action_prohibited", "channel_not_found", "channel_is_archived", "invalid_payload", "no_service", "no_service_id",
    "no_team", "team_disabled", "user_not_found", "invalid_token", "posting_to_general_channel_denied",
    "too_many_attachments", "rate_limited", "ratelimited", "no_active_hooks", "no_text",
}  # fmt: skip
"""Codes of Slack that may be repeated. Other answers could be an echo of what was sent."""


def payload(message: Message) -> dict[str, object]:
    """The JSON of a message, inside Slack's limits."""
    blocks: list[Mapping[str, object]] = []
    if message.body:
        blocks.append({"type": "section", "text": plain(clip(message.body, SECTION))})
    if message.fields:
        shown = (plain(clip(f"{field.name}\n{field.value}", FIELD)) for field in message.fields[:FIELDS])
        blocks.append({"type": "section", "fields": list(shown)})
    if buttons := _buttons(message):
        blocks.append({"type": "actions", "elements": buttons})
    if message.actor:
        blocks.append({"type": "context", "elements": [plain(clip(message.actor, SECTION))]})
    title = clip(message.title, TITLE) or "…"
    attachment: dict[str, object] = {"color": colours.code(message.severity), "fallback": title}
    sent: dict[str, object] = {
        "text": escaped(title),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    # A coloured line beside nothing is refused.
    return sent | {"attachments": [attachment | {"blocks": blocks}]} if blocks else sent


def _buttons(message: Message) -> list[dict[str, object]]:
    """What its reader can do. The last one, which opens the page, is kept when there are too many."""
    usable = [action for action in readers.doable(message) if action.press or len(action.url) <= URL]
    chosen = usable if len(usable) <= BUTTONS else [*usable[: BUTTONS - 1], usable[-1]]
    return [
        button(
            f"daybreak_{number}",
            readers.named(replace(action, label=action.label or "…")),
            **({"value": action.press[:VALUE]} if action.press else {"url": action.url}),
            **({"style": action.style} if action.style == "danger" else {}),
        )
        for number, action in enumerate(chosen)
    ]


def button(name: str, label: str, **does: str) -> dict[str, object]:
    """One button; `does` is a `value` that comes back when it is pressed, or a `url` that it opens; also a `style`."""
    return {"type": "button", "action_id": name, "text": plain(clip(label, BUTTON)), **does}


def plain(said: str) -> dict[str, object]:
    """A text in which nothing is markup."""
    return {"type": "plain_text", "text": said, "emoji": False}


def escaped(said: str) -> str:
    """As Slack wants its three control characters in a text that is not `plain_text`."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
