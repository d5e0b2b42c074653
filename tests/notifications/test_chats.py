"""Slack, JANDI and Discord: buttons and links, colours, and that nobody is called who was not meant."""

import json
from dataclasses import replace
from typing import Any

import pytest

from notifications.senders import discord, jandi, slack_blocks
from notifications.senders.base import Message, MessageAction, MessageField
from notifications.senders.discord import length

from .conftest import MONDAY
from .discord_server import too_much

STOPPING = Message(
    kind="environment.stopping",
    severity="warning",
    title="chat-dev stops at 18:00",
    body="<!channel> chat_dev_2 & *co*",
    fields=(MessageField("Team", "Chat"),),
    link="https://daybreak.example/environments/chat-dev/",
    actor="mina",
    at=MONDAY,
    language="en",
    key="1",
    actions=(MessageAction("Keep on 2 h", "https://daybreak.example/m/2/", "$0.40"),),
    acknowledge="https://daybreak.example/m/ack/",
)


def attachment(message: Message) -> dict[str, Any]:
    sent: dict[str, Any] = slack_blocks.payload(message)
    (found,) = sent["attachments"]
    return dict(found)


def blocks(message: Message) -> list[dict[str, Any]]:
    return list(attachment(message)["blocks"])


class TestSlack:
    @pytest.mark.parametrize(
        ("severity", "colour"),
        [("info", "#3498DB"), ("success", "#2ECC71"), ("warning", "#F1C40F"), ("error", "#E74C3C")],
    )
    def test_a_line_in_its_colour_stands_beside_the_blocks(self, severity: str, colour: str) -> None:
        assert attachment(replace(STOPPING, severity=severity))["color"] == colour

    def test_each_thing_to_do_is_a_button_that_is_a_link(self) -> None:
        (buttons,) = [block["elements"] for block in blocks(STOPPING) if block["type"] == "actions"]
        assert [(button["text"]["text"], button["url"]) for button in buttons] == [
            ("Keep on 2 h · $0.40", "https://daybreak.example/m/2/"),
            ("I look after it", "https://daybreak.example/m/ack/"),
            ("Open in Daybreak", "https://daybreak.example/environments/chat-dev/"),
        ]

    def test_of_too_many_the_way_to_the_page_is_kept(self) -> None:
        many = replace(STOPPING, actions=STOPPING.actions * 40)
        (buttons,) = [block["elements"] for block in blocks(many) if block["type"] == "actions"]
        assert len(buttons) == 25
        assert buttons[-1]["text"]["text"] == "Open in Daybreak"

    def test_nothing_in_it_is_markup(self) -> None:
        sent = slack_blocks.payload(replace(STOPPING, title="<!channel> & <@U1>"))
        assert sent["text"] == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
        assert '"mrkdwn"' not in json.dumps(sent["attachments"])
        assert "<!channel> chat_dev_2 & *co*" in json.dumps(sent)


class TestJandi:
    def test_the_title_leads_to_the_page_and_each_thing_to_do_has_its_link(self) -> None:
        sent = jandi.payload(STOPPING)
        assert sent["body"] == (
            "[[chat-dev stops at 18:00]](https://daybreak.example/environments/chat-dev/)\n"
            "[[Keep on 2 h · $0.40]](https://daybreak.example/m/2/)\n"
            "[[I look after it]](https://daybreak.example/m/ack/)"
        )
        assert sent["connectColor"] == "#F1C40F"
        assert sent["connectInfo"] == [
            {"description": "<!channel> chat_dev_2 & *co*"},
            {"title": "Team", "description": "Chat"},
            {"description": "mina"},
        ]

    def test_a_title_with_brackets_ends_no_link(self) -> None:
        body = str(jandi.payload(replace(STOPPING, title="[dev]](https://evil.example) up\nnow"))["body"])
        assert body.startswith("[[(dev))(https://evil.example) up now]](https://daybreak.example/")


class TestDiscord:
    def test_each_thing_to_do_is_a_link_below_the_details(self) -> None:
        embed = discord.payload(STOPPING)["embeds"][0]  # type: ignore[index]
        assert embed["fields"][-1]["value"] == (
            "[Keep on 2 h · $0.40](https://daybreak.example/m/2/)\n[I look after it](https://daybreak.example/m/ack/)"
        )
        assert embed["url"] == STOPPING.link

    def test_links_are_whole_however_long_the_rest_is(self) -> None:
        long = "x" * 9000
        actions = tuple(MessageAction(f"Do {n}", f"https://daybreak.example/m/{'y' * 300}/{n}") for n in range(9))
        fields = tuple(MessageField(long, long) for _ in range(30))
        sent = discord.payload(replace(STOPPING, title=long, body=long, fields=fields, actions=actions))
        assert too_much(sent) == ""
        links = [field["value"] for field in sent["embeds"][0]["fields"] if field["name"] == discord.NO_NAME]  # type: ignore[index]
        assert len(links) == 2
        assert all(line.endswith(")") for value in links for line in value.split("\n"))
        assert all(length(value) <= 1024 for value in links)

    def test_a_bracket_in_a_label_or_an_address_ends_no_link(self) -> None:
        action = MessageAction("[x](https://evil.example)", "https://daybreak.example/m/(1)/")
        embed = discord.payload(replace(STOPPING, actions=(action,), acknowledge=""))["embeds"][0]  # type: ignore[index]
        assert embed["fields"][-1]["value"] == "[\\[x\\](https://evil.example)](https://daybreak.example/m/(1%29/)"
