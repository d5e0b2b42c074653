"""When a person is not to be disturbed, and when what was kept for them comes: by their clock, DST right. Pure.

A wall time inside the gap of summer time means the first instant after it, one that comes twice its first occurrence:
so quiet hours end once a night, and a digest comes once a day.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAILY: Final = "daily"
WEEKLY: Final = "weekly"
DIGEST_AT: Final = time(9, 0)
"""When a digest comes if its reader named no time."""

_MONDAY: Final = 0
_DAY: Final = timedelta(days=1)


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; UTC for one that this server does not know: a message must not fail for it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the clocks of `zone` show this time of that day, in UTC."""
    wall = datetime.combine(day, clock)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    # Nobody's clock shows it: fold 1 names an instant before the gap, fold 0 one after it.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def quiet_until(at: datetime, begin: time, end: time, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `at` lies in are over, in UTC; None outside of them.

    They are half-open. An end before the begin is on the next day; the same twice is no quiet hours.
    """
    if begin == end:
        return None
    today = at.astimezone(zone).date()
    # Those of yesterday may still last; those of today may have begun.
    for day in (today - _DAY, today):
        until = instant(day if begin < end else day + _DAY, end, zone)
        if instant(day, begin, zone) <= at < until:
            return until
    return None


def next_digest(after: datetime, how_often: str, clock: time, zone: ZoneInfo) -> datetime:
    """When the next digest comes, in UTC: later than `after`, each day or each Monday."""
    day = after.astimezone(zone).date()
    while True:
        found = instant(day, clock, zone)
        if found > after and (how_often != WEEKLY or day.weekday() == _MONDAY):
            return found
        day += _DAY
