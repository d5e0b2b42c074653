"""The status page for programs, the script of apps, and what all that costs."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment
from environments.services import public_status
from tests.support.times import monday

from .published import DATA, NOW, PAGE, TODAY, published
from .published import monday_morning as monday_morning

pytestmark = pytest.mark.django_db


class TestForPrograms:
    def test_any_page_may_read_it(self) -> None:
        published()
        answer = Client().get(DATA, headers={"origin": "https://chat.example.com"})
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "public, max-age=5"
        assert "Access-Control-Allow-Credentials" not in answer

    def test_a_browser_that_asks_first_whether_it_may_is_told_so(self) -> None:
        answer = Client().options(DATA)
        assert answer.status_code == 204
        assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"

    def test_it_can_only_be_read(self) -> None:
        published()
        assert Client().post(DATA).status_code == Client().delete(DATA).status_code == 405

    def test_also_that_there_is_none_can_be_read_by_any_page(self) -> None:
        answer = Client().get(DATA)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (404, "*")
        assert set(answer.json()) == {"error"}

    @pytest.mark.parametrize("address", [PAGE, DATA, "/status.js"])
    def test_what_a_browser_has_already_is_not_sent_again(self, address: str) -> None:
        published()
        first = Client().get(address)
        again = Client().get(address, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.get("Access-Control-Allow-Origin") == first.get("Access-Control-Allow-Origin")

    def test_another_state_is_another_answer(self) -> None:
        chat = published()
        before = Client().get(DATA)["ETag"]
        Environment.objects.filter(pk=chat.pk).update(state="running", wish="running")
        with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
            assert Client().get(DATA)["ETag"] != before

    def test_its_times_have_their_zone_and_its_words_are_there_in_both_languages(self) -> None:
        published()
        found = json.loads(Client().get(DATA).content)
        assert datetime.fromisoformat(found["resumes_at"]) == monday("09:00")
        assert {language: set(texts) for language, texts in found["texts"].items()} == {
            language: {"state", "said", "since", "resumes"} for language in ("en", "ko")
        }


class TestTheScript:
    def test_it_is_small_kept_by_browsers_and_for_any_page(self) -> None:
        answer = Client().get("/status.js")
        assert len(answer.content) < 8000
        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer["Cache-Control"] == "public, max-age=3600"
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"

    def test_it_runs_under_a_strict_content_security_policy_and_never_reloads(self) -> None:
        text = Client().get("/status.js").content.decode()
        assert not re.search(
            r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacent|<style|\.reload|location\s*=", text
        )


def test_however_many_ask_at_once_the_database_is_asked_once(django_assert_num_queries: Any) -> None:
    published()
    Client().get(DATA)
    with django_assert_num_queries(0):
        for _ in range(50):
            assert Client().get(DATA).status_code == Client().get(PAGE).status_code == 200


def test_while_it_is_up_it_costs_two_queries_and_one_where_there_is_nothing(django_assert_num_queries: Any) -> None:
    published("running", wish="running")
    with django_assert_num_queries(2):
        assert Client().get(PAGE).status_code == 200
    with django_assert_num_queries(1):
        assert Client().get("/status/nowhere.json").status_code == 404


def test_away_it_costs_as_many_queries_whatever_its_plan_is_made_of() -> None:
    def cost() -> int:
        public_status.forget("chat-dev")
        with CaptureQueriesContext(connection) as queries:
            Client().get(DATA)
        return len(queries)

    chat = published()
    few = cost()
    for ahead in range(30):
        day = TODAY + timedelta(days=ahead + 3)
        DayException.objects.create(environment=chat, day=day, kind="off", reason="a day off", created_at=NOW)
    assert cost() == few <= 20
