"""Holds: what they do to a plan and where they end (DESIGN section 2, items 3 and 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from environments.rules import (
    Desired,
    Hold,
    RuleError,
    counts_from,
    default_until,
    explain,
    extended_until,
    next_transition,
    plan,
)
from tests.rules.support import OFFICE, at, day_of, exception, hold, spec, with_

DAY = "2026-11-23"


def test_a_hold_passes_over_everything_until_its_end() -> None:
    held = with_(
        OFFICE,
        holds=(hold("running", f"{DAY} 17:00", f"{DAY} 22:00"),),
        exceptions=(exception("stop 16:00", DAY),),
    )
    assert day_of(held, DAY) == "00:00 stopped, 09:00 running, 16:00 stopped, 17:00 running, 22:00 stopped"


def test_a_stopped_hold_gives_way_to_the_schedule_at_its_end() -> None:
    held = with_(OFFICE, holds=(hold("stopped", f"{DAY} 12:00", f"{DAY} 13:00"),))
    assert day_of(held, DAY) == "00:00 stopped, 09:00 running, 12:00 stopped, 13:00 running, 18:00 stopped"


def test_a_hold_until_released_never_ends_by_itself() -> None:
    held = with_(OFFICE, holds=(hold("running", f"{DAY} 12:00", None),))
    assert next_transition(held, at(f"{DAY} 13:00")) is None
    assert explain(held, at("2030-01-01 03:00")).desired == "running"


def test_a_hold_changes_nothing_before_it_begins() -> None:
    held = with_(OFFICE, holds=(hold("running", "2026-11-28 12:00", "2026-11-28 14:00"),))
    assert day_of(held, "2026-11-28") == "00:00 stopped, 12:00 running, 14:00 stopped"
    coming = next_transition(held, at("2026-11-27 19:00"))
    assert coming is not None
    assert coming.at == at("2026-11-28 12:00")


def test_of_several_holds_the_newest_decides_and_the_older_takes_over_again() -> None:
    older = hold("running", f"{DAY} 18:00", f"{DAY} 23:00", id="older")
    newer = hold("stopped", f"{DAY} 20:00", f"{DAY} 21:00", id="newer")
    both = with_(OFFICE, holds=(newer, older))
    assert day_of(both, DAY) == "00:00 stopped, 09:00 running, 20:00 stopped, 21:00 running, 23:00 stopped"


def test_a_hold_with_the_wish_of_the_schedule_is_still_the_reason() -> None:
    held = with_(
        OFFICE, holds=(hold("running", f"{DAY} 13:10", f"{DAY} 22:00", author="QA lead", reason="client demo"),)
    )
    why = explain(held, at(f"{DAY} 14:32"))
    assert why.source.kind == "hold"
    assert why.text() == "Running until 22:00: hold by QA lead (client demo)"
    assert why.text("ko") == "22:00까지 실행: 유지, QA lead (client demo)"
    assert why.short() == "until 22:00 · QA lead: client demo"
    without = explain(held.without_holds(), why.at)
    assert (without.until, without.then) == (at(f"{DAY} 18:00"), "stopped")


@pytest.mark.parametrize(
    ("promise", "now", "until"),
    [
        ("stopped by hand within the hours: until the hours end", f"{DAY} 12:00", f"{DAY} 18:00"),
        ("started by hand in the evening: until the next morning's start", f"{DAY} 20:00", "2026-11-24 09:00"),
        ("exactly at a boundary: until the one after", f"{DAY} 18:00", "2026-11-24 09:00"),
    ],
)
def test_by_default_a_hold_ends_at_the_next_boundary_of_the_plan(promise: str, now: str, until: str) -> None:
    assert default_until(OFFICE, at(now)) == at(until), promise


def test_the_default_end_does_not_count_the_hold_itself() -> None:
    held = with_(OFFICE, holds=(hold("running", f"{DAY} 12:00", f"{DAY} 22:00"),))
    assert default_until(held, at(f"{DAY} 13:00")) == at(f"{DAY} 18:00")


def test_where_the_plan_never_changes_a_hold_has_no_default_end() -> None:
    assert default_until(with_(OFFICE, schedule=None), at(f"{DAY} 13:00")) is None
    assert default_until(spec("all *"), at(f"{DAY} 13:00")) is None


def test_two_more_hours_count_from_the_planned_stop_while_it_is_to_run() -> None:
    two = timedelta(hours=2)
    assert extended_until(OFFICE, at(f"{DAY} 14:00"), two) == at(f"{DAY} 20:00")
    assert extended_until(OFFICE, at(f"{DAY} 20:00"), two) == at(f"{DAY} 22:00")
    held = with_(OFFICE, holds=(hold("running", f"{DAY} 14:00", f"{DAY} 20:00"),))
    assert extended_until(held, at(f"{DAY} 15:00"), two) == at(f"{DAY} 22:00")
    assert extended_until(spec("all *"), at(f"{DAY} 15:00"), two) == at(f"{DAY} 17:00")


def test_what_a_hold_switched_on_is_switched_off_where_the_plan_would_leave_it_on() -> None:
    held = with_(OFFICE, schedule=None, holds=(hold("running", f"{DAY} 12:00", f"{DAY} 20:00", author="Kim"),))
    assert day_of(held, DAY, days=2) == "00:00 any, 12:00 running, 20:00 stopped, 00:00+1 any"
    why = explain(held, at(f"{DAY} 21:00"))
    assert why.text() == "Stopped until Tue 00:00: end of the hold by Kim"
    assert why.source.id == "1"


def test_a_stopped_hold_leaves_nothing_behind() -> None:
    held = with_(OFFICE, schedule=None, holds=(hold("stopped", f"{DAY} 12:00", f"{DAY} 20:00"),))
    assert day_of(held, DAY) == "00:00 any, 12:00 stopped, 20:00 any"


@pytest.mark.parametrize(
    ("pressed", "desired", "earlier", "from_"),
    [
        (f"{DAY} 20:00", "running", None, f"{DAY} 20:00"),
        (f"{DAY} 20:00", "running", f"{DAY} 18:00", f"{DAY} 18:00"),
        (f"{DAY} 14:00", "running", None, f"{DAY} 18:00"),
        (f"{DAY} 14:00", "running", "2026-11-20 18:00", f"{DAY} 18:00"),
        (f"{DAY} 14:00", "stopped", None, f"{DAY} 14:00"),
        (f"{DAY} 20:00", "stopped", None, "2026-11-24 09:00"),
    ],
)
def test_the_length_of_a_hold_counts_from_the_planned_end_else_from_where_the_first_of_them_was_placed(
    pressed: str, desired: str, earlier: str | None, from_: str
) -> None:
    found = counts_from(OFFICE, Desired(desired), at(pressed), at(earlier) if earlier else None)
    assert found == at(from_)


def test_a_hold_for_what_is_planned_for_ever_has_no_length() -> None:
    assert counts_from(spec("all *"), Desired.RUNNING, at(f"{DAY} 14:00"), None) is None


def test_nothing_is_held_as_it_is_for_that_is_a_pause() -> None:
    with pytest.raises(ValueError, match="pause"):
        hold("any", f"{DAY} 12:00", "2026-12-01 00:00")


def test_a_hold_that_ends_a_minute_before_the_next_start_does_not_stop_for_it() -> None:
    nearly = with_(OFFICE, holds=(hold("running", f"{DAY} 06:00", f"{DAY} 08:59"),))
    assert day_of(nearly, DAY) == "00:00 stopped, 06:00 running, 18:00 stopped"


def test_a_short_stop_that_a_hold_asks_for_is_done() -> None:
    restart = with_(OFFICE, holds=(hold("stopped", f"{DAY} 12:00", f"{DAY} 12:01"),))
    assert day_of(restart, DAY) == "00:00 stopped, 09:00 running, 12:00 stopped, 12:01 running, 18:00 stopped"


def test_a_hold_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(RuleError, match="until: a hold must end after it begins"):
        hold("running", f"{DAY} 12:00", f"{DAY} 12:00")
    with pytest.raises(ValueError, match="must be aware"):
        Hold("1", "running", datetime(2026, 11, 23), None)  # type: ignore[arg-type]  # noqa: DTZ001


def test_a_portal_that_was_down_from_17_50_to_19_10_finds_what_is_true_now() -> None:
    """What was missed needs no replay: the answer at 19:10 is that of a portal that never slept."""
    before = next_transition(OFFICE, at(f"{DAY} 17:50"))
    assert before is not None
    assert before.at == at(f"{DAY} 18:00")
    back = explain(OFFICE, at(f"{DAY} 19:10"))
    assert (back.desired, back.since) == ("stopped", at(f"{DAY} 18:00"))
    held = with_(OFFICE, holds=(hold("running", f"{DAY} 17:00", f"{DAY} 18:30"),))
    assert explain(held, at(f"{DAY} 19:10")).since == at(f"{DAY} 18:30")


def test_parts_of_a_second_do_not_matter() -> None:
    start = datetime(2026, 11, 23, 3, 0, 0, 999_999, tzinfo=UTC)
    segments = plan(OFFICE, start, start + timedelta(hours=1))
    assert (segments[0].start.microsecond, segments[-1].end - segments[0].start) == (0, timedelta(hours=1))


def test_an_hour_more_than_until_released_counts_from_the_plan_s_own_stop() -> None:
    kept = with_(OFFICE, holds=(hold("running", f"{DAY} 10:00", None),))
    assert extended_until(kept, at(f"{DAY} 15:00"), timedelta(hours=1)) == at(f"{DAY} 19:00")
    assert extended_until(kept, at(f"{DAY} 20:00"), timedelta(hours=1)) == at(f"{DAY} 21:00")
