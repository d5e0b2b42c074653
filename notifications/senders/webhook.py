"""A signed webhook: JSON that any program can take. What it says and how it is signed: docs/channels.md.

The signature is that of the portal's own JSON gateway for text messages: HMAC-SHA256 over timestamp, full stop and
body. A receiver that keeps `Idempotency-Key` takes a message once, however often it comes.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import mask_url
from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.http import answered, post, refusal, validate_address
from notifications.senders.values import looks_like


class Webhook:
    """Posts the message as JSON, signed, to an https address."""

    about: ClassVar[StrOrPromise] = _(
        "A program of your own that takes JSON over https. You need its address, and a secret that both sides know."
    )
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = None
    lines: ClassVar[Lines] = Lines(50, 300)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "url",
            label=_("Address"),
            help_text=_("For example https://hooks.example.com/daybreak."),
            check=validate_address,
            mask=lambda url: mask_url(url, keep=0),
        ),
        ConfigField(
            "secret",
            label=_("Secret"),
            help_text=_(
                "At least 16 letters, digits and signs, with which the receiver checks the signature. For example 32"
                " random letters of a password manager."
            ),
            check=looks_like(r"[!-~]{16,200}", _("It must be 16 to 200 letters, digits and signs, without spaces.")),
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        body = json.dumps(payload(message), ensure_ascii=False).encode("utf-8", "replace")
        timestamp = str(round(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message.key,
            "X-Daybreak-Timestamp": timestamp,
            "X-Daybreak-Signature": signature(config.get("secret", ""), timestamp, body),
        }
        answer = post(config.get("url", ""), body, headers=headers)
        if 200 <= answer.status < 300:
            return Sent(code=answer.status)
        raise refusal(answer, answered(answer, _("The receiver")))


def payload(message: Message) -> dict[str, object]:
    """What the receiver reads: the fields of a message, times in ISO 8601, and each event that it tells of by itself.
    Nothing is cut."""
    return {
        "id": message.key,
        "kind": message.kind,
        "severity": message.severity,
        "title": message.title,
        "body": message.body,
        "fields": [asdict(field) for field in message.fields],
        "link": message.link,
        "actions": [{"label": one.label, "url": one.url, "note": one.note} for one in message.actions],
        "acknowledge": message.acknowledge,
        "actor": message.actor,
        "at": message.at.isoformat(),
        "until": message.until.isoformat() if message.until else None,
        "language": message.language,
        "events": [asdict(event) | {"at": event.at.isoformat()} for event in message.events],
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """ "sha256=" and the HMAC-SHA256 of timestamp, full stop and body, in hexadecimal digits."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"
