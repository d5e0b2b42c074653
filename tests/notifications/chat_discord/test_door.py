"""The door of Discord: signed, recent, once; anything else is refused with 401 and counted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from notifications.inbound import discord_signature
from notifications.models import ChatApp, ChatRequest
from tests.notifications.receivers.chats import (
    NOW,
    PRIVATE,
    PUBLIC,
    ScriptedBot,
    asked,
    call_discord,
    discord_app,
    interaction,
    path,
    slack_app,
)

pytestmark = pytest.mark.django_db
PING = {"type": 1, "id": "1", "application_id": "197038439483310086", "token": "x", "version": 1}


def refused(app: ChatApp) -> tuple[int, str]:
    app.refresh_from_db()
    return app.refused, app.last_error.get("en", "")


def test_a_ping_is_answered_as_discord_wants_it_before_it_takes_the_address() -> None:
    answer = call_discord(discord_app(), PING)
    assert (answer.status_code, json.loads(answer.content)) == (200, {"type": 1})


# https://www.rfc-editor.org/rfc/rfc8032#section-7.1, test 2: of the message 72, here as timestamp "r" and no body.
RFC_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
RFC_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_signature_of_the_standards_own_example_is_right() -> None:
    assert discord_signature.is_of_discord(RFC_KEY, "r", b"", RFC_SIGNATURE)
    assert discord_signature.is_of_discord(RFC_KEY, "", b"r", RFC_SIGNATURE)


@pytest.mark.parametrize(
    ("key", "timestamp", "body", "given"),
    [
        (RFC_KEY, "r", b"x", RFC_SIGNATURE),
        (RFC_KEY, "s", b"", RFC_SIGNATURE),
        (PUBLIC, "r", b"", RFC_SIGNATURE),
        (RFC_KEY, "r", b"", RFC_SIGNATURE[:-2]),
        (RFC_KEY, "r", b"", "no hexadecimal"),
        (RFC_KEY, "r", b"", ""),
        ("", "r", b"", RFC_SIGNATURE),
        ("00", "r", b"", RFC_SIGNATURE),
        ("ö", "\ud800", b"", RFC_SIGNATURE),
    ],
)
def test_any_other_signature_is_wrong(key: str, timestamp: str, body: bytes, given: str) -> None:
    assert not discord_signature.is_of_discord(key, timestamp, body, given)


def test_a_call_that_another_key_has_signed_is_refused_counted_and_not_heard(bot: ScriptedBot) -> None:
    app = discord_app()
    stranger = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    assert call_discord(app, interaction(2, asked("status")), key=stranger).status_code == 401
    assert refused(app) == (1, "The signature is wrong. Is its public key the right one?")
    assert (bot.asked, ChatRequest.objects.count()) == ([], 0)


def test_the_wrong_signatures_that_discord_sends_on_purpose_are_refused() -> None:
    app = discord_app()
    assert call_discord(app, PING, signature="00" * 64).status_code == 401
    assert call_discord(app, PING, signature="").status_code == 401
    assert Client().post(path(app), b"{}", content_type="application/json").status_code == 401


def test_a_call_for_another_application_is_refused() -> None:
    app = discord_app()
    assert call_discord(app, interaction(2, asked("help"), application_id="197038439483319999")).status_code == 401
    assert "another application" in refused(app)[1]


@pytest.mark.parametrize("seconds", [301, -301])
def test_a_call_that_is_more_than_five_minutes_off_is_refused(seconds: int) -> None:
    app = discord_app()
    assert call_discord(app, PING, at=NOW - timedelta(seconds=seconds)).status_code == 401
    assert "five minutes" in refused(app)[1]
    assert call_discord(app, PING, at=NOW - timedelta(seconds=299)).status_code == 200
    assert refused(app) == (1, "")


def test_a_call_that_is_replayed_does_nothing_and_says_so(bot: ScriptedBot) -> None:
    app, said = discord_app(), interaction(2, asked("force_start", name="chat-dev"))
    call_discord(app, said)
    again = json.loads(call_discord(app, said).content)
    assert (again["type"], again["data"]["flags"]) == (4, 64)
    assert again["data"]["embeds"][0]["title"] == "Nothing was done"
    assert ChatRequest.objects.count() == 1


def test_an_app_that_is_switched_off_hears_nothing() -> None:
    app = discord_app()
    ChatApp.objects.update(is_on=False)
    assert call_discord(app, PING).status_code == 401
    assert refused(app) == (1, "It is switched off.")


def test_an_address_that_is_none_or_another_platforms_is_not_found() -> None:
    app, other = discord_app(), slack_app()
    app.config["key"] = other.config["key"]
    assert call_discord(app, PING).status_code == 404


def test_it_takes_posts_alone_that_are_not_too_long() -> None:
    app = discord_app()
    assert Client().get(path(app)).status_code == 405
    assert call_discord(app, PING | {"padding": "x" * 70_000}).status_code == 413


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"type": 2},
        {"type": 9, "id": "1", "token": "t", "data": {}, "user": {"id": "1"}},
        {"type": 2, "id": "1", "token": "t", "user": {"id": "1"}},
        {"type": 2, "id": "1", "token": "t", "data": {}},
        {"type": 2, "id": 1, "token": "t", "data": {}, "user": {"id": "1"}},
    ],
)
def test_what_is_signed_and_no_call_of_discord_is_answered_400_and_counted(said: Any) -> None:
    app = discord_app()
    assert call_discord(app, said).status_code == 400
    assert refused(app)[0] == 1


def test_a_body_that_is_no_json_is_answered_400() -> None:
    app, body, timestamp = discord_app(), b"{", str(int(NOW.timestamp()))
    signature = PRIVATE.sign(timestamp.encode() + body).hex()
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
    assert Client(headers=headers).post(path(app), body, content_type="application/json").status_code == 400


def test_when_discord_called_last_is_kept() -> None:
    app = discord_app()
    ChatApp.objects.update(last_at=None)
    call_discord(app, PING)
    app.refresh_from_db()
    assert app.last_at == NOW
