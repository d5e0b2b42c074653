"""Times of events and deliveries: by the clock of who reads them, and always with its zone."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifications import dispatch
from notifications.models import Channel
from portal.models import Preference

from . import discord_server as replies
from .conftest import MONDAY, PERMISSIONS, owe
from .discord_server import Discord

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("zone", "told"), [("", "(UTC)"), ("Asia/Seoul", "18:00 (Asia/Seoul)")])
@pytest.mark.parametrize("model", ["event", "delivery"])
def test_lists_and_pages_name_the_zone_of_each_time(
    client: Client, person: Callable[[str], User], channel: Channel, discord: Discord, model: str, zone: str, told: str
) -> None:
    discord.answers(replies.refuse(500, {}))
    delivery = owe("chat-dev is starting")
    dispatch.deliver(delivery.pk, MONDAY)
    reader = person(max(PERMISSIONS, key=lambda role: len(PERMISSIONS[role])))
    Preference.objects.create(user=reader, timezone=zone)
    client.force_login(reader)
    row = delivery.event_id if model == "event" else delivery.pk
    for address in ("changelist", "change"):
        arguments = [row] if address == "change" else []
        html = client.get(reverse(f"admin:notifications_{model}_{address}", args=arguments)).content.decode()
        assert told in html
        # Whatever looks like a time of the day has its zone behind it.
        text = re.sub(r"<[^>]+>", " ", html.split('id="content"')[1])
        assert re.findall(r".{12}(?:\d:\d{2}\b|[ap]\.m\.)(?! \()", text) == []
