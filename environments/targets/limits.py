"""How fast AWS is asked, so that a thousand starts at nine are not throttled.

A bucket for each account, region and API: AWS refills theirs at a steady rate, and so does this one, below it. Each
process has buckets of its own, so each takes its share of the rate: one of as many as there are workers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
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

    def shared_by(self, workers: int) -> Rate:
        """One worker's part; never so little that it stands still."""
        return Rate(max(1, self.burst // workers), max(SLOWEST_PER_S, self.per_s / workers))


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
    "pricing": (Rate(10, 4), Rate(5, 2)),
}
LOOKS = ("Describe", "Get", "List")
SLOWEST_PER_S = 0.2


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

    def change(self, rate: Rate) -> None:
        """Go on at another rate; of what has gathered, no more is kept than fits."""
        with self._lock:
            now = self.clock()
            gathered = self._tokens + (now - self._at) * self.rate.per_s
            self.rate, self._tokens, self._at = rate, min(rate.burst, gathered), now


# Who may wait sleeps for as long; a step of an operation gives its thread back instead.
PATIENCE_S = 30.0

# Also for the simulated AWS, which has no limits of its own: for tests and figures of the limits themselves.
on = False
_buckets: dict[tuple[str, str, str, str], Bucket] = {}
_buckets_lock = threading.Lock()
_workers = 1
_patience: ContextVar[float] = ContextVar("patience", default=PATIENCE_S)


def share(count: int) -> None:
    """So many workers ask AWS, this process among them: each keeps to its part of what AWS allows all of them."""
    global _workers
    with _buckets_lock:
        if (now := max(1, count)) == _workers:
            return
        _workers = now
        for (_, _, service, action), bucket in _buckets.items():
            bucket.change(_rate(service, action))


def workers() -> int:
    """How many workers share what AWS allows, as this process knows."""
    return _workers


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
    """Full buckets again, of a worker that is alone (between tests)."""
    share(1)
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
    whole = looking if action.startswith(LOOKS) else changing
    return whole.shared_by(_workers)
