"""Discord, by a bot that writes to one channel."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.discord import LINES
from notifications.senders.discord_api import ADDRESS, TOKEN, post_message
from notifications.senders.values import looks_like


class DiscordBot:
    """Sends embeds to the channel that is configured, with real buttons where the bot is connected (`chat.buttons`),
    and keeps the id of the message."""

    about: ClassVar[StrOrPromise] = _(
        "A channel of a Discord server, written to by your application's bot. You need its token, and the bot in the"
        " server."
    )
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = 50  # five in five seconds in a channel
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        TOKEN,
        ConfigField(
            "channel",
            label=_("Channel id"),
            help_text=_(
                "In Discord: settings, Advanced, Developer Mode; then right-click the channel, Copy Channel ID. For"
                " example 197038439483310086."
            ),
            secret=False,
            check=looks_like(r"[0-9]{15,20}", _("A channel id is a number of 17 to 20 digits. It is not the name.")),
        ),
        ADDRESS,
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        return post_message(message, config, config.get("channel", ""), is_place=True)
