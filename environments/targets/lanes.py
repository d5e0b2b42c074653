"""By how many threads of this process an AWS account is asked, so that one that is slow or away holds up nobody else.

Who finds no thread free is told when to come back, each another moment: a thousand that wait for an account cost next
to nothing, and come back no faster than it takes them.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .limits import Busy, Clock

# The first pause, doubled with each failure to reach the account, up to the longest that failures alone make.
FIRST_PAUSE_S, LONGEST_OF_FAILURES_S = 2.0, 60.0
# However many wait, they look again by then.
LONGEST_PAUSE_S = 300.0
# Those of an account that is away come back one after the other, a quarter of a second between two.
AWAY_APART_S = 0.25
# Between two of another account lies a turn's length by the threads that it keeps busy, within these.
LEAST_APART_S, MOST_APART_S = 0.05, 2.0
# An account whose turns take longer is slow.
SLOW_S = 5.0
# What a new turn's length weighs in the usual one.
NEWEST = 0.3


@dataclass(slots=True)
class _Lane:
    """An account: when its present turns began, how long they usually take (None: not known yet), and how often in a
    row it could not be reached (above 0: it is away)."""

    turns: list[float] = field(default_factory=list)
    usual_s: float | None = None
    failures: int = 0
    promised: float = 0.0

    def is_slow(self, now: float) -> bool:
        longest = max((now - began for began in self.turns), default=0.0)
        return self.failures > 0 or max(longest, self.usual_s or 0.0) >= SLOW_S


@dataclass(slots=True)
class Lanes:
    """Threads of this process that work for an account at a time. `threads`: all there are.

    One account gets half of them at the most, an eighth until its first turn has ended, and one as long as it cannot be
    reached. All accounts that are slow or
    away get half of them together. The last quarter is for accounts that are known to be quick, one thread each.
    """

    threads: int = 8
    clock: Clock = time.monotonic
    _lanes: defaultdict[str, _Lane] = field(default_factory=lambda: defaultdict(_Lane))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lane(self, account: str) -> Iterator[None]:
        """Work for an account. Raises Busy when it has all the threads that it gets."""
        with self._lock:
            now = self.clock()
            lane = self._lanes[account]
            if not self._has_room(lane, now):
                raise Busy(self._pause(lane, now))
            lane.turns.append(now)
        try:
            yield
        finally:
            with self._lock:
                lane.turns.remove(now)
                took = self.clock() - now
                lane.usual_s = took if lane.usual_s is None else lane.usual_s + NEWEST * (took - lane.usual_s)

    def away(self, account: str) -> None:
        """The account could not be reached: one thread at a time tries, until it answers."""
        with self._lock:
            self._lanes[account].failures += 1

    def back(self, account: str) -> None:
        """The account answers."""
        with self._lock:
            lane = self._lanes[account]
            if lane.failures:
                # How long its turns took while it was away says nothing about it now.
                lane.failures, lane.usual_s, lane.promised = 0, None, 0.0

    def _has_room(self, lane: _Lane, now: float) -> bool:
        half, busy = max(1, self.threads // 2), len(lane.turns)
        # One that has never answered may be away: no more threads than can be spared hang on finding that out.
        first = 1 if lane.failures else max(1, self.threads // 8)
        if busy >= (first if lane.failures or lane.usual_s is None else half):
            return False
        slow = lane.is_slow(now)
        if slow and sum(len(one.turns) for one in self._lanes.values() if one.is_slow(now)) >= half:
            return False
        if lane.usual_s is not None and not slow and not busy:
            return True
        return sum(len(one.turns) for one in self._lanes.values()) < self.threads - self.threads // 4

    def _pause(self, lane: _Lane, now: float) -> float:
        """Seconds after which to ask again: later, the more of its account wait already, and the longer it is away."""
        apart = AWAY_APART_S
        if not lane.failures:
            # Where all threads hang, what used to be usual says nothing.
            expected = max(lane.usual_s or 0.0, min((now - began for began in lane.turns), default=0.0))
            apart = min(MOST_APART_S, max(LEAST_APART_S, expected / max(1, len(lane.turns))))
        lane.promised = min(max(lane.promised, now) + apart, now + LONGEST_PAUSE_S)
        least: float = min(LONGEST_OF_FAILURES_S, FIRST_PAUSE_S * 2 ** min(lane.failures, 10))
        # What would all come at the longest pause's end is spread, too.
        return max(least, lane.promised - now) * random.uniform(0.8, 1.0)  # noqa: S311 (jitter, not a secret)


lanes = Lanes()
