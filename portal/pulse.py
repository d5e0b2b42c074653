"""Keeps the signs of life coming: a worker by a bootstep of its own, beat by its scheduler."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from portal.models import Pulse

logger = logging.getLogger(__name__)

SECONDS_BETWEEN: Final = 5.0


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
                pulse(Pulse.Name.WORKER)
            # A worker that has just started shows soon.
            wait = SECONDS_BETWEEN if connected else 0.2
        last_pulse(Pulse.Name.WORKER)
        connection.close()
