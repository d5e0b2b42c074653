"""Slack, by a bot that writes to one channel."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.slack_api import ADDRESS, PLACE_IS_GONE, TOKEN, post_message
from notifications.senders.slack_blocks import LINES
from notifications.senders.values import looks_like


class SlackBot:
    """Sends to the channel that is configured and keeps the message's id, as "C012AB3CD/1503435956.000247"."""

    about: ClassVar[StrOrPromise] = _(
        "A channel of a Slack workspace, written to by your app's bot. You need its token, and the bot in the channel."
    )
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = 60  # one a second in a channel
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        TOKEN,
        ConfigField(
            "channel",
            label=_("Channel id"),
            help_text=_("In Slack: the channel's name, About, at the bottom. For example C012AB3CD."),
            secret=False,
            check=looks_like(r"[CGD][A-Z0-9]{6,20}", _("A channel id looks like C012AB3CD. It is not the name.")),
        ),
        ADDRESS,
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        return post_message(message, config, config.get("channel", ""), closing=PLACE_IS_GONE)
