"""By how many threads an account is asked, and how long those wait who find none free."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from heapq import heapify, heapreplace

import pytest

from environments.targets.lanes import LONGEST_PAUSE_S, SLOW_S, Lanes
from environments.targets.limits import Busy


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def taken(lanes: Lanes, held: ExitStack, account: str) -> int:
    """Take threads for an account until it gets no more; how many it got."""
    for got in range(100):
        try:
            held.enter_context(lanes.lane(account))
        except Busy:
            return got
    raise AssertionError("there is no end of threads")


def known(lanes: Lanes, *accounts: str) -> None:
    """These have answered before."""
    for account in accounts:
        with lanes.lane(account):
            pass


def test_an_account_gets_half_of_the_threads_and_leaves_the_others_to_others() -> None:
    lanes = Lanes(threads=8)
    known(lanes, "one", "other")
    with ExitStack() as held:
        assert taken(lanes, held, "one") == 4
        assert taken(lanes, held, "other") == 2
    with lanes.lane("one"):
        pass


def test_an_account_that_has_never_answered_gets_few_until_it_does() -> None:
    lanes = Lanes(threads=16)
    with ExitStack() as held:
        assert taken(lanes, held, "new") == 2
    with ExitStack() as held:
        assert taken(lanes, held, "new") == 8


def test_the_last_quarter_is_for_accounts_known_to_be_quick_one_thread_each() -> None:
    lanes = Lanes(threads=8)
    known(lanes, "busy", "busy too", "quick", "quick too")
    with ExitStack() as held:
        assert taken(lanes, held, "busy") + taken(lanes, held, "busy too") == 6
        assert taken(lanes, held, "new") == 0
        assert taken(lanes, held, "quick") == 1
        assert taken(lanes, held, "quick too") == 1


def test_all_slow_accounts_together_get_half_and_quick_ones_the_rest() -> None:
    clock = Clock()
    lanes = Lanes(threads=16, clock=clock)
    for account, took in (("a", SLOW_S), ("b", SLOW_S), ("c", SLOW_S), ("quick", 0.1)):
        with lanes.lane(account):
            clock.now += took
    with ExitStack() as held:
        assert sum(taken(lanes, held, account) for account in ("a", "b", "c")) == 8
        assert taken(lanes, held, "quick") == 4


def test_what_hangs_is_slow_before_it_ends() -> None:
    clock = Clock()
    lanes = Lanes(threads=16, clock=clock)
    known(lanes, "hangs", "hangs too", "quick")
    with ExitStack() as held:
        assert taken(lanes, held, "hangs") == 8
        held.enter_context(lanes.lane("hangs too"))
        clock.now += SLOW_S
        assert taken(lanes, held, "hangs too") == 0
        assert taken(lanes, held, "quick") == 3


def test_an_account_that_is_away_is_tried_by_one_thread_until_it_answers() -> None:
    lanes = Lanes(threads=8)
    lanes.away("down")
    with ExitStack() as held:
        assert taken(lanes, held, "down") == 1
    with lanes.lane("down"):
        lanes.back("down")
    with ExitStack() as held:
        assert taken(lanes, held, "down") == 4


def test_the_pause_grows_with_each_failure_and_is_never_the_same_for_all() -> None:
    lanes = Lanes(threads=8)
    pauses = []
    with lanes.lane("down"):
        for _ in range(9):
            lanes.away("down")
            with pytest.raises(Busy) as busy, lanes.lane("down"):
                pass
            pauses.append(busy.value.seconds)
    assert pauses[0] < 5 < pauses[2] < pauses[4]
    assert all(pause <= 60 for pause in pauses)
    assert len(set(pauses)) == len(pauses)


def test_who_waits_while_all_threads_of_an_account_hang_comes_back_late_before_anything_has_failed() -> None:
    clock = Clock()
    lanes = Lanes(threads=16, clock=clock)
    with ExitStack() as held:
        taken(lanes, held, "silent")
        clock.now += 20
        pauses = []
        for _ in range(100):
            with pytest.raises(Busy) as busy, lanes.lane("silent"):
                pass
            pauses.append(busy.value.seconds)
    assert 150 < max(pauses) <= 200


@pytest.mark.parametrize(("waiting", "most_per_s"), [(10, 0.3), (1000, 5.0)])
def test_a_thousand_that_wait_for_an_account_that_is_away_look_a_few_times_a_second(
    waiting: int, most_per_s: float
) -> None:
    clock = Clock()
    lanes = Lanes(threads=8, clock=clock)
    for _ in range(6):
        lanes.away("down")
    due = [0.0] * waiting
    heapify(due)
    looks: list[float] = []
    with lanes.lane("down"):
        while due[0] < 3600:
            clock.now = due[0]
            with pytest.raises(Busy) as busy, lanes.lane("down"):
                pass
            looks.append(clock.now)
            assert busy.value.seconds <= LONGEST_PAUSE_S
            heapreplace(due, clock.now + busy.value.seconds)
    assert sum(at >= LONGEST_PAUSE_S for at in looks) / (3600 - LONGEST_PAUSE_S) <= most_per_s
