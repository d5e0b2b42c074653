"""Chats from their other side: Slack and Discord as they call us, signed; a bot with few words; and a warning before a
stop whose buttons people press."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from environments.models import Environment, State, Wish
from environments.services import stop_offers
from notifications import secret_doors
from notifications.chat import people
from notifications.chat.spoken import Answer, Asked
from notifications.models import Channel, ChatApp, Contact, Delivery
from notifications.outbox import publish
from tests import factories
from tests.support.times import monday

from . import discord, slack

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
TEAM, USER = "T0001", "U2147483697"
SLACK_PERSON = f"{TEAM}/{USER}"
STOP = monday("18:00")
NOW = monday("17:40")
_numbers = itertools.count(1)


@dataclass
class ScriptedBot:
    """Answers as `answers` says, by what is asked; anything else is done. `waits`: until it is let go on."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waits: threading.Event | None = None
    ended: Answer | None = None

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.waits is not None:
            assert self.waits.wait(30)
        if asked.text.startswith("force_stop") and not asked.confirmed:
            return Answer({"en": "Stop chat-dev?", "ko": "chat-dev를 중지할까요?"}, severity="warning", confirm=True)
        done = Answer({"en": f"Done: {asked.text}", "ko": f"했어요: {asked.text}"}, severity="success")
        return self.answers.get(asked.text, done)

    def help(self, asked: Asked) -> Answer:
        return Answer({"en": "What I can do", "ko": "할 수 있는 일"}, "status, force_start", private=True)

    def followed(self, follows: str, asked: Asked) -> Answer | None:
        return self.ended

    def names(self, user: User, beginning: str, now: datetime) -> list[str]:
        return [name for name in self.known if name.startswith(beginning)]

    def texts(self) -> list[str]:
        return [asked.text for asked in self.asked]


def slack_app(there: slack.SlackApi | None = None, name: str = "Slack", **config: str) -> ChatApp:
    """Connected; with a bot token where there is a Slack for it."""
    values = {"signing_secret": SIGNING_SECRET, "language": "en"}
    if there is not None:
        values |= {"bot_token": slack.TOKEN, "api_url": there.url}
    return _app("slack", name, values | config)


def discord_app(there: discord.DiscordApi | None = None, name: str = "Discord", **config: str) -> ChatApp:
    values = {"public_key": PUBLIC, "application_id": discord.APPLICATION, "language": "en"}
    if there is not None:
        values |= {"bot_token": discord.TOKEN, "api_url": there.url}
    return _app("discord", name, values | config)


def _app(kind: str, name: str, config: Mapping[str, str]) -> ChatApp:
    made = ChatApp(name=name, kind=kind, config=dict(config), last_at=NOW)
    secret_doors.new_address(made)
    made.save()
    return made


def path(app: ChatApp) -> str:
    return f"/hooks/{app.kind}/{app.config['key']}/"


def call_slack(
    app: ChatApp,
    fields: Mapping[str, str],
    *,
    secret: str = SIGNING_SECRET,
    at: datetime | None = None,
    signature: str | None = None,
    to: str = "",
) -> HttpResponse:
    body = urlencode(fields).encode()
    timestamp = str(int((at or timezone.now()).timestamp()))
    made = "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": made if signature is None else signature}
    return Client(headers=headers).post(  # type: ignore[return-value]
        to or path(app), body, content_type="application/x-www-form-urlencoded"
    )


def command(text: str, there: slack.SlackApi | None = None, **fields: str) -> dict[str, str]:
    """Slack's documented fields of a slash command."""
    return {
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team_id": TEAM,
        "team_domain": "example",
        "channel_id": "C012AB3CD",
        "channel_name": "test",
        "user_id": USER,
        "user_name": "Steve",
        "command": "/env",
        "text": text,
        "response_url": there.response_url if there else "https://hooks.slack.com/commands/1234/5678",
        "trigger_id": f"13345224609.738474920.{next(_numbers):032x}",
        "api_app_id": "A123456",
    } | fields


def press_slack(app: ChatApp, there: slack.SlackApi, value: str, message: Mapping[str, Any], **more: Any) -> Any:
    """Slack's documented payload of `block_actions`."""
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": more.pop("user", USER), "username": "minseo", "team_id": TEAM},
        "api_app_id": "A02",
        "token": "Shh_its_a_seekrit",
        "container": {"type": "message", "message_ts": "1503435956.000001", "is_ephemeral": more.pop("private", False)},
        "trigger_id": more.pop("trigger", f"12466734323.1395872398.{next(_numbers):032x}"),
        "channel": {"id": "C012AB3CD", "name": "review-updates"},
        "message": {"type": "message", "ts": "1503435956.000001", **message},
        "response_url": there.response_url,
        "actions": [
            {
                "action_id": "daybreak_0",
                "block_id": "qwert",
                "type": "button",
                "action_ts": "1548426417.840180",
                **({"value": value} if value else {}),
            }
        ],
    }
    return call_slack(app, {"payload": json.dumps(payload | more.pop("payload", {}))}, **more)


def call_discord(
    app: ChatApp,
    said: Mapping[str, Any],
    *,
    key: Ed25519PrivateKey = PRIVATE,
    at: datetime | None = None,
    signature: str | None = None,
) -> HttpResponse:
    body = json.dumps(said, ensure_ascii=False).encode()
    timestamp = str(int((at or timezone.now()).timestamp()))
    made = key.sign(timestamp.encode() + body).hex()
    headers = {"X-Signature-Ed25519": made if signature is None else signature, "X-Signature-Timestamp": timestamp}
    return Client(headers=headers).post(path(app), body, content_type="application/json")  # type: ignore[return-value]


def interaction(kind: int, data: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Discord's documented interaction, from a server unless told otherwise."""
    found: dict[str, Any] = {
        "type": kind,
        "id": str(846462639134605312 + next(_numbers)),
        "application_id": discord.APPLICATION,
        "token": discord.INTERACTION,
        "version": 1,
        "guild_id": "290926798626357999",
        "channel_id": discord.CHANNEL,
        "locale": "en-US",
        "guild_locale": "en-US",
        "member": {"user": {"id": discord.PERSON, "username": "mason", "global_name": "Minseo"}, "nick": None},
    }
    if data is not None:
        found["data"] = dict(data)
    return found | more


def asked(*path_: str, **options: str) -> dict[str, Any]:
    """A use of `/env`, as Discord nests subcommands and options."""
    given: list[dict[str, Any]] = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
    for depth, name in enumerate(reversed(path_)):
        given = [{"type": 1 if depth == 0 else 2, "name": name, "options": given}]
    return {"type": 1, "name": "env", "id": "846462639134605300", "options": given}


def link(app: ChatApp, user: User, external_id: str = "") -> User:
    known = external_id or (SLACK_PERSON if app.kind == "slack" else discord.PERSON)
    people.link(app, known, user.username, user, NOW)
    return user


def named(user: User, first: str = "Minseo", last: str = "Kim") -> User:
    user.first_name, user.last_name = first, last
    user.save()
    return user


def running() -> Environment:
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "wish": Wish.RUNNING,
        "judged_at": monday("09:00"),
        "next_transition_at": STOP,
    }
    return factories.environment(**values)


def warning(channel: Channel, chat: Environment, to: Contact | None = None, **values: Any) -> Delivery:
    """What people are told twenty minutes before it stops, with what they can do."""
    event = publish(
        kind="environment.stopping",
        severity="warning",
        labels={"environment": chat.name, "team": chat.team.name},
        title={"en": f"{chat.name} stops at 18:00", "ko": f"{chat.name}가 18:00에 멈춰요"},
        link="/environments/chat-dev/",
        now=NOW,
        until=values.pop("until", STOP),
        offer=stop_offers.offer_of(chat, STOP, {}, NOW),
        **values,
    )
    return Delivery.objects.create(
        event=event,
        channel=channel,
        contact=to,
        recipient=f"contact-{to.pk}" if to else "",
        why="rule",
        not_before=NOW,
        deadline_at=NOW + timedelta(hours=1),
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
