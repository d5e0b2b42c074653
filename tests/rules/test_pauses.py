"""Pausing a schedule, and the day on which an environment expires."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from environments.rules import Pause, RuleError, default_until, exception_problem, explain, next_transition
from tests.rules.support import OFFICE, at, day_of, exception, hold, spec, with_

DAY = "2026-11-23"


def pause(start: str, until: str) -> Pause:
    return Pause("7", at(start), at(until), "holidays", "Kim")


def test_a_paused_schedule_leaves_the_environment_as_it_is_until_the_pause_ends() -> None:
    paused = with_(OFFICE, pause=pause(f"{DAY} 12:00", "2026-11-25 00:00"))
    assert (
        day_of(paused, DAY, 3)
        == "00:00 stopped, 09:00 running, 12:00 any, 00:00+2 stopped, 09:00+2 running, 18:00+2 stopped"
    )


def test_a_pause_that_ends_inside_a_window_starts_what_the_window_wishes_for() -> None:
    paused = with_(OFFICE, pause=pause(f"{DAY} 08:00", f"{DAY} 11:00"))
    assert day_of(paused, DAY) == "00:00 stopped, 08:00 any, 11:00 running, 18:00 stopped"


def test_exceptions_work_while_the_schedule_is_paused_and_what_they_start_is_stopped() -> None:
    paused = with_(
        OFFICE,
        pause=pause("2026-11-20 00:00", "2026-12-01 00:00"),
        exceptions=(exception("start 10:00", DAY), exception("stop 15:00", DAY), exception("off", "2026-11-24")),
    )
    assert day_of(paused, DAY) == "00:00 any, 10:00 running, 15:00 stopped"
    assert day_of(paused, "2026-11-24") == "00:00 stopped"


def test_a_hold_works_while_the_schedule_is_paused_and_is_stopped_at_its_end() -> None:
    paused = with_(
        OFFICE,
        pause=pause("2026-11-20 00:00", "2026-12-01 00:00"),
        holds=(hold("running", f"{DAY} 20:00", f"{DAY} 22:00"),),
    )
    assert day_of(paused, DAY) == "00:00 any, 20:00 running, 22:00 stopped"


def test_a_hold_without_an_end_of_its_own_ends_with_the_pause() -> None:
    paused = with_(OFFICE, pause=pause("2026-11-20 00:00", "2026-12-01 00:00"))
    assert default_until(paused, at(f"{DAY} 10:00")) == at("2026-12-01 00:00")


def test_a_day_off_during_a_pause_stops_nothing() -> None:
    paused = with_(spec("09:00-18:00 mon-fri"), pause=pause("2026-11-20 00:00", "2026-12-01 00:00"))
    assert day_of(paused, DAY) == "00:00 any"


def test_what_an_exception_starts_in_a_pause_is_started_early_as_ever() -> None:
    paused = with_(
        OFFICE,
        pause=pause("2026-11-20 00:00", "2026-12-01 00:00"),
        exceptions=(exception("start 10:00", DAY), exception("stop 15:00", DAY)),
        start_early=timedelta(minutes=30),
    )
    assert day_of(paused, DAY) == "00:00 any, 09:30 running, 15:00 stopped"


def test_an_exception_after_the_last_day_is_refused_with_that_day() -> None:
    ending = with_(OFFICE, expires_on=date(2026, 11, 23))
    problem = exception_problem(ending, exception("on", "2026-11-24"), at(f"{DAY} 10:00"))
    assert problem is not None
    assert problem.field == "first"
    assert "2026-11-23" in problem.text("en")
    assert exception_problem(ending, exception("off", DAY), at(f"{DAY} 10:00")) is None


def test_a_pause_says_who_paused_and_why() -> None:
    found = explain(with_(OFFICE, pause=pause(f"{DAY} 08:00", "2026-12-01 00:00")), at(f"{DAY} 10:00"))
    assert found.text("en") == "Left as it is until Tue 1 Dec 00:00: schedule paused by Kim (holidays)"
    assert found.source.kind == "pause"
    assert found.source.id == "7"
    assert "일시 중지" in found.text("ko")


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(RuleError) as refused:
        pause(f"{DAY} 12:00", f"{DAY} 12:00")
    assert refused.value.field == "until"


def test_an_environment_is_stopped_for_good_at_the_end_of_its_last_day() -> None:
    ending = with_(spec("09:00-24:00 mon-fri", "00:00-02:00 mon-fri"), expires_on=date(2026, 11, 24))
    assert (
        day_of(ending, DAY, 3)
        == "00:00 running, 02:00 stopped, 09:00 running, 02:00+1 stopped, 09:00+1 running, 00:00+2 stopped"
    )
    assert next_transition(ending, at("2026-11-25 00:00")) is None


def test_neither_hold_nor_exception_passes_over_the_expiry() -> None:
    ending = with_(
        OFFICE,
        expires_on=date(2026, 11, 23),
        holds=(hold("running", f"{DAY} 20:00", None),),
        exceptions=(exception("on", "2026-11-24"),),
    )
    assert day_of(ending, DAY, 2) == "00:00 stopped, 09:00 running, 18:00 stopped, 20:00 running, 00:00+1 stopped"
    found = explain(ending, at("2026-11-24 10:00"))
    assert found.text("en") == "Stopped, no change ahead: expired after 2026-11-23"
    assert found.text("ko") == "계속 중지: 마지막 날(2026-11-23) 지남"
