"""The door of Discord: the slash command, names while they are typed, and pressed buttons.

Each app has a secret address, and Discord signs its calls. A call that is not signed as it should be, or too old, is
answered 401, as Discord wants it, and counted on its app. What cannot be answered within the three seconds that Discord
waits is acknowledged, and said later.

Facts: Discord's developer documentation, "Receiving and Responding to Interactions" (checked 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.chat import buttons, buttons_discord, buttons_later, buttons_pressed, discord, doors, people, words
from notifications.chat.buttons import OfAnswer
from notifications.chat.buttons_pressed import Press, Pressed
from notifications.chat.discord import ONLY_FOR_THEM
from notifications.chat.hearing import Caller, Reply, hear
from notifications.chat.spoken import Answer, bot
from notifications.inbound import discord_commands, discord_signature
from notifications.models import ChatApp
from notifications.secret_doors import NotUnderstood, Refused, check_fresh, json_object, unix_time
from portal import origin

TIMESTAMP, SIGNATURE = "X-Signature-Timestamp", "X-Signature-Ed25519"
PING, COMMAND, COMPONENT, AUTOCOMPLETE = 1, 2, 3, 4
PONG, MESSAGE, LATER, LATER_UPDATE, UPDATE, CHOICES = 1, 4, 5, 6, 7, 8
_MOST_CHOICES, _LONGEST_CHOICE = 25, 100


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """`/hooks/discord/<secret>/`: 200 with the answer, 400 for what is none of Discord's calls, 401 when it is refused,
    404 for an address that is none, 413 when it is too long."""
    return doors.door(ChatApp.Kind.DISCORD, refuses_with=401).receive(request, secret, partial(_receive, request))


def _receive(request: HttpRequest, app: ChatApp, body: bytes, now: datetime) -> HttpResponse:
    said = _let_in(app, request, body, now)
    buttons_later.note_heard(app, now)
    return JsonResponse(_answer(app, said, now))


def _let_in(app: ChatApp, request: HttpRequest, body: bytes, now: datetime) -> dict[str, Any]:
    """The interaction. Raises Refused or NotUnderstood."""
    doors.check_open(app)
    timestamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not discord_signature.is_of_discord(app.config.get("public_key", ""), timestamp, body, given):
        raise Refused(_("The signature is wrong. Is its public key the right one?"))
    check_fresh(unix_time(timestamp), now)
    said = json_object(body)
    if said.get("application_id") not in (None, app.config.get("application_id")):
        raise Refused(_("It is a call of another application. Is its application id the right one?"))
    return said


def _answer(app: ChatApp, said: Mapping[str, Any], now: datetime) -> dict[str, object]:
    kind = said.get("type")
    if kind == PING:
        return {"type": PONG}
    caller = _caller(app, said, now)
    data, message = doors.part(said, "data"), doors.part(said, "message")
    if "data" not in said:
        raise NotUnderstood("The interaction has no data.")
    if kind == AUTOCOMPLETE:
        return _names(caller, data, now)
    if kind == COMMAND:
        reply = hear(caller.says(discord_commands.text_of(data)), now=now)
        return _said(reply, MESSAGE)
    if kind == COMPONENT:
        return _component(caller, data, message, now)
    raise NotUnderstood("The interaction is of no type that is known here.")


def _said(reply: Reply, how: int) -> dict[str, object]:
    """An answer in time, as a message or in the place of one. What takes longer is for who asked alone: whether all may
    read it is not known yet."""
    if reply.again:
        return _message(words.HEARD_BEFORE, reply.language)
    if reply.answer is None:
        return {"type": LATER, "data": {"flags": ONLY_FOR_THEM}}
    return _message(reply.answer, reply.language, reply.request_id, how)


def _message(answer: Answer, language: str, request_id: int | None = None, how: int = MESSAGE) -> dict[str, object]:
    drawn = discord.payload(answer, language, request_id)
    if how == UPDATE:
        # Buttons that are not named stay.
        return {"type": UPDATE, "data": {"components": [], **drawn}}
    return {"type": MESSAGE, "data": {**drawn, **discord.flags(answer)}}


def _names(caller: Caller, data: Mapping[str, Any], now: datetime) -> dict[str, object]:
    """Names that begin as what is being typed; none for people whom nobody knows."""
    beginning, user = discord_commands.being_typed(data), people.known(caller.app, caller.external_id)
    found = bot().names(user, beginning, now) if user is not None and beginning is not None else []
    names = [name for name in found if len(name) <= _LONGEST_CHOICE][:_MOST_CHOICES]
    return {"type": CHOICES, "data": {"choices": [{"name": name, "value": name} for name in names]}}


def _component(caller: Caller, data: Mapping[str, Any], message: Mapping[str, Any], now: datetime) -> dict[str, object]:
    does = buttons.carried(caller.app, doors.words(data, "custom_id"))
    if does is None:
        return _message(words.GONE, caller.language)
    if isinstance(does, OfAnswer):
        reply = hear(caller.says(does.says), now=now)
        flags = message.get("flags")
        only_theirs = isinstance(flags, int) and bool(flags & ONLY_FOR_THEM)
        replaces = reply.answer is not None and (only_theirs or not reply.answer.private)
        return _said(reply, UPDATE if replaces else MESSAGE)
    press = Press(
        app=caller.app,
        key=caller.key,
        external_id=caller.external_id,
        name=caller.name,
        does=does,
        language=caller.language,
        address=origin.current().address,
        reply_to=caller.reply_to,
    )
    pressed = buttons_pressed.press(press, now=now, later=partial(_tell, press, message, now))
    if pressed is None:
        return {"type": LATER_UPDATE}
    if pressed.again:
        return _message(words.HEARD_BEFORE, pressed.language)
    if pressed.said is not None:
        return _message(pressed.said, pressed.language)
    return {"type": UPDATE, "data": _redrawn(press, message, pressed)}


def _tell(press: Press, message: Mapping[str, Any], now: datetime, pressed: Pressed) -> None:
    """What took too long to be answered: into the message, or to who pressed."""
    token = press.reply_to["token"]
    if pressed.delivery is not None and pressed.outcome:
        said = _redrawn(press, message, pressed)
        buttons_later.soon(partial(discord.edit_original, press.app, token, said))
    if pressed.said is not None:
        theirs = {**discord.payload(pressed.said, pressed.language), "flags": ONLY_FOR_THEM}
        buttons_later.tell(pressed.request_id, pressed.said, partial(discord.follow_up, press.app, token, theirs), now)


def _redrawn(press: Press, message: Mapping[str, Any], pressed: Pressed) -> dict[str, object]:
    assert pressed.delivery is not None, "what was done was done by a message"
    return buttons_discord.redrawn(message, partial(buttons.is_spent, press.does, pressed.delivery), pressed.outcome)


def _caller(app: ChatApp, said: Mapping[str, Any], now: datetime) -> Caller:
    """In a server the person is within `member`, in a direct message they stand alone."""
    member = doors.part(said, "member")
    user = doors.part(member, "user") or doors.part(said, "user")
    key, token, known = doors.words(said, "id"), doors.words(said, "token"), doors.words(user, "id")
    if not (key and token and known):
        raise NotUnderstood("The interaction has no id, no token or no user.")
    reply_to = {"token": token, "channel": doors.words(said, "channel_id"), "user": known, "at": now.isoformat()}
    name = doors.words(member, "nick") or doors.words(user, "global_name") or doors.words(user, "username")
    return Caller(app, key, known, name, doors.words(said, "locale"), reply_to)
