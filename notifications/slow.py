"""Slow channels share a few threads: however many of them there are, the others and the environments' own work go on.

A channel whose answers have taken long lately is slow. What is known of that is this process's own, and forgotten with
it: it decides when something is sent, never whether.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LONG_S: Final = 1.0
"""From then on an answer is slow. Services answer in a few tenths of a second."""

AT_ONCE: Final = 2
"""How many requests to slow channels a process has under way at most; of eight threads a quarter."""

KEPT: Final = 0.5
"""How much of what was known a new answer leaves: two quick ones after a slow one, and the channel is quick again."""

_lately: dict[int, float] = {}
_slots = threading.BoundedSemaphore(AT_ONCE)


def is_slow(channel_id: int) -> bool:
    """Whether a channel's last answers took long."""
    return _lately.get(channel_id, 0.0) >= LONG_S


def is_any() -> bool:
    """Whether any channel is slow: while none is, nobody needs to ask."""
    return any(took >= LONG_S for took in list(_lately.values()))


@contextmanager
def slot(channel_id: int) -> Iterator[bool]:
    """Whether a request to this channel may begin now. False for a slow one while others of them are under way: it
    waits for the next sweep. Never blocks."""
    taken = is_slow(channel_id)
    if taken and not _slots.acquire(blocking=False):
        yield False
        return
    try:
        yield True
    finally:
        if taken:
            _slots.release()


def note(channel_id: int, took_s: float) -> None:
    """A request took so long, whatever came of it."""
    _lately[channel_id] = max(took_s, 0.0) * (1 - KEPT) + _lately.get(channel_id, took_s) * KEPT
