"""Ten thousand messages over ten channels, one silent and one slow: how long, and does each come once.

Threads as `make run` has them, woken for each message as by a broker, and a sweep each ten seconds. Then the eight
others by themselves, to see how much the two have delayed them.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from urllib.request import urlopen

from django.db import connection, connections
from django.utils import timezone

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

EVENTS = int(os.environ.get("BENCH_OUTBOX_EVENTS", "1000"))
ENVIRONMENTS = 100
WELL = tuple(f"well-{number}" for number in range(8))
SLOW, DEAD = "slow", "dead"
SWEEPS_APART_S = 10.0
SIZES: dict[str, int | float | str] = {"deliveries": EVENTS * 10, "channels": 10, "dead": 1, "slow": 1, "threads": 8}


@dataclass(frozen=True, slots=True)
class Burst:
    """Seconds until the last message of the channels that answer, and of those that do so at once; messages that are
    not where they are said to be; those that came twice."""

    all_s: float
    well_s: float
    lost: int
    twice: int


def figures() -> Iterator[Figure]:
    """Both bursts, each on a database of its own."""
    from django.test import override_settings

    with override_settings(NOTIFICATIONS_ALLOW_LOOPBACK_HTTP=True):
        with fresh_database():
            both = _burst((DEAD, SLOW, *WELL))
        with fresh_database():
            alone = _burst(WELL)
    sizes = SIZES | {"database": connection.vendor}
    yield Figure("outbox.seconds_10k", both.all_s, "s", sizes, "until the last message of the nine that answer")
    yield Figure("outbox.lost", both.lost, "messages", sizes)
    yield Figure("outbox.twice", both.twice, "messages", sizes)
    yield Figure("outbox.others_delay_ratio", both.well_s / alone.well_s, "of the time alone", sizes)


def _burst(names: Iterable[str]) -> Burst:
    from notifications.models import Channel, Delivery

    with _serving() as address:
        channels = {name: _channel(name, address) for name in names}
        owed = _publish()
        with _Workers() as workers:
            began = monotonic()
            workers.wake(owed)
            well = _until_settled([channels[name] for name in WELL], workers, began)
            answering = [channel for name, channel in channels.items() if name != DEAD]
            everything = _until_settled(answering, workers, began)
        taken = Counter(urlopen(f"{address}/taken").read().decode().splitlines())
    # A channel that never answers leaves messages that may have arrived, and others that wait while it rests.
    at_dead = Delivery.objects.filter(channel=channels[DEAD]) if DEAD in channels else Delivery.objects.none()
    assert not at_dead.exclude(status__in=["unknown", "pending", "sending"]).exists()
    rows = Delivery.objects.exclude(pk__in=at_dead).values_list("pk", "channel__name", "status")
    lost = sum(status != "sent" or not taken[f"/{name}/ {pk}"] for pk, name, status in rows)
    assert Channel.objects.filter(enabled=True).count() == len(channels)
    return Burst(everything, well, lost, sum(times - 1 for times in taken.values()))


def _channel(name: str, address: str) -> int:
    from notifications.models import Channel

    made: int = Channel.objects.create(
        name=name, kind="webhook", config={"url": f"{address}/{name}/", "secret": "s" * 40}
    ).pk
    return made


def _publish() -> list[int]:
    """What is owed, in the order of a broker's messages."""
    from notifications import outbox, wakeups
    from notifications.models import Delivery

    wake = wakeups.wake
    wakeups.wake = lambda delivery_ids: None
    try:
        for number in range(EVENTS):
            outbox.publish(
                kind="environment.ready",
                severity="success",
                labels={"environment": f"env-{number % ENVIRONMENTS}", "team": "Bench"},
                title=f"Environment {number} is ready",
                now=timezone.now(),
            )
    finally:
        wakeups.wake = wake
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


def _until_settled(channels: list[int], workers: _Workers, began: float) -> float:
    """Seconds from the begin until nothing of these channels waits any more."""
    from notifications.models import Delivery

    left = Delivery.objects.filter(channel__in=channels, status__in=Delivery.UNFINISHED)
    while left.exists():
        workers.sweep_when_due()
        sleep(0.1)
    return monotonic() - began


class _Workers:
    """Stands for a broker and a worker with as many threads as `make run` has."""

    def __init__(self) -> None:
        from portal.serve import WORKER_THREADS

        self._wakes: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKER_THREADS)]
        self._swept_at, self._over = monotonic(), False

    def wake(self, delivery_ids: Iterable[int]) -> None:
        for delivery_id in delivery_ids:
            self._wakes.put(delivery_id)

    def sweep_when_due(self) -> None:
        from notifications import dispatch

        if monotonic() - self._swept_at >= SWEEPS_APART_S:
            self._swept_at = monotonic()
            dispatch.sweep(timezone.now())

    def __enter__(self) -> _Workers:
        from notifications import wakeups

        self._wake, wakeups.wake = wakeups.wake, self.wake
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        from notifications import wakeups

        wakeups.wake = self._wake
        self._over = True
        for _ in self._threads:
            self._wakes.put(None)
        for thread in self._threads:
            thread.join(30)

    def _work(self) -> None:
        from notifications import dispatch

        while (delivery_id := self._wakes.get()) is not None and not self._over:
            dispatch.deliver(delivery_id, timezone.now())
        connections.close_all()


@contextmanager
def _serving() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.outbox_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.wait()
