"""Messages in the language of their channel. That the catalogue is whole is proved of every app together."""

import pytest

from notifications import dispatch
from notifications.defaults import ensure_default_channel
from notifications.messages import compose
from notifications.models import Channel

from . import discord_server as replies
from .conftest import MONDAY, fresh, owe, say
from .discord_server import Discord


@pytest.mark.django_db
def test_a_channel_is_written_to_in_its_language(channel: Channel, discord: Discord) -> None:
    Channel.objects.update(language="ko")
    event = say(
        {"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"},
        body={"en": "until 18:00", "ko": "18:00까지"},
        fields=[({"en": "Team", "ko": "팀"}, {"en": "Chat", "ko": "채팅"})],
        link="/environments/chat-dev/",
    )
    dispatch.deliver(event.deliveries.get().pk, MONDAY)
    embed = discord.accepted[0]["payload"]["embeds"][0]
    assert (embed["title"], embed["description"]) == ("chat-dev 준비 완료", "18:00까지")
    assert embed["fields"] == [{"name": "팀", "value": "채팅", "inline": True}]
    assert embed["url"] == "https://daybreak.example/environments/chat-dev/"


@pytest.mark.django_db
def test_errors_are_kept_in_both_languages(channel: Channel, discord: Discord) -> None:
    discord.answers(replies.gone)
    delivery = owe()
    dispatch.deliver(delivery.pk, MONDAY)
    assert fresh(delivery).last_error == {
        "en": "Discord answered 404: Unknown Webhook",
        "ko": "Discord가 404 응답을 보냈어요: Unknown Webhook",
    }


@pytest.mark.django_db
def test_without_an_address_of_the_portal_a_message_has_no_link(channel: Channel, settings: object) -> None:
    settings.BASE_URL = ""  # type: ignore[attr-defined]
    assert compose(owe(link="/environments/")).link == ""


@pytest.mark.django_db
class TestDefaultChannel:
    URL = "https://discord.com/api/webhooks/1/abcdefghijklmnop"

    def test_it_follows_from_the_environment_once(self, settings: object) -> None:
        settings.DISCORD_WEBHOOK_URL = self.URL  # type: ignore[attr-defined]
        first, second = ensure_default_channel(), ensure_default_channel()
        assert first == second
        assert first is not None
        assert Channel.objects.get().config == {"webhook_url": self.URL}

    def test_what_people_changed_stays(self, settings: object) -> None:
        settings.DISCORD_WEBHOOK_URL = self.URL  # type: ignore[attr-defined]
        ensure_default_channel()
        Channel.objects.update(enabled=False, language="ko")
        ensure_default_channel()
        channel = Channel.objects.get()
        assert (channel.enabled, channel.language) == (False, "ko")

    def test_without_a_webhook_there_is_none(self) -> None:
        assert ensure_default_channel() is None
        assert not Channel.objects.exists()
