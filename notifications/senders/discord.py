"""Discord, by the webhook of a channel: one message is one embed.

Facts: Discord's developer documentation, "Execute Webhook", "Embed Limits" and "Rate Limits" (checked 2026-11-21).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import ELLIPSIS, mask_url, scrub
from notifications.senders import colours, readers
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.http import Answer, post_json, refusal, seconds, validate_address
from notifications.texts import filled

TITLE, DESCRIPTION, FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, ALL = 256, 4096, 25, 256, 1024, 2048, 6000

LINK_FIELDS = 2
LABEL, BUTTONS, ROW = 80, 25, 5
LINES = Lines(20, 90)  # an escaped letter counts twice
NO_NAME = "\u200b"

HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})


def check_webhook(url: str) -> None:
    """Raises ValidationError unless `url` is the address of a Discord webhook (or, when allowed, of this machine)."""
    validate_address(url)
    parts = urlsplit(url)
    if parts.scheme == "https" and not (
        parts.hostname in HOSTS and parts.path.startswith("/api/") and "/webhooks/" in parts.path
    ):
        raise ValidationError(_("This is not the address of a Discord webhook."))


class Discord:
    """Sends embeds through a webhook and keeps the id of the message."""

    address: ClassVar[str] = ""
    about: ClassVar[StrOrPromise] = _("A channel of a Discord server. You need its webhook.")
    per_minute: ClassVar[int | None] = 30  # Discord's limit of a webhook: five in two seconds, thirty a minute
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "webhook_url",
            label=_("Webhook URL"),
            help_text=_(
                "In Discord: channel settings, Integrations, Webhooks, Copy Webhook URL. For example"
                " https://discord.com/api/webhooks/123/abc."
            ),
            check=check_webhook,
            mask=lambda url: mask_url(url, keep=2),
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message with `wait=true`, so that the answer is given after Discord has stored it. See
        `Sender.send`.
        """
        answer = post_json(config.get("webhook_url", ""), payload(message), query={"wait": "true"})
        if 200 <= answer.status < 300:
            return Sent(external_id=str(answer.json().get("id", "")), code=answer.status)
        raise error_of(answer, config.values())


def payload(message: Message) -> dict[str, object]:
    """The JSON of a message, inside Discord's limits: what is too long ends in "…", what does not fit at all is left
    out. What its reader can press is a button, which only messages of an application may have.
    """
    room = ALL
    embed: dict[str, object] = {
        "color": colours.number(message.severity),
        "timestamp": message.at.isoformat(),
    }
    if message.link:
        embed["url"] = message.link
    links = _links(message)
    room -= sum(length(part) for field in links for part in (str(field["name"]), str(field["value"])))
    for name, text, limit in (
        ("title", message.title, TITLE),
        ("description", escape(message.body), DESCRIPTION),
    ):
        if text:
            embed[name] = clip(text, min(limit, room))
            room -= length(str(embed[name]))
    if message.actor and room > FOOTER:
        embed["footer"] = {"text": clip(message.actor, FIELD_NAME)}
        room -= FIELD_NAME
    fields: list[dict[str, object]] = []
    for field in message.fields[: FIELDS - len(links)]:
        # Discord refuses a whole message for one empty name or value.
        name = clip(field.name or ELLIPSIS, FIELD_NAME)
        value = clip(escape(field.value) or ELLIPSIS, FIELD_VALUE)
        room -= length(name) + length(value)
        if room < 0:
            break
        fields.append({"name": name, "value": value, "inline": length(value) <= 40})
    if fields or links:
        embed["fields"] = [*fields, *links]
    # No mention is ever resolved: an environment called @everyone wakes nobody.
    sent: dict[str, object] = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    pressed = [action for action in readers.doable(message) if action.press]
    buttons = [button(readers.named(action), action.press, 4 if action.style == "danger" else 1) for action in pressed]
    return sent | {"components": rows(buttons)} if buttons else sent


def button(label: str, custom_id: str, style: int = 1) -> dict[str, object]:
    """One button; `custom_id`, at most 100 characters, comes back when it is pressed. Styles: 1 blurple, 2 grey, 4
    red."""
    return {"type": 2, "style": style, "label": clip(label or ELLIPSIS, LABEL), "custom_id": custom_id}


def rows(buttons: list[dict[str, object]]) -> list[dict[str, object]]:
    """Buttons in rows of five, as many as a message may have."""
    return [
        {"type": 1, "components": buttons[begin : begin + ROW]} for begin in range(0, min(len(buttons), BUTTONS), ROW)
    ]


def _links(message: Message) -> list[dict[str, object]]:
    """What its reader can do, as masked links in fields of their own: as many whole ones as fit into two of them."""
    doable = readers.doable(replace(message, link=""))  # the title leads to the page
    linked = [action for action in doable if not action.press]
    lines = [f"[{escape(readers.named(action))}]({action.url.replace(')', '%29')})" for action in linked]
    fields: list[str] = []
    for line in lines:
        if fields and length(fields[-1]) + 1 + length(line) <= FIELD_VALUE:
            fields[-1] += f"\n{line}"
        elif length(line) <= FIELD_VALUE and len(fields) < LINK_FIELDS:
            fields.append(line)
    # An empty name is refused; this one shows nothing.
    return [{"name": NO_NAME, "value": value, "inline": False} for value in fields]


_ADDRESS = re.compile(r"(https?://\S+)")
_MARKUP = re.compile(r"([\\*_~|`<>\[\]])")


def escape(text: str) -> str:
    """Plain text as it stands, not as Discord's markdown: chat_dev_2 keeps its underscores and nobody's name becomes a
    link.

    Addresses stay as they are, since a backslash would become a part of them.
    """
    parts = _ADDRESS.split(text)
    return "".join(part if position % 2 else _MARKUP.sub(r"\\\1", part) for position, part in enumerate(parts))


def length(text: str) -> int:
    """Length in UTF-16 units, at least what Discord counts whichever way it counts emoji."""
    return len(text.encode("utf-16-le", "replace")) // 2


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` units, cut with "…", never inside a character or after half an escape."""
    if length(text) <= limit:
        return text
    cut = text.encode("utf-16-le", "replace")[: max(limit - 1, 0) * 2].decode("utf-16-le", "ignore")
    return cut.rstrip("\\ \n") + ELLIPSIS


def error_of(answer: Answer, secrets: Iterable[str]) -> TransportError:
    """A webhook that is gone or refuses us must not be asked again: 10,000 such answers in ten minutes ban the whole
    address."""
    said = answer.json()
    words = filled(
        _("Discord answered %(code)s: %(said)s") if said.get("message") else _("Discord answered %(code)s."),
        code=answer.status,
        said=scrub(str(said.get("message"))[:200], secrets),
    )
    error = refusal(answer, words)
    if answer.status == 429 and error.retry_after is None:
        # The header first: the body's number is only about one of Discord's limits.
        error.retry_after = seconds(said.get("retry_after"))
    return error
