"""The door of Slack: the slash command, and pressed buttons.

Each app has a secret address, and Slack signs its calls. A call that is not signed as it should be, or too old, is
answered 403 and counted on its app. What cannot be answered within the three seconds that Slack waits is said later.

Facts: docs.slack.dev, "Slash commands", "Handling user interaction" and "block_actions" (checked 2026-11-22).
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

from notifications.chat import buttons, buttons_later, buttons_pressed, buttons_slack, doors, slack, slack_code, words
from notifications.chat.buttons import OfAnswer
from notifications.chat.buttons_pressed import Press, Pressed
from notifications.chat.hearing import Caller, hear
from notifications.chat.spoken import Answer
from notifications.inbound import slack_signature
from notifications.models import ChatApp
from notifications.secret_doors import NotUnderstood, Refused, check_fresh, form_fields, json_object, unix_time
from notifications.storing import storable
from portal import origin

TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """`/hooks/slack/<secret>/`: 200 with the answer, or without one where it follows; 400 for what is none of Slack's
    calls, 403 when it is refused, 404 for an address that is none, 413 when it is too long."""
    return doors.door(ChatApp.Kind.SLACK).receive(request, secret, partial(_answer, request))


def _answer(request: HttpRequest, app: ChatApp, body: bytes, now: datetime) -> HttpResponse:
    fields = _let_in(app, request, body, now)
    buttons_later.note_heard(app, now)
    if "payload" in fields:
        return _interaction(app, fields["payload"], now)
    return HttpResponse() if "ssl_check" in fields else _command(app, fields, now)


def _let_in(app: ChatApp, request: HttpRequest, body: bytes, now: datetime) -> Mapping[str, str]:
    """The fields of the call, the first value of each. Raises Refused or NotUnderstood."""
    doors.check_open(app)
    timestamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not slack_signature.is_of_slack(app.config.get("signing_secret", ""), timestamp, body, given):
        raise Refused(_("The signature is wrong. Is its signing secret the right one?"))
    check_fresh(unix_time(timestamp), now)
    return {name: str(storable(values[0])) for name, values in form_fields(body).items()}


def _command(app: ChatApp, fields: Mapping[str, str], now: datetime) -> HttpResponse:
    if not fields.get("user_id") or not fields.get("trigger_id"):
        raise NotUnderstood("The command has no user_id or no trigger_id.")
    caller = _caller(
        app,
        now,
        team=_team_of_command(fields),
        user=fields["user_id"],
        name=fields.get("user_name", ""),
        key=fields["trigger_id"],
        channel=fields.get("channel_id", ""),
        response_url=fields.get("response_url", ""),
    )
    reply = hear(caller.says(slack_code.unescaped(fields.get("text", ""))), now=now)
    if reply.again:
        return HttpResponse()
    answer = reply.answer or words.AT_IT
    return JsonResponse({**slack.audience(answer), **slack.payload(answer, reply.language, reply.request_id)})


def _interaction(app: ChatApp, payload: str, now: datetime) -> HttpResponse:
    """Answered at once; what came of it is posted afterwards. Buttons that are links, and interactions that we have
    none of, are passed over."""
    said = json_object(payload)
    action: Mapping[str, Any] = next(iter(doors.parts(said, "actions")), {})
    value = doors.words(action, "value")
    if said.get("type") != "block_actions" or not value:
        return HttpResponse()
    does = buttons.carried(app, value)
    user, key = doors.part(said, "user"), doors.words(said, "trigger_id")
    container, message = doors.part(said, "container"), doors.part(said, "message")
    if not doors.words(user, "id") or not key:
        raise NotUnderstood("The interaction has no user or no trigger_id.")
    caller = _caller(
        app,
        now,
        team=_team_of_press(said),
        user=doors.words(user, "id"),
        name=doors.words(user, "name") or doors.words(user, "username"),
        # One press is one trigger.
        key=key,
        channel=doors.words(doors.part(said, "channel"), "id"),
        response_url=doors.words(said, "response_url"),
    )
    if isinstance(does, OfAnswer):
        _say(caller, does.says, is_private=container.get("is_ephemeral") is True, now=now)
    elif does is not None:
        press = Press(
            app, caller.key, caller.external_id, caller.name, does, caller.language, origin.current().address,
            caller.reply_to,
        )  # fmt: skip
        tell = partial(_tell, press, message, now)
        pressed = buttons_pressed.press(press, now=now, later=tell)
        if pressed is None:
            _say_at_it(caller)
        else:
            tell(pressed)
    return HttpResponse()


def _say(caller: Caller, text: str, *, is_private: bool, now: datetime) -> None:
    """A button below an answer: its text typed. What it says to all takes the place of the answer; so does whatever is
    said where only who pressed sees it."""
    reply = hear(caller.says(text), now=now)
    if reply.answer is None:
        if not reply.again:
            _say_at_it(caller)
        return
    answer = reply.answer
    said = {
        **slack.audience(answer),
        "replace_original": is_private or not answer.private,
        **slack.payload(answer, reply.language, reply.request_id),
    }
    buttons_later.tell(reply.request_id, answer, partial(_respond, caller.reply_to, said), now)


def _say_at_it(caller: Caller) -> None:
    """To who pressed alone: a press cannot be answered, so that nothing seems to happen while it takes long."""
    said = _private(words.AT_IT, caller.language or caller.app.config.get("language", ""))
    buttons_later.soon(partial(_respond, caller.reply_to, said))


def _team_of_command(fields: Mapping[str, str]) -> str:
    """Whose member ids it holds: the organisation of an app that all its workspaces share, else the workspace."""
    is_shared = fields.get("is_enterprise_install") == "true"
    return (fields.get("enterprise_id") if is_shared else "") or fields.get("team_id", "")


def _team_of_press(said: Mapping[str, Any]) -> str:
    """The same for a press, which names no workspace where the app is the organisation's: then that of the person."""
    shared_by = doors.words(doors.part(said, "enterprise"), "id") if said.get("is_enterprise_install") is True else ""
    return shared_by or doors.words(doors.part(said, "team"), "id") or doors.words(doors.part(said, "user"), "team_id")


def _tell(press: Press, message: Mapping[str, Any], now: datetime, pressed: Pressed) -> None:
    """Puts what was done into the message, and says to who pressed what only they are told."""
    if pressed.outcome and pressed.delivery is not None:
        spent = partial(buttons.is_spent, press.does, pressed.delivery)
        said = buttons_slack.redrawn(message, spent, pressed.outcome)
        buttons_later.soon(partial(_respond, press.reply_to, said))
    if pressed.said is not None:
        words_for_them = _private(pressed.said, pressed.language)
        buttons_later.tell(pressed.request_id, pressed.said, partial(_respond, press.reply_to, words_for_them), now)


def _private(answer: Answer, language: str) -> Mapping[str, object]:
    return {"response_type": "ephemeral", "replace_original": False, **slack.payload(answer, language)}


def _respond(reply_to: Mapping[str, str], said: Mapping[str, object]) -> None:
    slack.respond(reply_to["response_url"], said)


def _caller(
    app: ChatApp, now: datetime, *, team: str, user: str, name: str, key: str, channel: str, response_url: str
) -> Caller:
    external_id = f"{team}/{user}"
    language = slack.known_language(app, external_id)
    if language is None:
        buttons_later.soon(partial(slack.learn_language, app, external_id))
    reply_to = {"response_url": response_url, "channel": channel, "user": user, "at": now.isoformat()}
    return Caller(app, key, external_id, name, language or "", reply_to)
