"""The page of a ticket: why somebody hears of it and how that ends, mails that did not get out, and what changed."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from environments.models import Environment, Ticket, TicketMail, TicketRule
from environments.services import ticket_changes, ticket_mails
from environments.services.ticket_changes import Wanted
from tests import factories
from tests.services.ticketing import incident, over, somebody, task

from .conftest import Enter

pytestmark = pytest.mark.django_db
RULES = "You are told because of your rule"


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.fixture
def kim() -> User:
    return somebody("kim")


def shown(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return unescape(str(answer.content.decode()))


def failed(ticket: Ticket, reader: User, status: str = "failed", **fields: Any) -> TicketMail:
    line = {"who": "", "at": timezone.now().isoformat(), "event": "opened"}
    values = {"error": "550 5.1.1 no such user", "attempts": 1, "not_before": timezone.now()} | fields
    return TicketMail.objects.create(ticket=ticket, reader=reader, lines=[line], status=status, **values)


def test_who_hears_by_a_rule_reads_which_and_one_click_ends_it_also_as_a_watcher(
    chat: Environment, kim: User, enter: Enter
) -> None:
    made, browser = task(chat, kim), enter(kim)
    other = TicketRule.objects.create(reader=kim, kind="incident")
    TicketRule.objects.create(reader=kim, team=chat.team, hears="everything")
    page = shown(browser.get(f"/tickets/{made.pk}/"))
    assert f"{RULES} “Chat · Incidents and tasks · each change”." in page
    answer = shown(browser.post(f"/tickets/{made.pk}/watch/", {"wished": "none"}, follow=True))
    assert "Removed, also for other tickets: “Chat · Incidents and tasks · each change”." in answer
    assert RULES not in answer.partition("<h1")[2]
    assert list(TicketRule.objects.all()) == [other]
    assert kim not in made.watchers.all()


def test_only_watching_it_no_more_leaves_the_rule_and_says_so(chat: Environment, kim: User, enter: Enter) -> None:
    made, rule = task(chat, kim), TicketRule.objects.create(reader=kim)
    answer = shown(enter(kim).post(f"/tickets/{made.pk}/watch/", {"wished": "0"}, follow=True))
    assert "By a rule you still hear of it: “All teams · Incidents and tasks · when one opens or is done”." in answer
    assert list(TicketRule.objects.all()) == [rule]


def test_without_a_rule_nothing_is_said_of_one(chat: Environment, kim: User, enter: Enter) -> None:
    TicketRule.objects.create(reader=somebody("lee"), hears="everything")
    page = shown(enter(kim).get(f"/tickets/{task(chat, kim).pk}/"))
    assert RULES not in page
    assert 'value="none"' not in page


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        ("failed", {}, ["The mail server refused it.", "550 5.1.1 no such user"]),
        ("failed", {"error": ticket_mails.LATE}, ["It waited for three days and is no news any more."]),
        ("failed", {"attempts": 100}, ["however often it was tried"]),
        ("unknown", {"error": "Connection reset"}, ["It may have arrived.", "Connection reset"]),
        ("pending", {"error": "451 4.7.1 later", "attempts": 3}, ["It is tried again by itself.", "3 tries"]),
    ],
)
def test_a_mail_that_did_not_get_out_says_whose_it_is_and_why(
    chat: Environment, kim: User, enter: Enter, status: str, fields: dict[str, Any], words: list[str]
) -> None:
    made = incident(chat)
    mail = failed(made, somebody("lee"), status, **fields)
    page = shown(enter(kim).get(f"/tickets/{made.pk}/")).partition("Mails that did not get out")[2]
    for said in ("lee@example.com", *words):
        assert said in page, said
    assert (f'id="tk-again-{mail.pk}"' in page) == (status != "pending")


def test_mails_that_got_out_or_wait_for_their_turn_are_no_trouble(chat: Environment, kim: User, enter: Enter) -> None:
    made = incident(chat)
    failed(made, kim, "sent", error="")
    failed(made, kim, "pending", error="", attempts=0)
    assert "Mails that did not get out" not in shown(enter(kim).get(f"/tickets/{made.pk}/"))


def test_viewers_are_not_shown_whose_mails_failed_and_send_none_again(
    chat: Environment, kim: User, enter: Enter
) -> None:
    made, browser = incident(chat), enter(somebody("viewer", "Viewer"))
    made.watchers.add(kim)
    mail = failed(made, kim)
    assert "kim@example.com" not in shown(browser.get(f"/tickets/{made.pk}/"))
    assert browser.post(f"/tickets/{made.pk}/again/", {"mail": mail.pk}).status_code == 403
    assert TicketMail.objects.get().status == "failed"


def test_a_mail_that_failed_is_owed_again_with_one_click(chat: Environment, kim: User, enter: Enter) -> None:
    made, lee = incident(chat), somebody("lee")
    made.watchers.add(lee)
    mail = failed(made, lee)
    answer = shown(enter(kim).post(f"/tickets/{made.pk}/again/", {"mail": mail.pk}, follow=True))
    assert "It is sent again within a minute." in answer
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error) == ("pending", 0, "")


def test_no_mail_is_sent_again_to_who_left_nor_one_of_another_ticket(
    chat: Environment, kim: User, enter: Enter
) -> None:
    made, lee, browser = incident(chat), somebody("lee"), enter(kim)
    mail, elsewhere = failed(made, lee), failed(task(chat, kim), kim)
    made.watchers.add(lee)
    chat.team.members.remove(lee)
    for number in (mail.pk, elsewhere.pk, "nonsense", "9" * 30):
        answer = shown(browser.post(f"/tickets/{made.pk}/again/", {"mail": number}, follow=True))
        assert "It cannot be sent again" in answer
    assert set(TicketMail.objects.filter(error__gt="").values_list("status", flat=True)) == {"failed"}


def changes(browser: Client, made: Ticket) -> str:
    return shown(browser.get(f"/tickets/{made.pk}/changes/"))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"title": "Make it larger"}, "Title: Raise the size of the database → Make it larger"),
        ({"description": "At night"}, "Description: none → At night"),
        ({"progress": "waiting"}, "Progress: Open → Waiting"),
        ({"per_cent": 40}, "Per cent: 0 → 40"),
        ({"due_on": (timezone.now() + timedelta(days=400)).date()}, "Due: none → "),
    ],
)
def test_each_field_that_changes_stands_in_the_list_with_its_old_and_new_value_and_who(
    chat: Environment, kim: User, enter: Enter, wanted: dict[str, Any], said: str
) -> None:
    made, browser = task(chat, kim), enter(somebody("lee"))
    ticket_changes.change(ticket=made, user=kim, wanted=Wanted(**wanted), now=timezone.now())
    page = changes(browser, made)
    assert said in page
    assert "kim ·" in page.partition(said)[0].rpartition("chg-when")[2]


def test_who_sees_to_it_and_who_watches_it_stand_in_the_list(chat: Environment, kim: User, enter: Enter) -> None:
    made, lee = task(chat, kim), somebody("lee")
    ticket_changes.take_up(ticket=made, user=lee, now=timezone.now())
    ticket_changes.change(ticket=made, user=kim, wanted=Wanted(assignee=None), now=timezone.now())
    ticket_changes.unwatch(ticket=made, user=lee)
    page = changes(enter(kim), made)
    for said in ("Assignee: none → lee", "Watchers: lee added", "Assignee: lee → none", "Watchers: lee removed"):
        assert said in page, said


def test_what_the_portal_did_and_said_stands_in_the_list_as_its_own(chat: Environment, kim: User, enter: Enter) -> None:
    made = incident(chat, now=timezone.now())
    over(chat, now=timezone.now())
    page = changes(enter(kim), made)
    for said in ("Progress: Open → Done", "Comment", "It has started since."):
        assert said in page, said
    assert "the portal itself" in page.partition("It has started since.")[0].rpartition("chg-when")[2]
    assert "kim" not in page.partition('<ol class="chg-lines">')[2].partition("</ol>")[0]


def test_comments_stand_in_the_list_where_they_were_made_each_once_on_all_its_pages(
    chat: Environment, kim: User, enter: Enter
) -> None:
    made, browser = task(chat, kim, now=timezone.now()), enter(kim)
    for number in range(40):
        at = timezone.now() - timedelta(minutes=2 * (40 - number))
        with time_machine.travel(at, tick=False):
            ticket_changes.comment(ticket=made, user=kim, text=f"Said <{number}>.", now=at)
        with time_machine.travel(at + timedelta(minutes=1), tick=False):
            wanted = Wanted(per_cent=number + 1)
            ticket_changes.change(ticket=made, user=kim, wanted=wanted, now=timezone.now())
    pages, address = "", f"/tickets/{made.pk}/changes/"
    while address:
        answer = browser.get(address)
        pages += shown(answer)
        address = answer.context["older_changes"]
    assert [pages.count(f"Said <{number}>.") for number in range(40)] == [1] * 40
    assert pages.index("Said <39>.") < pages.index("Per cent: 38 → 39") < pages.index("Said <38>.")
