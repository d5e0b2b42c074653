"""The list of exceptions: whose are shown, what one of them tells, and making and ending them there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment
from environments.services import exceptions
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .overriding import LIST, TUESDAY, WEDNESDAY, in_force, made, named, send, told, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


def test_the_list_shows_what_concerns_one_s_teams_and_costs_the_same_for_many(enter: Enter, chat: Environment) -> None:
    pay = factories.environment("pay-dev", team=factories.team("Payments"), schedule=factories.schedule("Night"))
    for scope in (pay, pay.team, pay.schedule):
        made(scope, reason="elsewhere")
    for scope in (chat, chat.team, chat.schedule):
        made(scope, reason="with us")
    browser = enter(factories.viewer())

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        return len(queries)

    html = browser.get(LIST).content.decode()
    assert (html.count("with us"), html.count("elsewhere")) == (3, 0)
    few = cost()
    made(chat, "off", WEDNESDAY, "2026-12-20")
    assert cost() == few
    found = {
        query: browser.get(f"{LIST}?{query}").content.decode() for query in ("scope=team", "kind__exact=on", "q=with")
    }
    assert found["scope=team"].count("with us") == 1
    assert "Nothing matches" in found["kind__exact=on"]
    assert found["q=with"].count("with us") == 3


def test_an_exception_s_own_page_tells_the_history_of_its_date(as_manager: Client, chat: Environment) -> None:
    made(chat, "stop", minute=1200, reason="first wish")
    (row,) = made(chat, "stop", minute=1260, reason="second wish", now=monday("09:40"))
    exceptions.remove(exceptions=[row], author=factories.operator(), now=monday("09:50"))
    exceptions.restore(exceptions=[row], author=factories.manager(), now=monday("10:00"))
    text = words(as_manager.get(f"{LIST}{row.pk}/change/").content.decode())
    assert "Stop at 21:00, by operator: second wish" in text
    assert "Stop at 20:00, by operator: first wish · ended by operator, 09:40 (Asia/Seoul)" in text
    assert "brought back by manager" in text


def test_from_the_list_one_is_made_for_whatever_one_may_decide_on(as_manager: Client, chat: Environment) -> None:
    html = as_manager.get(f"{LIST}add/").content.decode()
    assert [named(one) in html for one in (chat, chat.team, chat.schedule)] == [True, True, False]
    answer = send(as_manager, chat.team, f"{LIST}add/", reason="")
    assert answer.status_code == 200
    assert "Say why" in answer.content.decode()
    answer = send(as_manager, chat.team, f"{LIST}add/")
    assert answer["Location"] == LIST
    assert told(answer) == "team Chat, Tue 24 Nov: Off all day."
    batch = str(DayException.objects.get().batch)
    assert as_manager.post(f"{LIST}undo/", {"batch": batch})["Location"] == LIST
    assert in_force() == []


def test_several_are_removed_from_the_list_after_a_question(as_manager: Client, chat: Environment) -> None:
    rows = made(chat, "off", TUESDAY, WEDNESDAY)
    form: dict[str, Any] = {"action": "remove_selected", "_selected_action": [row.pk for row in rows]}
    assert "Remove 2 exceptions?" in as_manager.post(LIST, form).content.decode()
    assert len(in_force()) == 2
    answer = as_manager.post(LIST, form | {"post": "yes"})
    assert told(answer) == "2 exceptions were removed."
    assert in_force() == []


def test_of_a_selection_that_is_not_all_theirs_nothing_is_removed(as_manager: Client, chat: Environment) -> None:
    rows = made(chat) + made(chat.schedule)
    form = {"action": "remove_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    assert as_manager.post(LIST, form).status_code == 403
    assert len(in_force()) == 2


def test_one_is_removed_from_its_own_page_after_a_question(as_manager: Client, chat: Environment) -> None:
    (row,) = made(chat)
    address = f"{LIST}{row.pk}/remove/"
    assert address in as_manager.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Remove this exception?" in as_manager.get(address).content.decode()
    as_manager.post(address, {"_form_submitted": "on"}, headers={"HX-Request": "true"})
    assert in_force() == []
    assert address not in as_manager.get(f"{LIST}{row.pk}/change/").content.decode()
    (other,) = made(chat.schedule)
    assert as_manager.post(f"{LIST}{other.pk}/remove/", {"_form_submitted": "on"}).status_code == 403
