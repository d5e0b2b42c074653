"""The three day fields of a period: weekdays, month days, months.

Grammar: docs/rules.md. It is the one of AWS Instance Scheduler 3.2 (its documentation, "Period rules"), plus `*/2`; a
step of several digits means what it says (there `1/15` is read as `1/5`).

Days are kept as bit masks, so that a whole month is matched with a few integer operations: bit 0 is Monday in a mask of
weekdays and the first day in a mask of a month's days; bit 1 is January in a mask of months.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from environments.rules.errors import RuleError

DayText = str | Sequence[str] | None
"""What a day field may be given as: "mon-fri", ["mon", "tue"], or nothing at all."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

_EVERY_WEEKDAY: Final = 0b111_1111
_EVERY_MONTHDAY: Final = (1 << 31) - 1
EVERY_MONTH: Final = 0b1_1111_1111_1110
_FIVE_WEEKS: Final = sum(1 << (7 * week) for week in range(5))

_NTH: Final = re.compile(r"(.+)#([0-9]+)")
_NUMBER: Final = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Weekdays by mask, and by place in the month: `nth` as (weekday, 1..5), `last` as a mask."""

    mask: int
    nth: tuple[tuple[int, int], ...] = ()
    last: int = 0

    def in_month(self, first_weekday: int, length: int) -> int:
        """The matching days of a month of `length` days whose first day is `first_weekday`, as a mask."""
        week = self.mask >> first_weekday | self.mask << (7 - first_weekday) & _EVERY_WEEKDAY
        days = week * _FIVE_WEEKS
        for weekday, n in self.nth:
            days |= 1 << ((weekday - first_weekday) % 7 + 7 * (n - 1))
        if self.last:
            for day in range(length - 7, length):
                if self.last >> (first_weekday + day) % 7 & 1:
                    days |= 1 << day
        return days & (1 << length) - 1


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Days of the month by mask (bit 0 is the 1st), the last day, and "nearest weekday to the n-th"."""

    mask: int
    last: bool = False
    nearest: tuple[int, ...] = ()

    def in_month(self, first_weekday: int, length: int) -> int:
        """The matching days of a month of `length` days whose first day is `first_weekday`, as a mask."""
        days = self.mask
        if self.last:
            days |= 1 << (length - 1)
        for day in self.nearest:
            if day <= length:
                days |= 1 << (_nearest_weekday(day, first_weekday, length) - 1)
        return days & (1 << length) - 1


def _nearest_weekday(day: int, first_weekday: int, length: int) -> int:
    match (first_weekday + day - 1) % 7:
        case 5:
            return day - 1 if day > 1 else day + 2
        case 6:
            return day + 1 if day < length else day - 2
        case _:
            return day


@dataclass(frozen=True, slots=True)
class _Domain:
    """What one field may contain: its numbers, its names, and how to speak of it."""

    field: str
    low: int
    high: int
    names: Mapping[str, int]
    wraps: bool
    en: str
    ko: str

    def value(self, text: str, part: str) -> int:
        named = self.names.get(text)
        if named is not None:
            return named
        if not _NUMBER.fullmatch(text):
            raise self.refuse(part, f"'{part}' is not {self.en}", f"'{part}'은(는) {self.ko}이(가) 아니에요")
        number = int(text)
        if not self.low <= number <= self.high:
            span = f"{self.low}-{self.high}"
            raise self.refuse(part, f"'{part}': numbers go from {span}", f"'{part}': 숫자는 {span} 사이여야 해요")
        return number

    def refuse(self, part: str, en: str, ko: str) -> RuleError:
        return RuleError(self.field, part, en, ko)

    def span(self, text: str, part: str) -> int:
        """The mask of `a`, `a-b`, `a/n`, `a-b/n` or `*/n`; weekdays and months wrap (`fri-mon`, `nov-feb`)."""
        span, slash, step_text = text.partition("/")
        step = self._step(step_text, part) if slash else 1
        first_text, dash, last_text = span.partition("-")
        if first_text == "*" and slash and not dash:
            first, last = self.low, self.high
        else:
            first = self.value(first_text, part)
            last = self._last(last_text, part) if dash else (self.high if slash else first)
        if last < first:
            if not self.wraps:
                raise self.refuse(
                    part,
                    f"'{part}' runs backwards; write '{first}-L,1-{last}' for days around the end of the month",
                    f"'{part}'은(는) 거꾸로예요. 월말을 걸치려면 '{first}-L,1-{last}'처럼 적어 주세요",
                )
            last += self.high - self.low + 1
        mask = 0
        for number in range(first, last + 1, step):
            mask |= 1 << (number if number <= self.high else number - self.high + self.low - 1)
        return mask

    def _last(self, text: str, part: str) -> int:
        return self.high if text == "l" and self.field == "monthdays" else self.value(text, part)

    def _step(self, text: str, part: str) -> int:
        if not _NUMBER.fullmatch(text) or int(text) == 0:
            raise self.refuse(
                part,
                f"'{part}': the step after '/' must be a number from 1 up",
                f"'{part}': '/' 뒤에는 1 이상의 숫자가 와야 해요",
            )
        return int(text)


def _names(full: tuple[str, ...], first: int) -> dict[str, int]:
    named = {name: number for number, name in enumerate(full, first)}
    return named | {name[:3]: number for name, number in named.items()}


_WEEKDAY: Final = _Domain("weekdays", 0, 6, _names(_WEEKDAYS, 0), True, "a day of the week", "요일")
_MONTHDAY: Final = _Domain("monthdays", 1, 31, {}, False, "a day of the month", "날짜")
_MONTH: Final = _Domain("months", 1, 12, _names(_MONTHS, 1), True, "a month", "월")


def parse_weekdays(text: DayText) -> Weekdays | None:
    """Read a weekday field; None when it is not given or means every day. Raises RuleError("weekdays", part)."""
    mask = last = 0
    nth: list[tuple[int, int]] = []
    for written, part in _parts(text, _WEEKDAY):
        if part in _WEEKDAY.names:
            mask |= 1 << _WEEKDAY.names[part]
        elif part in ("*", "?"):
            mask = _EVERY_WEEKDAY
        elif part == "l":
            mask |= 1 << 6
        elif found := _NTH.fullmatch(part):
            nth.append((_WEEKDAY.value(found[1], written), _place(found[2], written)))
        elif part.endswith("l"):
            last |= 1 << _WEEKDAY.value(part[:-1], written)
        else:
            mask |= _WEEKDAY.span(part, written)
    if mask == _EVERY_WEEKDAY or not (mask or last or nth):
        return None
    return Weekdays(mask, tuple(nth), last)


def _place(text: str, part: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise _WEEKDAY.refuse(
            part, f"'{part}': a month has #1 to #5 of a weekday", f"'{part}': '#' 뒤에는 1부터 5까지만 쓸 수 있어요"
        )
    return int(text)


def parse_monthdays(text: DayText) -> MonthDays | None:
    """Read a month day field; None when it is not given or means every day. Raises RuleError("monthdays", part)."""
    mask = 0
    last = False
    nearest: list[int] = []
    for written, part in _parts(text, _MONTHDAY):
        if part in ("*", "?"):
            mask = _EVERY_MONTHDAY
        elif part == "l":
            last = True
        elif part.endswith("w"):
            nearest.append(_MONTHDAY.value(part[:-1], written))
        else:
            mask |= _MONTHDAY.span(part, written) >> 1
    if mask == _EVERY_MONTHDAY or not (mask or last or nearest):
        return None
    return MonthDays(mask, last, tuple(nearest))


def parse_months(text: DayText) -> int:
    """Read a month field as a mask (bit 1 is January); every month when not given. Raises RuleError("months", part)."""
    mask = 0
    for written, part in _parts(text, _MONTH):
        mask |= EVERY_MONTH if part in ("*", "?") else _MONTH.span(part, written)
    return mask or EVERY_MONTH


def _parts(text: object, domain: _Domain) -> list[tuple[str, str]]:
    """The comma-separated parts as (as written, lower case without spaces); none when the field is not given."""
    if text is None or (isinstance(text, str) and (not text or text.isspace())):
        return []
    lists = [text] if isinstance(text, str) else text
    if not isinstance(lists, list | tuple) or not lists or not all(isinstance(entry, str) for entry in lists):
        raise domain.refuse(
            repr(text), f"{text!r} must be text or a list of texts", f"{text!r}은(는) 글자나 글자 목록이어야 해요"
        )
    written = [part.strip() for entry in lists for part in entry.split(",")]
    parts = [(part, part.lower().replace(" ", "")) for part in written]
    for _, part in parts:
        if not part:
            raise domain.refuse("", "a part between commas is empty", "쉼표 사이에 빈 부분이 있어요")
    return parts
