"""JANDI as a platform: its Outgoing Webhook asks, what it is answered with is drawn, and its Incoming Webhook says
what comes later.

Facts: JANDI's help on Outgoing Webhook and Incoming Webhook (checked 2026-11-21). It signs nothing: each call has the
webhook's token, which is all the proof there is. An answer has the form of a message of the Incoming Webhook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.chat import typed, words
from notifications.chat.platforms import NothingLaterError
from notifications.chat.spoken import Answer
from notifications.models import ChatApp
from notifications.senders import jandi
from notifications.senders.base import ConfigField, Message, MessageField
from notifications.senders.values import check_token
from notifications.texts import pick, render

TOKEN, WEBHOOK = "token", "webhook_url"
KIND: Final = "chat"


class Jandi:
    """People type `/서버 …` in a topic. See `Platform`."""

    about: ClassVar[StrOrPromise] = _(
        "People type “/서버 …” in a topic of JANDI. You need an Outgoing Webhook with the keyword 서버; with an"
        " Incoming Webhook of the same topic, I also say later what takes longer."
    )
    keyword: ClassVar[str] = "/서버"
    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            TOKEN,
            label=_("Token"),
            help_text=_("In JANDI: JANDI Connect, Outgoing Webhook. It stands there as the token of the webhook."),
            check=check_token,
        ),
        ConfigField(
            WEBHOOK,
            label=_("URL of the Incoming Webhook"),
            help_text=_("Of the same topic. Without it, what takes longer is not told: people ask for the status."),
            required=False,
            check=jandi.check_webhook,
            mask=jandi.Jandi.config_fields[0].mask,
        ),
    )

    def say_later(self, app: ChatApp, reply_to: Mapping[str, str], answer: Answer, language: str) -> None:
        """Posts to the topic of the Incoming Webhook. See `Platform.say_later`."""
        if not can_say_later(app):
            raise NothingLaterError(_("Without an Incoming Webhook nothing can be said later."), permanent=True)
        to = reply_to.get("name", "")
        jandi.Jandi().send(drawn(answer, language, to=to), {"webhook_url": app.config[WEBHOOK]})

    def email_of(self, app: ChatApp, external_id: str) -> str:
        """People are known by the address that each call names. See `Platform.email_of`."""
        return external_id if "@" in external_id else ""


def can_say_later(app: ChatApp) -> bool:
    return bool(app.config.get(WEBHOOK))


def answered(answer: Answer, language: str) -> dict[str, Any]:
    """The JSON that a call is answered with."""
    return jandi.payload(drawn(answer, language))


def drawn(answer: Answer, language: str, *, to: str = "") -> Message:
    """The answer as a message in one language; what a button would say is a line to type. `to`: who is spoken to, where
    others may have written since."""
    fields = [MessageField(_in(name, language), _in(value, language)) for name, value in answer.fields]
    lines = [f"{Jandi.keyword} {button.says} ({_in(button.label, language)})" for button in answer.buttons]
    if lines:
        fields.append(MessageField(pick(words.TO_TYPE, language), "\n".join(lines)))
    title = _in(answer.title, language)
    return Message(
        kind=KIND,
        severity=answer.severity,
        title=f"@{to} {title}" if to else title,
        body=_in(answer.body, language) if answer.body else "",
        fields=tuple(fields),
        link=settings.BASE_URL.rstrip("/") + answer.link if answer.link else "",
        actor="",
        at=timezone.now(),
        language=language,
        key="",
    )


def _in(text: Any, language: str) -> str:
    return typed.drawn(pick(render(text), language), typed.behind(Jandi.keyword))
