"""Who asks for the same within a moment is answered together, and never with what is older than that moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.api import sharing
from portal.api.sharing import Shared
from tests.support.times import monday

PATIENCE_S = 10
NOON = monday("12:00")
SECOND = timedelta(seconds=1)


class Reading:
    """Work that ends when it is told to, and says how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.reads = threading.Semaphore(0)
        self.ends = threading.Semaphore(0)

    def __call__(self) -> int:
        self.begun += 1
        mine = self.begun
        self.reads.release()
        assert self.ends.acquire(timeout=PATIENCE_S)
        return mine


@pytest.fixture
def shared() -> Shared[int]:
    return Shared(SECOND)


def test_all_who_come_during_a_reading_are_answered_by_it(shared: Shared[int]) -> None:
    reading = Reading()
    with ThreadPoolExecutor(6) as pool:
        found = [pool.submit(shared.get, "list", reading, now=NOON)]
        assert reading.reads.acquire(timeout=PATIENCE_S)
        found += [pool.submit(shared.get, "list", reading, now=NOON + SECOND / 2) for _ in range(5)]
        while shared.waiting("list") < 6:
            pass
        reading.ends.release()
        assert [one.result(PATIENCE_S) for one in found] == [1] * 6
    assert shared.waiting("list") == 0


def test_who_comes_during_a_reading_that_was_begun_too_long_ago_is_read_for(shared: Shared[int]) -> None:
    reading = Reading()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(shared.get, "list", reading, now=NOON)
        assert reading.reads.acquire(timeout=PATIENCE_S)
        late = pool.submit(shared.get, "list", reading, now=NOON + SECOND)
        reading.ends.release(2)
        assert (slow.result(PATIENCE_S), late.result(PATIENCE_S)) == (1, 2)


def test_an_answer_lasts_a_second_and_no_longer(shared: Shared[int]) -> None:
    numbers = iter(range(9))
    asked = [timedelta(), SECOND * 0.999, SECOND, SECOND * 1.5, SECOND * 2]
    assert [shared.get("list", lambda: next(numbers), now=NOON + after) for after in asked] == [0, 0, 1, 1, 2]


def test_a_clock_that_is_set_back_makes_no_answer_last(shared: Shared[int]) -> None:
    numbers = iter(range(9))
    asked = [timedelta(hours=1), timedelta(), SECOND]
    assert [shared.get("list", lambda: next(numbers), now=NOON + after) for after in asked] == [0, 1, 2]


def test_other_lists_do_not_wait(shared: Shared[int]) -> None:
    reading = Reading()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shared.get, "slow", reading, now=NOON)
        assert reading.reads.acquire(timeout=PATIENCE_S)
        assert shared.get("other", lambda: 7, now=NOON) == 7
        reading.ends.release()
        assert slow.result(PATIENCE_S) == 1


def test_a_failure_is_that_of_who_asked_alone(shared: Shared[int]) -> None:
    def fails() -> int:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        shared.get("list", fails, now=NOON)
    assert shared.get("list", lambda: 7, now=NOON) == 7
    assert shared.waiting("list") == 0


def test_no_more_than_some_answers_are_kept_the_oldest_going_first(shared: Shared[int]) -> None:
    for number in range(sharing.MOST + 1):
        shared.get(number, lambda number=number: number, now=NOON)  # type: ignore[misc]
    assert shared.get(sharing.MOST, lambda: -1, now=NOON) == sharing.MOST
    assert shared.get(0, lambda: -1, now=NOON) == -1
