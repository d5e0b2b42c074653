"""Discord, by a bot that writes to each person in a conversation of their own."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.discord import LINES
from notifications.senders.discord_api import ADDRESS, TOKEN, open_conversation, post_message


class DiscordPerson:
    """Sends to the user id of a contact. A person whom the bot cannot write to closes nothing for the others."""

    about: ClassVar[StrOrPromise] = _(
        "Direct messages in Discord to the people who hear of something. You need the token of your application's bot,"
        " and a server that it shares with them; each person's Discord user id is in their contact."
    )
    address: ClassVar[str] = "discord"
    per_minute: ClassVar[int | None] = 30
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (TOKEN, ADDRESS)

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Opens the conversation with them, and posts the message there. See `Sender.send`."""
        if not message.to:
            raise TransportError(_("Nobody's Discord user id was given."), permanent=True)
        return post_message(message, config, open_conversation(message.to, config), is_place=False)
