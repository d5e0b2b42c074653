"""The kinds of channels: kind -> (label, class). A literal, so that what exists can be read in one place.

Classes are imported when they are used: a library that one kind needs costs nothing to those who do not use it.
"""

from functools import cache
from typing import cast

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.base import Sender

SENDERS: dict[str, tuple[StrOrPromise, str]] = {
    "email": (_("E-mail"), "notifications.senders.email.Email"),
    "discord": (_("Discord"), "notifications.senders.discord.Discord"),
    "discord_bot": (_("Discord channel (bot)"), "notifications.senders.discord_bot.DiscordBot"),
    "discord_person": (
        _("Discord, to each person (bot)"),
        "notifications.senders.discord_person.DiscordPerson",
    ),
    "slack": (_("Slack channel (webhook)"), "notifications.senders.slack.Slack"),
    "slack_bot": (_("Slack channel (bot)"), "notifications.senders.slack_bot.SlackBot"),
    "slack_person": (_("Slack, to each person (bot)"), "notifications.senders.slack_person.SlackPerson"),
    "jandi": (_("JANDI"), "notifications.senders.jandi.Jandi"),
    "sens": (_("Text message by Naver SENS"), "notifications.senders.sens.Sens"),
    "sns_sms": (_("Text message by AWS SNS"), "notifications.senders.sns_sms.SnsSms"),
    "sns": (_("AWS SNS topic"), "notifications.senders.sns.Sns"),
    "ses": (_("E-mail by AWS SES"), "notifications.senders.ses.Ses"),
    "webhook": (_("Signed webhook"), "notifications.senders.webhook.Webhook"),
    "apprise": (_("Another service (Apprise)"), "notifications.senders.apprise.Apprise"),
}


def choices() -> list[tuple[str, StrOrPromise]]:
    """Kind and label of each sender, for model and form fields (a callable: new kinds then need no migration)."""
    return [(kind, label) for kind, (label, _path) in SENDERS.items()]


@cache
def sender(kind: str) -> Sender:
    """The sender of a kind; senders hold no state. Raises KeyError for a kind that is not registered."""
    _label, path = SENDERS[kind]
    return cast(Sender, import_string(path)())
