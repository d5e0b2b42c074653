"""What is going to happen at which simulated time."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

from portal.simulator.clock import Clock
from portal.simulator.randomness import seeded


class Agenda:
    """A queue of future actions, each run as of the moment it is due, in order, when somebody asks what happened.

    Nothing runs by itself: `settle` runs all that is due by now, including what these actions add. Each action has a
    key, which seeds the ids made in it: the same history gives the same ids, whenever it is looked at.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: list[tuple[datetime, int, str, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, key: str, action: Callable[[], None]) -> None:
        due = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._queue, (due, next(self._order), key, action))

    def settle(self) -> None:
        now = self._clock.now()
        while self._queue and self._queue[0][0] <= now:
            due, _, key, action = heapq.heappop(self._queue)
            with self._clock.as_of(due), seeded(key):
                action()

    def clear(self) -> None:
        self._queue.clear()
