"""The door of Slack: signed, recent, once; anything else is refused and counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from notifications.inbound import slack_signature
from notifications.models import ChatApp, ChatRequest
from tests.notifications.receivers.chats import (
    NOW,
    SIGNING_SECRET,
    ScriptedBot,
    call_slack,
    command,
    discord_app,
    path,
    slack_app,
)

pytestmark = pytest.mark.django_db
# https://docs.slack.dev/authentication/verifying-requests-from-slack
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
TIMESTAMP = "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_the_signature_that_slack_publishes_as_an_example_is_ours() -> None:
    assert slack_signature.signature("8f742231b10e8888abcd99yyyzzz85a5", TIMESTAMP, BODY) == SIGNATURE
    assert slack_signature.is_of_slack("8f742231b10e8888abcd99yyyzzz85a5", TIMESTAMP, BODY, SIGNATURE)


@pytest.mark.parametrize(
    ("secret", "timestamp", "body", "given"),
    [
        ("8f742231b10e8888abcd99yyyzzz85a6", TIMESTAMP, BODY, SIGNATURE),
        (SIGNING_SECRET, "1531420619", BODY, SIGNATURE),
        (SIGNING_SECRET, TIMESTAMP, BODY + b"&text=force_stop", SIGNATURE),
        (SIGNING_SECRET, TIMESTAMP, BODY, SIGNATURE.upper()),
        (SIGNING_SECRET, TIMESTAMP, BODY, SIGNATURE[3:]),
        (SIGNING_SECRET, TIMESTAMP, BODY, ""),
        (SIGNING_SECRET, "ö", BODY, "wröng"),
    ],
)
def test_any_other_signature_is_wrong(secret: str, timestamp: str, body: bytes, given: str) -> None:
    assert not slack_signature.is_of_slack(secret, timestamp, body, given)


def test_nothing_is_signed_with_an_empty_secret() -> None:
    assert not slack_signature.is_of_slack("", TIMESTAMP, BODY, slack_signature.signature("", TIMESTAMP, BODY))


def refused(app: ChatApp) -> tuple[int, str]:
    app.refresh_from_db()
    return app.refused, app.last_error.get("en", "")


def test_a_call_with_the_wrong_secret_is_refused_counted_and_not_heard(bot: ScriptedBot) -> None:
    app = slack_app()
    assert call_slack(app, command("status"), secret="another secret of somebody").status_code == 403
    assert refused(app) == (1, "The signature is wrong. Is its signing secret the right one?")
    assert not ChatRequest.objects.exists()
    assert bot.asked == []


def test_a_call_of_another_apps_slack_is_refused_at_this_one() -> None:
    ours = slack_app(name="Ours")
    slack_app(name="Theirs", signing_secret="e" * 32)
    assert call_slack(ours, command("status"), secret="e" * 32).status_code == 403
    assert refused(ours)[0] == 1


@pytest.mark.parametrize("seconds", [301, -301])
def test_a_call_that_is_more_than_five_minutes_off_is_refused(seconds: int) -> None:
    app = slack_app()
    assert call_slack(app, command("status"), at=NOW - timedelta(seconds=seconds)).status_code == 403
    assert "five minutes" in refused(app)[1]
    assert call_slack(app, command("status"), at=NOW - timedelta(seconds=299)).status_code == 200
    assert refused(app) == (1, ""), "what was wrong is not any more"


def test_a_timestamp_that_is_no_number_is_refused() -> None:
    app = slack_app()
    body = b"text=status"
    signature = slack_signature.signature(SIGNING_SECRET, "soon", body)
    headers = {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": signature}
    answer = Client(headers=headers).post(path(app), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 403


def test_a_call_that_is_replayed_is_answered_with_nothing_and_does_nothing(bot: ScriptedBot) -> None:
    app, said = slack_app(), command("force_start chat-dev")
    assert call_slack(app, said).content
    again = call_slack(app, said)
    assert (again.status_code, again.content) == (200, b"")
    assert ChatRequest.objects.count() == 1


def test_an_app_that_is_switched_off_hears_nothing() -> None:
    app = slack_app()
    ChatApp.objects.update(is_on=False)
    assert call_slack(app, command("status")).status_code == 403
    assert refused(app) == (1, "It is switched off.")


def test_an_address_that_is_none_or_another_platforms_is_not_found() -> None:
    slack, discord = slack_app(), discord_app()
    assert call_slack(slack, command("status"), to="/hooks/slack/nobody/").status_code == 404
    assert call_slack(slack, command("status"), to=path(discord).replace("discord", "slack")).status_code == 404


def test_it_takes_posts_alone_that_are_not_too_long() -> None:
    app = slack_app()
    assert Client().get(path(app)).status_code == 405
    assert call_slack(app, command("status " + "x" * 70_000)).status_code == 413


def test_slack_checks_the_certificate_now_and_then() -> None:
    assert call_slack(slack_app(), {"ssl_check": "1", "token": "x"}).content == b""


@pytest.mark.parametrize(
    "fields",
    [{"text": "status"}, {"user_id": "U1"}, {"payload": "no json"}, {"payload": "[]"}, {"payload": "[" * 20_000}],
)
def test_what_is_signed_and_no_call_of_slack_is_answered_400_and_counted(fields: dict[str, str]) -> None:
    app = slack_app()
    assert call_slack(app, fields).status_code == 400
    assert refused(app) == (1, "A call held nothing that could be read.")


def test_when_slack_called_last_is_kept(clock: time_machine.Traveller) -> None:
    app = slack_app()
    clock.shift(timedelta(minutes=3))
    call_slack(app, command("help"))
    app.refresh_from_db()
    assert app.last_at == NOW + timedelta(minutes=3)
