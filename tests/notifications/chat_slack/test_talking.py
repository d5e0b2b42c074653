"""What people type in Slack, and what they read: for all or for them alone, at once or later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse

from notifications import secret_doors
from notifications.chat.spoken import Answer, Button
from notifications.models import ChatApp, ChatRequest
from tests import factories
from tests.notifications.receivers.chats import (
    SLACK_PERSON,
    USER,
    ScriptedBot,
    call_slack,
    command,
    link,
    press_slack,
    slack_app,
)
from tests.notifications.receivers.slack import SlackApi, wrong

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    assert wrong(found) == ""
    return found


def buttons(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Label, what it carries or where it leads, and style."""
    blocks = [block for one in message.get("attachments", []) for block in one["blocks"] if block["type"] == "actions"]
    return [
        (one["text"]["text"], one.get("value") or one["url"], one.get("style", ""))
        for block in blocks
        for one in block["elements"]
    ]


STATUS = Answer(
    {"en": "chat-dev runs", "ko": "chat-dev가 켜져 있어요"},
    {"en": "until 18:00 <!channel>"},
    fields=(("Cost & more", "$0.40"),),
    severity="success",
    link="/environments/chat-dev/",
    buttons=(Button({"en": "Keep on 2 h", "ko": "2시간 더"}, "chat-dev extend 2h"), Button("Stop", "x", "danger")),
)


def test_a_command_is_answered_in_the_channel_with_its_colour_its_facts_and_buttons(bot: ScriptedBot) -> None:
    app = slack_app()
    link(app, factories.manager())
    bot.answers["chat-dev status"] = STATUS
    found = said(call_slack(app, command("chat-dev  status")))
    assert (found["response_type"], found["text"]) == ("in_channel", "chat-dev runs")
    (attachment,) = found["attachments"]
    assert attachment["color"] == "#2ECC71"
    texts = json.dumps(attachment)
    assert "until 18:00 <!channel>" in texts, "plain text: it wakes nobody"
    assert "mrkdwn" not in texts
    assert buttons(found) == [
        ("Keep on 2 h", "say:chat-dev extend 2h", ""),
        ("Stop", "say:x", "danger"),
        ("Open in Daybreak", "https://daybreak.example/environments/chat-dev/", ""),
    ]
    assert bot.texts() == ["chat-dev status"]


def test_who_asks_is_the_team_and_the_user_and_never_the_name(bot: ScriptedBot) -> None:
    app, manager = slack_app(), factories.manager()
    link(app, manager)
    said(call_slack(app, command("status", user_name="somebody-else")))
    said(call_slack(app, command("status", user_id="U0000000001", user_name=manager.username)))
    said(call_slack(app, command("status", team_id="T0002", user_name=manager.username)))
    assert [one.user for one in bot.asked] == [manager]
    assert [one.external_id for one in ChatRequest.objects.order_by("pk")] == [
        SLACK_PERSON,
        f"T0001/{'U0000000001'}",
        f"T0002/{USER}",
    ]


def test_somebody_unknown_is_told_how_to_be_known_and_alone_reads_it(bot: ScriptedBot) -> None:
    found = said(call_slack(slack_app(), command("force_start chat-dev")))
    assert found["response_type"] == "ephemeral"
    assert "/env link" in json.dumps(found)
    assert bot.asked == []


def test_what_stops_something_is_asked_back_and_done_by_the_button_in_its_place(
    bot: ScriptedBot, there: SlackApi
) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    asked = said(call_slack(app, command("force_stop chat-dev", there)))
    assert asked["response_type"] == "ephemeral"
    (yes, yes_says, style), (_no, no_says, _style) = buttons(asked)
    assert (yes, style) == ("Yes: force_stop chat-dev", "danger")
    assert no_says.startswith("say:cancel ")
    assert press_slack(app, there, yes_says, asked, private=True).content == b""
    assert [(one.text, one.confirmed) for one in bot.asked] == [
        ("force_stop chat-dev", False),
        ("force_stop chat-dev", True),
    ]
    (told,) = there.responses
    assert (told["text"], told["replace_original"]) == ("Done: force_stop chat-dev", True)
    press_slack(app, there, yes_says, asked, private=True)
    assert len(bot.asked) == 2, "once"
    assert there.responses[-1]["text"] == "That was confirmed before"


def test_cancelling_says_so_in_its_place_and_does_nothing(bot: ScriptedBot, there: SlackApi) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    asked = said(call_slack(app, command("force_stop chat-dev", there)))
    (_yes, yes_says, _style), (_no, no_says, _grey) = buttons(asked)
    press_slack(app, there, no_says, asked, private=True)
    assert there.responses[-1]["text"] == "Cancelled: nothing was changed"
    press_slack(app, there, yes_says, asked, private=True)
    assert [one.confirmed for one in bot.asked] == [False]


def test_a_button_that_somebody_else_presses_is_their_own_request(bot: ScriptedBot, there: SlackApi) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    bot.answers["status"] = STATUS
    shown = said(call_slack(app, command("status", there)))
    press_slack(app, there, buttons(shown)[0][1], shown, user="U0000000009")
    assert bot.texts() == ["status"]
    (told,) = there.responses
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False), "the others' answer stays"
    link(app, factories.outsider(), "T0001/U0000000009")
    press_slack(app, there, buttons(shown)[0][1], shown, user="U0000000009")
    assert bot.asked[-1].user == factories.outsider()


def test_the_same_press_twice_is_one(bot: ScriptedBot, there: SlackApi) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    for _time in range(2):
        press_slack(app, there, "say:chat-dev extend 2h", {}, trigger="1.2.3")
    assert bot.texts() == ["chat-dev extend 2h"]
    assert len(there.responses) == 1


@pytest.mark.parametrize("value", ["", "nonsense", "say:", "req:x:0", "req:1:0", "offer:x:1h", "ack:", "offer:1"])
def test_buttons_that_are_links_and_that_nobody_knows_are_passed_over(
    value: str, bot: ScriptedBot, there: SlackApi
) -> None:
    assert press_slack(slack_app(there), there, value, {}).content == b""
    assert (bot.asked, there.responses, ChatRequest.objects.count()) == ([], [], 0)


def test_other_interactions_are_passed_over(there: SlackApi) -> None:
    app = slack_app(there)
    assert press_slack(app, there, "say:status", {}, payload={"type": "view_submission"}).content == b""
    assert not ChatRequest.objects.exists()


def test_a_text_too_long_for_a_button_is_found_by_its_request(bot: ScriptedBot, there: SlackApi) -> None:
    app, long = slack_app(there), f'"{"긴 이름 " * 30}" extend 2h'
    link(app, factories.manager())
    bot.answers["status"] = Answer("x", buttons=(Button("Keep on", long),))
    shown = said(call_slack(app, command("status", there)))
    (_label, value, _style) = buttons(shown)[0]
    assert value == f"req:{ChatRequest.objects.get().pk}:0"
    press_slack(app, there, value, shown)
    assert bot.texts()[-1] == " ".join(long.split())
    other = slack_app(there, "Other", signing_secret="o" * 32)
    press_slack(other, there, value, shown, secret="o" * 32)
    assert len(bot.asked) == 2, "another app's button is none here"


def test_the_address_of_an_app_is_what_slack_is_told(settings: LazySettings) -> None:
    from notifications.chat import doors

    app = slack_app()
    assert doors.address(app) == f"https://daybreak.example/hooks/slack/{app.config['key']}/"
    assert ChatApp.objects.get().digest == secret_doors.digest(app.config["key"])
