"""The pages: what each role sees, that no page tells a secret, and that nothing changes without a POST."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifications import dispatch
from notifications.models import Channel, Delivery, Event

from . import discord_server as replies
from .conftest import MONDAY, PERMISSIONS, fresh, owe, say
from .discord_server import SECRET, Discord

pytestmark = pytest.mark.django_db

Person = Callable[[str], User]
ROLES = list(PERMISSIONS)


def page(model: str, what: str = "changelist", *arguments: object) -> str:
    return reverse(f"admin:notifications_{model}_{what}", args=arguments)


@pytest.fixture
def signed_in(client: Client, person: Person) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        client.force_login(person(role))
        return client

    return sign_in


@pytest.fixture
def history(channel: Channel, discord: Discord) -> Delivery:
    """A delivery that failed, with an answer that repeats the secret."""
    discord.answers(replies.refuse(400, {"message": f"bad form at {channel.config['webhook_url']}"}))
    delivery = owe("chat-dev is starting", body="until 18:00", fields=[("Team", "Chat")], link="/environments/")
    dispatch.deliver(delivery.pk, MONDAY)
    return delivery


def every_page(delivery: Delivery) -> list[str]:
    return [
        page("event"),
        page("event", "change", delivery.event_id),
        page("delivery"),
        page("delivery", "change", delivery.pk),
        page("delivery", "send_again", delivery.pk),
        page("channel"),
        page("channel", "add"),
        page("channel", "change", delivery.channel_id),
        page("channel", "delete", delivery.channel_id),
        page("channel", "history", delivery.channel_id),
        page("channel", "send_test", delivery.channel_id),
    ]


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_a_secret_to_any_role_and_a_get_changes_nothing(
    role: str, signed_in: Callable[[str], Client], history: Delivery, discord: Discord
) -> None:
    client = signed_in(role)
    before = state()
    allowed = 0
    for address in every_page(history):
        answer = client.get(address)
        assert answer.status_code in (200, 403, 404), address
        assert SECRET not in answer.content.decode(), address
        assert "(&#x27;" not in answer.content.decode(), "a Python tuple is on the page"
        allowed += answer.status_code == 200
    assert allowed == {"viewer": 4, "manager": 4, "operator": 8, "administrator": 11, "outsider": 0}[role]
    assert state() == before
    assert len(discord.requests) == 1


def state() -> tuple[object, ...]:
    return (
        list(Channel.objects.values("pk", "enabled", "last_error_at")),
        list(Delivery.objects.values("pk", "status", "attempts")),
        Event.objects.count(),
    )


def test_the_log_is_for_reading_only(signed_in: Callable[[str], Client], history: Delivery) -> None:
    client = signed_in("administrator")
    assert client.post(page("event", "change", history.event_id), {"actor": "x"}).status_code == 403
    assert client.post(page("event", "delete", history.event_id), {"post": "yes"}).status_code == 403
    assert client.get(page("delivery", "add")).status_code == 403
    assert client.post(page("delivery", "delete", history.pk), {"post": "yes"}).status_code == 403


class TestChannels:
    WEBHOOK = "https://discord.com/api/webhooks/1/" + "y" * 60 + "efgh"

    def form(self, **values: Any) -> dict[str, Any]:
        return {"name": "ops", "language": "ko", "enabled": "on", "event_kinds": [], "config_webhook_url": "", **values}

    def test_an_administrator_adds_one_and_sees_it_masked(self, signed_in: Callable[[str], Client]) -> None:
        client = signed_in("administrator")
        answer = client.post(page("channel", "add"), self.form(config_webhook_url=self.WEBHOOK), follow=True)
        channel = Channel.objects.get()
        assert (channel.kind, channel.language, channel.config) == ("discord", "ko", {"webhook_url": self.WEBHOOK})
        assert "https://discord.com/api/webhooks/…efgh" in answer.content.decode()
        assert self.WEBHOOK not in answer.content.decode()

    @pytest.mark.parametrize("wrong", ["http://discord.com/api/webhooks/1/a", "https://example.com/", ""])
    def test_an_address_that_cannot_work_is_refused_and_not_repeated(
        self, signed_in: Callable[[str], Client], wrong: str
    ) -> None:
        answer = signed_in("administrator").post(page("channel", "add"), self.form(config_webhook_url=wrong))
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors.keys() == {"config_webhook_url"}
        assert f'value="{wrong}"' not in answer.content.decode() or not wrong
        assert not Channel.objects.exists()

    def test_an_empty_secret_keeps_the_stored_one(self, signed_in: Callable[[str], Client], channel: Channel) -> None:
        client = signed_in("administrator")
        client.post(page("channel", "change", channel.pk), self.form(event_kinds=["notifications.channel_off"]))
        changed = Channel.objects.get()
        assert (changed.name, changed.event_kinds) == ("ops", ["notifications.channel_off"])
        assert changed.config == channel.config

    def test_saving_keeps_what_workers_noted_meanwhile(
        self, signed_in: Callable[[str], Client], channel: Channel, history: Delivery
    ) -> None:
        signed_in("administrator").post(page("channel", "change", channel.pk), self.form())
        assert Channel.objects.get().last_error["en"].startswith("Discord answered 400")

    def test_switching_one_on_again_forgets_why_it_was_off(
        self, signed_in: Callable[[str], Client], channel: Channel
    ) -> None:
        channel.switch_off({"en": "gone"}, MONDAY)
        client = signed_in("administrator")
        assert "Switched off by an error" in client.get(page("channel")).content.decode()
        client.post(page("channel", "change", channel.pk), self.form())
        again = Channel.objects.get()
        assert (again.enabled, again.disabled_at, again.disabled_reason) == (True, None, {})

    def test_one_that_no_key_opens_can_be_entered_again(
        self, signed_in: Callable[[str], Client], channel: Channel, settings: Any
    ) -> None:
        client = signed_in("administrator")
        Channel.objects.filter(pk=channel.pk).update(name="spoilt")
        spoil(channel)
        assert client.get(page("channel")).status_code == 200
        answer = client.post(page("channel", "change", channel.pk), self.form())
        assert "config_webhook_url" in answer.context["adminform"].form.errors
        client.post(page("channel", "change", channel.pk), self.form(config_webhook_url=self.WEBHOOK))
        assert Channel.objects.get().config == {"webhook_url": self.WEBHOOK}

    def test_deleting_one_takes_its_deliveries_and_leaves_the_events(
        self, signed_in: Callable[[str], Client], history: Delivery
    ) -> None:
        client = signed_in("administrator")
        client.post(page("channel", "delete", history.channel_id), {"post": "yes"})
        assert not Channel.objects.exists()
        assert not Delivery.objects.exists()
        assert Event.objects.count() == 1

    def test_a_test_message_asks_first_and_then_shows_how_it_went(
        self, signed_in: Callable[[str], Client], channel: Channel, discord: Discord
    ) -> None:
        client = signed_in("administrator")
        dialog = client.get(page("channel", "send_test", channel.pk)).content.decode()
        assert "Send a test message?" in dialog
        assert not discord.requests
        answer = client.post(
            page("channel", "send_test", channel.pk), confirmation(dialog), headers={"HX-Request": "true"}
        )
        assert answer.headers["HX-Redirect"] == page("channel", "change", channel.pk)
        assert discord.titles() == ["Test message"]
        assert "The test message has arrived." in client.get(page("channel")).content.decode()

    def test_a_test_message_works_while_the_channel_is_off(
        self, signed_in: Callable[[str], Client], make_channel: Callable[..., Channel], discord: Discord
    ) -> None:
        channel = make_channel(enabled=False)
        signed_in("administrator").post(page("channel", "send_test", channel.pk), {"_form_submitted": "on"})
        assert discord.titles() == ["Test message"]

    def test_a_test_message_that_fails_says_why(
        self, signed_in: Callable[[str], Client], channel: Channel, discord: Discord
    ) -> None:
        discord.answers(replies.gone)
        client = signed_in("administrator")
        answer = client.post(page("channel", "send_test", channel.pk), {"_form_submitted": "on"}, follow=True)
        assert "Discord answered 404: Unknown Webhook" in answer.content.decode()

    @pytest.mark.parametrize("role", ["viewer", "manager", "operator", "outsider"])
    def test_others_may_not_send_one(
        self, role: str, signed_in: Callable[[str], Client], channel: Channel, discord: Discord
    ) -> None:
        answer = signed_in(role).post(page("channel", "send_test", channel.pk), {"_form_submitted": "on"})
        assert answer.status_code == 403
        assert not discord.requests


class TestDeliveries:
    def test_a_failed_one_is_sent_again_after_a_question(
        self, signed_in: Callable[[str], Client], history: Delivery
    ) -> None:
        client = signed_in("operator")
        assert (
            page("delivery", "send_again", history.pk)
            in client.get(page("delivery", "change", history.pk)).content.decode()
        )
        dialog = client.get(page("delivery", "send_again", history.pk)).content.decode()
        assert fresh(history).status == "failed"
        client.post(page("delivery", "send_again", history.pk), confirmation(dialog))
        assert fresh(history).status == "pending"

    def test_a_sent_one_offers_no_repeat_and_refuses_it_kindly(
        self, signed_in: Callable[[str], Client], channel: Channel
    ) -> None:
        delivery = owe()
        dispatch.deliver(delivery.pk, MONDAY)
        client = signed_in("operator")
        assert "send_again" not in client.get(page("delivery", "change", delivery.pk)).content.decode()
        answer = client.post(page("delivery", "send_again", delivery.pk), {"_form_submitted": "on"}, follow=True)
        assert "Nothing to do" in answer.content.decode()
        assert fresh(delivery).status == "sent"

    @pytest.mark.parametrize("role", ["viewer", "manager", "outsider"])
    def test_others_may_not_repeat(self, role: str, signed_in: Callable[[str], Client], history: Delivery) -> None:
        answer = signed_in(role).post(page("delivery", "send_again", history.pk), {"_form_submitted": "on"})
        assert answer.status_code == 403
        assert fresh(history).status == "failed"

    def test_one_that_is_gone_leads_back_to_the_list(self, signed_in: Callable[[str], Client]) -> None:
        answer = signed_in("operator").post(page("delivery", "send_again", 999), {"_form_submitted": "on"})
        assert answer.headers["Location"] == page("delivery")


class TestLists:
    @pytest.mark.parametrize("model", ["event", "delivery", "channel"])
    def test_a_list_costs_the_same_for_few_rows_and_for_many(
        self,
        model: str,
        signed_in: Callable[[str], Client],
        make_channel: Callable[..., Channel],
        django_assert_max_num_queries: Callable[..., Any],
    ) -> None:
        client = signed_in("administrator")

        def cost() -> int:
            # Session, user, permissions, the rows, and what the filters and the navigation ask for.
            with django_assert_max_num_queries(12) as queries:
                assert client.get(page(model)).status_code == 200
            return len(queries)

        make_channel("0")
        say()
        few = cost()
        for number in range(1, 6):
            make_channel(str(number))
            say(str(number))
        assert cost() == few

    def test_events_are_found_by_words_kind_environment_and_severity(
        self, signed_in: Callable[[str], Client], channel: Channel
    ) -> None:
        say({"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"}, severity="success", kind="environment.ready")
        say("shop failed", severity="error", labels={"environment": "shop"})
        client = signed_in("viewer")
        for query in (
            "q=준비",
            "q=is ready",
            "severity__exact=success",
            "environment=chat-dev",
            "kind=environment.ready",
        ):
            found = client.get(f"{page('event')}?{query}").context["cl"].queryset
            assert [event.title["en"] for event in found] == ["chat-dev is ready"], query

    def test_pages_speak_korean(self, signed_in: Callable[[str], Client], history: Delivery) -> None:
        client = signed_in("administrator")
        for address in every_page(history):
            html = client.get(address, HTTP_ACCEPT_LANGUAGE="ko").content.decode()
            for english in ("Last error", "Send again", "Switched on", "Deadline", "Severity", "Attempts"):
                assert english not in html, (address, english)


def confirmation(dialog: str) -> dict[str, str]:
    """What pressing the dialog's button sends."""
    return dict(re.findall(r'<input[^>]*name="(_form_submitted)"[^>]*value="([^"]*)"', dialog))


def spoil(channel: Channel) -> None:
    """Leaves settings that no key opens."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_channel SET config = 'gAAAA' WHERE id = %s", [channel.pk])
