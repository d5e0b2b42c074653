"""Which counters have come already: a sliding window of 64 behind the newest. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SIZE: Final = 64
_ALL: Final = 2**SIZE - 1


class Fresh(StrEnum):
    """What a counter is: new, seen before, or so far behind the newest that nobody can tell."""

    NEW = "new"
    REPLAYED = "replayed"
    TOO_OLD = "too old"


@dataclass(frozen=True, slots=True)
class Window:
    """`newest` is the largest counter that came, None before the first. Bit n of `seen` says that newest - n came."""

    newest: int | None = None
    seen: int = 0

    @classmethod
    def stored(cls, newest: int | None, seen: str) -> Window:
        """As it was kept: `seen` in hexadecimal digits, empty for none."""
        return cls(newest, int(seen, 16) if seen else 0)

    @property
    def seen_text(self) -> str:
        return f"{self.seen:016x}" if self.newest is not None else ""

    def look(self, counter: int) -> Fresh:
        if self.newest is None or counter > self.newest:
            return Fresh.NEW
        behind = self.newest - counter
        if behind >= SIZE:
            return Fresh.TOO_OLD
        return Fresh.REPLAYED if self.seen >> behind & 1 else Fresh.NEW

    def take(self, counter: int) -> Window:
        """The window once a new counter has come. One that is not new changes nothing."""
        if self.look(counter) is not Fresh.NEW:
            return self
        if self.newest is None:
            return Window(counter, 1)
        if counter > self.newest:
            ahead = counter - self.newest
            # Not shifted by billions, which a number in Python would grow by.
            kept = (self.seen << ahead) & _ALL if ahead < SIZE else 0
            return Window(counter, kept | 1)
        return Window(self.newest, self.seen | 1 << (self.newest - counter))
