"""The plan as a whole: spans, horizons, early starts, many instants at once (DESIGN section 2, item 10)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from environments.rules import (
    EnvironmentSpec,
    compile_schedule,
    compile_spec,
    desired_at,
    desired_at_many,
    explain,
    explain_many,
    next_transition,
    plan,
)
from tests.rules.support import OFFICE, SEOUL, at, calendar, day_of, day_off, exception, hold, schedule, spec, with_

DAY = "2026-11-23"


def test_a_span_without_length_has_no_segments() -> None:
    assert plan(OFFICE, at(f"{DAY} 10:00"), at(f"{DAY} 10:00")) == []
    assert plan(OFFICE, at(f"{DAY} 10:00"), at(f"{DAY} 09:00")) == []


@pytest.mark.parametrize("ask", [desired_at, explain, next_transition, lambda s, t: plan(s, t, t)])
def test_a_time_without_offset_is_an_error(ask: Callable[[EnvironmentSpec, datetime], object]) -> None:
    with pytest.raises(ValueError, match="has no UTC offset"):
        ask(OFFICE, datetime(2026, 11, 23))  # noqa: DTZ001


def test_answers_are_in_utc_whatever_zone_is_asked_in() -> None:
    there = datetime.fromisoformat("2026-11-22T19:00:00-05:00")
    assert explain(OFFICE, there).at == datetime(2026, 11, 23, 0, tzinfo=UTC)
    assert {segment.start.tzinfo for segment in plan(OFFICE, there, there + timedelta(days=9))} == {UTC}


@pytest.mark.parametrize(
    ("promise", "periods", "after", "expected"),
    [
        ("the next start", ["09:00-18:00 mon-fri"], f"{DAY} 00:00", f"{DAY} 09:00"),
        ("over a weekend", ["09:00-18:00 mon-fri"], "2026-11-27 18:00", "2026-11-30 09:00"),
        ("once a month", ["09:00-18:00 ;1"], "2026-11-02 00:00", "2026-12-01 09:00"),
        ("once a year", ["09:00-18:00 ;1;jan"], "2026-01-02 00:00", "2027-01-01 09:00"),
        ("the fifth Friday", ["09:00-18:00 fri#5"], "2026-11-01 00:00", "2027-01-29 09:00"),
        ("the 29th of February", ["09:00-18:00 ;29;feb"], "2028-03-01 00:00", "2032-02-29 09:00"),
        (
            "the 29th of February over a year that is none",
            ["09:00-18:00 ;29;feb"],
            "2096-03-01 00:00",
            "2104-02-29 09:00",
        ),
        ("a Friday the 13th", ["09:00-18:00 fri;13"], "2026-11-14 00:00", "2027-08-13 09:00"),
    ],
)
def test_the_next_transition(promise: str, periods: list[str], after: str, expected: str) -> None:
    found = next_transition(spec(*periods), at(after))
    assert found is not None
    assert (found.at, found.desired, found.changes) == (at(expected), "running", True), promise


@pytest.mark.parametrize("periods", [["all *"], [], ["00:00-23:59 *"], ["09:00-18:00 ;30;feb"]])
def test_a_plan_that_never_changes_has_no_next_transition(periods: list[str]) -> None:
    assert next_transition(spec(*periods), at(f"{DAY} 10:00")) is None
    assert explain(spec(*periods), at(f"{DAY} 10:00")).until is None


def test_no_schedule_has_no_next_transition_but_its_exceptions_and_holds_do() -> None:
    manual = with_(OFFICE, schedule=None)
    assert next_transition(manual, at(f"{DAY} 10:00")) is None
    far = with_(manual, exceptions=(exception("on", "2031-05-05"),))
    found = next_transition(far, at(f"{DAY} 10:00"))
    assert found is not None
    assert found.at == at("2031-05-05 00:00")
    held = with_(manual, holds=(hold("running", "2032-01-01 00:00", None),))
    found = next_transition(held, at(f"{DAY} 10:00"))
    assert found is not None
    assert found.at == at("2032-01-01 00:00")


def test_the_horizon_can_be_nearer() -> None:
    yearly = spec("09:00-18:00 ;1;jan")
    assert next_transition(yearly, at(f"{DAY} 10:00"), horizon=timedelta(days=20)) is None
    assert next_transition(yearly, at(f"{DAY} 10:00"), horizon=timedelta(days=60)) is not None


def test_many_instants_at_once_say_the_same_as_one_by_one() -> None:
    five = spec(
        "09:00-17:00 mon-fri",
        "22:00-02:00 mon,wed",
        "18:00-23:30 ;28-L",
        "10:00-16:00 sat#1",
        "all sun;;nov-jan",
        calendars=(calendar(day_off("2026-11-24")),),
        exceptions=(exception("stop 20:00", DAY),),
    )
    chance = random.Random(4)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    instants = [start + timedelta(seconds=chance.randrange(90 * 86_400)) for _ in range(400)]
    timeline = compile_spec(five, start, start + timedelta(days=90))
    assert desired_at_many(timeline, instants) == [desired_at(five, instant) for instant in instants]
    assert explain_many(five, instants) == [explain(five, instant) for instant in instants]
    assert desired_at_many(timeline, iter(instants[:3])) == desired_at_many(timeline, instants[:3])
    assert desired_at_many(timeline, []) == []


def test_instants_outside_of_the_compiled_span_are_an_error() -> None:
    start = at(f"{DAY} 00:00")
    timeline = compile_schedule(schedule("09:00-18:00 *"), start, start + timedelta(days=1))
    for outside in (start - timedelta(days=2), start + timedelta(days=3)):
        with pytest.raises(ValueError, match="outside of the compiled span"):
            desired_at_many(timeline, [outside])


def test_an_early_start_begins_before_the_period_and_says_why() -> None:
    early = with_(OFFICE, start_early=timedelta(minutes=7))
    assert day_of(early, DAY) == "00:00 stopped, 08:53 running, 18:00 stopped"
    found = next_transition(early, at(f"{DAY} 00:00"))
    assert found is not None
    assert found.at == at(f"{DAY} 08:53")
    why = explain(early, at(f"{DAY} 08:55"))
    assert why.text() == "Running until 18:00: schedule Office hours, started early to be ready at 09:00"
    assert why.text("ko") == "18:00까지 실행: 일정 Office hours, 09:00에 준비되도록 미리 시작"
    assert desired_at(early, at(f"{DAY} 08:55")) == "running"


def test_an_early_start_reaches_back_over_midnight_and_gives_way_to_a_hold() -> None:
    early = spec("00:05-06:00 mon", start_early=timedelta(minutes=10))
    assert day_of(early, "2026-11-22") == "00:00 stopped, 23:55 running"
    held = with_(early, holds=(hold("stopped", "2026-11-22 22:00", f"{DAY} 00:01"),))
    assert day_of(held, "2026-11-22", days=2) == "00:00 stopped, 00:01+1 running, 06:00+1 stopped"


def test_a_break_shorter_than_the_lead_is_not_worth_stopping_for() -> None:
    early = spec("09:00-12:00 mon", "12:10-18:00 mon", start_early=timedelta(minutes=15))
    assert day_of(early, DAY) == "00:00 stopped, 08:45 running, 18:00 stopped"


def test_the_plan_of_a_schedule_in_another_zone_follows_the_schedule_s_zone() -> None:
    there = with_(OFFICE, schedule=schedule("09:00-18:00 *", zone="America/New_York"), timezone=SEOUL)
    assert there.zone_name == "America/New_York"
    assert desired_at(there, at("2026-11-23 09:30", "America/New_York")) == "running"
    assert desired_at(there, at("2026-11-23 09:30")) == "stopped"
