"""Whose turn it is in a group, and when the next one is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.escalation_steps import LAST_WAITS, Place, step

from .conftest import MONDAY, later

M, J, B = 1, 2, 3
NIGHT = timedelta(hours=8)


def place(who: int, after: int, at: datetime | None = MONDAY) -> Place:
    """A place of Minseo, Jihun or their boss, who is reached at once unless told otherwise."""
    return Place(who, after, at)


def turn(
    *places: Place,
    told: Mapping[int, datetime | None] | None = None,
    last: bool = True,
    began: datetime = MONDAY,
    now: datetime = MONDAY,
) -> tuple[tuple[int, ...], datetime | None]:
    """Who is asked, and when to look again."""
    found = step(places, told=told or {}, began_at=began, is_last=last, now=now)
    return found.asked, found.next_at


class TestTheOrder:
    THREE = (place(M, 0), place(J, 5), place(B, 20))

    def test_each_is_told_after_so_many_minutes(self) -> None:
        assert turn(*self.THREE) == ((M,), later(minutes=5))
        assert turn(*self.THREE, told={M: MONDAY}, now=later(minutes=5)) == ((J,), later(minutes=20))

    def test_the_last_one_has_time_too(self) -> None:
        at = later(minutes=5)
        assert turn(place(M, 0), place(J, 5, at), told={M: MONDAY}, now=at) == ((J,), at + LAST_WAITS)
        assert turn(place(M, 0), place(J, 5), told={M: MONDAY, J: at}, now=at + LAST_WAITS) == ((), None)

    def test_what_was_missed_is_done_at_once_and_still_leaves_them_time(self) -> None:
        at = later(hours=3)
        late = turn(place(M, 0, at), place(J, 5, at), place(B, 20, at), told={M: MONDAY}, now=at)
        assert late == ((J, B), at + LAST_WAITS)

    def test_a_group_of_nobody_is_over_at_once(self) -> None:
        assert turn() == ((), None)
        assert turn(place(M, 0, None), place(J, 5, None)) == ((), None)

    def test_whom_nothing_reaches_costs_no_time(self) -> None:
        assert turn(place(M, 0, None), place(J, 5), place(B, 20)) == ((J,), later(minutes=20))
        at = later(minutes=5)
        assert turn(place(M, 0), place(J, 5, None), place(B, 20, at), told={M: MONDAY}, now=at)[0] == (B,)

    def test_who_is_in_quiet_hours_is_told_after_them_and_the_next_one_at_once(self) -> None:
        asleep = place(M, 0, MONDAY + NIGHT)
        assert turn(asleep, place(J, 5), place(B, 20)) == ((M, J), later(minutes=20))

    def test_where_all_are_the_wait_begins_when_the_first_is_reached(self) -> None:
        morning = MONDAY + NIGHT
        night = (place(M, 0, morning), place(J, 5, morning))
        assert turn(*night) == ((M,), morning)
        at = morning + timedelta(minutes=5)
        assert turn(*night, told={M: morning}, now=morning) == ((), at)
        assert turn(place(M, 0, at), place(J, 5, at), told={M: morning}, now=at) == ((J,), at + LAST_WAITS)

    def test_whoever_is_awake_first_is_asked_then_if_all_are_asleep(self) -> None:
        morning, sooner = MONDAY + NIGHT, later(hours=6)
        assert turn(place(M, 0, morning), place(J, 5, morning), place(B, 20, sooner)) == ((M,), sooner)
        found = turn(place(M, 0, morning), place(J, 5, morning), place(B, 20, sooner), told={M: morning}, now=sooner)
        assert found == ((J, B), morning + LAST_WAITS)

    def test_the_last_round_is_not_over_while_somebody_is_asleep_and_the_next_one_does_not_wait_for_them(self) -> None:
        told = {M: MONDAY + NIGHT, J: MONDAY}
        two = (place(M, 0, MONDAY + NIGHT), place(J, 5))
        assert turn(*two, told=told, now=later(minutes=20)) == ((), MONDAY + NIGHT + LAST_WAITS)
        assert turn(*two, told=told, last=False, now=later(minutes=20)) == ((), None)

    def test_who_is_removed_takes_nobodys_turn(self) -> None:
        at = later(minutes=5)
        assert turn(place(J, 5, at), place(B, 10), told={M: MONDAY}, now=at) == ((J,), later(minutes=10))

    def test_who_comes_new_is_asked_in_their_turn(self) -> None:
        at = later(minutes=5)
        new = turn(place(B, 0, at), place(M, 0), place(J, 5, at), told={M: MONDAY}, now=at)
        assert new[0] == (B, J)

    def test_what_failed_or_is_tried_again_delays_nobody(self) -> None:
        assert turn(*self.THREE, told={M: None}, now=later(minutes=5))[0] == (J,)

    @given(
        afters=st.lists(st.integers(0, 60), max_size=6).map(sorted),
        sleeps=st.lists(st.one_of(st.none(), st.integers(0, 600)), min_size=6, max_size=6),
    )
    def test_each_who_can_be_reached_is_asked_once_and_it_comes_to_an_end(
        self, afters: list[int], sleeps: list[int | None]
    ) -> None:
        told: dict[int, datetime | None] = {}
        now, asked = MONDAY, list[int]()
        reached = {who: None if sleeps[who] is None else later(minutes=sleeps[who] or 0) for who in range(len(afters))}
        for _try in range(50):
            places = [
                Place(who, after, at if at is None else max(at, now))
                for who, after in enumerate(afters)
                for at in [reached[who]]
            ]
            found = step(places, told=told, began_at=MONDAY, is_last=True, now=now)
            asked += found.asked
            told |= {who: places[who].reached_at for who in found.asked}
            if found.next_at is None:
                break
            assert found.next_at >= now
            now = found.next_at
        else:
            pytest.fail("It goes on for ever.")
        assert sorted(asked) == [who for who, at in reached.items() if at is not None]
        if asked:
            assert now >= max(at for at in told.values() if at) + LAST_WAITS
