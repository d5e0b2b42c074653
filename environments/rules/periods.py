"""One line of a schedule: from when to when, and on which days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from environments.rules.errors import RuleError
from environments.rules.fields import (
    EVERY_MONTH,
    DayText,
    MonthDays,
    Weekdays,
    parse_monthdays,
    parse_months,
    parse_weekdays,
)

DAY: Final = 24 * 60
"""Minutes of a wall-clock day."""

_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a schedule. `begin` and `end` are wall-clock minutes after midnight, `end` at most 1440 (24:00).

    Both given: a window [begin, end), past midnight when begin > end. Neither: the whole day. Only one: start only,
    stop only. A day must match all of `weekdays`, `monthdays` (None: every day) and `months` (a mask, bit 1 is
    January). Made by `parse_period`, which checks what it is given.
    """

    name: str
    begin: int | None
    end: int | None
    weekdays: Weekdays | None
    monthdays: MonthDays | None
    months: int

    @property
    def one_sided(self) -> bool:
        return (self.begin is None) != (self.end is None)

    @property
    def window(self) -> tuple[int, int]:
        """Begin and end in minutes after the midnight that begins the day; an end past midnight counts on from 1440."""
        begin = self.begin or 0
        end = DAY if self.end is None else self.end
        return begin, end + DAY if end < begin else end

    @property
    def is_rare(self) -> bool:
        """Whether more than a year can pass between two matching days."""
        some_months = self.months != EVERY_MONTH
        if self.monthdays is not None:
            return some_months or self.weekdays is not None
        return some_months and self.weekdays is not None and bool(self.weekdays.nth)

    def days_in_month(self, month: int, first_weekday: int, length: int, as_first_weekday: int | None = None) -> int:
        """The matching days of a month as a mask (bit 0 is the 1st).

        `as_first_weekday` pretends another weekday for the weekday field only: a working day "as Monday".
        """
        if not self.months >> month & 1:
            return 0
        days = (1 << length) - 1
        if self.weekdays is not None:
            days &= self.weekdays.in_month(first_weekday if as_first_weekday is None else as_first_weekday, length)
        if self.monthdays is not None:
            days &= self.monthdays.in_month(first_weekday, length)
        return days


def parse_period(
    name: str = "",
    begintime: str | None = None,
    endtime: str | None = None,
    weekdays: DayText = None,
    monthdays: DayText = None,
    months: DayText = None,
) -> Period:
    """Read the fields as people write them ("09:00", "mon-fri"); a blank field counts as not given.

    Raises RuleError naming the field and the part that is wrong.
    """
    begin = parse_time("begintime", begintime)
    end = parse_time("endtime", endtime, midnight=True)
    if begin is not None and begin == end:
        raise RuleError(
            "endtime",
            str(endtime),
            f"begins and ends at {begintime}; leave both out for the whole day",
            f"시작과 종료가 모두 {begintime}이에요. 하루 종일이면 둘 다 비워 주세요",
        )
    return Period(name, begin, end, parse_weekdays(weekdays), parse_monthdays(monthdays), parse_months(months))


def parse_time(field: str, text: str | None, *, midnight: bool = False) -> int | None:
    """Minutes after midnight of "HH:MM" or "H:MM"; None when blank. `midnight` allows 24:00. Raises RuleError."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise RuleError(
            field, repr(text), f"{text!r} must be text like '09:00'", f"{text!r}은(는) '09:00' 같은 글자여야 해요"
        )
    if not text or text.isspace():
        return None
    found = _TIME.fullmatch(text.strip())
    if found is not None:
        hour, minute = int(found[1]), int(found[2])
        if hour < 24 and minute < 60:
            return hour * 60 + minute
        if midnight and hour == 24 and minute == 0:
            return DAY
    latest = "24:00" if midnight else "23:59"
    raise RuleError(
        field,
        text,
        f"'{text}' is not a time from 00:00 to {latest}",
        f"'{text}'은(는) 00:00부터 {latest} 사이의 시각이 아니에요",
    )
