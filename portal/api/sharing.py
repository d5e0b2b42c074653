"""One piece of work for all who ask for the same within a moment.

Many programs ask for the same long list each few seconds. The first is read for, and those who come while it is being
read, or shortly after, are answered with the same: however many ask, each list is read by one thread at a time, and
no more often than each `lasts`. What an answer must never be older than belongs into its key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 64
"""Answers that are kept at once: a long list has a megabyte."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """What was found, by work that was begun `at` or later."""

    found: T
    at: datetime


@dataclass(slots=True)
class _Turns:
    """Of one key: the lock of the one that works, and how many are here."""

    working: Lock = field(default_factory=Lock)
    inside: int = 0


class Shared(Generic[T]):
    """Work that is shared by key; of each process for itself. Nothing is told that was begun `lasts` before or longer
    ago; with no time at all, only who comes alone is read for alone."""

    def __init__(self, lasts: timedelta) -> None:
        self.lasts = lasts
        self._lock = Lock()
        self._turns: dict[Hashable, _Turns] = {}
        self._kept: dict[Hashable, _Kept[T]] = {}

    def get(self, key: Hashable, work: Callable[[], T], *, now: datetime) -> T:
        """What `work` returns or has just returned to another. Whose own work fails gets what it raises; the others
        then work for themselves."""
        if (kept := self._fresh(key, now)) is not None:
            return kept.found
        with self._lock:
            turns = self._turns.setdefault(key, _Turns())
            turns.inside += 1
        try:
            with turns.working:
                if (kept := self._fresh(key, now)) is not None:  # another worked meanwhile
                    return kept.found
                found = work()
                self._keep(key, _Kept(found, now))
                return found
        finally:
            with self._lock:
                turns.inside -= 1
                if not turns.inside:
                    self._turns.pop(key, None)

    def waiting(self, key: Hashable) -> int:
        """How many are being read for or wait for it."""
        with self._lock:
            turns = self._turns.get(key)
            return turns.inside if turns else 0

    def forget(self) -> None:
        """Read all anew."""
        with self._lock:
            self._kept.clear()

    def _fresh(self, key: Hashable, now: datetime) -> _Kept[T] | None:
        kept = self._kept.get(key)
        # A clock that was set back must not make an answer last: so the distance counts, whichever is later.
        return kept if kept is not None and abs(now - kept.at) < self.lasts else None

    def _keep(self, key: Hashable, kept: _Kept[T]) -> None:
        with self._lock:
            over = [other for other, one in self._kept.items() if abs(kept.at - one.at) >= self.lasts]
            for other in over:
                del self._kept[other]
            self._kept.pop(key, None)
            self._kept[key] = kept
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
