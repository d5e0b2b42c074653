"""Keeps the signs of life coming: a worker by a bootstep of its own, beat by its scheduler."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils import timezone

from portal.models import Pulse

logger = logging.getLogger(__name__)

SECONDS_BETWEEN: Final = 5.0
# A worker that was killed is counted for so long; one that ends in order takes its sign of life back.
COUNTED_FOR: Final = timedelta(seconds=3 * SECONDS_BETWEEN)
_listeners: list[Callable[[int], None]] = []


def tell_workers(listener: Callable[[int], None]) -> None:
    """From now on, call `listener` in each worker, at each of its signs of life, with the number of workers alive."""
    if listener not in _listeners:
        _listeners.append(listener)


def live() -> bool:
    """A worker's sign of life: write it, count all workers, and tell those who asked for their number.

    False, with one line in the log and nobody told, when the database does not take it.
    """
    return _attempt(_live, Pulse.Name.WORKER)


def _live(name: Pulse.Name) -> None:
    Pulse.beat(name)
    workers = Pulse.objects.filter(name=name, at__gte=timezone.now() - COUNTED_FOR).count()
    for listener in _listeners:
        listener(workers)


def pulse(name: Pulse.Name) -> bool:
    """Write one sign of life; False, with one line in the log, when the database does not take it."""
    return _attempt(Pulse.beat, name)


def last_pulse(name: Pulse.Name) -> bool:
    """Take the sign of life back, at an orderly end; False, with one line in the log, when that fails."""
    return _attempt(Pulse.end, name)


def _attempt(write: Callable[[Pulse.Name], None], name: Pulse.Name) -> bool:
    try:
        close_old_connections()
        write(name)
    except DatabaseError as error:
        logger.warning("The %s could not write its sign of life: %s", name.label.lower(), error)
        return False
    return True


class WorkerPulse(bootsteps.StartStopStep):
    """A worker's pulse says: the process lives and holds a connection to the broker.

    On a thread of its own, because pools and event loops differ in which timers they have, and none may wait for a
    database.
    """

    # Before the consumer, whose `start` blocks for as long as the worker works.
    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self, worker: Any) -> None:
        self.thread = threading.Thread(target=self._run, args=(worker,), name="worker-pulse", daemon=True)
        self.thread.start()

    def stop(self, worker: Any) -> None:
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(SECONDS_BETWEEN)

    def terminate(self, worker: Any) -> None:
        self.stop(worker)

    def _run(self, worker: Any) -> None:
        wait = 0.0
        while not self.stopping.wait(wait):
            connected = bool(getattr(worker.consumer, "connection", None))
            if connected:
                live()
            # A worker that has just started shows soon.
            wait = SECONDS_BETWEEN if connected else 0.2
        last_pulse(Pulse.Name.WORKER)
        connection.close()
