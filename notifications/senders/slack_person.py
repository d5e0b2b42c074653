"""Slack, by a bot that writes to each person in a conversation of their own."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.slack_api import ADDRESS, TOKEN, post_message
from notifications.senders.slack_blocks import LINES


class SlackPerson:
    """Sends to the member id of a contact. A person who is gone there closes nothing for the others."""

    about: ClassVar[StrOrPromise] = _(
        "Direct messages in Slack to the people who hear of something. You need the token of your app's bot; each"
        " person's Slack member id is in their contact."
    )
    address: ClassVar[str] = "slack"
    per_minute: ClassVar[int | None] = 60
    lines: ClassVar[Lines] = LINES

    config_fields: ClassVar[tuple[ConfigField, ...]] = (TOKEN, ADDRESS)

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        if not message.to:
            raise TransportError(_("Nobody's Slack member id was given."), permanent=True)
        return post_message(message, config, message.to, closing=frozenset())
