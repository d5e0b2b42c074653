"""Which exceptions are refused at entry, and what one that is taken replaces (DESIGN section 2, item 5)."""

from __future__ import annotations

import pytest

from environments.rules import EnvironmentSpec, Scope, exception_problem, plan, with_exception
from tests.rules.support import OFFICE, at, calendar, day_of, day_off, exception, spec, with_

DAY = "2026-11-23"  # a Monday
NOW = at(f"{DAY} 10:00")


def problem(spec: EnvironmentSpec, text: str, day: str = DAY, last: str | None = None) -> str | None:
    found = exception_problem(spec, exception(text, day, last), NOW)
    return None if found is None else str(found)


def test_a_past_date_is_refused_and_today_is_not() -> None:
    assert problem(OFFICE, "off", "2026-11-22") == "first: 2026-11-22 has passed; choose 2026-11-23 or later"
    assert problem(OFFICE, "off") is None


def test_today_is_the_plan_s_today() -> None:
    honolulu = spec("09:00-18:00 *", zone="Pacific/Honolulu")
    assert problem(honolulu, "off", "2026-11-22") is None
    assert problem(honolulu, "off", "2026-11-21") is not None


@pytest.mark.parametrize(("start", "stop"), [("10:00", "10:00"), ("10:00", "09:00")])
def test_a_stop_at_or_before_the_start_is_refused(start: str, stop: str) -> None:
    words = f"time: the stop at {stop} is not after the start at {start} of {DAY}"
    assert problem(with_(OFFICE, exceptions=(exception(f"start {start}", DAY),)), f"stop {stop}") == words
    assert problem(with_(OFFICE, exceptions=(exception(f"stop {stop}", DAY),)), f"start {start}") == words


def test_only_the_same_scope_and_date_contradict_at_entry() -> None:
    other_day = with_(OFFICE, exceptions=(exception("start 10:00", "2026-11-24"),))
    assert problem(other_day, "stop 09:30") is None
    team = with_(OFFICE, exceptions=(exception("start 10:00", DAY, scope=Scope.TEAM),))
    assert problem(team, "stop 09:30") is None


def test_a_stop_on_a_day_without_windows_is_refused_with_the_reason() -> None:
    assert problem(OFFICE, "stop 15:00", "2026-11-28") == (
        "time: nothing runs on 2026-11-28 that could be stopped at 15:00 (the schedule has no period that day); "
        "give a start as well"
    )
    closed = with_(OFFICE, calendars=(calendar(day_off("2026-11-24", "Chuseok", "추석")),))
    refused = exception_problem(closed, exception("stop 15:00", "2026-11-24"), NOW)
    assert refused is not None
    assert "(day off: Chuseok)" in refused.text()
    assert refused.text("ko") == "2026-11-24에는 15:00에 중지할 것이 없어요 (휴일: 추석). 시작도 함께 정해 주세요"


def test_a_stop_on_a_day_without_windows_is_taken_with_a_start() -> None:
    started = with_(OFFICE, exceptions=(exception("start 10:00", "2026-11-28"),))
    assert problem(started, "stop 15:00", "2026-11-28") is None


def test_a_stop_for_a_range_needs_one_day_that_has_something_to_stop() -> None:
    assert problem(OFFICE, "stop 15:00", "2026-11-27", "2026-11-29") is None
    assert problem(OFFICE, "stop 15:00", "2026-11-28", "2026-11-29") is not None


def test_more_than_a_year_at_once_is_refused() -> None:
    assert problem(OFFICE, "off", DAY, "2027-11-23") is None
    assert "more than 366 days" in str(problem(OFFICE, "off", DAY, "2027-11-24"))


@pytest.mark.parametrize(
    ("first", "last", "refused"),
    [
        ("2028-11-23", None, None),
        ("2028-11-24", None, "first: 2028-11-24 is more than two years ahead; choose 2028-11-23 or earlier"),
        ("2028-11-01", "2028-12-01", "last: 2028-12-01 is more than two years ahead; choose 2028-11-23 or earlier"),
        ("9999-12-31", None, "first: 9999-12-31 is more than two years ahead; choose 2028-11-23 or earlier"),
    ],
)
def test_more_than_two_years_ahead_is_refused(first: str, last: str | None, refused: str | None) -> None:
    assert problem(OFFICE, "off", first, last) == refused


def test_of_a_night_that_is_to_be_moved_at_both_ends_the_refusal_says_how() -> None:
    night = spec("22:00-06:00 *")
    assert problem(night, "stop 04:00") is None
    found = exception_problem(
        with_(night, exceptions=(exception("start 23:00", DAY),)), exception("stop 04:00", DAY), NOW
    )
    assert found is not None
    assert found.text() == (
        f"the stop at 04:00 is not after the start at 23:00 of {DAY}; a stop after midnight belongs to the next date,"
        " and only the schedule's own window reaches it: move either its start or its end here, not both, or change the"
        " schedule"
    )
    assert "하나만 옮기거나 일정을 바꿔 주세요" in found.text("ko")


def test_a_second_exception_of_one_kind_replaces_the_first() -> None:
    first = with_exception(OFFICE, exception("stop 20:00", DAY, id="1"))
    second = with_exception(first, exception("stop 16:00", DAY, id="2", age=500))
    assert [each.id for each in second.exceptions] == ["2"]
    assert day_of(second, DAY).endswith("16:00 stopped")


def test_a_range_keeps_the_dates_that_its_replacement_leaves_it() -> None:
    week = with_exception(OFFICE, exception("off", DAY, "2026-11-27", id="1"))
    changed = with_exception(week, exception("off", "2026-11-25", id="2"))
    days = {(each.id, str(each.first), str(each.last)) for each in changed.exceptions}
    assert days == {("1", DAY, "2026-11-24"), ("2", "2026-11-25", "2026-11-25"), ("1", "2026-11-26", "2026-11-27")}


def test_the_resulting_day_can_be_shown_before_saving() -> None:
    candidate = with_exception(OFFICE, exception("stop 20:00", DAY))
    segments = plan(candidate, at(f"{DAY} 00:00"), at("2026-11-24 00:00"))
    assert [(segment.desired.value, segment.source.kind.value) for segment in segments] == [
        ("stopped", "schedule"),
        ("running", "exception"),
        ("stopped", "schedule"),
    ]
