"""status, list, why, info and cost: what people read of what they see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Calendar, Environment, State
from environments.services import operations
from tests import factories
from tests.commands.conftest import running, stopped
from tests.commands.talking import Talk, written
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")


def talk() -> Talk:
    return Talk(factories.manager())


def test_status_says_what_is_under_way_and_how_far_it_is(chat: Environment) -> None:
    Environment.objects.update(state=State.STOPPING)
    operation = factories.operation(chat, "stop", "running", at=NOW - timedelta(minutes=2))
    factories.step(operation, "check", "done")
    factories.step(
        operation, "wait", "running", detail={"en": "Deleting: 3 of 12 resources", "ko": "삭제 중: 12개 중 3개"}
    )
    assert "Under way: step 2 of 2 · Deleting: 3 of 12 resources" in talk().reads("status", NOW)
    assert "진행: 2단계 중 2단계 · 삭제 중: 12개 중 3개" in Talk(factories.manager(), "ko").reads("상태", NOW)


def test_status_of_what_failed_says_why_and_is_an_error(chat: Environment) -> None:
    said = {"en": "AWS denied it.", "ko": "AWS가 거부했어요."}
    Environment.objects.update(state=State.FAILED_TO_START, state_reason=said)
    answer = talk().asks("status", NOW)
    assert answer.severity == "error"
    assert written(answer) == (
        "🔴 ChatApp: Failed to start\nAWS denied it.\n"
        "Its plan says: Running until 18:00 (Asia/Seoul): schedule Office hours Seoul"
    )


def test_status_says_what_somebody_changed_outside(chat: Environment) -> None:
    Environment.objects.update(state=State.STOPPED, drift_since=monday("09:30"))
    assert "Changed outside the portal at 09:30 (Asia/Seoul)." in talk().reads("status", NOW)


def test_status_tells_of_checks_in_trouble(chat: Environment) -> None:
    factories.http_check(chat, state="down", reason={"en": "503", "ko": "503"})
    assert "Health: Down: API: 503" in talk().reads("status", NOW)


def test_status_leads_to_the_page(chat: Environment) -> None:
    assert talk().asks("status", NOW).link == "/env/chatapp/"


def test_status_without_targets_says_that_there_is_nothing_to_switch() -> None:
    factories.environment("bare")
    assert "It has no targets yet" in talk().reads("status", NOW)


def test_status_of_several_is_a_short_list_with_what_failed_first() -> None:
    for number in range(20):
        running(f"Env{number:02}")
    Environment.objects.filter(name="Env19").update(state=State.FAILED_TO_STOP)
    answer = talk().asks("status", NOW)
    lines = written(answer).splitlines()
    assert lines[0] == "Running: 19 of 20 environments"
    assert lines[1].startswith("🔴 Env19 · Failed to stop")
    assert lines[2] == "🟢 Env00 · Running · Stopped from 18:00 (Asia/Seoul)"
    assert (len(lines), lines[-1]) == (16, "… and 6 more")
    assert answer.severity == "error"


def test_status_of_a_schedule_is_of_its_environments_that_one_sees() -> None:
    night = factories.schedule("Night", begin_time="22:00", end_time="23:00")
    running("One", schedule=night)
    running("Theirs", schedule=night, team=factories.team("Payments"))
    stopped("Other")
    assert talk().reads("status night", NOW).splitlines()[0] == "Night: 1 of 1 running"


def test_list_names_each_with_its_state_and_next_change_for_who_asked_alone() -> None:
    running("One")
    stopped("Two")
    factories.environment("Three", slug="three", schedule=None)
    answer = talk().asks("list", NOW)
    assert written(answer).splitlines() == [
        "Environments on the roster: 3",
        "🟢 One · Running · Stopped from 18:00 (Asia/Seoul)",
        "⚫ Three · Not known yet · nothing planned",
        "⚪ Two · Stopped · Stopped from 18:00 (Asia/Seoul)",
    ]
    assert answer.private


def test_who_sees_nothing_is_told_so() -> None:
    talk = Talk(factories.outsider())
    running("One")
    for text in ("status", "list", "force_stop"):
        assert "No environment is on your roster yet." in talk.reads(text, NOW)


def test_info_of_a_day_that_has_passed_is_the_plan_as_it_was(chat: Environment) -> None:
    said = talk().reads("info 2026-11-20", NOW)
    assert said.splitlines()[:2] == ["ChatApp, 2026-11-20 (Fri)", "09:00–18:00 schedule Office hours Seoul"]


def test_info_of_a_day_off_names_the_holiday(chat: Environment) -> None:
    calendar = Calendar.objects.create(name="Office")
    calendar.days.create(day="2026-11-25", kind="off", name="Founders' day")
    assert chat.schedule
    chat.schedule.calendars.add(calendar)
    said = talk().reads("info 2026-11-25", NOW)
    assert said.splitlines()[1:3] == ["Stopped all day", "day off, Founders' day (calendar Office)"]


def test_info_of_a_schedule_is_its_own_plan() -> None:
    running("One")
    running("Two")
    said = talk().reads("office hours seoul info", NOW)
    assert said.splitlines()[:2] == ["Office hours Seoul, 2026-11-23 (Mon)", "09:00–18:00 schedule Office hours Seoul"]


def test_today_is_today_where_the_environment_is() -> None:
    chat = running("Far", timezone="America/New_York", schedule=factories.schedule("Far", timezone="America/New_York"))
    assert chat.zone_name == "America/New_York"
    assert talk().reads("info", monday("10:00")).startswith("Far, 2026-11-22 (Sun)")


def test_cost_says_today_the_month_and_what_was_saved(priced: Environment) -> None:
    said = talk().reads("cost", monday("17:30"))
    assert said.splitlines()[:3] == ["Cost of ChatApp", "Today so far: $2.05", "This month so far: $2.05"]
    assert "Saved this month: $129." in said


def test_cost_of_several_is_of_all_together(priced: Environment) -> None:
    running("Other")
    said = talk().reads("cost", monday("17:30"))
    assert said.splitlines()[:2] == ["Cost of all 2 environments", "Today so far: $2.05"]


def test_money_is_for_those_who_may_see_it(priced: Environment) -> None:
    nobody = factories.manager()
    nobody.groups.clear()
    talk = Talk(nobody)
    assert "You may not see costs." in talk.reads("cost", NOW)
    assert "$" not in talk.reads("status", NOW)


def queries(text: str) -> int:
    """Of somebody who has just come: their rights are read as well."""
    who = Talk(User.objects.get(username="manager"))
    with CaptureQueriesContext(connection) as captured:
        who.asks(text, NOW)
    return len(captured)


def test_the_status_of_one_takes_18_queries_however_many_there_are(chat: Environment) -> None:
    factories.manager()
    assert queries("chatapp status") == 18
    for number in range(30):
        running(f"Env{number}")
    assert queries("chatapp status") == 18


def test_the_list_of_a_hundred_takes_the_17_queries_of_a_list_of_two() -> None:
    factories.manager()
    for number in range(2):
        running(f"Env{number}")
    assert queries("list") == 17
    for number in range(2, 100):
        running(f"Env{number}")
    assert queries("list") == 17


def test_a_progress_nobody_works_on_yet_waits_for_a_worker(chat: Environment) -> None:
    manager = factories.manager()
    operations.request(environment=chat, kind="stop", trigger="hold", reason={"en": "–"}, actor=manager, now=NOW)
    assert "Under way: waiting for a worker" in Talk(manager).reads("status", NOW)
