"""Wall time to UTC, for whole days at a time.

A wall time inside a DST gap means the first instant after the gap; one that comes twice means its first occurrence
(DESIGN section 2, item 7). Both keep the order of wall times, so a day can be planned in wall minutes and then mapped.
Instants are whole seconds since the Unix epoch; days are proleptic ordinals (`date.toordinal`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environments.rules.errors import RuleError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL: Final = 719_163
DAY_SECONDS: Final = 86_400


def zone(name: str, field: str = "timezone") -> ZoneInfo:
    """The IANA time zone `name`. Raises RuleError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise RuleError(
            field,
            str(name),
            f"{name!r} is not a time zone; write one like 'Asia/Seoul'",
            f"{name!r}은(는) 시간대가 아니에요. 'Asia/Seoul'처럼 적어 주세요",
        ) from error


def known_zone(name: str) -> ZoneInfo:
    """The IANA time zone `name`, or UTC where this server knows none of that name: what is counted of many must not
    end at one of them."""
    try:
        return zone(name)
    except RuleError:
        return ZoneInfo("UTC")


def seconds(instant: datetime) -> int:
    """Whole seconds since the epoch, rounded down. Raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no UTC offset: times must be aware")
    since = instant - EPOCH
    return since.days * DAY_SECONDS + since.seconds


def moment(at: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return EPOCH + timedelta(seconds=at)


def wall_seconds(ordinal: int) -> int:
    """The midnight that begins a day, as if its wall clock showed UTC."""
    return (ordinal - EPOCH_ORDINAL) * DAY_SECONDS


def days_until(at: int) -> int:
    """A day that begins after an instant wherever one is: no zone is a day away from UTC."""
    return EPOCH_ORDINAL + at // DAY_SECONDS + 2


class WallClock:
    """The wall clock of one time zone."""

    __slots__ = ("_utcoffset", "_zone")

    def __init__(self, tz: ZoneInfo) -> None:
        self._zone = tz
        # A ZoneInfo has an offset for each wall time; that its type allows None is for other kinds of tzinfo.
        self._utcoffset: Callable[[datetime], timedelta] = tz.utcoffset  # type: ignore[assignment]

    def offset(self, ordinal: int) -> int:
        """Seconds east of UTC at the midnight that begins the day; those of before, when the clock changes there.

        So `wall_seconds(day) - offset(day)` is the first instant of a day, and where the next day has the same offset
        all wall times of the day follow from it. Checked against the tz database of 2025 for 1970-2039: no gap that
        contains a midnight begins before it.
        """
        found = self._utcoffset(datetime.fromordinal(ordinal))
        return found.days * DAY_SECONDS + found.seconds

    def instant(self, ordinal: int, minute: int) -> int:
        """The instant of a wall minute of a day (1440 and more: of the days after), gaps and overlaps by the rule."""
        wall = datetime.fromordinal(ordinal) + timedelta(minutes=minute)
        first, second = self._utcoffset(wall), self._utcoffset(wall.replace(fold=1))
        naive = wall.replace(tzinfo=UTC)
        if first >= second:
            return seconds(naive - first)
        return self._end_of_gap(seconds(naive - second), seconds(naive - first))

    def ordinal(self, at: int) -> int:
        """The local day of an instant."""
        return (EPOCH + timedelta(seconds=at)).astimezone(self._zone).toordinal()

    def _end_of_gap(self, before: int, after: int) -> int:
        """The instant in (before, after] from which the offset of `after` holds."""
        target = self._offset_at(after)
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset_at(middle) == target:
                after = middle
            else:
                before = middle
        return after

    def _offset_at(self, at: int) -> timedelta | None:
        return moment(at).astimezone(self._zone).utcoffset()
