"""From an operation that fails in AWS to a ticket, its mails at a real mail server, and its end by itself."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from environments.models import Environment, Operation, State, Ticket, TicketMail, TicketRule
from environments.services import operations, retries, ticket_changes, ticket_mails
from environments.services.ticket_changes import Wanted
from portal.models import Preference
from tests import factories
from tests.services.ticketing import somebody
from tests.support.journey import Journey
from tests.support.mail_server import MailServer, mail_server
from tests.support.times import monday

pytestmark = pytest.mark.django_db
WHY = {"en": "because", "ko": "이유"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_FROM = "Daybreak <daybreak@example.com>"
        settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
        settings.BASE_URL = "https://portal.example.com"
        yield made


@pytest.fixture
def day(chat_aws: Any) -> Journey:
    return Journey(chat_aws, monday("10:00"))


@pytest.fixture
def chat(chat_aws: Any) -> Environment:
    return factories.chat_app(schedule=None)


def hindered(day: Journey) -> None:
    day.aws.fail_resource("Redis", reason="No capacity.", stack="ChatAppMasterStack")


def start(chat: Environment, day: Journey) -> Operation:
    wanted = operations.request(environment=chat, kind="start", trigger="hold", reason=WHY, now=day.now)
    day.settle()
    return Operation.objects.get(pk=wanted.pk)


def again(chat: Environment, day: Journey) -> None:
    """As somebody presses “Try again”."""
    retries.retry(environment=Environment.objects.get(pk=chat.pk), actor=factories.operator(), now=day.now)
    day.settle()


def addresses(server: MailServer) -> Counter[str]:
    return Counter(str(mail["To"]).rpartition(" ")[2].strip("<>") for mail in server.taken)


def text_to(server: MailServer, name: str) -> str:
    """The last mail to them."""
    found = [mail for mail in server.taken if f"{name}@example.com" in str(mail["To"])]
    body = found[-1].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_failed_start_opens_one_ticket_another_failure_none_and_the_next_success_closes_it(
    chat: Environment, day: Journey
) -> None:
    hindered(day)
    assert start(chat, day).status == "failed"
    made = Ticket.objects.get()
    assert (made.environment, made.kind, made.cause, made.progress) == (chat, "incident", "operation", "open")
    assert made.title["en"] == "chat-dev failed to start"
    assert "No capacity." in made.description["en"]
    hindered(day)
    again(chat, day)
    assert Operation.objects.filter(status="failed").count() == 2
    assert Ticket.objects.get() == made
    again(chat, day)
    assert Environment.objects.get().state == State.RUNNING
    made.refresh_from_db()
    assert (made.progress, made.done_at, made.over_at) == ("done", day.now, day.now)
    assert str(made.comments.last()) == "It has started since."


def test_each_failure_after_a_success_is_a_ticket_of_its_own(chat: Environment, day: Journey) -> None:
    for _ in range(2):
        hindered(day)
        start(chat, day)
        again(chat, day)
        operations.request(environment=chat, kind="stop", trigger="hold", reason=WHY, now=day.now)
        day.settle()
    assert list(Ticket.objects.values_list("progress", flat=True)) == ["done", "done"]


def test_its_mails_reach_the_assignee_watchers_and_readers_by_rule_once_each_in_their_language(
    chat: Environment, day: Journey, server: MailServer
) -> None:
    by_rule, watcher, assignee = somebody("by-rule"), somebody("watcher", "Viewer"), somebody("assignee")
    somebody("nobody")
    TicketRule.objects.create(reader=by_rule, hears="opened")
    Preference.objects.create(user=watcher, language="ko")
    hindered(day)
    start(chat, day)
    for _ in range(3):
        ticket_mails.send_due(now=day.now + MINUTE)
    assert addresses(server) == {"by-rule@example.com": 1}
    assert "chat-dev failed to start" in text_to(server, "by-rule")

    made = Ticket.objects.get()
    made.watchers.add(watcher, assignee)
    ticket_changes.change(ticket=made, user=assignee, wanted=Wanted(assignee=assignee), now=day.now)
    ticket_mails.send_due(now=day.now + MINUTE)
    again(chat, day)
    for _ in range(3):
        ticket_mails.send_due(now=day.now + MINUTE)
    made.refresh_from_db()
    assert (made.progress, made.done_at, made.over_at) == ("done", day.now, day.now)
    assert addresses(server)["watcher@example.com"] == 2  # that it was taken up, and later that it is over
    assert "It has started since." in text_to(server, "assignee")
    assert "이후 시작에 성공했어요." in text_to(server, "watcher")
    assert addresses(server) == {
        "by-rule@example.com": 2, "watcher@example.com": 2, "assignee@example.com": 1,
    }  # fmt: skip


def test_the_author_of_a_task_hears_of_what_others_do_with_it(
    chat: Environment, day: Journey, server: MailServer
) -> None:
    author, worker = somebody("author"), somebody("worker")
    made = ticket_changes.open_task(user=author, scope=chat, title="Look at Redis", assignee=worker, now=day.now)
    ticket_mails.send_due(now=day.now + MINUTE)
    assert addresses(server) == {"worker@example.com": 1}
    ticket_changes.move(ticket=made, user=worker, progress="waiting", now=day.now + MINUTE)
    ticket_mails.send_due(now=day.now + 2 * MINUTE)
    assert addresses(server) == {"worker@example.com": 1, "author@example.com": 1}
    assert "Progress: Open → Waiting" in text_to(server, "author")


def moved_to_another_team(chat: Environment, person: User) -> None:
    chat.team = factories.team("Payments")
    chat.save()


def left(chat: Environment, person: User) -> None:
    chat.team.members.remove(person)


def without_a_role(chat: Environment, person: User) -> None:
    person.groups.clear()


def gone(chat: Environment, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("happens", [moved_to_another_team, left, without_a_role, gone])
@pytest.mark.parametrize("later", [False, True])
def test_who_may_not_see_the_environment_any_more_gets_no_mail_of_its_failure(
    chat: Environment, day: Journey, server: MailServer, happens: Any, later: bool
) -> None:
    """Neither when it happened before the failure, nor when their mail waited already."""
    person = somebody("person")
    TicketRule.objects.create(reader=person, hears="everything")
    if not later:
        happens(chat, person)
    hindered(day)
    start(chat, day)
    assert TicketMail.objects.filter(reader=person).exists() == later
    if later:
        happens(Environment.objects.get(), person)
    ticket_mails.send_due(now=day.now + MINUTE)
    assert server.asked == []


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_a_mail_server_that_is_away_loses_none_and_each_arrives_once(
    chat: Environment, day: Journey, server: MailServer, settings: Settings
) -> None:
    names = [f"reader-{number}" for number in range(4)]
    for name in names:
        TicketRule.objects.create(reader=somebody(name), hears="everything")
    hindered(day)
    start(chat, day)
    settings.EMAIL_PORT = free_port()
    for hours in (0, 1, 9, 48):
        assert ticket_mails.send_due(now=day.now + MINUTE + timedelta(hours=hours)) == 0
    assert set(TicketMail.objects.values_list("status", flat=True)) == {"pending"}
    settings.EMAIL_PORT = server.port
    for hours in (60, 61, 62):
        ticket_mails.send_due(now=day.now + timedelta(hours=hours))
    assert addresses(server) == {f"{name}@example.com": 1 for name in names}
    assert set(TicketMail.objects.values_list("status", flat=True)) == {"sent"}
