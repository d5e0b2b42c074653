"""What Discord's readers see, within Discord's limits."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.senders.base import Message, MessageField, Sent, TransportError
from notifications.senders.discord import Discord as Sender
from notifications.senders.discord import check_webhook, clip, escape, length, payload
from notifications.senders.http import LARGEST_ANSWER

from . import discord_server as replies
from .conftest import MONDAY
from .discord_server import Discord, too_much

READY = Message(
    kind="environment.ready",
    severity="success",
    title="chat-dev is ready",
    body="until 18:00 · Office hours Seoul",
    fields=(MessageField("Team", "Chat"), MessageField("Took", "7 min 19 s")),
    link="https://daybreak.example/environments/chat-dev/",
    actor="mina",
    at=MONDAY,
    language="en",
    key="1",
)


def embed(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = payload(message)["embeds"][0]  # type: ignore[index]
    return found


def test_a_message_is_one_embed_with_all_it_has_to_say() -> None:
    assert embed(READY) == {
        "title": "chat-dev is ready",
        "description": "until 18:00 · Office hours Seoul",
        "url": "https://daybreak.example/environments/chat-dev/",
        "color": 3066993,
        "timestamp": "2026-11-23T09:00:00+00:00",
        "footer": {"text": "mina"},
        "fields": [
            {"name": "Team", "value": "Chat", "inline": True},
            {"name": "Took", "value": "7 min 19 s", "inline": True},
        ],
    }


@pytest.mark.parametrize(
    ("severity", "colour"), [("info", 3447003), ("success", 3066993), ("warning", 15844367), ("error", 15158332)]
)
def test_the_colour_says_how_much_it_matters(severity: str, colour: int) -> None:
    assert embed(replace(READY, severity=severity))["color"] == colour


def test_nobody_is_ever_pinged() -> None:
    message = replace(READY, title="@everyone is ready", body="<@123> @here")
    assert payload(message)["allowed_mentions"] == {"parse": []}
    assert embed(message)["description"] == "\\<@123\\> @here"


def test_names_are_shown_as_they_are_and_addresses_stay_whole() -> None:
    assert escape("chat_dev_2 *is* `up`") == "chat\\_dev\\_2 \\*is\\* \\`up\\`"
    assert escape("[click](https://evil.example/a_b)") == "\\[click\\](https://evil.example/a_b)"


@pytest.mark.parametrize(
    "text", ["x" * 9000, "한" * 9000, "🌅" * 9000, "_" * 9000], ids=["latin", "한국어", "emoji", "markup"]
)
def test_nothing_is_ever_too_long_for_discord(text: str) -> None:
    fields = tuple(MessageField(text, text) for _ in range(40))
    message = replace(READY, title=text, body=text, actor=text[:200], fields=fields)
    assert too_much(payload(message)) == ""
    assert embed(message)["title"].endswith("…")
    assert length(embed(message)["title"]) <= 256


def test_short_fields_are_kept_up_to_twenty_five() -> None:
    fields = tuple(MessageField(str(number), "v") for number in range(30))
    assert [field["name"] for field in embed(replace(READY, fields=fields))["fields"]] == [str(n) for n in range(25)]


def test_an_empty_field_does_not_cost_the_message() -> None:
    assert too_much(payload(replace(READY, fields=(MessageField("", ""),)))) == ""


def test_a_cut_never_leaves_half_a_character_or_half_an_escape() -> None:
    assert clip("🌅🌅🌅", 4) == "🌅…"
    assert clip("ab\\_cd", 4) == "ab…"
    assert clip("abc", 3) == "abc"


def test_the_message_id_comes_back(discord: Discord) -> None:
    assert Sender().send(READY, {"webhook_url": discord.url()}) == Sent("1100000000000000001", 200)


def test_a_thread_of_a_webhook_is_kept_in_its_address(discord: Discord) -> None:
    assert Sender().send(READY, {"webhook_url": discord.url() + "?thread_id=7"}).external_id


def test_an_endless_answer_is_not_read_to_its_end(discord: Discord) -> None:
    discord.answers(replies.refuse(500, {"message": "x" * (4 * LARGEST_ANSWER)}))
    with pytest.raises(TransportError) as caught:
        Sender().send(READY, {"webhook_url": discord.url()})
    # A cut body is no JSON, and nobody needs 256 KB of an error.
    assert caught.value.message.__str__() == "Discord answered 500."


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://discord.com/api/webhooks/1/abc", True),
        ("https://ptb.discord.com/api/v10/webhooks/1/abc", True),
        ("http://discord.com/api/webhooks/1/abc", False),
        ("https://discord.com/channels/1/2", False),
        ("https://discord.com.evil.example/api/webhooks/1/abc", False),
        ("https://discord.com@evil.example/api/webhooks/1/abc", False),
        ("https://169.254.169.254/api/webhooks/1/abc", False),
        ("http://10.0.0.1/api/webhooks/1/abc", False),
        ("http://127.0.0.1:9000/anything", True),
        ("ftp://127.0.0.1/", False),
        ("https://[::1", False),
        ("not an address", False),
    ],
)
def test_only_discords_own_webhooks_and_this_machine_are_addresses(url: str, allowed: bool) -> None:
    if allowed:
        check_webhook(url)
    else:
        with pytest.raises(ValidationError):
            check_webhook(url)


def test_plain_http_to_this_machine_needs_the_setting(settings: Any) -> None:
    settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = False
    with pytest.raises(ValidationError):
        check_webhook("http://127.0.0.1:9000/api/webhooks/1/abc")


@pytest.mark.parametrize("url", ["", "https://[::1", "http://10.0.0.1/api/webhooks/1/abc"])
def test_an_address_that_may_not_be_used_is_never_asked(url: str) -> None:
    with pytest.raises(TransportError) as caught:
        Sender().send(READY, {"webhook_url": url})
    assert caught.value.closes_channel


def test_a_redirect_is_not_followed(discord: Discord) -> None:
    discord.answers(replies.refuse(302, Location=discord.url("other")))
    with pytest.raises(TransportError) as caught:
        Sender().send(READY, {"webhook_url": discord.url()})
    assert caught.value.closes_channel
    assert [webhook for webhook, _payload in discord.requests] == ["1"]
