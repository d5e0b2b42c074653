"""Which messages have real buttons, and what is left of a message once one was pressed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from notifications import escalations, links
from notifications.chat import buttons, buttons_slack
from notifications.messages import compose
from notifications.models import Channel, ChatApp, Contact, Delivery
from notifications.senders.slack_blocks import payload
from tests import factories
from tests.notifications.people import group, jihun, mail
from tests.notifications.receivers import discord, slack
from tests.notifications.receivers.chats import NOW, discord_app, link, running, slack_app, warning
from tests.notifications.receivers.discord import DiscordApi
from tests.notifications.receivers.slack import SlackApi

pytestmark = pytest.mark.django_db


def room(kind: str = "slack_bot", token: str = slack.TOKEN) -> Channel:
    config = {"token": token, "channel": "C012AB3CD"}
    return Channel.objects.create(name=f"Team {kind}", kind=kind, config=config, event_kinds=["nothing"])


def test_a_message_by_the_bot_of_a_connected_app_has_buttons_and_a_link_for_what_asks_for_a_time(
    there: SlackApi,
) -> None:
    slack_app(there)
    delivery = warning(room(), running())
    message = compose(delivery)
    assert [(one.press, bool(one.url)) for one in message.actions] == [
        (f"offer:{delivery.pk}:1h", True),
        (f"offer:{delivery.pk}:2h", True),
        ("", True),
    ]
    assert message.presses
    assert (message.acknowledge, message.acknowledge_press) == ("", "")
    assert slack.wrong(payload(message)) == ""


@pytest.mark.parametrize(
    "why", ["no app", "another token", "switched off", "never called", "no token", "another platform", "unreadable"]
)
def test_without_one_it_has_links(there: SlackApi, why: str) -> None:
    if why != "no app":
        slack_app(there, bot_token="xoxb-another" if why == "another token" else slack.TOKEN)
    match why:
        case "switched off":
            ChatApp.objects.update(is_on=False)
        case "never called":
            ChatApp.objects.update(last_at=None)
        case "another platform":
            ChatApp.objects.update(kind="discord")
        case "unreadable":
            with connection.cursor() as cursor:
                cursor.execute("UPDATE notifications_chatapp SET config = 'sealed with another key'")
    message = compose(warning(room(token="" if why == "no token" else slack.TOKEN), running()))
    assert not message.presses
    assert len(message.actions) == 3


def test_a_webhook_has_links_even_beside_a_connected_app(
    there: SlackApi, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    slack_app(there)
    channel = Channel.objects.create(name="Hook", kind="slack", event_kinds=["nothing"])
    assert not compose(warning(channel, running())).presses
    with django_assert_num_queries(0):
        assert not buttons.pressable(channel)


@pytest.mark.parametrize("kind", ["slack_bot", "slack_person"])
def test_whether_there_are_buttons_costs_one_query(
    there: SlackApi, kind: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        slack_app(there, f"Slack {number}", bot_token=f"xoxb-{number}")
    slack_app(there, "Ours")
    channel = room(kind)
    with django_assert_num_queries(1):
        assert buttons.pressable(channel)


@pytest.mark.parametrize("kind", ["discord_bot", "discord_person"])
def test_discords_bots_have_them_by_an_app_of_discord(kind: str) -> None:
    with DiscordApi() as api:
        app = discord_app(api)
        channel = room(kind, discord.TOKEN)
        assert buttons.pressable(channel)
        assert buttons.ties(app, channel)


def asked(channel: Channel, *people: Contact) -> Delivery:
    """What fails, with a group that is asked about it, by mail."""
    mail()
    chat = running()
    delivery = warning(channel, chat)
    escalations.begin(event=delivery.event, groups=[(group("On call", *people).pk, "Failures")], now=NOW)
    return delivery


def test_a_place_with_buttons_can_look_after_it_as_who_presses_is_known(there: SlackApi) -> None:
    delivery = asked(room(), jihun())
    message = compose(delivery)
    assert (message.acknowledge, message.acknowledge_press) == ("", "")
    slack_app(there)
    message = compose(delivery)
    assert (message.acknowledge, message.acknowledge_press) == ("", f"ack:{delivery.pk}")
    assert '"value": "ack:' in str(payload(message)).replace("'", '"')


@pytest.mark.parametrize("who", ["no app", "no account", "not linked", "linked"])
def test_a_person_has_buttons_once_the_app_knows_them_and_the_link_until_then(there: SlackApi, who: str) -> None:
    reader = jihun(user=None if who == "no account" else factories.manager())
    if who != "no app":
        app = slack_app(there)
        link(app, factories.operator(), "T0001/U9")
        if who == "linked":
            link(app, factories.manager())
    reader.set_addresses({"slack": "U012AB3CD", "email": "jihun@example.com"})
    reader.save()
    delivery = asked(room("slack_person"), reader)
    Delivery.objects.filter(pk=delivery.pk).update(contact=reader, recipient=f"contact-{reader.pk}")
    message = compose(Delivery.objects.get(pk=delivery.pk))
    assert message.acknowledge == links.acknowledge_url(delivery.pk)
    assert message.presses is (who == "linked")
    assert message.acknowledge_press == (f"ack:{delivery.pk}" if who == "linked" else "")
    assert [bool(one.press) for one in message.actions] == [who == "linked", who == "linked", False]


class TestRedrawn:
    """As Slack hands a message back: with ids of its own."""

    def message(self, delivery: Delivery) -> dict[str, Any]:
        found: dict[str, Any] = payload(compose(delivery))
        for attachment in found["attachments"]:
            attachment |= {"id": 1}
            for number, block in enumerate(attachment["blocks"]):
                block["block_id"] = f"b{number}"
        return found

    def test_what_was_done_stands_in_the_place_of_its_buttons_and_of_the_link_that_does_the_same(
        self, there: SlackApi
    ) -> None:
        slack_app(there)
        delivery = warning(room(), running())
        does = buttons.OfOffer(delivery.pk, "2h")
        before = self.message(delivery)
        after: dict[str, Any] = buttons_slack.redrawn(
            before, lambda value, url: buttons.is_spent(does, delivery, value, url), "Kept on. – Minseo Kim"
        )
        assert slack.wrong(after) == ""
        (attachment,) = after["attachments"]
        assert (after["replace_original"], attachment["color"]) == (True, "#2ECC71")
        assert "Kept on. – Minseo Kim" in str(attachment)
        left = [one for block in attachment["blocks"] if block["type"] == "actions" for one in block["elements"]]
        assert [one["text"]["text"] for one in left] == ["Open in Daybreak"]
        assert after["text"] == before["text"]

    def test_buttons_of_other_events_in_the_same_message_stay(self, there: SlackApi) -> None:
        slack_app(there)
        channel = room()
        one, other = warning(channel, running()), warning(channel, factories.environment("shop-dev"))
        message: dict[str, Any] = payload(compose(one, [other]))
        does = buttons.OfOffer(one.pk, "1h")
        after = buttons_slack.redrawn(message, lambda value, url: buttons.is_spent(does, one, value, url), "Done")
        assert f"offer:{one.pk}:" not in str(after)
        assert f"offer:{other.pk}:1h" in str(after)
        assert links.offer_url(other.pk, "until") in str(after)

    @pytest.mark.parametrize("message", [{}, {"text": "x"}, {"attachments": [{}]}, {"attachments": [None], "text": ""}])
    def test_a_message_that_slack_shows_otherwise_says_what_was_done_all_the_same(
        self, message: dict[str, Any]
    ) -> None:
        after = buttons_slack.redrawn(message, lambda value, url: False, "Done")
        assert slack.wrong(after) == ""
        assert "Done" in str(after)
