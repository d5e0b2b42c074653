"""Windows of AWS's maintenance: up for them and a quarter of an hour before, down after, under what people say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from environments.rules import (
    EnvironmentSpec,
    MaintenanceWindow,
    Pause,
    RuleError,
    default_until,
    desired_at,
    explain,
    next_transition,
    plan,
)
from tests.rules.support import OFFICE, SEOUL, at, calendar, day_of, day_off, exception, hold, spec, with_

SUNDAY, MONDAY = "2026-11-22", "2026-11-23"
NIGHT = MaintenanceWindow("4", "chat-db", at("2026-11-02 02:00"), at("2026-11-02 02:30"))
HONOURED = with_(OFFICE, windows=(NIGHT,))
NOON = MaintenanceWindow("4", "chat-db", at(f"{SUNDAY} 12:00"), at(f"{SUNDAY} 12:30"))
AT_NOON = with_(OFFICE, windows=(NOON,))


def once(start: str, end: str, name: str = "i-1") -> MaintenanceWindow:
    return MaintenanceWindow("5", name, at(start), at(end), weekly=False)


def test_it_runs_from_a_quarter_of_an_hour_before_the_window_to_its_end_each_week() -> None:
    night = "00:00 stopped, 01:45 running, 02:30 stopped, 09:00 running, 18:00 stopped"
    assert day_of(HONOURED, MONDAY) == day_of(HONOURED, "2027-06-21") == night
    assert day_of(HONOURED, "2026-11-24") == "00:00 stopped, 09:00 running, 18:00 stopped"


def test_it_says_until_when_and_for_what_it_runs() -> None:
    found = explain(HONOURED, at(f"{MONDAY} 01:45"))
    assert found.text("en") == "Running until 02:30: maintenance window of chat-db"
    assert found.text("ko") == "02:30까지 실행: chat-db 유지 관리 기간"
    assert found.short("en") == "until 02:30 · maintenance of chat-db"
    assert (found.source.kind, found.source.id) == ("maintenance", "4")
    assert explain(HONOURED, at(f"{MONDAY} 02:30")).source.kind == "schedule"


def test_weekly_windows_are_those_of_utc_whatever_clocks_do() -> None:
    window = MaintenanceWindow("4", "db", at("2026-10-26 02:00", "UTC"), at("2026-10-26 03:00", "UTC"))
    new_york = spec("09:00-18:00 tue-fri", zone="America/New_York", windows=(window,))
    assert day_of(new_york, "2026-10-25") == "00:00 stopped, 21:45 running, 23:00 stopped"
    assert day_of(new_york, "2026-11-01") == "00:00 stopped, 20:45 running, 22:00 stopped"


def test_a_window_that_is_once_is_not_repeated_and_the_plan_ahead_knows_it() -> None:
    far = with_(OFFICE, schedule=None)
    stopped = spec(windows=(once("2027-12-01 03:00", "2027-12-01 05:00"),))
    assert day_of(stopped, "2027-12-01") == "00:00 stopped, 02:45 running, 05:00 stopped"
    assert day_of(stopped, "2027-12-08") == "00:00 stopped"
    following = next_transition(stopped, at(f"{MONDAY} 00:00"))
    assert following is not None
    assert following.at == at("2027-12-01 02:45")
    assert next_transition(far, at(f"{MONDAY} 00:00")) is None


def test_of_several_at_once_the_one_that_ends_last_speaks() -> None:
    both = with_(HONOURED, windows=(NIGHT, once(f"{MONDAY} 02:20", f"{MONDAY} 03:00")))
    assert day_of(both, MONDAY).startswith("00:00 stopped, 01:45 running, 03:00 stopped")
    said = [explain(both, at(f"{MONDAY} {time}")).reason.params["name"] for time in ("02:04", "02:05", "02:45")]
    assert said == ["chat-db", "i-1", "i-1"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, "00:00 stopped, 11:45 running, 12:30 stopped"),
        ({"calendars": (calendar(day_off(SUNDAY)),)}, "00:00 stopped, 11:45 running, 12:30 stopped"),
        ({"pause": Pause("7", at("2026-11-20 00:00"), at("2026-12-01 00:00"))}, "00:00 any"),
        ({"exceptions": (exception("off", SUNDAY),)}, "00:00 stopped"),
        ({"exceptions": (exception("on", SUNDAY),)}, "00:00 running"),
        ({"holds": (hold("stopped", f"{SUNDAY} 12:00", f"{SUNDAY} 12:15"),)}, "00:00 stopped, 11:45 running, "
         "12:00 stopped, 12:15 running, 12:30 stopped"),
        ({"expires_on": date(2026, 11, 21)}, "00:00 stopped"),
        ({"start_early": timedelta(hours=1)}, "00:00 stopped, 11:00 running, 12:30 stopped"),
        ({"start_early": timedelta(minutes=5)}, "00:00 stopped, 11:45 running, 12:30 stopped"),
    ],
)  # fmt: skip
def test_schedules_and_calendars_give_way_to_a_window_and_a_window_to_everything_else(
    parts: dict[str, object], expected: str
) -> None:
    assert day_of(with_(AT_NOON, **parts), SUNDAY) == expected


def test_what_is_left_as_it_is_is_not_touched_by_a_window() -> None:
    assert day_of(EnvironmentSpec(None, SEOUL, windows=(NOON,)), SUNDAY) == "00:00 any"
    assert day_of(spec("-18:00 mon-sun", windows=(NOON,)), SUNDAY) == "00:00 any, 18:00 stopped"


def test_a_window_next_to_a_period_leaves_no_gap_of_a_minute() -> None:
    touching = with_(OFFICE, windows=(once(f"{MONDAY} 07:00", f"{MONDAY} 08:59"),))
    assert day_of(touching, MONDAY) == "00:00 stopped, 06:45 running, 18:00 stopped"


def test_a_hold_ends_by_default_where_a_window_begins() -> None:
    assert default_until(HONOURED, at(f"{SUNDAY} 20:00")) == at(f"{MONDAY} 01:45")


def test_a_plan_without_windows_is_the_same_plan() -> None:
    begin, end = at(f"{SUNDAY} 00:00"), at("2026-12-22 00:00")
    over = with_(OFFICE, windows=(once("2026-01-01 00:00", "2026-01-01 02:00"),))
    assert plan(over, begin, end) == plan(OFFICE, begin, end)
    assert desired_at(HONOURED, at(f"{MONDAY} 02:00")) == "running"


@pytest.mark.parametrize(("hours", "weekly"), [(0, False), (-1, True), (168, True)])
def test_a_window_without_length_or_as_long_as_a_week_is_refused(hours: int, weekly: bool) -> None:
    begin = at(f"{MONDAY} 02:00")
    with pytest.raises(RuleError) as refused:
        MaintenanceWindow("4", "db", begin, begin + timedelta(hours=hours), weekly)
    assert refused.value.field == "end"
