"""Slack: how the bot writes there, and what it asks of Slack's Web API.

Facts: Slack's reference of `response_url` ("Handling user interaction"), `chat.postMessage`, `chat.postEphemeral` and
`users.info` (checked 2026-11-22). A `response_url` takes five messages within thirty minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.chat import buttons, slack_code
from notifications.chat.spoken import Answer
from notifications.messages import absolute
from notifications.models import ChatApp
from notifications.senders import slack_api, slack_blocks
from notifications.senders.base import ConfigField, TransportError
from notifications.senders.http import answered, post_json, refusal
from notifications.senders.values import leads_to, looks_like

RESPONSE_URL_LASTS: Final = timedelta(minutes=29)
USED_UP: Final = frozenset({400, 403, 404, 410})
LOCALE_KEPT: Final = timedelta(days=1)
LOCALE_MISSED: Final = timedelta(minutes=10)
LOOK_UP_S: Final = 1.5
"""How long Slack may take to tell of a person: somebody waits for the answer."""

_check_response_url = leads_to(("hooks.slack.com", "hooks.slack-gov.com"), "/", _("This is not an address of Slack."))


class Slack:
    """The bot in Slack. Without a bot token it answers all the same, by the address that each request brings."""

    about: ClassVar[StrOrPromise] = _(
        "A Slack app of your workspace, with the slash command /env. You need its signing secret; its bot token adds"
        " buttons under messages, and people are found by their e-mail address."
    )
    keyword: ClassVar[str] = "/env"
    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "signing_secret",
            label=_("Signing secret"),
            help_text=_(
                "In Slack: api.slack.com/apps, your app, Basic Information, App Credentials. For example"
                " 8f742231b10e8888abcd99yyyzzz85a5."
            ),
            check=looks_like(r"[!-~]{16,}", _("A signing secret has at least 16 letters and digits, without spaces.")),
        ),
        ConfigField(
            "bot_token",
            label=_("Bot token"),
            help_text=_(
                "Empty: no buttons under messages, and people link themselves by a code. The app needs chat:write,"
                " users:read and users:read.email. For example xoxb-123-456-abc."
            ),
            required=False,
            check=slack_api.TOKEN.check,
        ),
        slack_api.ADDRESS,
    )

    def say_later(self, app: ChatApp, reply_to: Mapping[str, str], answer: Answer, language: str) -> None:
        """By the request's `response_url` while it lasts, else by the bot, in the channel or for who asked alone. See
        `Platform.say_later`."""
        said = payload(answer, language)
        if _lasts(reply_to) and respond(
            reply_to["response_url"], {**audience(answer), "replace_original": False, **said}
        ):
            return
        token, channel = app.config.get("bot_token", ""), reply_to.get("channel", "")
        if not token or not channel:
            raise TransportError(_("The address to answer to is used up, and there is no bot token."), permanent=True)
        method, to = "chat.postMessage", {"channel": channel}
        if answer.private:
            method, to = "chat.postEphemeral", {"channel": channel, "user": reply_to.get("user", "")}
        slack_api.call(method, {**said, **to}, api(app))

    def email_of(self, app: ChatApp, external_id: str) -> str:
        """The address of their profile, once Slack has confirmed it; "" without a bot token, without the scope, and for
        guests of another workspace, bots and who was removed. See `Platform.email_of`."""
        user = _user(app, external_id)
        if user.get("deleted") or user.get("is_bot") or user.get("is_stranger"):
            return ""
        if user.get("is_email_confirmed") is False:
            return ""
        profile = user.get("profile")
        return str(profile.get("email") or "") if isinstance(profile, dict) else ""


def payload(answer: Answer, language: str, request_id: int | None = None) -> dict[str, object]:
    """An answer as Slack draws it; see `buttons.as_message`."""
    message = buttons.as_message(answer, language, absolute(answer.link), request_id, types=_typed)
    return slack_code.shown(slack_blocks.payload(message))


def _typed(command: str) -> str:
    return slack_code.code(f"{Slack.keyword} {command}")


def audience(answer: Answer) -> dict[str, object]:
    """Who sees an answer: the channel, or who asked alone."""
    return {"response_type": "ephemeral" if answer.private else "in_channel"}


def respond(url: str, said: Mapping[str, object]) -> bool:
    """Posts to a `response_url`; False when that takes nothing more. Raises TransportError."""
    try:
        _check_response_url(url)
    except ValidationError as error:
        raise TransportError(" ".join(error.messages), permanent=True) from None
    answer = post_json(url, said)
    if answer.status in USED_UP or (answer.status == 200 and answer.json().get("ok") is False):
        return False
    if 200 <= answer.status < 300:
        return True
    raise refusal(answer, answered(answer, "Slack"))


def api(app: ChatApp) -> Mapping[str, str]:
    """The app's settings as those of a channel by its bot."""
    return {"token": app.config.get("bot_token", ""), "api_url": app.config.get("api_url", "")}


def known_language(app: ChatApp, external_id: str) -> str | None:
    """The locale of somebody as Slack told before, "" where it tells none; None where it was not asked lately. Asks
    nobody."""
    if not app.config.get("bot_token"):
        return ""
    known: str | None = cache.get(_locale_key(app, external_id))
    return known


def learn_language(app: ChatApp, external_id: str) -> None:
    """Asks Slack for the locale of somebody, for their next request. Never raises for what Slack answers."""
    try:
        locale, kept = str(_user(app, external_id).get("locale") or ""), LOCALE_KEPT
    except TransportError:
        locale, kept = "", LOCALE_MISSED
    cache.set(_locale_key(app, external_id), locale, kept.total_seconds())


def _user(app: ChatApp, external_id: str) -> Mapping[str, object]:
    """What Slack says of a person; {} where it may not tell, or knows nobody. Raises TransportError."""
    config = api(app)
    if not config["token"]:
        return {}
    return slack_api.user_of(external_id.rpartition("/")[2], config, within=LOOK_UP_S)


def _lasts(reply_to: Mapping[str, str]) -> bool:
    try:
        since = timezone.now() - datetime.fromisoformat(reply_to.get("at", ""))
    except ValueError:
        return False
    return bool(reply_to.get("response_url")) and since < RESPONSE_URL_LASTS


def _locale_key(app: ChatApp, external_id: str) -> str:
    return f"slack-locale:{app.pk}:{external_id}"
