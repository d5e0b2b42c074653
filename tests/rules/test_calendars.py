"""Days off and working days (DESIGN section 2, item 4)."""

from __future__ import annotations

from datetime import date

import pytest

from environments.rules import CalendarDay, DayKind, Desired, RuleError, Scope, explain, next_transition
from tests.rules.support import OFFICE, at, calendar, day_of, day_off, exception, hold, schedule, spec, with_, working

STOPPED, OPEN = "00:00 stopped", "00:00 stopped, 09:00 running, 18:00 stopped"


@pytest.mark.parametrize(
    ("day", "name", "name_ko"),
    [
        ("2026-03-02", "Alternative holiday for Independence Movement Day", "3·1절 대체공휴일"),
        ("2026-05-25", "Alternative holiday for Buddha's Birthday", "부처님오신날 대체공휴일"),
    ],
)
def test_a_substitute_holiday_in_korea_is_a_day_off_and_says_its_name(day: str, name: str, name_ko: str) -> None:
    closed = with_(OFFICE, calendars=(calendar(day_off(day, name, name_ko)),))
    assert day_of(OFFICE, day) == OPEN
    assert day_of(closed, day) == STOPPED
    why = explain(closed, at(f"{day} 10:00"))
    assert (why.source.kind, why.source.id) == ("calendar", "3")
    assert why.short() == f"until Tue 09:00 · {name}"
    assert why.short("ko") == f"화요일 09:00까지 · {name_ko}"


def test_a_saturday_that_works_as_monday_runs_as_a_monday() -> None:
    saturday = with_(OFFICE, calendars=(calendar(working("2026-11-21", 0, "Make-up day")),))
    assert day_of(saturday, "2026-11-21") == OPEN
    why = explain(saturday, at("2026-11-21 10:00"))
    assert why.text() == "Running until 18:00: working day as Monday, Make-up day (calendar Korea)"
    assert why.text("ko") == "18:00까지 실행: 월요일 기준 근무일, Make-up day (달력 Korea)"


def test_a_monday_that_works_as_saturday_is_stopped_and_says_so() -> None:
    monday = with_(OFFICE, calendars=(calendar(working("2026-11-23", 5, "Swapped")),))
    assert day_of(monday, "2026-11-23") == STOPPED
    assert explain(monday, at("2026-11-23 10:00")).reason.code == "working_day"


def test_a_working_day_is_another_weekday_for_weekday_rules_only() -> None:
    both = (calendar(working("2026-11-21", 0)),)
    assert day_of(spec("09:00-18:00 mon;21", calendars=both), "2026-11-21") == OPEN
    assert day_of(spec("09:00-18:00 mon;23", calendars=both), "2026-11-21") == STOPPED
    assert day_of(spec("09:00-18:00 ;21W", calendars=both), "2026-11-21") == STOPPED
    assert day_of(spec("09:00-18:00 mon#3", calendars=both), "2026-11-21") == OPEN


def test_a_window_that_began_the_day_before_a_day_off_still_ends_when_it_ends() -> None:
    night = spec("22:00-06:00 *", calendars=(calendar(day_off("2026-11-24")),))
    assert day_of(night, "2026-11-24") == "00:00 running, 06:00 stopped"
    assert day_of(night, "2026-11-25") == "00:00 stopped, 22:00 running"


def test_the_narrower_calendar_decides_then_the_newer_then_the_later_entry() -> None:
    day = "2026-11-23"
    team_off = calendar(day_off(day), scope=Scope.TEAM)
    own = calendar(working(day, 0), scope=Scope.ENVIRONMENT, age=99)
    assert day_of(with_(OFFICE, calendars=(own, team_off)), day) == OPEN
    newer, older = calendar(day_off(day)), calendar(working(day, 0), age=99)
    assert day_of(with_(OFFICE, calendars=(newer, older)), day) == STOPPED
    assert day_of(with_(OFFICE, calendars=(calendar(day_off(day), working(day, 0)),)), day) == OPEN


def test_a_day_off_does_not_start_but_stops_what_is_left_on() -> None:
    closed = (calendar(day_off("2026-11-23")),)
    assert day_of(spec("09:00- mon", calendars=closed), "2026-11-23") == "00:00 any"
    assert day_of(spec("-18:00 mon", calendars=closed), "2026-11-23") == "00:00 any, 18:00 stopped"


def test_a_week_that_begins_on_a_holiday_begins_a_day_later() -> None:
    week = spec("09:00- mon", "-18:00 fri", calendars=(calendar(day_off("2026-11-23")),))
    assert day_of(week, "2026-11-23") == STOPPED
    assert day_of(week, "2026-11-24") == "00:00 stopped, 09:00 running"
    long = spec("09:00- mon", "-18:00 fri", calendars=(calendar(day_off("2026-11-23"), day_off("2026-11-24")),))
    assert day_of(long, "2026-11-25") == "00:00 stopped, 09:00 running"


def test_a_start_that_waits_is_dropped_when_its_stop_comes_first() -> None:
    monday = spec("09:00- mon", "-18:00 mon", calendars=(calendar(day_off("2026-11-23")),))
    assert day_of(monday, "2026-11-24", days=6) == STOPPED


def test_a_holiday_within_a_running_week_leaves_it_running() -> None:
    week = spec("09:00- mon", "-18:00 fri", calendars=(calendar(day_off("2026-11-25")),))
    assert day_of(week, "2026-11-25") == "00:00 running"


def test_an_exception_and_a_hold_pass_over_a_day_off() -> None:
    closed = with_(OFFICE, calendars=(calendar(day_off("2026-11-23")),))
    opened = with_(closed, exceptions=(exception("start 10:00", "2026-11-23"), exception("stop 12:00", "2026-11-23")))
    assert day_of(opened, "2026-11-23") == "00:00 stopped, 10:00 running, 12:00 stopped"
    held = with_(closed, holds=(hold("running", "2026-11-23 14:00", "2026-11-23 16:00"),))
    assert day_of(held, "2026-11-23") == "00:00 stopped, 14:00 running, 16:00 stopped"


def test_a_hold_that_ends_inside_a_holiday_leaves_the_holiday_to_decide() -> None:
    closed = with_(
        OFFICE,
        calendars=(calendar(day_off("2026-11-24", "Founders' day")),),
        holds=(hold("running", "2026-11-23 17:00", "2026-11-24 02:00"),),
    )
    after = next_transition(closed, at("2026-11-24 01:00"))
    assert after is not None
    assert (after.at, after.desired, after.source.kind) == (at("2026-11-24 02:00"), "stopped", "calendar")
    assert explain(closed, after.at).text() == "Stopped until Wed 09:00: day off, Founders' day (calendar Korea)"


def test_the_holiday_begins_as_a_reason_at_its_midnight() -> None:
    closed = with_(OFFICE, calendars=(calendar(day_off("2026-11-24")),))
    begins = next_transition(closed, at("2026-11-23 20:00"))
    assert begins is not None
    assert (begins.at, begins.source.kind, begins.changes) == (at("2026-11-24 00:00"), "calendar", False)


def test_an_override_is_not_stopped_by_days_off() -> None:
    always = with_(
        OFFICE,
        schedule=schedule("09:00-18:00 *", override=Desired.RUNNING),
        calendars=(calendar(day_off("2026-11-23")),),
    )
    assert day_of(always, "2026-11-23") == "00:00 running"


@pytest.mark.parametrize(("kind", "as_weekday"), [(DayKind.OFF, 0), (DayKind.WORKING, None), (DayKind.WORKING, 7)])
def test_a_working_day_needs_a_weekday_and_a_day_off_has_none(kind: DayKind, as_weekday: int | None) -> None:
    with pytest.raises(RuleError, match="a working day needs the weekday it counts as"):
        CalendarDay(date(2026, 11, 23), kind, "x", as_weekday=as_weekday)
