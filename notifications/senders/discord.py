"""Discord, by the webhook of a channel: one message is one embed.

Facts: Discord's developer documentation, "Execute Webhook", "Embed Limits" and "Rate Limits" (checked 2026-11-21).
"""

import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications.masking import ELLIPSIS, mask_url
from notifications.senders.base import ConfigField, Message, Sent, TransportError
from notifications.senders.http import Answer, post_json, seconds, validate_address
from notifications.texts import filled

COLOURS = {"info": 3447003, "success": 3066993, "warning": 15844367, "error": 15158332}

TITLE, DESCRIPTION, FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, ALL = 256, 4096, 25, 256, 1024, 2048, 6000

HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
CLOSING = frozenset({401, 403, 404, 410})
"""The webhook is gone or refuses us. It must not be asked again: 10,000 such answers in ten minutes ban the whole
address.
"""


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
        raise _error(answer)


def payload(message: Message) -> dict[str, object]:
    """The JSON of a message, inside Discord's limits: what is too long ends in "…", what does not fit at all is left
    out.
    """
    room = ALL
    embed: dict[str, object] = {
        "color": COLOURS.get(message.severity, COLOURS["info"]),
        "timestamp": message.at.isoformat(),
    }
    if message.link:
        embed["url"] = message.link
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
    for field in message.fields[:FIELDS]:
        # Discord refuses a whole message for one empty name or value.
        name = clip(field.name or ELLIPSIS, FIELD_NAME)
        value = clip(escape(field.value) or ELLIPSIS, FIELD_VALUE)
        room -= length(name) + length(value)
        if room < 0:
            break
        fields.append({"name": name, "value": value, "inline": length(value) <= 40})
    if fields:
        embed["fields"] = fields
    # No mention is ever resolved: an environment called @everyone wakes nobody.
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


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


def _error(answer: Answer) -> TransportError:
    said = answer.json()
    words = filled(
        _("Discord answered %(code)s: %(said)s") if said.get("message") else _("Discord answered %(code)s."),
        code=answer.status,
        said=said.get("message"),
    )
    if answer.status == 429:
        # The header first: the body's number is only about one of Discord's limits.
        wait = seconds(answer.headers.get("retry-after")) or seconds(said.get("retry_after"))
        return TransportError(words, retry_after=wait, code=answer.status)
    if answer.status >= 500 or answer.status == 408:
        return TransportError(words, retry_after=seconds(answer.headers.get("retry-after")), code=answer.status)
    closes = answer.status in CLOSING or 300 <= answer.status < 400
    return TransportError(words, permanent=True, closes_channel=closes, code=answer.status)
