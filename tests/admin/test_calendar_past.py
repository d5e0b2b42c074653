"""Days that have passed are as they were: what ran, and what people had asked for then though it has ended since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment, Hold, Interval, Pause
from environments.services import day_plans, exceptions
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter
from .overriding import made, words
from .test_calendar_view import DAY, PAGE, classes_of, html_of, row_of

pytestmark = pytest.mark.django_db
FRIDAY = "2026-11-20"
TODAY = "2026-11-23"
LAST_FRIDAY = monday("00:00") - timedelta(days=3)


@pytest.fixture
def chat() -> Environment:
    """In the portal since the summer."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(created_at=monday("00:00") - timedelta(days=150))
    return made


def friday(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return LAST_FRIDAY + timedelta(hours=int(hours), minutes=int(minutes))


def off(of: Any, until: datetime, *, since: datetime | None = None) -> DayException:
    """A day off of last Friday, made at eight that morning, that somebody ended."""
    field = {type(of).__name__.lower(): of}
    return DayException.objects.create(
        **field,
        day=FRIDAY,
        kind="off",
        reason="team event",
        author=factories.manager(),
        created_at=since or friday("08:00"),
        ended_at=until,
        ended_by=factories.operator(),
    )


def held(of: Environment, since: datetime, until: datetime | None, ended: datetime) -> Hold:
    return factories.hold(
        of,
        starts_at=since,
        until=until,
        created_at=since,
        ended_at=ended,
        reason="demo",
        author=factories.manager(),
        ended_by=factories.operator(),
    )


def ran(of: Environment, *spans: tuple[datetime, datetime]) -> None:
    for began, ended in spans:
        Interval.objects.create(
            environment=of,
            target=of.targets.get(),
            environment_name=of.name,
            target_name="stack",
            began_at=began,
            ended_at=ended,
            began_by="operation",
            ended_by="operation",
        )


def test_a_day_off_that_was_ended_at_noon_was_one_until_then(as_manager: Client, chat: Environment) -> None:
    off(chat, friday("12:00"))
    html = html_of(as_manager)
    said = row_of(html)[FRIDAY]
    assert "exception: off 08:00–12:00 · exception of 2026-11-20 by manager (team event)" in said
    assert "planned 12:00–18:00 · schedule Office hours Seoul" in said
    assert "calv-f-asked" in classes_of(html, FRIDAY)
    assert "Fri 20 Nov exception: off 08:00–12:00 · manager: team event (Asia/Seoul)" in words(html)


def test_one_that_was_ended_before_its_day_was_none(as_manager: Client, chat: Environment) -> None:
    off(chat, friday("00:00") - timedelta(hours=1), since=friday("00:00") - timedelta(days=1))
    assert "exception" not in row_of(html_of(as_manager))[FRIDAY]
    assert "team event" not in html_of(as_manager, DAY, day=FRIDAY)


def test_one_that_nobody_ended_is_still_that_of_its_day(as_manager: Client, chat: Environment) -> None:
    with time_machine.travel(friday("07:00"), tick=False):
        made(chat, "off", FRIDAY, reason="team event", now=friday("00:00") - timedelta(days=1))
    said = row_of(html_of(as_manager))[FRIDAY]
    assert said.startswith("Fri 20 Nov: exception: off all day")


@pytest.mark.parametrize("scope", ["environment", "team", "schedule"])
def test_ended_ones_of_each_scope_are_told(scope: str, as_manager: Client, chat: Environment) -> None:
    off({"environment": chat, "team": chat.team, "schedule": chat.schedule}[scope], friday("12:00"))
    assert "team event" in row_of(html_of(as_manager, view="week", on=FRIDAY))[FRIDAY]
    other = factories.environment("pay-dev", team=factories.team("Pay"), schedule=factories.schedule("Pay hours"))
    factories.manager(other.team)
    assert "team event" not in row_of(html_of(as_manager, view="week", on=FRIDAY), "pay-dev")[FRIDAY]


def test_a_hold_that_was_released_is_told_as_far_as_it_reached(as_manager: Client, chat: Environment) -> None:
    held(chat, friday("17:00"), friday("22:00"), friday("19:30"))
    html = html_of(as_manager, view="week", on=FRIDAY)
    assert "held 17:00–19:30 · hold by manager (demo)" in row_of(html)[FRIDAY]
    text = words(html_of(as_manager, DAY, day=FRIDAY))
    assert "held 17:00–19:30 demo manager · released: operator, 20 Nov 19:30" in text


def test_a_pause_that_was_ended_is_told(as_manager: Client, chat: Environment) -> None:
    times = {"starts_at": friday("10:00"), "until": monday("10:00") - timedelta(hours=1), "created_at": friday("10:00")}
    ended = {"ended_at": friday("14:00"), "ended_by": factories.operator()}
    Pause.objects.create(environment=chat, reason="load test", author=factories.manager(), **times, **ended)
    assert "paused 10:00–14:00 · schedule paused by manager (load test)" in row_of(html_of(as_manager))[FRIDAY]
    assert "ended: operator" in words(html_of(as_manager, DAY, day=FRIDAY))


def test_today_is_as_it_was_until_now_and_as_planned_from_now_on(as_manager: Client, chat: Environment) -> None:
    held(chat, monday("07:00"), monday("12:00"), monday("08:00"))
    made(chat, "off", TODAY, reason="team event", now=monday("09:30"))
    said = row_of(html_of(as_manager))[TODAY]
    assert "held 07:00–08:00" in said
    assert "planned 09:00–09:30" in said
    assert "exception: off 09:30–24:00" in said


def test_the_day_says_what_was_removed_or_replaced_by_whom_and_offers_no_change(
    as_manager: Client, chat: Environment
) -> None:
    off(chat, friday("12:00"))
    off(chat.team, friday("13:00"))
    DayException.objects.create(
        team=chat.team,
        day=FRIDAY,
        kind="off",
        reason="again",
        author=factories.manager(),
        created_at=friday("13:00"),
    )
    html = html_of(as_manager, DAY, day=FRIDAY)
    text = words(html)
    assert "Off all day team event manager · removed: operator" in text
    assert "Off all day team event team Chat · manager · replaced: operator" in text
    assert "This day is over: it stays as it was." in text
    assert f"{DAY}remove/" not in html
    assert "data-exception-kind" not in html


def test_a_month_counts_the_hours_that_it_ran_on_days_that_are_over(as_manager: Client, chat: Environment) -> None:
    ran(chat, (friday("09:03"), friday("12:00")), (friday("13:00"), friday("18:03")))
    ran(chat, (monday("09:01"), monday("09:40")))
    html = html_of(as_manager)
    cells = row_of(html)
    assert "9 h in all; ran 09:03–12:00; ran 13:00–18:03; ran for 8 h in all (Asia/Seoul)" in cells[FRIDAY]
    assert cells["2026-11-19"].endswith("9 h in all; did not run (Asia/Seoul)")
    figures = {day: html.split(f'data-day="{day}"')[1].split("<b")[1].split("</b>")[0].split(">")[1] for day in cells}
    assert {day: figures[day] for day in ("2026-11-19", FRIDAY, "2026-11-21", TODAY, "2026-11-24")} == {
        "2026-11-19": "0",
        FRIDAY: "8",
        "2026-11-21": "",
        TODAY: "9",
        "2026-11-24": "9",
    }
    assert "calv-f-ran" in classes_of(html, FRIDAY)
    assert "calv-f-ran" not in classes_of(html, TODAY)


def test_what_was_not_in_the_portal_yet_is_not_said_to_have_stood_still(as_manager: Client, chat: Environment) -> None:
    Environment.objects.filter(pk=chat.pk).update(created_at=friday("07:00"))
    for view in ("month", "week"):
        html = html_of(as_manager, view=view, on=FRIDAY)
        cells = row_of(html)
        assert cells["2026-11-19"].endswith("9 h in all; not in the portal yet (Asia/Seoul)")
        assert "calv-before" in classes_of(html, "2026-11-19")
        assert cells[FRIDAY].endswith("9 h in all; did not run (Asia/Seoul)")
        assert "calv-before" not in classes_of(html, FRIDAY)
        assert "not in the portal yet" in words(html.split("calv-legend")[1])
    assert "did not run" in words(html_of(as_manager, DAY, day=FRIDAY))
    assert "not in the portal yet" in words(html_of(as_manager, DAY, day="2026-11-19"))


def test_exceptions_of_long_ago_are_read_with_their_day(as_manager: Client, chat: Environment) -> None:
    day = (monday("10:00") - timedelta(days=40)).date()
    DayException.objects.create(
        team=chat.team, day=day, kind="on", reason="fair", author=factories.manager(), created_at=monday("00:00"),
    )  # fmt: skip
    DayException.objects.update(created_at=monday("00:00") - timedelta(days=60))
    text = words(html_of(as_manager, DAY, day=f"{day}"))
    assert "exception: on all day" in text
    assert "On all day fair team Chat · manager" in text


def test_what_has_ended_takes_three_queries_whatever_there_is_of_it(chat: Environment) -> None:
    now, first = monday("10:00"), friday("10:00").date()

    def cost() -> int:
        rows = list(day_plans.with_plans(Environment.objects.order_by("pk"), first))
        with CaptureQueriesContext(connection) as queries:
            found = day_plans.over(rows, first, 4, now)
        assert all(one.ended for one in found)
        return len(queries)

    off(chat, friday("12:00"))
    few = cost()
    for number in range(8):
        one = factories.environment(f"env-{number}", team=factories.team(f"Team {number}"))
        off(one, friday("12:00"))
        off(one.team, friday("13:00"))
        held(one, friday("14:00"), None, friday("15:00"))
    assert (few, cost()) == (3, 3)


def test_dates_to_come_cost_no_query_for_what_has_ended(chat: Environment) -> None:
    off(chat, friday("12:00"))
    [row] = day_plans.with_plans(Environment.objects.all(), on("friday", "10:00").date())
    with CaptureQueriesContext(connection) as queries:
        day_plans.over([row], on("friday", "10:00").date(), 7, monday("10:00"))
    assert len(queries) == 0


def test_a_day_of_the_dialog_is_planned_and_read_once(as_manager: Client, chat: Environment) -> None:
    def cost(day: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            html_of(as_manager, DAY, day=day)
        return sum('FROM "environments_period"' in query["sql"] for query in queries)

    assert [cost(day) for day in ("2026-11-24", TODAY, FRIDAY, "2026-10-01")] == [1, 1, 1, 1]


def test_who_sees_no_environment_reads_nothing_of_its_past(enter: Enter, chat: Environment) -> None:
    off(chat, friday("12:00"))
    browser = enter(factories.outsider())
    assert "team event" not in browser.get(PAGE).content.decode()
    assert browser.get(DAY, {"day": FRIDAY}).status_code == 404


def test_a_removed_exception_of_today_stays_on_its_day(as_manager: Client, chat: Environment) -> None:
    with time_machine.travel(monday("08:00"), tick=False):
        rows = made(chat, "off", TODAY, reason="team event", now=monday("08:00"))
    exceptions.remove(exceptions=rows, author=factories.manager(), now=monday("09:45"))
    for when in (monday("10:00"), on("wednesday", "10:00")):
        with time_machine.travel(when, tick=False):
            assert "exception: off 08:00–09:45" in row_of(html_of(as_manager))[TODAY]
