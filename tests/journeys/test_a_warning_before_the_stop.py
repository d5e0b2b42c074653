"""A mail says that it stops; one click keeps it on; what only looks at the link changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from environments.models import Environment, Hold, State
from environments.services import stop_warnings
from notifications import dispatch, links
from notifications.models import Channel, Contact, Delivery
from portal.history import changes_of
from tests import factories
from tests.support.journey import Journey
from tests.support.mail_server import MailServer, mail_server
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = False, "", ""
        settings.EMAIL_FROM, settings.BASE_URL = "daybreak@example.com", "https://daybreak.example"
        Channel.objects.create(name="Mail", kind="email", event_kinds=["environment.failed"])
        yield server


@pytest.fixture
def minseo() -> Contact:
    made = Contact(name="Minseo Kim", user=factories.manager(), language="en")
    made.set_addresses({"email": "minseo@example.com"})
    made.save()
    return made


def evening(chat_aws: Any, minseo: Contact) -> Journey:
    """The chat application has run since nine, and it is half past five."""
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    chat.contacts.add(minseo)
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:02"))
    day.go_to(monday("17:30"))
    assert Environment.objects.get().state == State.RUNNING
    return day


def send_what_is_owed(now: datetime) -> None:
    for channel in Channel.objects.all():
        for pk in dispatch.due(channel, now):
            dispatch.deliver(pk, now)


def link(server: MailServer, label: str) -> str:
    """The path behind a choice of the newest mail."""
    body = server.taken[-1].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    found = re.search(re.escape(label) + r".*?(https://daybreak\.example\S+)", text, re.DOTALL)
    assert found, text
    return urlsplit(found[1]).path


def at(day: Journey, method: str, path: str, **fields: str) -> Any:
    with time_machine.travel(day.now, tick=False):
        return getattr(Client(REMOTE_ADDR="203.0.113.7"), method)(path, fields)


def test_one_click_keeps_it_on_for_an_hour_and_then_it_stops(chat_aws: Any, mails: MailServer, minseo: Contact) -> None:
    day = evening(chat_aws, minseo)
    assert stop_warnings.warn_due(now=day.now) == 1
    send_what_is_owed(day.now)
    (mail,) = mails.taken
    assert mail["To"] == "Minseo Kim <minseo@example.com>"
    assert "chat-dev stops at 18:00 (Asia/Seoul)" in mail["Subject"]

    path = link(mails, "Keep on 1 h")
    for method in ("get", "head", "get"):
        assert at(day, method, path).status_code == 200
    assert not Hold.objects.exists()
    assert "Running until 18:00 (Asia/Seoul): schedule Office hours Seoul" in at(day, "get", path).content.decode()

    answer = at(day, "post", path)
    assert "chat-dev is kept running until 19:00 (Asia/Seoul)." in answer.content.decode()
    hold = Hold.objects.get()
    assert (hold.author, hold.origin, hold.until) == (minseo.user, "link", monday("19:00"))
    change = changes_of(Hold).get()
    assert (change.history_origin, change.history_address) == ("link", "203.0.113.7")

    day.go_to(monday("18:30"))
    assert Environment.objects.get().state == State.RUNNING
    assert stop_warnings.warn_due(now=day.now) == 1, "the new stop is announced as well"
    day.go_to(monday("19:03"))
    assert Environment.objects.get().state == State.STOPPED


def test_a_link_is_good_once(chat_aws: Any, mails: MailServer, minseo: Contact) -> None:
    day = evening(chat_aws, minseo)
    stop_warnings.warn_due(now=day.now)
    send_what_is_owed(day.now)
    at(day, "post", link(mails, "Keep on 1 h"))
    at(day, "post", link(mails, "Keep on 1 h"))
    at(day, "post", link(mails, "Keep on 2 h"))
    assert Hold.objects.get().until == monday("19:00")


def test_until_a_time_asks_for_it_and_says_what_is_no_time(chat_aws: Any, mails: MailServer, minseo: Contact) -> None:
    day = evening(chat_aws, minseo)
    stop_warnings.warn_due(now=day.now)
    send_what_is_owed(day.now)
    path = link(mails, "Keep on until")
    assert 'type="time"' in at(day, "get", path).content.decode()
    assert "25:61" in at(day, "post", path, value="25:61").content.decode()
    assert not Hold.objects.exists()
    assert "until 22:15 (Asia/Seoul)" in at(day, "post", path, value="22:15").content.decode()
    assert Hold.objects.get().until == monday("22:15")


def test_who_has_left_the_team_since_is_refused_and_it_stops(chat_aws: Any, mails: MailServer, minseo: Contact) -> None:
    day = evening(chat_aws, minseo)
    stop_warnings.warn_due(now=day.now)
    send_what_is_owed(day.now)
    factories.team().members.clear()
    assert "not switch it" in at(day, "post", link(mails, "Keep on 1 h")).content.decode()
    day.go_to(monday("18:03"))
    assert Environment.objects.get().state == State.STOPPED


def test_after_the_stop_nothing_is_sent_and_a_click_does_nothing(
    chat_aws: Any, mails: MailServer, minseo: Contact
) -> None:
    day = evening(chat_aws, minseo)
    stop_warnings.warn_due(now=day.now)
    waits = Delivery.objects.get(contact=minseo)
    day.go_to(monday("18:03"))
    send_what_is_owed(day.now)
    assert mails.taken == []
    answer = at(day, "post", urlsplit(links.offer_url(waits.pk, "1h")).path)
    assert "It is too late for this" in answer.content.decode()
    assert not Hold.objects.exists()
    assert Environment.objects.get().state == State.STOPPED
