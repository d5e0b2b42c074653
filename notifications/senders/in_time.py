"""Until when a message is worth sending: a warning that comes after what it warns of is worse than none.

Who sends says it once (`until`), and whoever talks to the outside asks how long that still is, beside the limits of its
own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.translation import gettext_lazy as _

from notifications.senders.base import NoNewsError

OLD_NEWS = _("It was no news any more before it could be sent.")

_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def until(end: float | None) -> Iterator[None]:
    """What is sent inside the block is sent before `end`, by the clock of `time.monotonic`, or not at all. None: there
    is no such moment."""
    token = _end.set(math.inf if end is None else end)
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float:
    """Seconds until then: infinite where there is no such moment, 0 or less when it has passed."""
    return _end.get() - time.monotonic()


def check() -> None:
    """Raises NoNewsError when it has passed. For before anything was sent."""
    if left() <= 0:
        raise NoNewsError(OLD_NEWS)
