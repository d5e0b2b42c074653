"""Adding a channel: first its kind, then its own form; its pace; and a test message, to a place or to oneself."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.contacts import contact_of
from notifications.defaults import ensure_default_channels
from notifications.models import Channel, Contact, Delivery
from notifications.senders.registry import SENDERS, sender
from tests.support.mail_server import MailServer, mail_server

from .receivers import sens

pytestmark = pytest.mark.django_db

ADD = "admin:notifications_channel_add"


@pytest.fixture
def administrator(person: Callable[[str], User]) -> User:
    user = person("administrator")
    user.email = "mina@example.com"
    user.save()
    return user


@pytest.fixture
def browser(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with mail_server() as there:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", there.port
        settings.EMAIL_FROM = "Daybreak <daybreak@example.com>"
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield there


def add(kind: str) -> str:
    return f"{reverse(ADD)}?kind={kind}"


def change(channel: Channel) -> str:
    return reverse("admin:notifications_channel_change", args=[channel.pk])


def tried(browser: Client, channel: Channel) -> str:
    address = reverse("admin:notifications_channel_send_test", args=[channel.pk])
    return browser.post(address, {"_form_submitted": "on"}, follow=True).content.decode()


class TestChoosing:
    def test_all_kinds_are_offered_with_what_each_needs(self, browser: Client) -> None:
        html = browser.get(reverse(ADD)).content.decode()
        assert re.findall(r"\?kind=(\w+)", html)
        assert set(re.findall(r"\?kind=(\w+)", html)) == set(SENDERS)
        assert "You need its webhook." in html
        assert html.index("?kind=discord") < html.index("To each person at their own address") < html.index("kind=sens")
        assert "<form" not in html.split('class="db-page"')[1]

    def test_an_unknown_kind_leads_to_the_choice(self, browser: Client) -> None:
        assert "?kind=jandi" in browser.get(add("pigeon")).content.decode()

    @pytest.mark.parametrize("role", ["viewer", "manager", "operator", "outsider"])
    def test_others_are_not_asked(self, client: Client, person: Callable[[str], User], role: str) -> None:
        client.force_login(person(role))
        assert client.get(reverse(ADD)).status_code in (302, 403)
        assert client.get(add("apprise")).status_code in (302, 403)

    @pytest.mark.parametrize("kind", SENDERS)
    def test_the_form_of_each_kind_has_its_own_fields(self, browser: Client, kind: str) -> None:
        html = browser.get(add(kind)).content.decode()
        for field in sender(kind).config_fields:
            assert f'name="config_{field.name}"' in html
        assert ('name="event_kinds"' in html) is (sender(kind).address == "")
        assert ('id="id_language"' in html) is (sender(kind).address == "")
        assert re.search(r'name="fold_minutes" value="30"|value="30"[^>]*name="fold_minutes"', html)

    def test_what_comes_at_once_is_gathered_for_people_and_not_for_a_program(self, browser: Client) -> None:
        begun = {kind: browser.get(add(kind)).context["adminform"].form["gather_seconds"].value() for kind in SENDERS}
        assert begun == {kind: 0 if kind == "webhook" else 10 for kind in SENDERS}

    def test_what_costs_for_each_message_begins_with_a_limit_a_day(self, browser: Client) -> None:
        begun = {kind: browser.get(add(kind)).context["adminform"].form["daily_cap"].value() for kind in SENDERS}
        assert {kind for kind, limit in begun.items() if limit} == {"sens", "sns_sms"}
        assert begun["sens"] == 100

    @pytest.mark.parametrize("kind", SENDERS)
    def test_a_form_without_what_is_needed_says_so_and_makes_nothing(self, browser: Client, kind: str) -> None:
        required = {f"config_{field.name}" for field in sender(kind).config_fields if field.required}
        answer = browser.post(add(kind), {"language": "en", "enabled": "on"})
        assert answer.context["adminform"].form.errors.keys() == required | {"name"}
        assert not Channel.objects.exists()


class TestSaving:
    FORM: dict[str, Any] = {
        "name": "SMS",
        "enabled": "on",
        "config_service_id": sens.SERVICE,
        "config_access_key": sens.ACCESS_KEY,
        "config_secret_key": sens.SECRET_KEY,
        "config_sender": "02-1234-5678",
        "config_api_url": "",
        "gather_seconds": "60",
        "fold_minutes": "",
        "per_minute": "20",
        "daily_cap": "100",
        "owner": "",
    }

    def test_a_channel_is_made_with_its_pace_and_its_owner(self, browser: Client, administrator: User) -> None:
        owner = contact_of(administrator)
        browser.post(add("sens"), self.FORM | {"owner": str(owner.pk)})
        made = Channel.objects.get()
        assert (made.kind, made.gather_seconds, made.fold_minutes) == ("sens", 60, 0)
        assert (made.per_minute, made.daily_cap, made.owner) == (20, 100, owner)
        assert made.config["service_id"] == sens.SERVICE

    def test_secrets_are_never_shown_again_and_what_is_none_is(self, browser: Client) -> None:
        browser.post(add("sens"), self.FORM)
        made = Channel.objects.get()
        for page in (change(made), reverse("admin:notifications_channel_changelist")):
            html = browser.get(page).content.decode()
            assert sens.SECRET_KEY not in html
            assert sens.ACCESS_KEY not in html
            assert sens.SERVICE in html

    def test_a_change_is_kept_and_empty_secrets_too(self, browser: Client) -> None:
        browser.post(add("sens"), self.FORM)
        made = Channel.objects.get()
        secrets = {"config_access_key": "", "config_secret_key": ""}
        browser.post(change(made), self.FORM | secrets | {"daily_cap": "50", "config_sender": "02-8765-4321"})
        changed = Channel.objects.get()
        assert (changed.daily_cap, changed.config["sender"]) == (50, "02-8765-4321")
        assert changed.config["secret_key"] == sens.SECRET_KEY

    @pytest.mark.parametrize(("field", "wrong"), [("per_minute", "0"), ("daily_cap", "-1"), ("gather_seconds", "601")])
    def test_a_pace_that_cannot_be_is_refused(self, browser: Client, field: str, wrong: str) -> None:
        answer = browser.post(add("sens"), self.FORM | {field: wrong})
        assert answer.context["adminform"].form.errors.keys() == {field}
        assert not Channel.objects.exists()


class TestHowItIsDoing:
    @pytest.mark.parametrize(("failures", "said"), [(7, "Rests until "), (0, "Waits until ")])
    def test_until_when_it_waits_is_said_once_with_whose_wish_that_is(
        self, browser: Client, failures: int, said: str
    ) -> None:
        until = timezone.now() + timedelta(minutes=10)
        made = Channel.objects.create(name="Room", kind="discord", failures=failures, paused_until=until)
        html = browser.get(change(made)).content.decode()
        assert html.count(said) == 1
        assert ("its service asked for that" in html) is (failures == 0)
        assert "The other side asked us" not in html


class TestTrying:
    def test_a_channel_that_writes_to_people_writes_to_who_asks_alone(
        self, browser: Client, administrator: User, post: MailServer
    ) -> None:
        Contact.objects.create(name="Joon").set_addresses({"email": "joon@example.com"})
        channel = Channel.objects.create(name="Mail", kind="email")
        assert "It was sent to you." in tried(browser, channel)
        (mail,) = post.taken
        assert "mina@example.com" in mail["To"]
        assert mail["Subject"] == "Test message"
        assert Delivery.objects.get().contact == contact_of(administrator)

    def test_without_such_an_address_it_says_what_to_do_and_asks_nobody(self, browser: Client) -> None:
        channel = Channel.objects.create(name="SMS", kind="sens", config={"service_id": "s"})
        said = tried(browser, channel)
        assert "your own contact has no such address: phone number" in said
        assert not Delivery.objects.exists()

    def test_a_mail_that_is_refused_says_why(self, browser: Client, post: MailServer) -> None:
        post.to_rcpt["mina@example.com"] = "550 5.1.1 no such user"
        said = tried(browser, Channel.objects.create(name="Mail", kind="email"))
        assert "The mail server did not take the mail: 550 5.1.1 no such user" in said

    def test_a_place_is_written_to_as_a_place(self, browser: Client, channel: Channel) -> None:
        assert "The test message has arrived." in tried(browser, channel)
        assert Delivery.objects.get().contact is None


class TestDefaults:
    def test_a_mail_server_makes_one_channel_once(self, post: MailServer) -> None:
        ensure_default_channels()
        (made,) = ensure_default_channels()
        assert (made.kind, made.name, Channel.objects.count()) == ("email", "E-mail", 1)

    def test_one_that_people_have_renamed_is_not_made_again(self, post: MailServer) -> None:
        ensure_default_channels()
        Channel.objects.update(name="Our mails", enabled=False)
        ensure_default_channels()
        assert [(found.name, found.enabled) for found in Channel.objects.all()] == [("Our mails", False)]

    @pytest.mark.parametrize("missing", ["EMAIL_HOST", "EMAIL_FROM"])
    def test_half_of_a_mail_server_makes_none(self, post: MailServer, settings: Any, missing: str) -> None:
        setattr(settings, missing, "")
        assert ensure_default_channels() == []
        assert not Channel.objects.exists()
