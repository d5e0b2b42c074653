"""The planner and a plain minute-by-minute reading of the rules say the same, whatever is defined."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from environments.rules import EnvironmentSpec, Segment, explain, next_transition, plan
from tests.rules.reference import Answer, Reference
from tests.rules.strategies import cases
from tests.support.examples import examples

MINUTE = timedelta(minutes=1)
Case = tuple[EnvironmentSpec, Reference, datetime, datetime]


def by_minute(segments: list[Segment], start: datetime, end: datetime) -> list[Answer]:
    found: list[Answer] = []
    for segment in segments:
        minutes = (segment.end - segment.start) / MINUTE
        assert minutes == int(minutes)
        found += [(segment.desired.value, segment.source.kind.value, segment.source.id)] * int(minutes)
    assert len(found) == (end - start) / MINUTE
    return found


def assert_same(case: Case) -> None:
    spec, reference, start, end = case
    planned = by_minute(plan(spec, start, end), start, end)
    expected = reference.answers(start, end)
    different = [
        start + index * MINUTE for index, pair in enumerate(zip(planned, expected, strict=True)) if pair[0] != pair[1]
    ]
    assert not different, (
        f"from {different[0]} ({len(different)} minutes): {planned[int((different[0] - start) / MINUTE)]}, "
        f"expected {expected[int((different[0] - start) / MINUTE)]}"
    )


@examples(15)
@given(cases(with_overrides=False))
def test_periods_mean_the_same_read_minute_by_minute(case: Case) -> None:
    assert_same(case)


@examples(25)
@given(cases(with_overrides=True))
def test_calendars_exceptions_and_holds_mean_the_same_read_minute_by_minute(case: Case) -> None:
    assert_same(case)


@examples(10)
@given(cases(with_overrides=True))
def test_segments_cover_the_span_without_gaps_and_overlaps(case: Case) -> None:
    spec, _, start, end = case
    segments = plan(spec, start, end)
    assert segments[0].start == start
    assert segments[-1].end == end
    for before, after in pairwise(segments):
        assert before.end == after.start
        assert (before.desired, before.reason, before.source) != (after.desired, after.reason, after.source)


@examples(10)
@given(cases(with_overrides=True))
def test_the_next_transition_is_the_next_segment_of_the_plan(case: Case) -> None:
    spec, _, start, end = case
    segments = plan(spec, start, end)
    for before, after in pairwise(segments):
        transition = next_transition(spec, before.start)
        assert transition is not None
        assert (transition.at, transition.desired, transition.source) == (after.start, after.desired, after.source)
        assert transition.changes == (before.desired != after.desired)


@examples(10)
@given(cases(with_overrides=True))
def test_an_explanation_says_what_the_plan_says(case: Case) -> None:
    spec, _, start, end = case
    segments = plan(spec, start, end)
    for number, segment in enumerate(segments):
        explanation = explain(spec, segment.start)
        assert (explanation.desired, explanation.reason) == (segment.desired, segment.reason)
        change = next((later.start for later in segments[number:] if later.desired != segment.desired), None)
        if change is not None:
            assert explanation.until == change
        elif explanation.until is not None:
            assert explanation.until >= end


@examples(10)
@given(cases(with_overrides=True))
def test_a_plan_is_the_same_in_one_piece_and_in_two(case: Case) -> None:
    spec, _, start, end = case
    middle = start + timedelta(hours=37, minutes=11)
    whole = by_minute(plan(spec, start, end), start, end)
    assert whole == by_minute(plan(spec, start, middle), start, middle) + by_minute(
        plan(spec, middle, end), middle, end
    )


@examples(10)
@given(cases(with_overrides=True), st.integers(1, 200))
def test_early_starts_add_running_before_starts_and_change_nothing_else(case: Case, minutes: int) -> None:
    spec, _, start, end = case
    spec = replace(spec, holds=(), pause=None, expires_on=None, windows=())
    early = replace(spec, start_early=timedelta(minutes=minutes))
    later = end + timedelta(minutes=minutes)
    without = [answer[0] for answer in by_minute(plan(spec, start, later), start, later)]
    found = [answer[0] for answer in by_minute(plan(early, start, end), start, end)]
    wished = [
        "running" if "running" in without[index : index + minutes + 1] else without[index]
        for index in range(len(found))
    ]
    for index, desired in enumerate(found):
        # What is left of a stop is a minute at the most: such a gap is closed, as any is.
        around = wished[max(index - 1, 0) : index] + wished[index + 1 : index + 2]
        closed = wished[index] == "stopped" and set(around) == {"running"}
        assert desired == wished[index] or (closed and desired == "running")
