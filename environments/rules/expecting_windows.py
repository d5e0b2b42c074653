"""Times of the day within which a call or report is expected, as people write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from environments.rules.errors import RuleError
from environments.rules.fields import Weekdays, parse_weekdays
from environments.rules.periods import DAY, parse_time

FIELD: Final = "windows"
_SPAN: Final = re.compile(r"\s*([0-9:]+)\s*[-–~]\s*([0-9:]+)\s*")
_FIRST_TIME: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the day within which one call or report is expected: half-open, in wall minutes after the midnight that
    begins its day; an end past midnight counts on from 1440. `weekdays` None: every day."""

    begin: int
    end: int
    weekdays: Weekdays | None = None

    def on(self, ordinal: int) -> bool:
        """Whether the window begins on this day (a proleptic ordinal)."""
        if self.weekdays is None:
            return True
        day = date.fromordinal(ordinal)
        first = date(day.year, day.month, 1)
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        days = self.weekdays.in_month(first.weekday(), (following - first).days)
        return bool(days >> (day.day - 1) & 1)


def parse_windows(text: str) -> tuple[Window, ...]:
    """Read “06:00-10:00, 18:00-22:00” or “mon-fri 06:00-10:00; sat 08:00-12:00”.

    Raises RuleError("windows", part) for what does not parse, and for nothing at all.
    """
    found: list[Window] = []
    for group in text.split(";"):
        if group.strip():
            found += _group(group.strip())
    if not found:
        raise _refuse("", "give at least one time of the day, like '06:00-10:00'", "'06:00-10:00'처럼 적어 주세요")
    return tuple(found)


def _group(text: str) -> Iterator[Window]:
    first = _FIRST_TIME.search(text)
    if first is None:
        raise _refuse(text, f"'{text}' has no times like '06:00-10:00'", f"'{text}'에 '06:00-10:00' 같은 시각이 없어요")
    weekdays = _weekdays(text[: first.start()].strip())
    for written in text[first.start() :].split(","):
        part = written.strip()
        span = _SPAN.fullmatch(part)
        if span is None:
            raise _refuse(
                part,
                f"'{part}' is not a span like '06:00-10:00'; put ';' before other weekdays",
                f"'{part}'은(는) '06:00-10:00' 같은 구간이 아니에요. 다른 요일 앞에는 ';'을 넣어 주세요",
            )
        begin = parse_time(FIELD, span[1]) or 0
        end = parse_time(FIELD, span[2], midnight=True) or 0
        if begin == end:
            raise _refuse(
                part,
                f"'{part}' begins and ends at the same time; write '00:00-24:00' for the whole day",
                f"'{part}'은(는) 시작과 끝이 같아요. 하루 종일이면 '00:00-24:00'으로 적어 주세요",
            )
        yield Window(begin, end if end > begin else end + DAY, weekdays)


def _weekdays(text: str) -> Weekdays | None:
    try:
        return parse_weekdays(text.rstrip(","))
    except RuleError as error:
        raise _refuse(error.part, error.en, error.ko) from error


def _refuse(part: str, en: str, ko: str) -> RuleError:
    return RuleError(FIELD, part, en, ko)
