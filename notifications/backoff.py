"""How long to wait before the next try."""

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(minutes=15)
LONGEST_ASKED: Final = timedelta(hours=1)
"""How long another side is waited for at most, whatever it asks for."""


def backoff(attempts: int, *, jitter: float, retry_after: float | None = None) -> timedelta:
    """The wait after `attempts` tries (1 or more): doubling from ten seconds to a quarter of an hour.

    `jitter` in [0, 1) spreads it over three quarters to five quarters of that, so that what failed together does not
    come back together. `retry_after` (seconds), when the other side gave one, can only make it longer, up to an hour;
    jitter adds up to two seconds to that. So one that asks for nothing, again and again, is not tried ever faster.
    """
    usual = min(FIRST * (1 << min(attempts - 1, 10)), LONGEST) * (0.75 + jitter / 2)
    if retry_after is None:
        return usual
    asked = min(retry_after, LONGEST_ASKED.total_seconds())
    return max(usual, timedelta(seconds=asked + 2 * jitter))
