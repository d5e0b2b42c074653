"""Simulated time: the one clock of everything in the simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """Real time plus an offset, or frozen at a moment. Times are aware and in UTC.

    `as_of` overrides the time for the code run inside it (this thread only), so that what became due a while ago is
    done, and stamped, as of the moment it was due.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen_at: datetime | None = None
        self._as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)

    def now(self) -> datetime:
        return self._as_of.get() or self._frozen_at or datetime.now(UTC) + self._offset

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Stop the clock where it stands; a frozen clock stays as it is."""
        self._frozen_at = self.now()

    def run(self) -> None:
        """Let a frozen clock run on from where it stands."""
        if self._frozen_at is not None:
            self.set(self._frozen_at)
            self._frozen_at = None

    def advance(self, seconds: float) -> None:
        self.set(self.now() + timedelta(seconds=seconds))

    def set(self, moment: datetime) -> None:
        """Move the clock to a moment, frozen or running as it was. A moment without a zone is in UTC."""
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        self._offset = moment - datetime.now(UTC)
        if self._frozen_at is not None:
            self._frozen_at = moment

    def reset(self) -> None:
        """Back to real time, running."""
        self._offset, self._frozen_at = timedelta(), None

    def state(self) -> dict[str, str | float | None]:
        """What `restore` needs to put another clock where this one is, relative to real time unless frozen."""
        frozen = self._frozen_at
        return {"offset": self._offset.total_seconds(), "frozen_at": frozen.isoformat() if frozen else None}

    def restore(self, state: dict[str, Any]) -> None:
        self._offset = timedelta(seconds=state["offset"])
        self._frozen_at = datetime.fromisoformat(state["frozen_at"]) if state["frozen_at"] else None

    @contextmanager
    def as_of(self, moment: datetime) -> Iterator[None]:
        token = self._as_of.set(moment)
        try:
            yield
        finally:
            self._as_of.reset(token)
