"""How fast and by how many threads AWS is asked, so that a thousand starts at nine neither throttle nor starve others.

Two things, both of this process alone:

- a **bucket** for each account, region and API: AWS refills theirs at a steady rate, and so does this one, below it.
- a **lane** for each account: one that is slow or away gets half of the threads at the most, and a single one as long
  as it cannot be reached, so that the others go on.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Clock = Callable[[], float]


class Busy(Exception):
    """Not now: nothing was sent. Ask again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of `burst` requests, refilled with `per_s` each second."""

    burst: float
    per_s: float


# EC2 documents 100 and 20 a second for what only looks, 50 and 5 for what changes, each API by itself, an account and
# region (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). The other services publish less:
# they get less. Others use the account, too, so none is emptied.
LOOKING = Rate(50, 15)
CHANGING = Rate(25, 4)
RATES = {
    "cloudformation": (Rate(20, 8), Rate(10, 3)),
    "rds": (Rate(20, 8), Rate(10, 3)),
    "apprunner": (Rate(10, 4), Rate(5, 2)),
    "application-autoscaling": (Rate(10, 4), Rate(5, 2)),
}
LOOKS = ("Describe", "Get", "List")


class Bucket:
    """Requests that may be sent now. Callers that may not are told when, each another moment."""

    def __init__(self, rate: Rate, clock: Clock = time.monotonic) -> None:
        self.rate, self.clock = rate, clock
        self._tokens, self._at = rate.burst, clock()
        self._promised = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take one request: 0.0, or the seconds after which to ask again (nothing is taken then)."""
        with self._lock:
            now = self.clock()
            self._tokens = min(self.rate.burst, self._tokens + (now - self._at) * self.rate.per_s)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            # Who is refused gets a moment of their own, or all would come back at once.
            self._promised = max(self._promised, now) + 1 / self.rate.per_s
            return self._promised - now


@dataclass(slots=True)
class _Lane:
    busy: int = 0
    away_until: float = 0.0


@dataclass(slots=True)
class Lanes:
    """Threads of this process that work for an account at a time. `threads`: all there are."""

    threads: int = 8
    clock: Clock = time.monotonic
    _lanes: defaultdict[str, _Lane] = field(default_factory=lambda: defaultdict(_Lane))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lane(self, account: str) -> Iterator[None]:
        """Work for an account. Raises Busy when it has all the threads that it gets."""
        with self._lock:
            lane = self._lanes[account]
            most = 1 if self.clock() < lane.away_until else max(1, self.threads // 2)
            if lane.busy >= most:
                raise Busy(LANE_AGAIN_S)
            lane.busy += 1
        try:
            yield
        finally:
            with self._lock:
                lane.busy -= 1

    def away(self, account: str) -> None:
        """The account could not be reached: for a minute one thread at a time tries."""
        with self._lock:
            self._lanes[account].away_until = self.clock() + AWAY_S

    def back(self, account: str) -> None:
        """The account answers."""
        with self._lock:
            self._lanes[account].away_until = 0.0


LANE_AGAIN_S = 2.0
AWAY_S = 60.0
# Who may wait sleeps for as long; a step of an operation gives its thread back instead.
PATIENCE_S = 30.0

# Also for the simulated AWS, which has no limits of its own: for tests and figures of the limits themselves.
on = False
lanes = Lanes()
_buckets: dict[tuple[str, str, str, str], Bucket] = {}
_buckets_lock = threading.Lock()
_patience: ContextVar[float] = ContextVar("patience", default=PATIENCE_S)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """How long a request of this block may sleep for its turn before Busy is raised."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


def keep_to_limits(client: Any, account: str, region: str) -> None:
    """Let each request of a boto3 client wait for its turn, or raise Busy before anything is sent."""
    service = client.meta.service_model.service_name

    def before_call(model: Any, **_: Any) -> None:
        bucket = _bucket(account, region, service, model.name)
        deadline = time.monotonic() + _patience.get()
        while wait := bucket.take():
            if time.monotonic() + wait > deadline:
                raise Busy(wait)
            time.sleep(wait)

    client.meta.events.register("before-call", before_call)


def forget_limits() -> None:
    """Full buckets again (between tests)."""
    with _buckets_lock:
        _buckets.clear()


def _bucket(account: str, region: str, service: str, action: str) -> Bucket:
    key = (account, region, service, action)
    found = _buckets.get(key)
    if found is None:
        with _buckets_lock:
            found = _buckets.setdefault(key, Bucket(_rate(service, action)))
    return found


def _rate(service: str, action: str) -> Rate:
    looking, changing = RATES.get(service, (LOOKING, CHANGING))
    return looking if action.startswith(LOOKS) else changing
