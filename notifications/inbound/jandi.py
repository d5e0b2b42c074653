"""The door of JANDI: an Outgoing Webhook calls it for each message that begins with its keyword.

Facts: JANDI's help on Outgoing Webhook (checked 2026-11-21). JSON with `token, writerName, text, keyword, createdAt`
and more; `data` (the text without the keyword) and `writerEmail` may be absent. There is no signature: a call is let in
for its secret address, its token and its time together. The one who wrote is known by `writerEmail` alone.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.chat import buttons_later, doors, jandi, words
from notifications.chat.hearing import Heard, hear
from notifications.models import ChatApp
from notifications.secret_doors import NotUnderstood, Refused, check_fresh, json_object
from notifications.storing import storable
from notifications.texts import pick, render

KIND: Final = ChatApp.Kind.JANDI
LONGEST_ADDRESS: Final = 254
Said = dict[str, Any]


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """`/hooks/jandi/<secret>/`: 200 with the answer, or empty for a call that comes again; 400 for what is no call, 403
    when it is refused, 404 for an address that is none, 413 when it is too long."""
    return doors.door(KIND).receive(request, secret, _answer)


def _answer(app: ChatApp, body: bytes, now: datetime) -> HttpResponse:
    heard = _let_in(app, body, now)
    buttons_later.note_heard(app, now)
    reply = hear(heard, now=now)
    if reply.again:
        return HttpResponse()
    if jandi.can_say_later(app):
        return JsonResponse(jandi.answered(reply.answer or words.AT_IT, reply.language))
    answer = reply.answer or words.AT_IT_SILENTLY
    if answer.follows:
        said = pick(render(answer.body), reply.language), pick(render(words.NOT_LATER), reply.language)
        answer = replace(answer, body="\n".join(filter(None, said)))
    return JsonResponse(jandi.answered(answer, reply.language))


def _let_in(app: ChatApp, body: bytes, now: datetime) -> Heard:
    """What was said, and by whom. Raises Refused or NotUnderstood."""
    doors.check_open(app)
    said = json_object(body)
    token = _text(said, "token")
    expected = app.config.get(jandi.TOKEN, "")
    if not expected or not hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()):
        raise Refused(_("The token is wrong. Is it the one of this Outgoing Webhook?"))
    said_at = _moment(_text(said, "createdAt"))
    if said_at is None:
        raise NotUnderstood("The call has no time.")
    check_fresh(said_at, now)
    email, name = _address(_text(said, "writerEmail")), _text(said, "writerName")
    parts = (token, email or name, _text(said, "text"), _text(said, "createdAt"))
    return Heard(
        app=app,
        key=hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest(),
        external_id=email,
        name=name,
        text=_asked(said),
        email=email,
        reply_to={"name": name},
    )


def _text(said: Said, name: str) -> str:
    found = said.get(name)
    return str(storable(found)) if isinstance(found, str) else ""


def _address(written: str) -> str:
    """Whose it is, however it is written. In small letters where all are ASCII: others become each other by that. One
    that is too long to be an address is none."""
    address = written.strip()
    if len(address) > LONGEST_ADDRESS:
        return ""
    return address.lower() if address.isascii() else address


def _asked(said: Said) -> str:
    """What was typed behind the keyword. `data` is that, where JANDI sends it."""
    if isinstance(said.get("data"), str):
        return _text(said, "data")
    typed = _text(said, "text").strip()
    for keyword in (f"/{_text(said, 'keyword').lstrip('/')}", jandi.Jandi.keyword):
        begun, found, rest = typed.partition(keyword)
        if found and not begun and keyword != "/" and rest[:1].strip() == "":
            return rest.strip()
    return typed


def _moment(said: str) -> datetime | None:
    try:
        found = parse_datetime(said)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
