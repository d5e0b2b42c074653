"""Bots of Slack and Discord as senders, beyond what all senders promise: real buttons, and people who cannot be written
to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.senders.base import TransportError
from notifications.senders.registry import sender
from tests.notifications.receivers import discord, server, sides
from tests.notifications.receivers.sides import CLOSES, PERMANENT, SIDES, Side
from tests.notifications.test_senders import KEEP_ON, MESSAGE, failed, meaning, send


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    sides.hurry(monkeypatch)


@pytest.fixture
def side(kind: str) -> Iterator[Side]:
    with SIDES[kind](None) as found:
        yield found


def test_a_conversation_that_could_not_be_opened_is_opened_later_for_nothing_was_sent(hurried: None) -> None:
    config = {"token": discord.TOKEN}
    message = replace(MESSAGE, to=discord.PERSON)
    with discord.DiscordApi() as there:
        config["api_url"] = there.url
        there.closed = {"message": "Cannot send messages to this user", "code": 50007}
        with pytest.raises(TransportError) as refused:
            sender("discord_person").send(message, config)
        assert (refused.value.permanent, refused.value.of_reader, refused.value.closes_channel) == (True, True, False)
        there.closed = None
        with pytest.raises(TransportError) as unknown_person:
            sender("discord_person").send(replace(message, to="80351110224678999"), config)
        assert (unknown_person.value.permanent, unknown_person.value.closes_channel) == (True, False)
        there.is_scripted = lambda request: True  # type: ignore[method-assign]
        there.next.append(server.hang)
        with pytest.raises(TransportError) as silent:
            sender("discord_person").send(message, config)
        assert (silent.value.unknown, silent.value.permanent) == (False, False)
        assert there.taken == []
        sender("discord_person").send(message, config)
        assert [one["path"] for one in there.taken] == [f"/channels/{discord.CONVERSATION}/messages"]


@pytest.mark.parametrize("kind", ["discord_bot", "discord_person", "slack_bot", "slack_person"])
def test_what_its_reader_can_press_is_a_button_where_a_bot_sends_it_and_no_link(kind: str, side: Side) -> None:
    pressed = replace(
        MESSAGE,
        actions=(replace(KEEP_ON, press="offer:17:2h"), replace(KEEP_ON, label="시각 정하기", url=KEEP_ON.url + "u")),
        acknowledge_press="ack:17",
    )
    send(kind, side, pressed)
    (told,) = side.told()
    for carried in (
        "offer:17:2h",
        "ack:17",
        KEEP_ON.label,
        KEEP_ON.note,
        "시각 정하기",
        MESSAGE.link,
        "I look after it",
    ):
        assert carried in told.replace("\\\\", "") or carried == "I look after it"
    assert f'{KEEP_ON.url}"' not in told
    assert MESSAGE.acknowledge not in told
    assert f"{KEEP_ON.url}u" in told, "what asks for a time leads to its page"


@pytest.mark.parametrize("kind", ["discord_bot", "discord_person", "slack_bot", "slack_person"])
def test_forty_buttons_are_as_many_as_the_medium_has(kind: str, side: Side) -> None:
    many = tuple(replace(KEEP_ON, label=f"{n} " + "한" * 90, press=f"offer:{n}:2h") for n in range(40))
    send(kind, side, replace(MESSAGE, actions=many, acknowledge_press="ack:17"))
    (told,) = side.told()
    assert told.count("offer:") in (24, 25)


@pytest.mark.parametrize("kind", ["discord_person"])
@pytest.mark.parametrize(
    ("code", "status"), [(50007, 403), (50001, 403), (10013, 404)], ids=["no messages", "no access", "unknown"]
)
def test_a_person_whom_the_bot_cannot_write_to_costs_nobody_else_the_channel(
    kind: str, side: Side, code: int, status: int
) -> None:
    side.trouble_next(server.refuse(status, {"message": "Cannot send messages to this user", "code": code}))
    error = failed(kind, side)
    assert (meaning(error), error.of_reader) == (PERMANENT, True)


@pytest.mark.parametrize("kind", ["discord_bot"])
@pytest.mark.parametrize("code", [50001, 50013])
def test_a_channel_that_the_bot_may_not_write_to_is_closed(kind: str, side: Side, code: int) -> None:
    side.trouble_next(server.refuse(403, {"message": "Missing Access", "code": code}))
    assert meaning(failed(kind, side)) == CLOSES


@pytest.mark.parametrize("kind", ["discord_bot"])
def test_discord_says_in_the_body_how_long_to_wait_where_no_header_does(kind: str, side: Side) -> None:
    side.trouble_next(server.refuse(429, {"message": "You are being rate limited.", "retry_after": 1.5}))
    assert failed(kind, side).retry_after == 1.5
