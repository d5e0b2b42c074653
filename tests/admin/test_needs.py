"""Environments that need others, as people see and enter them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Operation, State
from tests import factories
from tests.support.times import monday

from .test_environment_page import read

pytestmark = pytest.mark.django_db


def _pair(state: str = State.RUNNING) -> tuple[Environment, Environment]:
    """chat-dev, which needs shared-db; the plan of both says running until 18:00."""
    db = factories.chat_app("shared-db", "SharedDatabase")
    chat = factories.chat_app()
    chat.needs.add(db)
    Environment.objects.update(state=state, wish=state)
    return db, chat


def html_of(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def _only_in_the_evening(environment: Environment) -> None:
    environment.refresh_from_db()
    environment.schedule = factories.schedule("Evening", begin_time="20:00", end_time="22:00", weekdays="mon-fri")
    environment.save()


class TestPage:
    def test_both_sides_name_each_other_with_a_link_and_the_state(self, as_manager: Client) -> None:
        _pair()
        assert "Dependencies Needs shared-db Running" in read(as_manager)
        assert "Dependencies Needed by chat-dev Running" in read(as_manager, "/env/shared-db/")
        assert 'href="/env/chat-dev/"' in html_of(as_manager, "/env/shared-db/")

    def test_where_nothing_depends_nothing_is_said(self, as_manager: Client) -> None:
        factories.chat_app()
        assert "Dependencies" not in read(as_manager)

    def test_those_of_other_teams_are_counted_and_not_named(self, as_manager: Client) -> None:
        db, _chat = _pair()
        factories.environment("pay-dev", team=factories.team("Payments"), state="running").needs.add(db)
        text = read(as_manager, "/env/shared-db/")
        assert "Needed by chat-dev Running 1 of another team" in text
        assert "pay-dev" not in html_of(as_manager, "/env/shared-db/")

    def test_what_runs_for_others_only_says_for_whom_and_until_when(self, as_manager: Client) -> None:
        db, _chat = _pair()
        _only_in_the_evening(db)
        assert "Kept running: needed by chat-dev until 18:00" in read(as_manager, "/env/shared-db/")

    def test_the_page_of_what_twenty_need_takes_as_many_queries_as_that_of_what_two_need(
        self, as_manager: Client
    ) -> None:
        db, _chat = _pair()
        counts = []
        as_manager.get("/env/shared-db/")  # what a process reads once
        for many in (1, 19):
            for n in range(many):
                factories.environment(f"more-{many}-{n}", state="running").needs.add(db)
            with CaptureQueriesContext(connection) as made:
                as_manager.get("/env/shared-db/")
            counts.append(len(made))
        assert counts[0] == counts[1]


class TestSwitch:
    def test_the_stop_dialog_of_a_manager_says_who_needs_it_and_offers_no_stop(self, as_manager: Client) -> None:
        _pair()
        html = html_of(as_manager, "/env/shared-db/ask/stop/")
        assert "Others still need it: chat-dev until 18:00. Stop these first, or ask an operator." in html
        assert "db-danger" not in html
        assert 'name="anyway"' not in html

    def test_who_asks_all_the_same_is_refused_with_the_reason(self, as_manager: Client) -> None:
        _pair()
        answer = as_manager.post("/env/shared-db/ask/stop/", {"until": "next", "anyway": "on"})
        assert [str(said) for said in get_messages(answer.wsgi_request)] == [
            "shared-db is not stopped, because others still need it: chat-dev until 18:00. Stop these first."
        ]
        assert not Operation.objects.exists()

    def test_an_operator_stops_it_anyway(self, as_operator: Client) -> None:
        _pair()
        assert 'name="anyway"' in html_of(as_operator, "/env/shared-db/ask/stop/")
        as_operator.post("/env/shared-db/ask/stop/", {"until": "next", "anyway": "on"})
        assert Operation.objects.get().kind == "stop"

    def test_the_start_dialog_says_what_starts_first(self, as_manager: Client) -> None:
        _pair(State.STOPPED)
        assert "What it needs is started first: shared-db." in html_of(as_manager, "/env/chat-dev/ask/start/")


class TestForm:
    def _post(self, browser: Client, environment: Environment, *needs: Environment, **values: str) -> Any:
        form: dict[str, Any] = {
            "name": environment.name,
            "slug": environment.slug,
            "team": str(environment.team_id),
            "schedule": str(environment.schedule_id),
            "timezone": environment.timezone,
            "description": "",
            "start_early_cap": "60",
            "warn_minutes": "30",
            "on_push": "next_start",
            "needs": [str(one.pk) for one in needs],
            "targets-TOTAL_FORMS": "0",
            "targets-INITIAL_FORMS": "0",
            "status_page-TOTAL_FORMS": "0",
            "status_page-INITIAL_FORMS": "0",
        } | values
        return browser.post(f"/environments/environment/{environment.pk}/change/", form)

    def test_an_operator_enters_what_it_needs_and_both_plans_are_read_anew(self, as_operator: Client) -> None:
        db, chat = factories.environment("shared-db"), factories.environment("chat-dev")
        assert self._post(as_operator, chat, db).status_code == 302
        assert list(chat.needs.all()) == [db]
        due = Environment.objects.values_list("next_transition_at", flat=True)
        assert set(due) == {monday("10:00")}

    def test_what_it_no_longer_needs_is_judged_again(self, as_operator: Client) -> None:
        db, chat = _pair()
        assert self._post(as_operator, chat).status_code == 302
        db.refresh_from_db()
        assert db.next_transition_at == monday("10:00")

    def test_a_cycle_is_refused_at_the_field_with_its_path(self, as_operator: Client) -> None:
        db, chat = _pair()
        answer = self._post(as_operator, db, chat, description="For everybody")
        problems = answer.context["adminform"].form.errors
        assert problems == {"needs": ["They would need each other in a circle: shared-db → chat-dev → shared-db"]}
        db.refresh_from_db()
        assert (list(db.needs.all()), db.description) == ([], "")

    def test_it_cannot_need_itself(self, as_operator: Client) -> None:
        chat = factories.environment()
        answer = self._post(as_operator, chat, chat)
        assert answer.context["adminform"].form.errors == {"needs": ["An environment cannot need itself."]}

    def test_who_sees_one_team_only_chooses_there_and_loses_nothing_of_others(self, enter: Any) -> None:
        _db, chat = _pair()
        pay = factories.environment("pay-dev", team=factories.team("Payments"))
        secret = factories.environment("secret", team=factories.team("Payments"))
        chat.needs.add(pay)
        editor = factories.manager()
        editor.user_permissions.add(Permission.objects.get(codename="change_environment"))
        browser = enter(editor)
        html = html_of(browser, f"/environments/environment/{chat.pk}/change/")
        assert "shared-db" in html
        assert "pay-dev" not in html
        assert "needs" in self._post(browser, chat, secret).context["adminform"].form.errors
        assert self._post(browser, chat).status_code == 302
        assert list(chat.needs.all()) == [pay]
