"""Discord: how the bot writes there.

Facts: Discord's developer documentation, "Receiving and Responding to Interactions" (checked 2026-11-22): the token of
an interaction is good for fifteen minutes; what is posted first after a deferred answer takes its place, and is as
private as that was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.chat import buttons
from notifications.chat.spoken import Answer
from notifications.inbound import discord_typed
from notifications.messages import absolute
from notifications.models import ChatApp
from notifications.senders import discord as discord_sender
from notifications.senders import discord_api
from notifications.senders.base import ConfigField, TransportError
from notifications.senders.values import looks_like

TOKEN_LASTS: Final = timedelta(minutes=14)
ONLY_FOR_THEM: Final = 64
"""The flag of a message that only who asked is shown."""


class Discord:
    """The bot in Discord: an application whose interactions endpoint is here."""

    about: ClassVar[StrOrPromise] = _(
        "An application of Discord with the slash command /env. You need its public key and its id; its bot token adds"
        " buttons under messages."
    )
    keyword: ClassVar[str] = "/env"
    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "public_key",
            label=_("Public key"),
            help_text=_(
                "In Discord: discord.com/developers, your application, General Information. For example"
                " 9c2f… (64 letters and digits)."
            ),
            secret=False,
            check=looks_like(r"[0-9a-fA-F]{64}", _("A public key has 64 hexadecimal digits.")),
        ),
        ConfigField(
            "application_id",
            label=_("Application id"),
            help_text=_("On the same page. For example 197038439483310086."),
            secret=False,
            check=looks_like(r"[0-9]{15,20}", _("An application id is a number of 17 to 20 digits.")),
        ),
        ConfigField(
            "bot_token",
            label=_("Bot token"),
            help_text=_(
                "Empty: no buttons under messages, and the commands cannot be registered from here. On the page Bot,"
                " Reset Token. For example MTk4.Cl2FMQ.ZnCjm1XVW7."
            ),
            required=False,
            check=discord_api.TOKEN.check,
        ),
        discord_api.ADDRESS,
    )

    def say_later(self, app: ChatApp, reply_to: Mapping[str, str], answer: Answer, language: str) -> None:
        """As a follow-up while the interaction's token lasts, else by the bot: in the channel, or to who asked. See
        `Platform.say_later`."""
        if _lasts(reply_to) and follow_up(app, reply_to["token"], {**payload(answer, language), **flags(answer)}):
            return
        config = api(app)
        if not config["token"]:
            raise TransportError(_("The interaction is too long ago, and there is no bot token."), permanent=True)
        channel = reply_to.get("channel", "")
        if answer.private:
            channel = discord_api.open_conversation(reply_to.get("user", ""), config)
        discord_api.post(payload(answer, language), config, channel, is_place=False)

    def email_of(self, app: ChatApp, external_id: str) -> str:
        """Discord tells none."""
        return ""


def payload(answer: Answer, language: str, request_id: int | None = None) -> dict[str, object]:
    """An answer as Discord draws it; see `buttons.as_message`."""
    message = buttons.as_message(answer, language, absolute(answer.link), request_id, types=discord_typed.slash_of)
    return discord_sender.payload(message)


def flags(answer: Answer) -> dict[str, object]:
    """Who sees an answer: the channel, or who asked alone."""
    return {"flags": ONLY_FOR_THEM} if answer.private else {}


def follow_up(app: ChatApp, token: str, said: Mapping[str, object]) -> bool:
    """Posts a message after an interaction was answered; False when its token takes none any more. Raises
    TransportError."""
    return _by_token(app, "POST", token, "", said)


def edit_original(app: ChatApp, token: str, said: Mapping[str, object]) -> bool:
    """Changes the message that an interaction's first answer was about; otherwise as `follow_up`."""
    return _by_token(app, "PATCH", token, "/messages/@original", said)


def api(app: ChatApp) -> Mapping[str, str]:
    """The app's settings as those of a channel by its bot."""
    return {"token": app.config.get("bot_token", ""), "api_url": app.config.get("api_url", "")}


def _by_token(app: ChatApp, method: str, token: str, rest: str, said: Mapping[str, object]) -> bool:
    path = f"/webhooks/{quote(app.config.get('application_id', ''), safe='')}/{quote(token, safe='')}{rest}"
    answer = discord_api.call(method, path, said, api(app))
    if 200 <= answer.status < 300:
        return True
    if answer.status in (401, 403, 404):
        return False
    raise discord_sender.error_of(answer, [token, *app.config.values()])


def _lasts(reply_to: Mapping[str, str]) -> bool:
    try:
        since = timezone.now() - datetime.fromisoformat(reply_to.get("at", ""))
    except ValueError:
        return False
    return bool(reply_to.get("token")) and since < TOKEN_LASTS
