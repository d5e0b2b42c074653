"""The plan as it was: what people asked for counts from when they asked until somebody ended it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules import DayException, EnvironmentSpec, Hold, Pause, plan
from environments.rules.hindsight import Ended, plan_as_it_was
from tests.rules.support import OFFICE, SEOUL, at, exception, hold, spec, with_
from tests.support.examples import examples

DAY, NEXT = "2026-11-23", "2026-11-24"
NIGHTS = spec("20:00-04:00 mon-fri")
FREE = EnvironmentSpec(None, SEOUL)
WEEK = at(f"{DAY} 00:00")


def was(of: EnvironmentSpec, *ended: Ended, day: str = DAY) -> str:
    """A day as it was: “00:00 stopped schedule, 09:00 running exception”."""
    begin = at(f"{day} 00:00")
    found = plan_as_it_was(of, ended, begin, begin + timedelta(days=1))
    clock = ZoneInfo(SEOUL)
    return ", ".join(f"{one.start.astimezone(clock):%H:%M} {one.desired} {one.source.kind}" for one in found)


def made(text: str, day: str, when: str) -> DayException:
    return replace(exception(text, day), created=at(when))


def test_what_was_made_at_noon_did_not_count_in_the_morning() -> None:
    off = with_(OFFICE, exceptions=(made("off", DAY, f"{DAY} 12:00"),))
    assert was(off) == "00:00 stopped schedule, 09:00 running schedule, 12:00 stopped exception"


def test_what_was_ended_at_noon_counted_until_then() -> None:
    off = made("off", DAY, "2026-11-20 10:00")
    assert was(OFFICE, Ended(off, at(f"{DAY} 12:00"))) == (
        "00:00 stopped exception, 12:00 running schedule, 18:00 stopped schedule"
    )


def test_what_was_ended_before_its_day_never_counted() -> None:
    gone = Ended(made("off", DAY, "2026-11-20 10:00"), at("2026-11-22 18:00"))
    assert was(OFFICE, gone) == "00:00 stopped schedule, 09:00 running schedule, 18:00 stopped schedule"


def test_what_took_its_place_counts_from_then_on() -> None:
    newer = with_(OFFICE, exceptions=(made("stop 16:00", DAY, f"{DAY} 12:00"),))
    gone = Ended(made("stop 21:00", DAY, "2026-11-20 10:00"), at(f"{DAY} 12:00"))
    found = plan_as_it_was(newer, [gone], at(f"{DAY} 09:00"), at(f"{DAY} 18:00"))
    assert [(one.start, one.source.id, str(one.desired)) for one in found] == [
        (at(f"{DAY} 09:00"), "stop 21:00", "running"),
        (at(f"{DAY} 12:00"), "stop 16:00", "running"),
        (at(f"{DAY} 16:00"), "stop 16:00", "stopped"),
    ]


def test_of_two_that_began_in_one_instant_the_one_in_force_decides() -> None:
    older, newer = (hold("running", f"{DAY} 12:00", f"{DAY} 15:00", id=name) for name in ("older", "newer"))
    found = plan_as_it_was(
        with_(OFFICE, holds=(newer,)), [Ended(older, at(f"{DAY} 14:00"))], at(f"{DAY} 12:00"), at(f"{DAY} 15:00")
    )
    assert {one.source.id for one in found} == {"newer"}


@pytest.mark.parametrize("until", [f"{DAY} 22:00", None])
def test_a_hold_lasted_until_it_was_released(until: str | None) -> None:
    kept = Ended(hold("running", f"{DAY} 17:00", until), at(f"{DAY} 19:30"))
    assert was(OFFICE, kept) == (
        "00:00 stopped schedule, 09:00 running schedule, 17:00 running hold, 19:30 stopped schedule"
    )


def test_after_a_release_nothing_is_stopped_that_is_left_as_it_is() -> None:
    kept = hold("running", f"{DAY} 12:00", f"{DAY} 15:00")
    assert was(FREE, Ended(kept, at(f"{DAY} 14:00"))) == "00:00 any none, 12:00 running hold, 14:00 any none"
    assert was(FREE, Ended(kept, at(f"{NEXT} 12:00"))) == was(with_(FREE, holds=(kept,)))


def test_a_pause_lasted_until_it_was_ended_and_a_later_one_takes_over() -> None:
    first = Ended(Pause("1", at(f"{DAY} 10:00"), at(f"{NEXT} 10:00")), at(f"{DAY} 12:00"))
    now = with_(OFFICE, pause=Pause("2", at(f"{DAY} 15:00"), at(f"{DAY} 16:00")))
    assert was(now, first) == (
        "00:00 stopped schedule, 09:00 running schedule, 10:00 any pause, 12:00 running schedule, 15:00 any pause,"
        " 16:00 running schedule, 18:00 stopped schedule"
    )


def test_a_night_that_began_on_the_day_before_is_as_it_was_then() -> None:
    gone = Ended(made("stop 02:00", DAY, "2026-11-20 10:00"), at(f"{NEXT} 01:00"))
    assert was(NIGHTS, gone, day=NEXT).startswith("00:00 running exception, 01:00 running schedule, 04:00 stopped")


def test_without_anything_ended_it_is_the_plan() -> None:
    of = with_(NIGHTS, exceptions=(exception("off", NEXT), exception("start 09:00", DAY)))
    span = WEEK, WEEK + timedelta(days=7)
    assert plan_as_it_was(of, (), *span) == plan(of, *span)


def test_an_end_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Ended(exception("off", DAY), datetime(2026, 11, 23, 12))  # noqa: DTZ001 - that is what is refused


def moments(first: int = -36, last: int = 96) -> st.SearchStrategy[datetime]:
    """Half hours around the week's first days."""
    return st.integers(first * 2, last * 2).map(lambda half: WEEK + timedelta(minutes=30 * half))


@st.composite
def overrides(draw: st.DrawFn) -> tuple[DayException | Hold, datetime | None]:
    """Something that somebody asked for, and when it was ended, if it was."""
    begun = draw(moments())
    number = str(draw(st.integers(1, 10**6)))
    if draw(st.booleans()):
        until = draw(st.none() | st.integers(1, 40).map(lambda hours: begun + timedelta(hours=hours)))
        what: DayException | Hold = Hold(number, draw(st.sampled_from(["running", "stopped"])), begun, until)  # type: ignore[arg-type]
    else:
        text = draw(st.sampled_from(["on", "off", "start 07:00", "start 15:00", "stop 11:00", "stop 22:00"]))
        day = f"2026-11-{draw(st.integers(22, 26))}"
        what = replace(exception(text, day, id=number), created=begun)
    return what, draw(st.none() | st.integers(1, 80).map(lambda hours: begun + timedelta(hours=hours)))


@examples(30)
@given(
    of=st.sampled_from([OFFICE, NIGHTS, FREE]),
    # Of one instant there is one: what takes another's place ends it.
    made=st.lists(overrides(), max_size=5, unique_by=(lambda one: one[0].id, lambda one: _begun(one[0]))),
)
def test_each_moment_is_judged_by_what_was_in_force_then(
    of: EnvironmentSpec, made: list[tuple[DayException | Hold, datetime | None]]
) -> None:
    def in_force(at: datetime | None) -> EnvironmentSpec:
        """What is known at a moment; None: at the end of time."""
        there = [
            what
            for what, ended in made
            if (ended is None if at is None else _begun(what) <= at and (ended is None or at < ended))
        ]
        return replace(
            of,
            exceptions=tuple(one for one in there if isinstance(one, DayException)),
            holds=tuple(one for one in there if isinstance(one, Hold)),
        )

    ended = [Ended(what, at) for what, at in made if at is not None]
    found = plan_as_it_was(in_force(None), ended, WEEK, WEEK + timedelta(days=3))
    assert found[0].start == WEEK
    assert all(before.end == after.start for before, after in pairwise(found))
    for half in range(3 * 48):
        moment = WEEK + timedelta(minutes=30 * half + 7)
        [so] = [one for one in found if one.start <= moment < one.end]
        [known] = plan(in_force(moment), moment, moment + timedelta(seconds=1))
        assert (so.desired, so.source) == (known.desired, known.source)


def _begun(what: DayException | Hold) -> datetime:
    begun = what.start if isinstance(what, Hold) else what.created
    assert begun is not None
    return begun
