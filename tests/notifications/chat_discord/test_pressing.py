"""Buttons under warnings in Discord: done once, on time, by who presses and with their rights. (What is the same in
every chat is shown with Slack's.)"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings

from environments.models import Environment, Hold
from notifications import escalations, links
from notifications.chat import buttons, buttons_discord, buttons_pressed
from notifications.messages import compose
from notifications.models import Channel, ChatApp, Delivery, Escalation, OfferUse
from notifications.senders.discord import payload
from tests import factories
from tests.notifications.people import group, jihun, mail
from tests.notifications.receivers import discord
from tests.notifications.receivers.chats import (
    NOW,
    call_discord,
    discord_app,
    interaction,
    link,
    named,
    running,
    warning,
)
from tests.notifications.receivers.discord import DiscordApi, wrong
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(there: DiscordApi) -> ChatApp:
    return discord_app(there)


@pytest.fixture
def chat() -> Environment:
    return running()


@pytest.fixture
def told(app: ChatApp, chat: Environment) -> Delivery:
    config = {"token": discord.TOKEN, "channel": discord.CHANNEL}
    room = Channel.objects.create(name="Team room", kind="discord_bot", config=config, event_kinds=["nothing"])
    return warning(room, chat)


def shown(delivery: Delivery) -> dict[str, Any]:
    """As Discord hands the message back: with fields of its own."""
    found: dict[str, Any] = payload(compose(Delivery.objects.get(pk=delivery.pk)))
    embeds = [{**one, "type": "rich", "content_scan_version": 0} for one in found["embeds"]]
    rows = [
        {"type": 1, "id": 1, "components": [{**one, "id": 2} for one in row["components"]]}
        for row in found["components"]
    ]
    return {"id": "1100000000000000001", "flags": 0, "embeds": embeds, "components": rows}


def press(app: ChatApp, told: Delivery, does: str = "", message: Any = None, **more: Any) -> dict[str, Any]:
    custom_id = does or f"offer:{told.pk}:2h"
    data = {"component_type": 2, "custom_id": custom_id}
    answer = call_discord(app, interaction(3, data, message=message or shown(told), **more))
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    assert wrong(found.get("data", {})) == ""
    return found


def who(user_id: str) -> dict[str, Any]:
    return {"user": {"id": user_id, "username": "x"}}


def test_it_is_done_in_the_name_of_who_presses_and_the_message_says_so(app: ChatApp, told: Delivery) -> None:
    manager = named(link(app, factories.manager()))
    found = press(app, told)
    hold = Hold.objects.get()
    assert (hold.author, hold.until) == (manager, monday("20:00"))
    assert found["type"] == 7
    (embed,) = found["data"]["embeds"]
    assert embed["color"] == 3066993
    assert embed["title"] == "chat-dev stops at 18:00"
    assert embed["fields"][-1]["value"] == "chat-dev is kept running until 20:00 (Asia/Seoul). – Minseo Kim"
    assert links.offer_url(told.pk, "until") not in str(found), "what was done by a button is not offered by a link"
    assert found["data"]["components"] == []
    assert "content_scan_version" not in embed


def test_of_somebody_unknown_nothing_is_done_and_they_alone_read_how_to_be_known(app: ChatApp, told: Delivery) -> None:
    found = press(app, told)
    assert (found["type"], found["data"]["flags"]) == (4, 64)
    assert "/env link" in str(found)
    assert not Hold.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "outsider"])
def test_of_somebody_without_the_right_nothing_is_done(app: ChatApp, told: Delivery, role: str) -> None:
    link(app, getattr(factories, role)())
    found = press(app, told)
    assert (found["type"], found["data"]["flags"]) == (4, 64)
    assert not Hold.objects.exists()
    assert not OfferUse.objects.exists()


def test_pressed_twice_it_says_what_was_done_and_changes_nothing(app: ChatApp, told: Delivery) -> None:
    link(app, factories.manager())
    link(app, factories.operator(), "80351110224678999")
    press(app, told, f"offer:{told.pk}:1h")
    found = press(app, told, member=who("80351110224678999"))
    assert found["data"]["embeds"][0]["title"] == "That was done before"
    assert Hold.objects.get().until == monday("19:00")


def test_a_press_that_is_replayed_does_nothing(app: ChatApp, told: Delivery) -> None:
    link(app, factories.manager())
    said = interaction(3, {"component_type": 2, "custom_id": f"offer:{told.pk}:2h"}, message=shown(told))
    call_discord(app, said)
    again = json.loads(call_discord(app, said).content)
    assert again["data"]["embeds"][0]["title"] == "Nothing was done"
    assert Hold.objects.count() == 1


def test_too_late_it_says_so_and_changes_nothing(app: ChatApp, told: Delivery, clock: time_machine.Traveller) -> None:
    link(app, factories.manager())
    message = shown(told)
    clock.move_to(monday("18:01"))
    found = press(app, told, message=message)
    assert found["data"]["embeds"][0]["title"] == "Too late: nothing was changed"
    assert not Hold.objects.exists()


def test_another_apps_button_leads_nowhere(app: ChatApp, told: Delivery, there: DiscordApi) -> None:
    message = shown(told)
    other = discord_app(there, "Other", bot_token="another.token.of.a.bot")
    link(other, factories.operator())
    found = press(other, told, message=message)
    assert found["data"]["embeds"][0]["title"] == "This button leads nowhere any more"
    assert not Hold.objects.exists()


def test_in_a_room_who_presses_looks_after_it(app: ChatApp, told: Delivery) -> None:
    mail()
    escalations.begin(event=told.event, groups=[(group("On call", jihun()).pk, "Failures")], now=NOW)
    named(link(app, factories.manager()))
    found = press(app, told, f"ack:{told.pk}")
    escalation = Escalation.objects.get()
    assert (escalation.end, escalation.by, escalation.origin) == ("acknowledged", "Minseo Kim", "bot")
    assert found["type"] == 7
    assert "Minseo Kim looks after it." in str(found)
    left = [one["custom_id"] for row in found["data"]["components"] for one in row["components"]]
    assert left == [f"offer:{told.pk}:1h", f"offer:{told.pk}:2h"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
def test_what_takes_longer_than_discord_waits_is_put_into_the_message_later(
    app: ChatApp,
    there: DiscordApi,
    told: Delivery,
    known: bool,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if known:
        link(app, factories.manager())
    message, go_on = shown(told), threading.Event()
    settings.CHAT_ANSWER_SECONDS = 0.2
    real = buttons_pressed._did

    def slow(*given: Any) -> Any:
        assert go_on.wait(30)
        return real(*given)

    monkeypatch.setattr(buttons_pressed, "_did", slow)
    assert press(app, told, message=message) == {"type": 6}
    go_on.set()
    waiting = threading.Event()
    for _try in range(200):
        if there.edited or there.taken:
            break
        waiting.wait(0.05)
    if known:
        assert "kept running until 20:00" in str(there.edited)
        assert Hold.objects.count() == 1
    else:
        assert there.taken[0]["flags"] == 64
        assert not Hold.objects.exists()


def test_buttons_and_links_of_other_events_in_the_same_message_stay(app: ChatApp, told: Delivery) -> None:
    other = warning(told.channel, factories.environment("shop-dev"))
    message: dict[str, Any] = payload(compose(told, [other]))
    does = buttons.OfOffer(told.pk, "1h")
    after = buttons_discord.redrawn(message, lambda value, url: buttons.is_spent(does, told, value, url), "Done *it*")
    assert wrong(after) == ""
    assert f"offer:{told.pk}:" not in str(after)
    assert f"offer:{other.pk}:1h" in str(after)
    assert links.offer_url(other.pk, "until") in str(after)
    assert links.offer_url(told.pk, "until") not in str(after)
    assert "Done \\\\*it\\\\*" in str(after)


@pytest.mark.parametrize(
    "message", [{}, {"embeds": []}, {"embeds": [{"title": "x", "fields": [{}]}], "components": None}]
)
def test_a_message_that_discord_shows_otherwise_says_what_was_done_all_the_same(message: dict[str, Any]) -> None:
    after = buttons_discord.redrawn(message, lambda value, url: False, "Done")
    assert "Done" in str(after)
