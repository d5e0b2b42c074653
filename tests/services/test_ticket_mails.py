"""Mails of tickets, given to a real mail server: to whom, with what, in which conversation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import Environment, TicketMail, TicketRule
from environments.services import ticket_changes, ticket_mails, ticket_readers
from environments.services.ticket_changes import Wanted
from portal.models import Preference
from tests import factories
from tests.support.mail_server import MailServer, mail_server

from .ticketing import NOW, incident, over, somebody, task

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Status = TicketMail.Status


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_FROM = "Daybreak <daybreak@example.com>"
        settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
        settings.BASE_URL = "https://portal.example.com"
        yield made


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.fixture
def kim() -> User:
    return somebody("kim")


@pytest.fixture
def lee() -> User:
    return somebody("lee")


def readers() -> list[str]:
    return sorted(TicketMail.objects.values_list("reader__username", flat=True))


def text_of(mail: Any, kind: str = "plain") -> str:
    return str(mail.get_body((kind,)).get_content())


def test_author_assignee_and_watchers_hear_of_a_change_and_never_who_made_it(
    chat: Environment, kim: User, lee: User
) -> None:
    made = task(chat, kim, assignee=lee)
    ticket_changes.watch(ticket=made, user=somebody("viewer", "Viewer"))
    somebody("nobody-of-these")
    TicketMail.objects.all().delete()
    ticket_changes.comment(ticket=made, user=lee, text="I am on it", now=NOW)
    assert readers() == ["kim", "viewer"]


def test_who_is_given_a_ticket_hears_of_that(chat: Environment, kim: User, lee: User) -> None:
    made = task(chat, kim)
    ticket_changes.change(ticket=made, user=kim, wanted=Wanted(assignee=lee), now=NOW)
    assert readers() == ["lee"]


@pytest.mark.parametrize(
    ("rule", "hears_opened", "hears_changed", "hears_done"),
    [
        ({}, True, False, True),
        ({"hears": "everything"}, True, True, True),
        ({"kind": "incident"}, True, False, True),
        ({"kind": "task", "hears": "everything"}, False, False, False),
        ({"team": "Payments", "hears": "everything"}, False, False, False),
    ],
)
def test_readers_by_rule_hear_of_their_teams_and_kinds(
    chat: Environment, kim: User, rule: dict[str, str], hears_opened: bool, hears_changed: bool, hears_done: bool
) -> None:
    team = {"team": factories.team(rule.pop("team"))} if "team" in rule else {}
    TicketRule.objects.create(reader=kim, **rule, **team)
    made, heard = incident(chat), []
    for act in (None, lambda: incident(chat, description={"en": "Still.", "ko": "아직."}), lambda: over(chat)):
        if act is not None:
            TicketMail.objects.all().delete()
            act()
        heard.append(bool(readers()))
    assert heard == [hears_opened, hears_changed, hears_done]
    assert made.watchers.count() == 0


def test_nobody_gets_mail_about_what_they_may_not_see(chat: Environment, kim: User) -> None:
    outsider = somebody("park", team="Payments")
    roleless = User.objects.create(username="roleless", email="roleless@example.com")
    gone = User.objects.create(username="gone", email="gone@example.com", is_active=False)
    for person in (outsider, roleless, gone):
        TicketRule.objects.create(reader=person, hears="everything")
    made = task(chat, kim)
    made.watchers.add(outsider)
    ticket_changes.move(ticket=made, user=kim, progress="done", now=NOW)
    assert readers() == []


def test_who_left_the_team_before_it_was_sent_gets_nothing(
    server: MailServer, chat: Environment, kim: User, lee: User
) -> None:
    task(chat, kim, assignee=lee)
    chat.team.members.remove(lee)
    assert ticket_mails.send_due(now=NOW + MINUTE) == 0
    row = TicketMail.objects.get()
    assert (row.status, row.error, server.asked) == (Status.FAILED, ticket_mails.GONE, [])


def test_changes_within_a_minute_are_one_mail_and_later_ones_another(
    server: MailServer, chat: Environment, kim: User, lee: User
) -> None:
    made = task(chat, kim, assignee=lee)
    ticket_changes.change(
        ticket=made, user=kim, wanted=Wanted(progress="waiting", per_cent=40), now=NOW + timedelta(seconds=50)
    )
    assert ticket_mails.send_due(now=NOW + timedelta(seconds=59)) == 0
    assert ticket_mails.send_due(now=NOW + MINUTE) == 1
    ticket_changes.comment(ticket=made, user=kim, text="It waits for AWS", now=NOW + MINUTE)
    assert ticket_mails.send_due(now=NOW + 2 * MINUTE) == 1
    first, second = server.taken
    for kind in ("plain", "html"):
        assert "Raise the size of the database" in text_of(first, kind)
    assert "Progress: Open → Waiting" in text_of(first)
    assert "Per cent: 0 % → 40 %" in text_of(first)
    assert "23 Nov 2026 18:01 (Asia/Seoul):\nIt waits for AWS" in text_of(second).replace("\r", "")
    assert "Progress:" not in text_of(second)


def test_all_mails_of_a_ticket_are_one_conversation_and_each_can_be_told(
    server: MailServer, chat: Environment, kim: User, lee: User
) -> None:
    made = task(chat, kim, assignee=lee)
    ticket_mails.send_due(now=NOW + MINUTE)
    ticket_changes.move(ticket=made, user=kim, progress="done", now=NOW + MINUTE)
    mail = TicketMail.objects.latest("pk")
    ticket_mails.send_due(now=NOW + 2 * MINUTE)
    first, second = server.taken
    root = f"<ticket-{made.pk}@portal.example.com>"
    assert first["Message-ID"] == root
    assert first["In-Reply-To"] is None
    assert second["Message-ID"] == f"<ticket-{made.pk}-{mail.pk}@portal.example.com>"
    assert (second["In-Reply-To"], second["References"]) == (root, root)
    assert first["Subject"] == second["Subject"] == f"[chat-dev] #{made.pk} Raise the size of the database"
    assert text_of(second).startswith("Done: #")


def test_a_mail_is_in_the_language_of_its_reader(server: MailServer, chat: Environment, kim: User) -> None:
    TicketRule.objects.create(reader=kim)
    Preference.objects.create(user=kim, language="ko", timezone="Europe/Berlin")
    made = incident(chat)
    ticket_mails.send_due(now=NOW + MINUTE)
    (taken,) = server.taken
    assert taken["Subject"].strip() == f"[chat-dev] #{made.pk} chat-dev 시작 실패"
    assert "AWS에 용량이 없었어요." in text_of(taken)
    assert 'lang="ko"' in text_of(taken, "html")


def test_what_people_typed_is_no_markup_in_a_mail(server: MailServer, chat: Environment, kim: User, lee: User) -> None:
    made = task(chat, kim, title="<b>bold</b> & more", assignee=lee)
    ticket_changes.comment(ticket=made, user=kim, text="<script>alert(1)</script>", now=NOW)
    ticket_mails.send_due(now=NOW + MINUTE)
    html = text_of(server.taken[0], "html")
    assert "<b>bold" not in html
    assert "<script>" not in html
    assert "<b>bold</b> & more" in text_of(server.taken[0])


def stop_of(mail: Any) -> str:
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"]).strip(" <>")
    assert link.startswith("https://portal.example.com/tickets/mails/")
    return link.removeprefix("https://portal.example.com")


def test_one_click_of_a_mail_program_stops_watching_and_can_be_taken_back(
    server: MailServer, chat: Environment, kim: User, lee: User, client: Client
) -> None:
    made = task(chat, kim, assignee=lee)
    ticket_mails.send_due(now=NOW + MINUTE)
    link = stop_of(server.taken[0])
    assert client.get(link).status_code == 200
    assert lee in made.watchers.all()
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert lee not in made.watchers.all()
    ticket_changes.comment(ticket=made, user=kim, text="hello?", now=NOW + MINUTE)
    assert TicketMail.objects.filter(status=Status.PENDING).count() == 0
    client.post(link, {"resume": "on"})
    assert lee in made.watchers.all()
    assert made.history.first().history_origin == "link"


def test_who_hears_by_a_rule_stops_the_rule(server: MailServer, chat: Environment, kim: User, client: Client) -> None:
    TicketRule.objects.create(reader=kim)
    other = TicketRule.objects.create(reader=kim, kind="task")
    incident(chat)
    ticket_mails.send_due(now=NOW + MINUTE)
    link = stop_of(server.taken[0])
    answer = client.post(link)
    assert "No more mails" in answer.content.decode()
    assert list(TicketRule.objects.all()) == [other]


def test_who_watches_it_and_hears_by_a_rule_too_is_told_so_and_stops_both_with_one_click(
    server: MailServer, chat: Environment, kim: User, lee: User, client: Client
) -> None:
    TicketRule.objects.create(reader=lee, team=chat.team, hears="everything")
    made = task(chat, kim, assignee=lee)
    ticket_mails.send_due(now=NOW + MINUTE)
    why = "because of your rule “Chat · Incidents and tasks · each change”."
    for kind in ("plain", "html"):
        assert why in text_of(server.taken[0], kind)
    link = stop_of(server.taken[0])
    asked = client.get(link).content.decode()
    assert why in asked
    assert "You watch the ticket, too: that also ends." in asked
    assert "No more mails" in client.post(link).content.decode()
    assert not TicketRule.objects.exists()
    ticket_changes.comment(ticket=made, user=kim, text="hello?", now=NOW + MINUTE)
    assert TicketMail.objects.filter(status=Status.PENDING).count() == 0


def test_who_only_watches_it_reads_of_no_rule_in_its_mails(
    server: MailServer, chat: Environment, kim: User, lee: User
) -> None:
    TicketRule.objects.create(reader=lee, kind="incident")
    task(chat, kim, assignee=lee)
    ticket_mails.send_due(now=NOW + MINUTE)
    assert "your rule" not in text_of(server.taken[0])
    assert "Stop watching this ticket" in text_of(server.taken[0])


def test_a_link_that_is_none_of_ours_is_not_found_and_a_good_one_tells_nothing_of_the_ticket(
    chat: Environment, kim: User, client: Client
) -> None:
    assert client.post("/tickets/mails/abc:def/").status_code == 404
    made = task(chat, kim)
    page = client.get(f"/tickets/mails/{ticket_readers.token(reader=kim.pk, ticket=made.pk, by_rule=False)}/")
    assert "Raise the size" not in page.content.decode()


def test_a_mail_that_is_being_sent_takes_in_nothing_more(chat: Environment, kim: User, lee: User) -> None:
    made = task(chat, kim, assignee=lee)
    TicketMail.objects.update(leased_until=NOW + timedelta(minutes=10), attempts=1)
    ticket_changes.comment(ticket=made, user=kim, text="one more thing", now=NOW)
    assert [len(one.lines) for one in TicketMail.objects.order_by("pk")] == [1, 1]


def test_a_server_that_refuses_for_the_moment_is_asked_again_and_the_mail_goes_once(
    server: MailServer, chat: Environment, kim: User, lee: User
) -> None:
    task(chat, kim, assignee=lee)
    server.to_rcpt["lee@example.com"] = "451 4.7.1 Greylisted, come back"
    assert ticket_mails.send_due(now=NOW + MINUTE) == 0
    server.to_rcpt.clear()
    assert ticket_mails.send_due(now=TicketMail.objects.get().not_before) == 1
    assert ticket_mails.send_due(now=NOW + timedelta(days=1)) == 0
    assert len(server.taken) == 1


def test_telling_many_readers_costs_as_many_queries_as_telling_one(chat: Environment, kim: User) -> None:
    made = task(chat, kim)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            ticket_mails.owe(ticket=made, lines=[{"what": {}, "old": {}, "new": {}}], actor=kim, now=NOW)
        TicketMail.objects.all().delete()
        return len(queries)

    made.watchers.add(somebody("reader-0"))
    few = cost()
    made.watchers.add(*[somebody(f"reader-{n}") for n in range(1, 5)])
    assert cost() == few
