"""What people ask in Discord, and what they read: for all or for them alone, at once or later."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from notifications.chat import following
from notifications.chat.discord import Discord
from notifications.chat.spoken import Answer, Button
from notifications.models import ChatRequest
from notifications.senders.base import TransportError
from tests import factories
from tests.notifications.receivers import discord, server
from tests.notifications.receivers.chats import NOW, ScriptedBot, asked, call_discord, discord_app, interaction, link
from tests.notifications.receivers.discord import DiscordApi, wrong

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    assert wrong(found.get("data", {})) == ""
    return found


def embed(found: dict[str, Any]) -> dict[str, Any]:
    (only,) = found["data"]["embeds"]
    assert isinstance(only, dict)
    return only


def buttons(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    rows = found["data"].get("components", [])
    return [(one["label"], one["custom_id"], one["style"]) for row in rows for one in row["components"]]


def pressed(custom_id: str, found: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A press below a message, as Discord hands both over."""
    message = {"id": "1", "flags": 0, **(found["data"] if found else {})}
    return interaction(3, {"component_type": 2, "custom_id": custom_id}, message=message, **more)


STATUS = Answer(
    {"en": "chat-dev runs", "ko": "chat-dev가 켜져 있어요"},
    {"en": "until 18:00 @everyone chat_dev_2", "ko": "18:00까지"},
    fields=(("Cost", "$0.40"),),
    severity="success",
    link="/environments/chat-dev/",
    buttons=(Button({"en": "Keep on 2 h", "ko": "2시간 더"}, "chat-dev extend 2h"), Button("Stop", "x", "danger")),
)


def test_a_command_is_answered_with_an_embed_its_colour_its_link_and_buttons(bot: ScriptedBot) -> None:
    app = discord_app()
    link(app, factories.manager())
    bot.answers["chat-dev status"] = STATUS
    found = said(call_discord(app, interaction(2, asked("status", name="chat-dev"))))
    assert (found["type"], "flags" in found["data"]) == (4, False)
    shown = embed(found)
    assert (shown["title"], shown["color"]) == ("chat-dev runs", 3066993)
    assert shown["url"] == "https://daybreak.example/environments/chat-dev/"
    assert shown["description"] == "until 18:00 @everyone chat\\_dev\\_2"
    assert found["data"]["allowed_mentions"] == {"parse": []}, "it wakes nobody"
    assert buttons(found) == [("Keep on 2 h", "say:chat-dev extend 2h", 1), ("Stop", "say:x", 4)]


@pytest.mark.parametrize(
    ("locale", "title"), [("ko", "chat-dev가 켜져 있어요"), ("en-GB", "chat-dev runs"), ("fr", "chat-dev runs")]
)
def test_they_are_answered_in_the_language_of_their_discord(bot: ScriptedBot, locale: str, title: str) -> None:
    app = discord_app()
    link(app, factories.manager())
    bot.answers["status"] = STATUS
    assert embed(said(call_discord(app, interaction(2, asked("status"), locale=locale))))["title"] == title


def test_who_asks_is_the_user_id_also_in_a_direct_message(bot: ScriptedBot) -> None:
    app, manager = discord_app(), factories.manager()
    link(app, manager)
    direct = interaction(2, asked("status"), user={"id": discord.PERSON, "username": "mason"})
    del direct["member"], direct["guild_id"]
    said(call_discord(app, direct))
    other = {"user": {"id": "80351110224678999", "username": "mason", "global_name": "Minseo"}, "nick": "Minseo"}
    said(call_discord(app, interaction(2, asked("status"), member=other)))
    assert [one.user for one in bot.asked] == [manager]


def test_somebody_unknown_is_told_how_to_be_known_and_alone_reads_it(bot: ScriptedBot) -> None:
    found = said(call_discord(discord_app(), interaction(2, asked("force_start", name="chat-dev"))))
    assert found["data"]["flags"] == 64
    assert "/env link" in str(found)
    assert bot.asked == []


def test_a_code_links_them_and_is_kept_nowhere(bot: ScriptedBot) -> None:
    from notifications.chat import codes

    app, manager = discord_app(), factories.manager()
    code = codes.make(manager, NOW)
    found = said(call_discord(app, interaction(2, asked("link", code=code))))
    assert embed(found)["title"] == "Linked with manager"
    assert code not in ChatRequest.objects.get().text
    said(call_discord(app, interaction(2, asked("status"))))
    assert bot.asked[0].user == manager


def test_what_stops_something_is_asked_back_and_done_by_the_button_in_its_place(bot: ScriptedBot) -> None:
    app = discord_app()
    link(app, factories.manager())
    question = said(call_discord(app, interaction(2, asked("force_stop"))))
    assert question["data"]["flags"] == 64
    (yes, yes_id, style), (_no, no_id, _grey) = buttons(question)
    assert (yes, style) == ("Yes: force_stop", 4)
    done = said(call_discord(app, pressed(yes_id, question)))
    assert (done["type"], embed(done)["title"]) == (7, "Done: force_stop")
    assert done["data"]["components"] == [], "its buttons are gone"
    assert [one.confirmed for one in bot.asked] == [False, True]
    late = said(call_discord(app, pressed(no_id, question)))
    assert embed(late)["title"] == "Nothing waits for this code"


def test_the_code_can_be_typed_instead(bot: ScriptedBot) -> None:
    app = discord_app()
    link(app, factories.manager())
    said(call_discord(app, interaction(2, asked("force_stop"))))
    code = ChatRequest.objects.get().code
    said(call_discord(app, interaction(2, asked("confirm", code=code))))
    assert [one.confirmed for one in bot.asked] == [False, True]


def test_a_button_that_somebody_unknown_presses_leaves_the_others_answer(bot: ScriptedBot) -> None:
    app = discord_app()
    link(app, factories.manager())
    bot.answers["status"] = STATUS
    shown = said(call_discord(app, interaction(2, asked("status"))))
    stranger = {"user": {"id": "80351110224678999", "username": "x"}}
    found = said(call_discord(app, pressed(buttons(shown)[0][1], shown, member=stranger)))
    assert (found["type"], found["data"]["flags"]) == (4, 64)
    assert bot.texts() == ["status"]


@pytest.mark.parametrize("custom_id", ["", "nonsense", "say:", "req:1:0", "offer:x:1h", "ack:", f"req:{'9' * 30}:0"])
def test_a_button_that_nobody_knows_leads_nowhere(custom_id: str, bot: ScriptedBot) -> None:
    found = said(call_discord(discord_app(), pressed(custom_id)))
    assert (found["data"]["flags"], embed(found)["title"]) == (64, "This button leads nowhere any more")
    assert bot.asked == []


@pytest.mark.parametrize("length", [90, 95, 96, 97, 98, 300])
def test_no_button_carries_more_than_discord_takes_and_none_loses_its_text(bot: ScriptedBot, length: int) -> None:
    app, says = discord_app(), f'"{"이" * (length - 9)}" status'
    link(app, factories.manager())
    bot.answers["list"] = Answer("x", buttons=(Button("이름", says),))
    shown = said(call_discord(app, interaction(2, asked("list"))))
    ((_label, custom_id, _style),) = buttons(shown)
    said(call_discord(app, pressed(custom_id, shown)))
    assert bot.texts() == ["list", says]


def test_names_are_offered_while_they_are_typed_of_what_they_see(bot: ScriptedBot) -> None:
    app = discord_app()
    bot.known = ["chat-dev", "chat-prod", "shop", "chat-" + "x" * 120, *(f"chat-{n}" for n in range(40))]
    data = asked("status", name="chat")
    data["options"][0]["options"][0]["focused"] = True

    def choices() -> list[str]:
        found = said(call_discord(app, interaction(4, data)))
        assert found["type"] == 8
        return [one["value"] for one in found["data"]["choices"]]

    assert choices() == [], "of nobody known, nothing"
    manager = link(app, factories.manager())
    assert choices()[:2] == ["chat-dev", "chat-prod"]
    assert len(choices()) == 25
    assert max(map(len, choices())) <= 100
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert choices() == []
    assert not ChatRequest.objects.exists(), "typing asks for nothing"


def test_a_name_that_is_being_typed_costs_two_queries(
    bot: ScriptedBot, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    app, data = discord_app(), asked("status", name="chat")
    data["options"][0]["options"][0]["focused"] = True
    link(app, factories.manager())
    with django_assert_num_queries(2):  # the app, and who it is
        call_discord(app, interaction(4, data))


@pytest.mark.django_db(transaction=True)
def test_what_takes_longer_than_discord_waits_is_acknowledged_and_told_later(
    bot: ScriptedBot, there: DiscordApi, settings: LazySettings
) -> None:
    app = discord_app(there)
    link(app, factories.manager())
    settings.CHAT_ANSWER_SECONDS = 0.2
    bot.waits = threading.Event()
    try:
        found = said(call_discord(app, interaction(2, asked("status"))))
        assert found == {"type": 5, "data": {"flags": 64}}
    finally:
        bot.waits.set()
    waiting = threading.Event()
    for _try in range(200):
        if there.taken:
            break
        waiting.wait(0.05)
    assert [one["embeds"][0]["title"] for one in there.taken] == ["Done: status"]
    assert there.taken[0]["path"] == f"/webhooks/{discord.APPLICATION}/{discord.INTERACTION}"


class TestLater:
    reply_to = {
        "token": discord.INTERACTION,
        "channel": discord.CHANNEL,
        "user": discord.PERSON,
        "at": NOW.isoformat(),
    }

    def test_a_private_answer_is_for_who_asked_alone_and_another_for_all(self, there: DiscordApi) -> None:
        app = discord_app(there)
        Discord().say_later(app, self.reply_to, Answer("Done", private=True), "en")
        Discord().say_later(app, self.reply_to, Answer("Done"), "en")
        assert [one.get("flags") for one in there.taken] == [64, None]

    @pytest.mark.parametrize("why", ["too long ago", "expired"])
    def test_by_the_bot_where_the_token_is_used_up_and_never_shown_to_others(
        self, there: DiscordApi, why: str, clock: time_machine.Traveller
    ) -> None:
        app = discord_app(there)
        there.expired = why == "expired"
        if why == "too long ago":
            clock.shift(timedelta(minutes=15))
        Discord().say_later(app, self.reply_to, Answer("Started"), "en")
        Discord().say_later(app, self.reply_to, Answer("Only you", private=True), "en")
        assert [one["path"] for one in there.taken] == [
            f"/channels/{discord.CHANNEL}/messages",
            f"/channels/{discord.CONVERSATION}/messages",
        ]

    def test_without_a_bot_token_it_is_given_up(self, there: DiscordApi, clock: time_machine.Traveller) -> None:
        clock.shift(timedelta(minutes=15))
        with pytest.raises(TransportError) as caught:
            Discord().say_later(discord_app(), self.reply_to, Answer("Started"), "en")
        assert caught.value.permanent

    @pytest.mark.parametrize(
        ("behaviour", "unknown", "wait"),
        [
            (server.refuse(429, {"message": "limited", "retry_after": 2.5}), False, 2.5),
            (server.refuse(503), False, None),
            (server.hang, True, None),
        ],
    )
    def test_what_goes_wrong_says_whether_to_try_again(
        self,
        there: DiscordApi,
        behaviour: server.Behaviour,
        unknown: bool,
        wait: float | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("notifications.senders.http.READ_SECONDS", 0.3)
        there.next.append(behaviour)
        with pytest.raises(TransportError) as caught:
            Discord().say_later(discord_app(there), self.reply_to, Answer("Started"), "en")
        assert (caught.value.unknown, caught.value.retry_after, caught.value.permanent) == (unknown, wait, False)
        assert "SECRET" not in f"{caught.value} {caught.value!r}"

    def test_the_end_of_what_was_begun_is_told_in_the_same_place(self, bot: ScriptedBot, there: DiscordApi) -> None:
        app = discord_app(there)
        link(app, factories.manager())
        bot.answers["force_start"] = Answer("Starting", follows="operation 12")
        said(call_discord(app, interaction(2, asked("force_start"))))
        bot.ended = Answer("chat-dev runs", severity="success")
        following.sweep(NOW + timedelta(seconds=10))
        following.sweep(NOW + timedelta(seconds=90))
        assert [one["embeds"][0]["title"] for one in there.taken] == ["chat-dev runs"]

    def test_discord_tells_no_address(self) -> None:
        assert Discord().email_of(discord_app(), discord.PERSON) == ""
