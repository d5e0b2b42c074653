"""Environments over the API: what they do and why, their plans, and switching them by the services of the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.admin import cards
from environments.api import explained
from environments.api.environment_schemas import EnvironmentOut, StateFilter, StateName
from environments.api.schemas import z
from environments.models import DayException, Environment, State, Tag
from environments.services import boards, schedules
from portal.api.paging import Page
from portal.models import Preference
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOON = monday("12:00")


@pytest.fixture
def chat() -> Environment:
    """It runs as its schedule says: until 18:00."""
    made = factories.chat_app(state=State.RUNNING, wish="running", state_since=monday("09:00"))
    schedules.enforce(made, now=NOON)
    return made


@pytest.fixture
def caller() -> Caller:
    with time_machine.travel(NOON, tick=False):
        return Caller(factories.manager())


def _one(caller: Caller, **query: Any) -> dict[str, Any]:
    found = caller.get("/environments", query).json()["items"]
    assert len(found) == 1
    one: dict[str, Any] = found[0]
    return one


def _names(caller: Caller, **query: Any) -> list[str]:
    answer = caller.get("/environments", query)
    assert answer.status_code == 200
    return [one["name"] for one in answer.json()["items"]]


def test_an_environment_says_what_it_does_until_when_and_why(chat: Environment, caller: Caller) -> None:
    chat.tags.add(Tag.objects.create(name="demo"))
    with time_machine.travel(NOON, tick=False):
        one = _one(caller)
    assert (one["slug"], one["team"], one["tags"], one["timezone"]) == ("chat-dev", "Chat", ["demo"], "Asia/Seoul")
    assert (one["state"], one["state_text"], one["since"]) == ("running", "Running", "2026-11-23T00:00:00Z")
    assert (one["desired"], one["until"], one["then"]) == ("running", "2026-11-23T09:00:00Z", "stopped")
    assert one["reason"] == "Running until 18:00: schedule Office hours Seoul"
    assert (one["hold"], one["exception"], one["health"], one["cost_today"]) == (None, None, None, [])
    assert one["links"]["plan"] == "/api/v1/environments/chat-dev/plan"
    assert one["links"]["page"].endswith("/env/chat-dev/")


def test_it_is_said_in_the_language_of_the_account(chat: Environment, caller: Caller) -> None:
    Preference.objects.create(user=caller.token.user, language="ko")
    with time_machine.travel(NOON, tick=False):
        one = _one(caller)
    assert one["state_text"] == "실행 중"
    assert one["reason"].startswith("18:00까지 실행")


def test_what_has_changed_is_told_at_once(chat: Environment, caller: Caller) -> None:
    """What was found out of a plan is remembered, and never longer than it holds."""
    with time_machine.travel(NOON, tick=False) as clock:
        assert _one(caller)["reason"].endswith("schedule Office hours Seoul")
        caller.post("/environments/chat-dev/start", {"hours": 8, "reason": "demo"})
        held = _one(caller)
        assert "demo" in held["reason"]
        assert (held["hold"]["author"], held["hold"]["until"]) == ("manager", "2026-11-23T11:00:00Z")
        clock.shift(timedelta(hours=8, seconds=1))  # over, though nobody has judged it yet
        assert _one(caller)["hold"] is None
        assert "demo" not in _one(caller)["reason"]


def test_the_next_change_is_what_the_plan_really_changes_at(chat: Environment, caller: Caller) -> None:
    """Not when it is read next: a hold that ends earlier changes its reason alone, as the board says as well."""
    with time_machine.travel(NOON, tick=False):
        assert _one(caller)["next_change"] == "2026-11-23T09:00:00Z"
        caller.post("/environments/chat-dev/start", {"hours": 2})
        chat.refresh_from_db()
        one = _one(caller)
        card = cards.card(cards.environments_of(caller.token.user, NOON).get(), NOON, current=None)
    assert chat.next_transition_at == monday("14:00")
    assert (one["next_change"], one["until"], one["then"]) == ("2026-11-23T09:00:00Z", z(monday("18:00")), "stopped")
    assert one["reason"] == "Running until 18:00: hold by manager until 14:00, then schedule Office hours Seoul"
    assert card.next_at == monday("18:00")


def test_what_never_changes_has_no_next_change(caller: Caller) -> None:
    bare = factories.environment(schedule=None)
    with time_machine.travel(NOON, tick=False):
        schedules.enforce(bare, now=NOON)
        one = _one(caller)
    bare.refresh_from_db()
    assert bare.next_transition_at is not None  # it is read again, in case
    assert (one["next_change"], one["until"], one["then"]) == (None, None, None)


def test_an_exception_of_today_is_named(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        DayException.objects.create(
            environment=chat, day=NOON.date(), kind="stop", minute=20 * 60, reason="QA", created_at=NOON
        )
        schedules.enforce(chat, now=NOON)
        assert _one(caller)["until"] == "2026-11-23T11:00:00Z"
        explained.forget()
        with time_machine.travel(monday("19:00"), tick=False):
            schedules.enforce(chat, now=timezone.now())
            named = _one(caller)["exception"]
    assert named is not None
    assert "QA" in named["text"]


def test_health_and_what_it_cost_today_are_told(chat: Environment, caller: Caller) -> None:
    factories.http_check(chat, state="down", state_since=monday("11:00"), reason={"en": "HTTP 500"})
    factories.price(chat.targets.get())
    with time_machine.travel(NOON, tick=False):
        one = _one(caller)
    assert (one["health"]["state"], one["health"]["since"]) == ("down", "2026-11-23T02:00:00Z")
    assert one["health"]["reason"].startswith("API: HTTP 500")


def test_costs_are_not_told_to_those_who_may_not_see_them(chat: Environment) -> None:
    person = factories.manager()
    person.groups.clear()
    with time_machine.travel(NOON, tick=False):
        assert _one(Caller(person))["cost_today"] is None


def test_a_list_is_narrowed_by_each_filter(caller: Caller) -> None:
    operator = Caller(factories.operator())
    chat = factories.environment(state=State.RUNNING)
    factories.environment("pay-dev", team=factories.team("Payments"), state=State.STARTING)
    factories.environment("pay-old", team=factories.team("Payments"), state=State.FAILED_TO_STOP)
    chat.tags.add(Tag.objects.create(name="Demo"))
    assert _names(operator) == ["chat-dev", "pay-dev", "pay-old"]
    assert _names(operator, team="Payments") == ["pay-dev", "pay-old"]
    assert _names(operator, state="running") == ["chat-dev"]
    assert _names(operator, state="moving") == ["pay-dev"]
    assert _names(operator, state="starting") == ["pay-dev"]
    assert _names(operator, state="failed") == ["pay-old"]
    assert _names(operator, q="old") == ["pay-old"]
    assert _names(operator, tag="demo") == ["chat-dev"]
    assert _names(operator, tag="#demo", team="Payments") == []
    assert _names(caller) == ["chat-dev"]


def test_every_state_can_be_asked_for() -> None:
    assert set(get_args(StateName)) == set(State.values)
    assert set(get_args(StateFilter)) == set(State.values) | set(boards.STATES)


def test_a_thousand_take_as_many_queries_as_ten(caller: Caller) -> None:
    def queries(limit: int) -> int:
        explained.forget()
        caller.get("/holds")  # the token's minute has begun
        with CaptureQueriesContext(connection) as found:
            assert len(caller.get("/environments", {"limit": limit}).json()["items"]) == limit
        return len(found)

    _many(1000)
    with time_machine.travel(NOON, tick=False):
        assert queries(10) == queries(1000) < 40
        with CaptureQueriesContext(connection) as remembered:
            caller.get("/environments", {"limit": 1000})
    assert len(remembered) <= 12


def test_the_list_is_what_its_schema_says(chat: Environment, caller: Caller) -> None:
    """It goes out without a second look, so a sample is looked at here."""
    factories.hold(chat, until=monday("20:00"), author=factories.manager())
    factories.http_check(chat)
    factories.price(chat.targets.get())
    factories.environment("bare", schedule=None, state="unknown", timezone="")
    with time_machine.travel(NOON, tick=False):
        told = caller.get("/environments").json()
    read = Page[EnvironmentOut].model_validate(told)
    assert len(read.items) == 2
    assert set(told["items"][0]) == set(EnvironmentOut.model_fields)


def test_one_is_told_with_its_targets_and_its_newest_operation(chat: Environment, caller: Caller) -> None:
    last = factories.operation(chat, at=monday("09:00"))
    with time_machine.travel(NOON, tick=False):
        one = caller.get("/environments/chat-dev").json()
    assert [target["identifier"] for target in one["targets"]] == ["ChatAppMasterStack"]
    assert (one["operation"]["id"], one["operation"]["status"]) == (last.pk, "succeeded")
    assert one["can_switch"] is True
    assert Caller(factories.viewer()).get("/environments/chat-dev").json()["can_switch"] is False


TWO_DAYS = {"from": "2026-11-23", "to": "2026-11-24"}


def test_the_plan_of_some_days_is_told_in_utc_and_in_the_readers_language(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        plan = caller.get("/environments/chat-dev/plan", TWO_DAYS).json()
        korean = caller.get("/environments/chat-dev/plan", TWO_DAYS, Accept_Language="ko").json()
    assert (plan["from"], plan["to"], plan["timezone"]) == ("2026-11-23", "2026-11-24", "Asia/Seoul")
    running = [(one["start"], one["end"]) for one in plan["segments"] if one["desired"] == "running"]
    assert running[0] == ("2026-11-23T00:00:00Z", "2026-11-23T09:00:00Z")
    assert plan["now"] == {
        "desired": "running",
        "until": "2026-11-23T09:00:00Z",
        "then": "stopped",
        "explanation": "Running until 18:00: schedule Office hours Seoul",
    }
    assert plan["segments"][0]["reason"] == "schedule Office hours Seoul"
    assert korean["segments"][0]["reason"] == "일정 Office hours Seoul"
    assert korean["now"]["explanation"] == "18:00까지 실행: 일정 Office hours Seoul"
    assert [one["desired"] for one in plan["changes"]] == ["running", "stopped", "running", "stopped"]
    assert (plan["changes"][0]["at"], plan["changes"][0]["why"]) == (running[0][0], "schedule Office hours Seoul")


def test_a_plan_that_has_not_changed_is_304_however_late_it_is_asked_for_again(
    chat: Environment, caller: Caller
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        first = caller.get("/environments/chat-dev/plan", TWO_DAYS)
        clock.shift(timedelta(hours=2, seconds=1.5))
        same = caller.get("/environments/chat-dev/plan", TWO_DAYS, If_None_Match=first["ETag"])
        clock.shift(timedelta(hours=5))  # it is stopped by then
        other = caller.get("/environments/chat-dev/plan", TWO_DAYS, If_None_Match=first["ETag"])
    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-11-23", "to": "2027-01-24"}, "to"),
        ({"from": "2026-11-23", "to": "2026-11-22"}, "to"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "9999-12-31"}, "from"),
        ({"from": "tomorrow"}, "from"),
    ],
)
def test_a_plan_of_too_many_days_or_of_none_names_the_field(
    chat: Environment, caller: Caller, asked: dict[str, str], field: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = caller.get("/environments/chat-dev/plan", asked)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})


def test_sixty_two_days_can_be_asked_for(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = caller.get("/environments/chat-dev/plan", {"from": "2026-11-23", "to": "2027-01-23"})
    assert (answer.status_code, answer.json()["to"]) == (200, "2027-01-23")


def test_why_it_runs_at_a_moment_is_explained(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        now = caller.get("/environments/chat-dev/explain").json()
        night = caller.get("/environments/chat-dev/explain", {"at": "2026-11-24T03:00:00+09:00"}).json()
        nowhere = caller.get("/environments/chat-dev/explain", {"at": "2026-11-24T03:00:00"})
    assert (now["desired"], now["text"]) == ("running", "Running until 18:00: schedule Office hours Seoul")
    assert (night["desired"], night["until"]) == ("stopped", "2026-11-24T00:00:00Z")
    assert night["source"]["kind"] == "schedule"
    assert (nowhere.status_code, set(nowhere.json()["errors"])) == (422, {"at"})


def test_a_moment_of_which_nobody_knows_the_plan_any_more_is_refused_saying_from_when_on_one_may_ask(
    chat: Environment, caller: Caller
) -> None:
    with time_machine.travel(NOON, tick=False):
        known = caller.get("/environments/chat-dev/explain", {"at": "2025-01-01T00:00:00Z"})
        unknown = caller.get("/environments/chat-dev/explain", {"at": "1999-01-01T00:00:00Z"})
    said = "The plan of so long ago is not known any more. Ask for a moment from 2025-01-01 on."
    assert known.status_code == 200
    assert (unknown.status_code, unknown.json()["errors"]) == (422, {"at": [said]})


def test_a_schedule_that_cannot_be_read_is_said_and_breaks_nothing(chat: Environment, caller: Caller) -> None:
    assert chat.schedule is not None
    chat.schedule.periods.update(weekdays="someday")
    with time_machine.travel(NOON, tick=False):
        assert "someday" in _one(caller)["reason"]
        plan, explain = (caller.get(f"/environments/chat-dev/{name}") for name in ("plan", "explain"))
        assert (plan.status_code, explain.status_code) == (409, 409)
        assert "someday" in plan.json()["detail"]


def test_the_exceptions_of_past_days_stand_in_their_plan(chat: Environment, caller: Caller) -> None:
    DayException.objects.create(
        environment=chat, day=NOON.date() - timedelta(days=21), kind="off", reason="move", created_at=NOON
    )
    with time_machine.travel(NOON, tick=False):
        plan = caller.get("/environments/chat-dev/plan", {"from": "2026-11-02", "to": "2026-11-02"}).json()
    assert [one["desired"] for one in plan["segments"]] == ["stopped"]


def _many(count: int) -> None:
    """With what lists tell of them: tags, holds, checks."""
    schedule, team, tag = factories.schedule(), factories.team(), Tag.objects.create(name="demo")
    common: dict[str, Any] = {"schedule": schedule, "team": team, "state": State.RUNNING, "state_since": NOON}
    names = [f"env-{number:04}" for number in range(count)]
    made = Environment.objects.bulk_create(
        Environment(name=name, slug=name, judged_at=NOON, next_transition_at=monday("18:00"), **common)
        for name in names
    )
    tag.environments.set(made)
    for one in (made[0], made[-1]):
        factories.hold(one, starts_at=NOON)
        factories.http_check(one, f"API {one.pk}")
