"""Waiting for an operation to get further, without a connection to the database or a transaction meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from threading import BoundedSemaphore
from typing import Final

from django.db import connection

from environments.models import Operation

EACH_S: Final = 1.0
"""Seconds between two looks."""
LONGEST_S: Final = 25
"""Proxies give up on what says nothing for half a minute."""
MOST: Final = 4
"""Who waits holds a thread of the web server: of each process so many may be, further ones are answered at once."""

_places = BoundedSemaphore(MOST)


def version_of(operation: Operation) -> str:
    """Changes with whatever is told of the operation and its steps; needs these."""
    seen: list[object] = [operation.status, operation.ready_at, operation.reason, operation.error]
    seen += [
        (step.pk, step.status, step.attempts, step.detail, step.error, step.finished_at)
        for step in operation.steps.all()
    ]
    return blake2b(repr(seen).encode(), digest_size=8).hexdigest()


def follow(
    look: Callable[[], Operation], *, since: str, wait: int, pause: Callable[[float], None] = time.sleep
) -> Operation:
    """The operation, as soon as its version is another than `since`, it is over, or after `wait` seconds."""
    operation = look()
    with _place() as has_place:
        looks = int(wait / EACH_S) if has_place else 0
        for _look in range(looks):
            if not operation.is_unfinished or version_of(operation) != since:
                break
            if not connection.in_atomic_block:
                connection.close()
            pause(EACH_S)
            operation = look()
    return operation


@contextmanager
def _place() -> Iterator[bool]:
    has_place = _places.acquire(blocking=False)
    try:
        yield has_place
    finally:
        if has_place:
            _places.release()
