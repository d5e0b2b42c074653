"""JANDI, by the incoming webhook of a topic.

Facts: JANDI's help on Incoming Webhook, and answers seen (checked 2026-11-21). Its answers repeat what was sent, so
that only their codes are kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import ELLIPSIS, mask_url
from notifications.senders import colours, readers
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.http import Answer, answered, post_json, refusal, seconds
from notifications.senders.lengths import clip
from notifications.senders.values import leads_to
from notifications.texts import filled

HEADERS: Final = {"Accept": "application/vnd.tosslab.jandi-v2+json", "Content-Type": "application/json"}
LINKS, TITLE, DESCRIPTION, ALL = 3000, 200, 2000, 5000
"""In characters; JANDI takes 5,000 in all, addresses of links included."""

TOKEN_IS_BAD, FIELD_IS_BAD, TOO_MANY = 40051, 40000, 42900

check_webhook = leads_to(
    ("wh.jandi.com",), "/connect-api/webhook/", _("This is not the address of a JANDI Incoming Webhook.")
)


class Jandi:
    """Sends connectInfo with a colour through a webhook. JANDI gives no id for it."""

    about: ClassVar[StrOrPromise] = _("A topic in JANDI. You need the address of its Incoming Webhook.")
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = 50  # 60 a minute, and 500 in ten
    lines: ClassVar[Lines] = Lines(15, 110)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "webhook_url",
            label=_("Webhook URL"),
            help_text=_(
                "In JANDI: JANDI Connect, Incoming Webhook, choose the topic, copy the URL. For example"
                " https://wh.jandi.com/connect-api/webhook/12345678/abc."
            ),
            check=check_webhook,
            mask=lambda url: mask_url(url, keep=3),
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        answer = post_json(config.get("webhook_url", ""), payload(message), headers=HEADERS)
        said = _code(answer)
        if 200 <= answer.status < 300 and said < FIELD_IS_BAD:
            return Sent(code=answer.status)
        raise _error(answer, said)


def payload(message: Message) -> dict[str, object]:
    """The JSON of a message, inside JANDI's limits. Links stand in the first lines, which nothing cuts."""
    title = _flat(clip(message.title, TITLE)) or ELLIPSIS
    lines = [f"[[{title}]]({message.link})" if message.link else title]
    for action in readers.doable(replace(message, link="")):
        line = f"[[{_flat(clip(readers.named(action), TITLE))}]]({action.url})"
        if sum(map(len, [*lines, line])) <= LINKS:
            lines.append(line)
    body = "\n".join(lines)
    room = ALL - len(body)
    info: list[dict[str, str]] = []
    for name, value in (("", message.body), *((one.name, one.value) for one in message.fields), ("", message.actor)):
        shown = {"title": clip(name, min(TITLE, room))}
        room -= len(shown["title"])
        shown["description"] = clip(value, min(DESCRIPTION, room))
        room -= len(shown["description"])
        if kept := {key: text for key, text in shown.items() if text}:
            info.append(kept)
    return {"body": body, "connectColor": colours.code(message.severity), "connectInfo": info}


def _flat(text: str) -> str:
    """A text for a link's name: in one line, and without what would end it."""
    return " ".join(text.split()).replace("[", "(").replace("]", ")")


def _code(answer: Answer) -> int:
    found = seconds(answer.json().get("code"))
    return int(found) if found is not None else 0


def _error(answer: Answer, said: int) -> TransportError:
    if said == TOKEN_IS_BAD:
        words = _("JANDI does not know this webhook, or it is switched off there (40051).")
        return TransportError(words, closes_channel=True, code=answer.status)
    if said == TOO_MANY:
        wait = seconds(answer.headers.get("retry-after"))
        words = _("JANDI takes no more messages for the moment (42900).")
        return TransportError(words, retry_after=wait, code=answer.status)
    if said == FIELD_IS_BAD:
        return TransportError(_("JANDI refused the message (40000)."), permanent=True, code=answer.status)
    if 200 <= answer.status < 300:
        words = filled(_("%(service)s answered: %(said)s"), service="JANDI", said=said)
        return TransportError(words, permanent=True, code=answer.status)
    return refusal(answer, answered(answer, "JANDI", str(said or "")))
