"""A call or report counts for one window, also where windows adjoin, overlap or have a long grace."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from environments.rules.expecting import Rhythm, occurrences, taking, verdict
from tests.support.examples import examples
from tests.support.times import SEOUL as KST
from tests.support.times import monday

from .test_expecting import LONG_AGO, MINUTES, rhythms, windows


def test_a_call_counts_for_one_window_and_where_they_adjoin_for_the_one_in_which_it_comes() -> None:
    shifts = windows("00:00-08:00, 08:00-16:00, 16:00-24:00")
    heard = [monday("00:00") - timedelta(hours=1), monday("08:05")]

    def missed(now: datetime, owed: datetime) -> list[str]:
        found = verdict(shifts, since=LONG_AGO, heard=heard, now=now, owed_from=owed).missed
        return [(at + timedelta.resolution).astimezone(KST).strftime("%H:%M") for at in found]

    assert missed(monday("16:20"), monday("00:30")) == ["08:00"]
    assert missed(monday("16:20"), monday("16:00")) == []
    # Nothing can come for it any more, and still it is not called missed before its grace is over.
    alone = verdict(shifts, since=LONG_AGO, heard=heard[:1], now=monday("08:00"), owed_from=monday("08:00"))
    assert (alone.state, len(alone.missed), alone.judge_at) == ("late", 1, monday("08:10"))


def test_a_second_call_after_the_one_in_time_takes_nothing_back() -> None:
    shifts = windows("00:00-08:00, 08:00-16:00", grace=timedelta(hours=10))
    heard, due, missed = [monday("07:00")], monday("08:00"), 0
    for clock in ("08:03", "08:04", "15:00"):
        missed += len(verdict(shifts, since=LONG_AGO, heard=heard, now=monday(clock), owed_from=due).missed)
        heard = [monday(clock)]  # the newest is all that is known of a job
        due = verdict(shifts, since=LONG_AGO, heard=heard, now=monday(clock)).judge_at
    missed += len(verdict(shifts, since=LONG_AGO, heard=heard, now=monday("23:59"), owed_from=due).missed)
    assert missed == 0


def test_of_windows_that_end_at_once_the_shortest_is_asked_for_once() -> None:
    evening = windows("00:00-22:00, 18:00-22:00; mon 18:00-22:00")
    found = verdict(evening, since=monday("00:00"), heard=[], now=monday("22:30"), owed_from=monday("20:00"))
    assert len(found.missed) == 1
    assert next(occurrences(evening, monday("12:00"))).begin == monday("18:00")


@examples(50)
@given(rhythms(), MINUTES, st.lists(MINUTES, max_size=3))
def test_no_call_counts_for_two_windows(rhythm: Rhythm, start: datetime, calls: list[datetime]) -> None:
    for at in [start, *calls]:
        near = islice(occurrences(rhythm, at - timedelta(days=3)), 60)
        its = [one for one in near if taking(rhythm, one).begin <= at < taking(rhythm, one).end]
        assert len(its) <= 1


@examples(50)
@given(rhythms(), MINUTES, st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_the_newest_call_alone_misses_as_many_as_all_of_them(
    rhythm: Rhythm, since: datetime, minutes: list[int]
) -> None:
    calls = sorted(since + timedelta(minutes=number) for number in minutes)
    end = since + timedelta(minutes=4000)
    each, due = list[datetime](), since
    for number, at in enumerate([*calls, end]):
        if due <= at:
            each += verdict(rhythm, since=since, heard=calls[:number][-1:], now=at, owed_from=due).missed
        due = verdict(rhythm, since=since, heard=calls[: number + 1][-1:], now=at).judge_at
    if rhythm.every is None:
        assert tuple(each) == verdict(rhythm, since=since, heard=calls, now=end, owed_from=since).missed
