"""What exceptions make of a day, and which are refused at entry (DESIGN section 2, items 3 and 5)."""

from __future__ import annotations

from datetime import date

import pytest

from environments.rules import (
    DayException,
    Desired,
    ExceptionKind,
    RuleError,
    Scope,
    explain,
)
from tests.rules.support import OFFICE, at, day_of, exception, schedule, spec, with_

DAY = "2026-11-23"  # a Monday
OPEN = "00:00 stopped, 09:00 running, 18:00 stopped"


@pytest.mark.parametrize(
    ("promise", "periods", "exceptions", "expected"),
    [
        (
            "start moves the first begin earlier",
            ["09:00-18:00 *"],
            ["start 07:00"],
            "00:00 stopped, 07:00 running, 18:00 stopped",
        ),
        (
            "start moves the first begin later",
            ["09:00-18:00 *"],
            ["start 11:00"],
            "00:00 stopped, 11:00 running, 18:00 stopped",
        ),
        (
            "stop moves the last end later",
            ["09:00-18:00 *"],
            ["stop 20:00"],
            "00:00 stopped, 09:00 running, 20:00 stopped",
        ),
        (
            "stop moves the last end earlier",
            ["09:00-18:00 *"],
            ["stop 16:00"],
            "00:00 stopped, 09:00 running, 16:00 stopped",
        ),
        (
            "both move both",
            ["09:00-18:00 *"],
            ["start 10:00", "stop 20:00"],
            "00:00 stopped, 10:00 running, 20:00 stopped",
        ),
        (
            "windows that would end before the start vanish",
            ["09:00-12:00 *", "13:00-18:00 *"],
            ["start 14:00"],
            "00:00 stopped, 14:00 running, 18:00 stopped",
        ),
        (
            "a start in a break is where the day begins",
            ["09:00-12:00 *", "13:00-18:00 *"],
            ["start 12:30"],
            "00:00 stopped, 12:30 running, 18:00 stopped",
        ),
        (
            "an earlier start leaves the breaks of the day",
            ["09:00-12:00 *", "13:00-18:00 *"],
            ["start 08:00"],
            "00:00 stopped, 08:00 running, 12:00 stopped, 13:00 running, 18:00 stopped",
        ),
        (
            "windows that would begin after the stop vanish",
            ["09:00-12:00 *", "13:00-18:00 *"],
            ["stop 12:30"],
            "00:00 stopped, 09:00 running, 12:00 stopped",
        ),
        (
            "a later stop moves the last window only",
            ["09:00-12:00 *", "13:00-18:00 *"],
            ["stop 20:00"],
            "00:00 stopped, 09:00 running, 12:00 stopped, 13:00 running, 20:00 stopped",
        ),
        (
            "a start after all windows lasts until midnight",
            ["09:00-18:00 *"],
            ["start 19:00"],
            "00:00 stopped, 19:00 running",
        ),
        (
            "on a day without windows a start lasts until midnight",
            ["09:00-18:00 sat"],
            ["start 10:00"],
            "00:00 stopped, 10:00 running",
        ),
        (
            "on a day without windows a start lasts until its stop",
            ["09:00-18:00 sat"],
            ["start 10:00", "stop 15:00"],
            "00:00 stopped, 10:00 running, 15:00 stopped",
        ),
        (
            "a stop of 00:00 is the midnight that ends the day",
            ["09:00-18:00 *"],
            ["stop 00:00"],
            "00:00 stopped, 09:00 running",
        ),
        ("a stop of 24:00 is midnight", ["09:00-18:00 *"], ["stop 24:00"], "00:00 stopped, 09:00 running"),
        ("on replaces the whole day", ["09:00-18:00 *"], ["on"], "00:00 running"),
        ("off replaces the whole day", ["09:00-18:00 *"], ["off"], "00:00 stopped"),
        ("a stop after on ends it", ["09:00-18:00 *"], ["on", "stop 15:00"], "00:00 running, 15:00 stopped"),
        (
            "a start after off opens the day again",
            ["09:00-18:00 *"],
            ["off", "start 15:00"],
            "00:00 stopped, 15:00 running",
        ),
        ("off after a start takes it away", ["09:00-18:00 *"], ["start 07:00", "off"], "00:00 stopped"),
        ("a stop where nothing runs does nothing", ["09:00-18:00 sat"], ["stop 15:00"], "00:00 stopped"),
        ("start moves a start-only period", ["09:00- *"], ["start 11:00"], "00:00 any, 11:00 running"),
        ("stop moves a stop-only period", ["-18:00 *"], ["stop 20:00"], "00:00 any, 20:00 stopped"),
        ("stop ends a start-only period", ["09:00- *"], ["stop 20:00"], "00:00 any, 09:00 running, 20:00 stopped"),
        (
            "start before a stop-only period lasts until it",
            ["-18:00 *"],
            ["start 10:00"],
            "00:00 any, 10:00 running, 18:00 stopped",
        ),
        ("off in a running week", ["09:00- fri", "-18:00 thu"], ["off"], "00:00 stopped"),
        ("on in a stopped week", ["09:00- tue", "-18:00 fri"], ["on"], "00:00 running"),
    ],
)
def test_exceptions_of_a_day(promise: str, periods: list[str], exceptions: list[str], expected: str) -> None:
    made = tuple(exception(text, DAY, age=-number) for number, text in enumerate(exceptions))
    assert day_of(spec(*periods, exceptions=made), DAY) == expected, promise


@pytest.mark.parametrize(
    ("promise", "text", "expected"),
    [
        ("off takes the night's window away, also after midnight", "off", "00:00 stopped"),
        ("off leaves the window that began the day before", "off", "00:00 stopped"),
        ("start later cuts the evening only", "start 23:00", "00:00 stopped, 23:00 running, 06:00+1 stopped"),
        ("a stop in the evening ends it before midnight", "stop 23:30", "00:00 stopped, 22:00 running, 23:30 stopped"),
        (
            "a stop in the small hours is meant for the morning after",
            "stop 02:00",
            "00:00 stopped, 22:00 running, 02:00+1 stopped",
        ),
        (
            "a stop after its usual end is meant for the morning after",
            "stop 08:00",
            "00:00 stopped, 22:00 running, 08:00+1 stopped",
        ),
        ("on does not end what runs past midnight", "on", "00:00 running, 06:00+1 stopped"),
    ],
)
def test_an_exception_on_the_night_a_window_runs_over_midnight(promise: str, text: str, expected: str) -> None:
    assert day_of(spec("22:00-06:00 mon", exceptions=(exception(text, DAY),)), DAY, days=2) == expected, promise


def test_a_window_that_began_the_day_before_ends_when_it_ends_on_a_day_switched_off() -> None:
    night = spec("22:00-06:00 *", exceptions=(exception("off", DAY),))
    assert day_of(night, DAY, days=2) == "00:00 running, 06:00 stopped, 22:00+1 running"


def test_a_day_switched_off_in_a_lasting_week_is_taken_up_again_after_it() -> None:
    week = spec("09:00- mon", "-18:00 fri", exceptions=(exception("off", "2026-11-25"),))
    assert day_of(week, "2026-11-24", days=3) == "00:00 running, 00:00+1 stopped, 00:00+2 running"


def test_a_stop_at_23_59_meets_a_start_at_00_00() -> None:
    met = spec("09:00-18:00 mon", exceptions=(exception("stop 23:59", DAY), exception("start 00:00", "2026-11-24")))
    assert day_of(met, DAY, days=2) == "00:00 stopped, 09:00 running"


def test_an_exception_is_for_its_dates_only() -> None:
    three_days = spec("09:00-18:00 *", exceptions=(exception("off", DAY, "2026-11-25"),))
    assert day_of(three_days, "2026-11-22") == OPEN
    assert day_of(three_days, DAY, days=3) == "00:00 stopped"
    assert day_of(three_days, "2026-11-26") == OPEN


def test_the_narrower_scope_decides_then_the_newer() -> None:
    own = exception("stop 20:00", DAY, scope=Scope.ENVIRONMENT, age=60)
    team = exception("stop 16:00", DAY, scope=Scope.TEAM)
    assert day_of(with_(OFFICE, exceptions=(own, team)), DAY).endswith("20:00 stopped")
    newer = exception("stop 17:00", DAY, scope=Scope.TEAM, age=-5)
    assert day_of(with_(OFFICE, exceptions=(newer, team)), DAY).endswith("17:00 stopped")


def test_of_a_wide_and_a_narrow_wish_that_contradict_each_other_the_narrow_one_stands() -> None:
    team_stop = exception("stop 09:30", DAY, scope=Scope.TEAM)
    own_start = exception("start 10:00", DAY, scope=Scope.ENVIRONMENT, age=60)
    assert (
        day_of(with_(OFFICE, exceptions=(team_stop, own_start)), DAY) == "00:00 stopped, 10:00 running, 18:00 stopped"
    )


def test_a_team_can_be_off_and_one_environment_open() -> None:
    off = exception("off", DAY, scope=Scope.TEAM)
    own = (exception("start 10:00", DAY, age=60), exception("stop 12:00", DAY, age=60))
    assert day_of(with_(OFFICE, exceptions=(off, *own)), DAY) == "00:00 stopped, 10:00 running, 12:00 stopped"


def test_what_an_exception_switches_on_is_switched_off_where_nothing_else_would() -> None:
    manual = with_(OFFICE, schedule=None)
    opened = with_(manual, exceptions=(exception("start 10:00", DAY), exception("stop 15:00", DAY)))
    assert day_of(opened, DAY, days=2) == "00:00 any, 10:00 running, 15:00 stopped, 00:00+1 any"
    until_midnight = with_(manual, exceptions=(exception("start 10:00", DAY),))
    assert day_of(until_midnight, DAY, days=3) == "00:00 any, 10:00 running, 00:00+1 stopped, 00:00+2 any"


def test_the_reason_names_the_date_the_author_and_why() -> None:
    demo = exception("stop 20:00", DAY, author="Kim", reason="demo for the client", id="41")
    held = with_(OFFICE, exceptions=(demo,))
    why = explain(held, at(f"{DAY} 10:00"))
    assert why.text() == "Running until 20:00: exception of 2026-11-23 by Kim (demo for the client)"
    assert why.text("ko") == "20:00까지 실행: 2026-11-23 예외, Kim (demo for the client)"
    assert why.short() == "until 20:00 · Kim: demo for the client"
    assert (why.source.kind, why.source.id) == ("exception", "41")


@pytest.mark.parametrize(
    ("text", "time", "expected"),
    [
        ("start 11:00", "08:00", "exception"),
        ("start 11:00", "20:00", "schedule"),
        ("stop 16:00", "17:00", "exception"),
        ("stop 16:00", "08:00", "schedule"),
        ("stop 20:00", "21:00", "schedule"),
        ("off", "03:00", "exception"),
        ("off", "21:00", "exception"),
    ],
)
def test_a_stopped_stretch_names_the_exception_that_took_the_running_away(text: str, time: str, expected: str) -> None:
    assert explain(with_(OFFICE, exceptions=(exception(text, DAY),)), at(f"{DAY} {time}")).source.kind == expected


@pytest.mark.parametrize(
    ("kind", "minute"),
    [
        (ExceptionKind.START, None),
        (ExceptionKind.START, 1440),
        (ExceptionKind.STOP, 1441),
        (ExceptionKind.ON, 5),
        (ExceptionKind.OFF, 0),
    ],
)
def test_a_time_belongs_to_start_and_stop(kind: ExceptionKind, minute: int | None) -> None:
    with pytest.raises(RuleError, match="time: start and stop need a time of the day; on and off have none"):
        DayException("1", kind, date(2026, 11, 23), date(2026, 11, 23), Scope.TEAM, minute)


def test_exceptions_move_an_override_too() -> None:
    always = with_(OFFICE, schedule=schedule("09:00-18:00 *", override=Desired.RUNNING))
    assert day_of(with_(always, exceptions=(exception("stop 20:00", DAY),)), DAY) == "00:00 running, 20:00 stopped"
