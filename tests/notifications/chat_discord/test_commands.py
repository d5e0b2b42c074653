"""The slash command in Discord: what is registered, and what each use of it says in the bot's one grammar."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from environments.rules.verbs import Command, Named, parse
from notifications.inbound.discord_commands import COMMANDS, GROUP, being_typed, text_of
from notifications.models import ChatApp
from tests.notifications.receivers import discord, server
from tests.notifications.receivers.chats import asked, discord_app, slack_app
from tests.notifications.receivers.discord import DiscordApi


@pytest.mark.parametrize(
    ("path", "options", "text"),
    [
        (("help",), {}, "help"),
        (("list",), {}, "list"),
        (("status",), {}, "status"),
        (("status",), {"name": "chat-dev"}, "chat-dev status"),
        (("status",), {"name": "채팅 개발"}, '"채팅 개발" status'),
        (("status",), {"name": "status"}, '"status" status'),
        (("status",), {"name": 'the "old" one'}, '「the "old" one」 status'),
        (("info",), {"name": "chat-dev", "date": "2026-11-21"}, "chat-dev info 2026-11-21"),
        (("exception", "info"), {"date": "today"}, "exception info today"),
        (
            ("exception", "set"),
            {"which": "start", "time": "9:00", "date": "2026-11-21", "name": "chat-dev"},
            "chat-dev exception set 2026-11-21 start 9:00",
        ),
        (
            ("exception", "set"),
            {"date": "2026-11-21", "which": "stop", "time": "22:00", "reason": "demo  for the client"},
            "exception set 2026-11-21 stop 22:00 reason demo for the client",
        ),
        (
            ("exception", "del"),
            {"name": "chat-dev", "date": "2026-11-21", "which": "stop"},
            "chat-dev exception del 2026-11-21 stop",
        ),
        (("force_start",), {"name": "chat-dev", "until": "22:00"}, "chat-dev force_start until 22:00"),
        (("force_start",), {"name": "chat-dev", "until": "2h"}, "chat-dev force_start 2h"),
        (("force_stop",), {"name": "chat-dev"}, "chat-dev force_stop"),
        (("extend",), {"by": "90m"}, "extend 90m"),
        (("why",), {"name": "chat-dev"}, "chat-dev why"),
        (("cost",), {}, "cost"),
        (("confirm",), {"code": "4821"}, "4821"),
        (("link",), {"code": "K7QM-3XRD"}, "link K7QM-3XRD"),
        (("link",), {}, "link"),
        (("unlink",), {}, "unlink"),
        (("whoami",), {}, "whoami"),
    ],
)
def test_each_use_says_what_one_would_type(path: tuple[str, ...], options: dict[str, str], text: str) -> None:
    assert text_of(asked(*path, **options)) == text


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (("status",), {"name": "채팅 개발"}),
        (("status",), {"name": "status"}),
        (("info",), {"name": "chat-dev", "date": "2026-11-21"}),
        (("exception", "info"), {"name": "chat-dev"}),
        (
            ("exception", "set"),
            {"name": "채팅 개발", "date": "2026-11-21", "which": "stop", "time": "22:00", "reason": "demo"},
        ),
        (("exception", "del"), {"name": "chat-dev", "date": "today", "which": "start"}),
        (("force_start",), {"name": "chat-dev", "until": "22:00"}),
        (("force_stop",), {"name": "chat-dev", "until": "2h", "reason": "until tomorrow"}),
        (("extend",), {"name": "chat-dev", "by": "1h30m"}),
        (("why",), {"name": "chat-dev"}),
        (("cost",), {}),
        (("list",), {}),
        (("help",), {}),
    ],
)
def test_the_grammar_understands_what_it_says(path: tuple[str, ...], options: dict[str, str]) -> None:
    known = [
        Named("environment", pk, names) for pk, names in enumerate([("chat-dev",), ("c2", "채팅 개발"), ("status",)])
    ]
    understood = parse(text_of(asked(*path, **options)), known)
    assert isinstance(understood, Command), understood
    assert understood.verb == " ".join(path)
    assert [one.names[-1] for one in understood.found] == ([options["name"]] if "name" in options else [])
    assert understood.reason == options.get("reason", "")


@pytest.mark.parametrize("data", [{}, {"name": "other"}, {"options": None}, {"options": ["x"]}, {"options": [{}]}])
def test_a_command_that_is_none_of_ours_is_only_a_word_that_the_bot_does_not_know(data: dict[str, Any]) -> None:
    assert text_of(data) in {"", "other"}


def test_a_line_break_in_an_option_ends_no_command() -> None:
    assert "\n" not in text_of(asked("status", name="x\nforce_stop chat-dev"))


def test_the_beginning_of_a_name_is_what_is_focused() -> None:
    data = asked("exception", "set", name="cha")
    data["options"][0]["options"][0]["options"][0]["focused"] = True
    assert being_typed(data) == "cha"
    assert being_typed(asked("status", name="cha")) is None
    other = asked("info", date="2026")
    other["options"][0]["options"][0]["focused"] = True
    assert being_typed(other) is None


def every(options: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for option in options:
        yield option
        yield from every(option.get("options", []))


def test_what_is_registered_is_within_discords_limits_and_in_both_languages() -> None:
    (command,) = COMMANDS
    assert len(command["options"]) <= 25
    for one in (command, *every(command["options"])):
        assert one["name"] == one["name"].lower()
        assert len(one["name"]) <= 32
        for said in (one["description"], one["description_localizations"]["ko"]):
            assert 0 < len(said) <= 100
        required = [inner["required"] for inner in one.get("options", []) if "required" in inner]
        assert required == sorted(required, reverse=True), "Discord wants those that are required first"
    names = [one["name"] for one in command["options"]]
    assert len(set(names)) == len(names)
    (group,) = [one for one in command["options"] if one["type"] == GROUP]
    assert [one["name"] for one in group["options"]] == ["info", "set", "del"]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("discord_commands", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
class TestRegistering:
    def test_the_whole_list_is_put_again_and_again_and_what_it_has_is_printed(self, there: DiscordApi) -> None:
        discord_app(there)
        first, second = run(), run()
        assert first == second
        assert "  /env exception set <date> <which> <time> [name] [reason]\n" in first
        assert "in all servers" in first
        path, said = there.commands[0]
        assert path == f"/applications/{discord.APPLICATION}/commands"
        assert there.commands[1] == (path, said)
        assert said == list(COMMANDS)

    def test_in_one_server_alone_it_is_known_at_once(self, there: DiscordApi) -> None:
        discord_app(there)
        assert "in the server 290926798626357999" in run("--guild", "290926798626357999")
        assert there.commands[0][0] == f"/applications/{discord.APPLICATION}/guilds/290926798626357999/commands"
        with pytest.raises(CommandError, match="expected the id of a server"):
            run("--guild", "my server")

    def test_of_several_apps_one_is_named(self, there: DiscordApi) -> None:
        discord_app(there, "Home")
        discord_app(there, "Abroad")
        with pytest.raises(CommandError, match="--app: Abroad, Home"):
            run()
        assert "“Home”" in run("--app", "Home")
        with pytest.raises(CommandError, match="no chat app of Discord called “Work”"):
            run("--app", "Work")

    def test_without_an_app_or_a_token_it_says_what_is_missing(self, there: DiscordApi) -> None:
        slack_app()
        with pytest.raises(CommandError, match="no chat app of Discord yet"):
            run()
        discord_app()
        with pytest.raises(CommandError, match="bot token"):
            run()

    @pytest.mark.parametrize(
        ("behaviour", "words"),
        [
            (
                server.refuse(401, {"message": "401: Unauthorized", "code": 0}),
                "Discord answered 401: 401: Unauthorized",
            ),
            (server.refuse(400, {"message": f"Invalid {discord.TOKEN}"}), "Discord answered 400: Invalid …"),
            (server.hang, "Discord was not reached"),
        ],
    )
    def test_what_discord_answers_is_said_plainly_and_without_the_token(
        self, there: DiscordApi, behaviour: server.Behaviour, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notifications.senders.http.READ_SECONDS", 0.3)
        discord_app(there)
        there.next.append(behaviour)
        with pytest.raises(CommandError) as caught:
            run()
        assert words in str(caught.value)
        assert discord.TOKEN not in str(caught.value)

    def test_settings_that_cannot_be_read_are_said_to_be(self, there: DiscordApi, settings: Any) -> None:
        app = discord_app(there)
        settings.SECRET_KEY = "another one of the portal"
        if ChatApp.objects.get(pk=app.pk).config.readable:
            pytest.fail("the key did not matter")
        with pytest.raises(CommandError, match="cannot be read"):
            run()
