"""Answering within the time that platforms wait: who takes longer is let go, and says it later.

A few threads do the answering. Where the time is 0, the request's own thread does it and waits however long it takes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TakesLongerError
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

from django.db import connections

logger = logging.getLogger(__name__)

THREADS: Final = 4
ANSWERS, ROWS = "chat", "chat-rows"
LEAST_S: Final = 0.05
_Begun = TypeVar("_Begun")
_Result = TypeVar("_Result")
_pools: dict[str, ThreadPoolExecutor] = {}
_making = threading.Lock()


class Turn:
    """Who tells an answer: the request that waits for it, or, once that has left, whoever found it."""

    def __init__(self, *, left: bool = False) -> None:
        self._lock = threading.Lock()
        self._found, self._left = False, left

    def found(self) -> bool:
        """There is an answer now. Whether somebody still waits for it, and tells it."""
        with self._lock:
            self._found = not self._left
            return self._found

    def leave(self) -> bool:
        """Nobody waits any longer. False where the answer was there a moment before."""
        with self._lock:
            self._left = not self._found
            return self._left


@dataclass(frozen=True, slots=True)
class Both(Generic[_Begun, _Result]):
    """What came in time of two steps. `is_begun`: the first step did; then `begun` is what it returned."""

    is_begun: bool
    begun: _Begun | None = None
    result: _Result | None = None


def both_within(
    seconds: float, begin: Callable[[], _Begun | None], go_on: Callable[[_Begun, Turn], _Result]
) -> Both[_Begun, _Result]:
    """Begins (which writes a row), and goes on with what that returned, unless it is None; both together in this time.
    Whatever takes longer goes on without anybody who waits.

    Rows have threads of their own: who waits behind others for an answer has their row, and is not forgotten.
    """
    since = time.monotonic()

    def first(turn: Turn) -> _Begun | None:
        begun = begin()
        if not turn.found() and begun is not None:
            _threads(ANSWERS).submit(_done, partial(go_on, begun), Turn(left=True))
        return begun

    began = within(seconds, lambda turn: (first(turn),), pool=ROWS)
    if began is None:
        return Both(is_begun=False)
    (begun,) = began
    if begun is None:
        return Both(is_begun=True)
    left = max(seconds - (time.monotonic() - since), LEAST_S) if seconds > 0 else 0.0
    return Both(True, begun, within(left, partial(go_on, begun)))


def within(seconds: float, job: Callable[[Turn], _Result], *, pool: str = ANSWERS) -> _Result | None:
    """What the job returns, or None where it takes longer: then it goes on, and is told so by its turn.

    Raises what the job raises in time; later it goes to the log. The job's thread has a database connection of its own.
    """
    turn = Turn()
    if seconds <= 0:
        return job(turn)
    future = _threads(pool).submit(_done, job, turn)
    try:
        return future.result(timeout=seconds)
    except TakesLongerError:
        if not turn.leave():
            return future.result()
        # A time-out of the job's own is one that it raised.
        if future.done() and future.exception() is not None:
            raise
        return None


def _done(job: Callable[[Turn], _Result], turn: Turn) -> _Result:
    try:
        return job(turn)
    except Exception as error:
        logger.error("A request in a chat could not be answered: %s.", type(error).__name__, exc_info=error)
        raise
    finally:
        connections.close_all()


def _threads(name: str) -> ThreadPoolExecutor:
    """Made when first asked for, so that each process of a server that forks has its own."""
    with _making:
        if name not in _pools:
            _pools[name] = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        return _pools[name]
