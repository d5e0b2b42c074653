"""How long to wait before the next try."""

from datetime import timedelta

FIRST = timedelta(seconds=10)
LONGEST = timedelta(minutes=15)


def backoff(attempts: int, *, jitter: float, retry_after: float | None = None) -> timedelta:
    """The wait after `attempts` tries (1 or more): doubling from ten seconds to a quarter of an hour.

    `jitter` in [0, 1) spreads it over three quarters to five quarters of that, so that what failed together does not
    come back together. `retry_after` (seconds), when the other side gave one, wins; jitter then only adds, up to two
    seconds.
    """
    if retry_after is not None:
        return timedelta(seconds=retry_after + 2 * jitter)
    doubled = FIRST * (1 << min(attempts - 1, 10))
    return min(doubled, LONGEST) * (0.75 + jitter / 2)
