"""The other side of each kind of channel, as the contract of all senders needs it: settings that lead to it, what it
has taken, and how it goes wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifications.senders import aws as aws_sender
from notifications.senders import http
from tests.notifications import discord_server
from tests.support.mail_server import mail_server

from . import aws, jandi, sens, server, slack, webhook
from . import discord as discord_api

LIMITED, BROKEN, REFUSED, GONE, HANGS, RESETS = "limited", "broken", "refused", "gone", "hangs", "resets"
REFUSED_INSIDE = "refused inside"
"""Of SENS alone."""
TROUBLES = (LIMITED, BROKEN, REFUSED, GONE, HANGS, RESETS)
WAIT = 7
"""Seconds that a limited service asks for."""

LATER, PERMANENT, CLOSES, UNKNOWN = "later", "permanent", "closes", "unknown"
MEANS = {LIMITED: LATER, BROKEN: LATER, REFUSED: PERMANENT, GONE: CLOSES, HANGS: UNKNOWN, RESETS: UNKNOWN}

TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:daybreak"
KEYS = {"access_key_id": "AKIATESTTESTSECRET", "secret_access_key": "a" * 34 + "SECRET"}
PHONE = "010-9876-5432"
MAIL = "mina@example.com"


@dataclass
class Side:
    """`differs`: what a trouble means where this protocol cannot say it better. `told`: the text of all that was taken.
    `leave`: nobody is there any more."""

    config: dict[str, str]
    trouble: Callable[[str], None]
    told: Callable[[], list[str]]
    leave: Callable[[], None]
    to: str = ""
    differs: dict[str, str] = field(default_factory=dict)
    trouble_next: Callable[[server.Behaviour], None] = lambda behaviour: None
    tells_the_wait: bool = True
    tells_an_id: bool = True


def _of(receiver: server.Receiver, config: dict[str, str], how: dict[str, server.Behaviour], **more: Any) -> Side:
    troubles = {HANGS: server.hang, RESETS: server.reset_after_acceptance, BROKEN: server.refuse(503)} | how
    more.setdefault("told", lambda: [json.dumps(one, ensure_ascii=False) for one in receiver.taken])
    return Side(
        config,
        trouble=lambda what: receiver.next.append(troubles[what]),
        leave=lambda: receiver.__exit__(),
        trouble_next=receiver.next.append,
        **more,
    )


@contextmanager
def discord(_tools: Any) -> Iterator[Side]:
    with discord_server.Discord() as there:
        secret = discord_server.SECRET
        how: dict[str, discord_server.Behaviour] = {
            LIMITED: discord_server.refuse(429, {"message": secret, "retry_after": 3}, Retry_After=str(WAIT)),
            BROKEN: discord_server.broken,
            REFUSED: discord_server.refuse(400, {"message": "Invalid Form Body"}),
            GONE: discord_server.gone,
            HANGS: discord_server.hang,
            RESETS: discord_server.reset_after_acceptance,
        }
        yield Side(
            {"webhook_url": there.url()},
            trouble=lambda what: there.answers(how[what]),
            told=lambda: [json.dumps(one, ensure_ascii=False) for one in there.accepted],
            leave=lambda: there.__exit__(),
        )


@contextmanager
def slack_webhook(_tools: Any) -> Iterator[Side]:
    with slack.SlackWebhook() as there:
        how = {
            LIMITED: server.refuse(429, "rate_limited", Retry_After=str(WAIT)),
            REFUSED: server.refuse(400, f"invalid_payload {slack.PATH}"),
            GONE: server.refuse(410, "channel_is_archived"),
        }
        yield _of(there, {"webhook_url": there.url + slack.PATH}, how, tells_an_id=False)


def _discord_api(to: str, gone: server.Behaviour) -> Callable[[Any], AbstractContextManager[Side]]:
    @contextmanager
    def side(_tools: Any) -> Iterator[Side]:
        with discord_api.DiscordApi() as there:
            echo = {"message": f"{discord_api.TOKEN} {to}", "retry_after": 3, "code": 0}
            how = {
                LIMITED: server.refuse(429, echo, Retry_After=str(WAIT)),
                REFUSED: server.refuse(400, {"message": "Invalid Form Body", "code": 50035}),
                GONE: gone,
            }
            config = {"token": discord_api.TOKEN, "channel": discord_api.CHANNEL, "api_url": there.url}
            yield _of(there, config, how, to=to)

    return side


def _slack_api(to: str, gone: str) -> Callable[[Any], AbstractContextManager[Side]]:
    @contextmanager
    def side(_tools: Any) -> Iterator[Side]:
        with slack.SlackApi() as there:
            how = {
                LIMITED: server.refuse(429, {"ok": False, "error": "ratelimited"}, Retry_After=str(WAIT)),
                REFUSED: server.refuse(200, {"ok": False, "error": "msg_too_long", "needed": slack.TOKEN}),
                GONE: server.refuse(200, {"ok": False, "error": gone}),
            }
            config = {"token": slack.TOKEN, "channel": "C012AB3CD", "api_url": there.url}
            yield _of(there, config, how, to=to)

    return side


@contextmanager
def jandi_webhook(_tools: Any) -> Iterator[Side]:
    with jandi.Jandi() as there:
        how = {
            LIMITED: server.refuse(400, {"code": 42900, "msg": jandi.PATH}, Retry_After=str(WAIT)),
            REFUSED: server.refuse(400, {"code": 40000, "msg": jandi.PATH}),
            GONE: server.refuse(400, {"code": 40051, "msg": jandi.PATH}),
        }
        yield _of(there, {"webhook_url": there.url + jandi.PATH}, how, tells_an_id=False)


@contextmanager
def naver_sens(_tools: Any) -> Iterator[Side]:
    with sens.Sens() as there:
        echo = {"status": 400, "errorMessage": f"{sens.ACCESS_KEY} 01098765432"}
        how = {
            LIMITED: server.refuse(429, echo, Retry_After=str(WAIT)),
            REFUSED: server.refuse(400, echo),
            GONE: server.refuse(401, echo),
            REFUSED_INSIDE: sens.refused_inside,
        }
        config = {"service_id": sens.SERVICE, "access_key": sens.ACCESS_KEY, "secret_key": sens.SECRET_KEY}
        yield _of(there, config | {"sender": "02-1234-5678", "api_url": there.url}, how, to=PHONE)


@contextmanager
def own_program(_tools: Any) -> Iterator[Side]:
    with webhook.Webhook() as there:
        how = {
            LIMITED: server.refuse(429, webhook.SECRET, Retry_After=str(WAIT)),
            REFUSED: server.refuse(422, webhook.SECRET),
            GONE: server.refuse(410),
        }
        config = {"url": there.url + "/hooks/" + webhook.SECRET, "secret": webhook.SECRET}
        yield _of(there, config, how, tells_an_id=False)


@contextmanager
def by_apprise(_tools: Any) -> Iterator[Side]:
    """Of what Apprise says, the status is all that can be used; where there is none, nobody knows."""
    with webhook.AnyJson() as there:
        how = {LIMITED: server.refuse(429), REFUSED: server.refuse(400), GONE: server.refuse(404)}
        config = {"url": f"json://{urlsplit(there.url).netloc}/{webhook.SECRET}?rto=0.3"}
        yield _of(there, config, how, tells_an_id=False, tells_the_wait=False, differs={"nobody": UNKNOWN})


@contextmanager
def mail(tools: Any) -> Iterator[Side]:
    """A mail server can refuse a mail, and no more: what is wrong with the server concerns the settings."""
    with mail_server() as there:
        tools.settings.EMAIL_HOST, tools.settings.EMAIL_PORT = "127.0.0.1", there.port
        tools.settings.EMAIL_FROM, tools.settings.EMAIL_TIMEOUT = "Daybreak <daybreak@example.com>", 1
        tools.settings.EMAIL_HOST_USER = tools.settings.EMAIL_HOST_PASSWORD = ""
        tools.settings.EMAIL_USE_TLS = tools.settings.EMAIL_USE_SSL = False

        def trouble(what: str) -> None:
            match what:
                case "limited":
                    there.to_data[MAIL] = "451 4.7.1 Slow down"
                case "broken":
                    there.to_rcpt[MAIL] = "421 4.3.0 Closing"
                case "refused":
                    there.to_data[MAIL] = f"554 5.6.0 Not for <{MAIL}>"
                case "gone":
                    there.to_rcpt[MAIL] = f"550 5.1.1 <{MAIL}>: no such user"
                case "hangs":
                    there.hangs = True
                case "resets":
                    there.drops = True

        def leave() -> None:
            tools.settings.EMAIL_PORT = 9

        yield Side(
            {"reply_to": "it-team@example.com"},
            trouble=trouble,
            told=lambda: [_words(one.as_bytes()) for one in there.taken],
            leave=leave,
            to=MAIL,
            differs={GONE: PERMANENT},
            tells_the_wait=False,
        )


def _by_aws(
    config: dict[str, str], refuse: Callable[..., server.Behaviour], gone: str, to: str = ""
) -> Callable[[Any], AbstractContextManager[Side]]:
    @contextmanager
    def side(tools: Any) -> Iterator[Side]:
        tools.simulator.reset()
        tools.simulator.client("sns").create_topic(Name="daybreak")
        tools.simulator.client("sesv2").create_email_identity(EmailIdentity="daybreak@example.com")
        echo = f"no {KEYS['secret_access_key']} for {to}"
        how = {
            LIMITED: refuse(429, "TooManyRequestsException", echo, Retry_After=str(WAIT)),
            BROKEN: refuse(500, "InternalFailure", echo),
            REFUSED: refuse(400, "InvalidParameter", echo),
            GONE: refuse(403, gone, echo),
        }
        with aws.Aws(tools.simulator.url) as there:
            tools.settings.AWS_ENDPOINT_URL = there.url
            # One that was made for another test may have the same port.
            aws_sender.forget_clients()
            yield _of(there, config | KEYS, how, to=to, told=lambda: [_said(body) for body in there.taken])
            aws_sender.forget_clients()

    return side


def _said(body: bytes) -> str:
    """What is in a request to SNS or SES."""
    if body.startswith(b"{"):
        return _words(base64.b64decode(json.loads(body)["Content"]["Raw"]["Data"]))
    return "\n".join(value for values in parse_qs(body.decode()).values() for value in values)


def _words(raw: bytes) -> str:
    """Headers and texts of a mail, decoded."""
    found = message_from_bytes(raw, policy=policy.default)
    parts = [part.get_content() for part in found.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {said}" for name, said in found.items()), *parts])


READ_SECONDS = 1.0

SIDES: dict[str, Callable[[Any], AbstractContextManager[Side]]] = {
    "email": mail,
    "discord": discord,
    "discord_bot": _discord_api("", server.refuse(404, {"message": "Unknown Channel", "code": 10003})),
    "discord_person": _discord_api(discord_api.PERSON, server.refuse(401, {"message": "401: Unauthorized", "code": 0})),
    "slack": slack_webhook,
    "slack_bot": _slack_api("", "channel_not_found"),
    "slack_person": _slack_api("U012AB3CD", "token_revoked"),
    "jandi": jandi_webhook,
    "sens": naver_sens,
    "sns": _by_aws({"topic_arn": TOPIC}, aws.refuse_query, "AuthorizationError"),
    "sns_sms": _by_aws({"region": "ap-northeast-2"}, aws.refuse_query, "InvalidClientTokenId", to=PHONE),
    "ses": _by_aws(
        {"region": "ap-northeast-2", "sender": "Daybreak <daybreak@example.com>"},
        aws.refuse_json,
        "AccessDeniedException",
        to=MAIL,
    ),
    "webhook": own_program,
    "apprise": by_apprise,
}


def hurry(monkeypatch: Any) -> None:
    """Nobody waits ten seconds in a test for an answer that never comes."""
    for module in (http, aws_sender):
        monkeypatch.setattr(module, "READ_SECONDS", READ_SECONDS)
