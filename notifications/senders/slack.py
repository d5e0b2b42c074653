"""Slack, by the incoming webhook of a channel.

Facts: Slack's "Sending messages using incoming webhooks" (checked 2026-11-21). Errors are words in plain text.
"""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import mask_url
from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.http import answered, post_json, refusal
from notifications.senders.slack_blocks import LINES, WORDS, payload
from notifications.senders.values import leads_to

check_webhook = leads_to(
    ("hooks.slack.com", "hooks.slack-gov.com"), "/services/", _("This is not the address of a Slack webhook.")
)


class Slack:
    """Sends blocks through a webhook. Slack gives no id for them."""

    about: ClassVar[StrOrPromise] = _("A channel of a Slack workspace. You need an incoming webhook of it.")
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = 60  # one a second
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "webhook_url",
            label=_("Webhook URL"),
            help_text=_(
                "In Slack: api.slack.com/apps, your app, Incoming Webhooks, Add New Webhook to Workspace. For example"
                " https://hooks.slack.com/services/T012/B345/abc."
            ),
            check=check_webhook,
            mask=lambda url: mask_url(url, keep=1),
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        answer = post_json(config.get("webhook_url", ""), payload(message))
        if 200 <= answer.status < 300:
            return Sent(code=answer.status)
        said = answer.body[:100].decode("utf-8", "replace").strip()
        raise refusal(answer, answered(answer, "Slack", said if said in WORDS else ""))
