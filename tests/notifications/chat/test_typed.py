"""Commands in answers: on each platform as one types them there, and no mark is left in what people read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifications.chat import discord, jandi, slack, slack_code
from notifications.chat.spoken import Answer
from notifications.chat.typed import BEGIN, END, drawn, marked, unmarked
from notifications.inbound.discord_typed import slash_of

from .conftest import PlainBot, jandi_app, minseo, people_read, say

ANSWER = Answer(
    "chat-dev <stopped>", f"To keep it, type {marked('chat-dev extend 2h')} & wait.", fields=(("Or", marked("status")),)
)


def test_jandi_puts_its_keyword_in_front() -> None:
    said = json.dumps(jandi.answered(ANSWER, "en"), ensure_ascii=False)
    assert "type /서버 chat-dev extend 2h & wait." in said
    assert BEGIN not in said
    assert END not in said


def test_slack_shows_code_where_there_is_a_command_and_plain_text_elsewhere() -> None:
    said = slack.payload(ANSWER, "en")
    body, facts = said["attachments"][0]["blocks"]  # type: ignore[index]
    assert body["text"] == {
        "type": "mrkdwn",
        "text": "To keep it, type `/env chat-dev extend 2h` &amp; wait.",
        "verbatim": True,
    }
    assert facts["fields"][0]["text"] == "Or\n`/env status`"
    assert said["text"] == "chat-dev &lt;stopped&gt;"
    plain = slack.payload(Answer("x", "<!channel> chat_dev_2 & more"), "en")
    assert plain["attachments"][0]["blocks"][0]["text"]["type"] == "plain_text"  # type: ignore[index]


def test_in_slack_a_command_leaves_nothing_that_wakes_people_or_is_too_long() -> None:
    said = slack.payload(Answer("x", f"<!channel> {marked('a`b')}"), "en")
    assert said["attachments"][0]["blocks"][0]["text"]["text"] == "&lt;!channel&gt; `/env a'b`"  # type: ignore[index]
    long = slack.payload(Answer(marked("status"), "&" * 2900 + marked("status")), "en")
    assert long["attachments"][0]["blocks"][0]["text"]["type"] == "plain_text"  # type: ignore[index]
    assert all(mark not in json.dumps(long) for mark in ("\\ue068", "\\ue069", "\\u2068"))


def test_discord_shows_its_own_form_and_no_marks() -> None:
    embeds: Any = discord.payload(ANSWER, "en")["embeds"]
    assert embeds[0]["description"] == "To keep it, type /env extend name:chat-dev by:2h & wait."


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("chat-dev extend 2h", "/env extend name:chat-dev by:2h"),
        ("chat-dev extend until 22:00", "/env extend name:chat-dev by:22:00"),
        ("5643", "/env confirm code:5643"),
        ("status", "/env status"),
        ('"chat dev" status', "/env status name:chat dev"),
        ("chat-dev force_stop until 22:00 reason a demo", "/env force_stop name:chat-dev until:22:00 reason:a demo"),
        ("chat-dev force_start 1h30m", "/env force_start name:chat-dev until:1h30m"),
        (
            "chat-dev exception set 2026-11-25 stop 22:00",
            "/env exception set name:chat-dev date:2026-11-25 which:stop time:22:00",
        ),
        ("chat-dev exception del tomorrow stop", "/env exception del name:chat-dev date:tomorrow which:stop"),
        ("link K7QM-3XRD", "/env link code:K7QM-3XRD"),
        ("연결 K7QM-3XRD", "/env link code:K7QM-3XRD"),
        ("연결 해제", "/env unlink"),
        ("상태", "/env status"),
        ("ack #12", "/env ack what:#12"),
        ("cancel 5643", "cancel 5643"),
        ("chat-dev dance", "chat-dev dance"),
        ("chat-dev status now please", "chat-dev status now please"),
        (
            "chat-dev exception set 2026-11-25 stop 22:00 start 8:00",
            "chat-dev exception set 2026-11-25 stop 22:00 start 8:00",
        ),
        ("", ""),
    ],
)
def test_in_discord_a_command_has_its_options_where_discord_has_such_a_command(command: str, shown: str) -> None:
    assert slash_of(command) == shown


def test_marks_that_are_alone_or_within_each_other_are_taken_out() -> None:
    assert drawn(f"a {BEGIN}b{END} c{END}{BEGIN}", str.upper) == "a B c"
    assert unmarked(marked(f"x{END}{BEGIN}y")) == "xy"


@pytest.mark.parametrize(
    ("text", "typed"),
    [("R&amp;D &lt;1&gt;", "R&D <1>"), ("&amp;lt;", "&lt;"), ("&quot;a&quot; &#39;", "&quot;a&quot; &#39;")],
)
def test_slacks_three_entities_are_undone_once_and_no_others(text: str, typed: str) -> None:
    assert slack_code.unescaped(text) == typed


@pytest.mark.django_db
def test_what_is_confirmed_is_done_as_it_was_meant_and_kept_as_it_was_asked(
    bot: PlainBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from notifications.models import ChatRequest

    app = jandi_app()
    minseo(app)
    plain = bot.answer
    monkeypatch.setattr(
        bot,
        "answer",
        lambda asked: replace(plain(asked), resolved="" if asked.confirmed else "stop chat-dev 2026-11-24"),
    )
    asked = say(app, "stop tomorrow")
    assert asked.answer is not None
    assert asked.answer.buttons[0].label["en"] == "Yes: stop tomorrow"  # type: ignore[index]
    say(app, asked.answer.buttons[0].says)
    assert bot.done == ["stop chat-dev 2026-11-24"]
    assert ChatRequest.objects.order_by("pk")[0].text == "stop tomorrow"


@pytest.mark.django_db
def test_the_chats_own_verb_stands_in_the_help_of_who_is_known(bot: PlainBot, monkeypatch: pytest.MonkeyPatch) -> None:
    app = jandi_app()
    minseo(app)
    monkeypatch.setattr(bot, "answer", bot.help)
    helped = say(app, "help").answer
    assert helped is not None
    assert marked("ack") in people_read(helped.fields[-1][1])
    other = say(app, "status").answer
    assert other is not None
    assert other.fields == ()
