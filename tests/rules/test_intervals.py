"""Spans of time: their union within a stretch of time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from environments.rules.intervals import merged
from tests.support.times import monday

BEGIN = monday("00:00")
LENGTH = 60


def minute(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


minutes = st.integers(-10, LENGTH + 10)
spans = st.lists(st.tuples(minutes, st.none() | minutes), max_size=12)


@given(spans=spans, first=minutes, last=minutes)
def test_a_minute_is_in_the_union_exactly_when_it_is_in_a_span_and_in_the_stretch_asked_for(
    spans: list[tuple[int, int | None]], first: int, last: int
) -> None:
    found = merged([(minute(a), None if b is None else minute(b)) for a, b in spans], minute(first), minute(last))

    def covered(moment: int) -> bool:
        return first <= moment < last and any(a <= moment and (b is None or moment < b) for a, b in spans)

    expected = [moment for moment in range(-20, LENGTH + 20) if covered(moment)]
    assert [m for m in range(-20, LENGTH + 20) if any(a <= minute(m) < b for a, b in found)] == expected
    # Nothing is empty, and no two touch: the list is the shortest there is.
    assert all(a < b for a, b in found)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(found))


@given(spans=spans, cut=st.integers(0, LENGTH))
def test_a_stretch_cut_in_two_has_as_much_in_its_parts_as_in_one(spans: list[tuple[int, int | None]], cut: int) -> None:
    rows = [(minute(a), None if b is None else minute(b)) for a, b in spans]

    def length(begin: datetime, end: datetime) -> timedelta:
        return sum((b - a for a, b in merged(rows, begin, end)), timedelta())

    whole = length(BEGIN, minute(LENGTH))
    assert length(BEGIN, minute(cut)) + length(minute(cut), minute(LENGTH)) == whole
