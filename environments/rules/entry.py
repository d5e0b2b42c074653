"""What is checked when an exception is entered, against the days it is for (DESIGN section 2, item 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.almanac import Almanac
from environments.rules.days import Outline
from environments.rules.errors import RuleError
from environments.rules.periods import DAY
from environments.rules.reasons import Desired
from environments.rules.spec import DayException, DayKind, EnvironmentSpec, ExceptionKind

LONGEST_RANGE: Final = 366
"""Days that one exception may cover: what lasts longer belongs into a schedule."""

FURTHEST: Final = timedelta(days=731)
"""How far ahead an exception may lie: two years, and the day more that one of them may have."""


def with_exception(spec: EnvironmentSpec, exception: DayException) -> EnvironmentSpec:
    """The spec once the exception is saved: a second one of a scope, date and kind replaces the first."""
    return replace(spec, exceptions=(*_others(spec, exception), exception))


def exception_problem(spec: EnvironmentSpec, exception: DayException, now: datetime) -> RuleError | None:
    """Why the exception cannot be entered into the spec, None when it can.

    Refused are dates that have passed or lie more than two years ahead, more than a year at once, a stop at or before
    the start of its scope's date, and a stop where nothing would be running that it could stop. Dates are those of the
    plan's zone.
    """
    today = now.astimezone(ZoneInfo(spec.zone_name)).date()
    if exception.first < today:
        return RuleError(
            "first",
            exception.first.isoformat(),
            f"{exception.first} has passed; choose {today} or later",
            f"{exception.first}은(는) 지났어요. {today} 이후로 골라 주세요",
        )
    if (exception.last - exception.first).days >= LONGEST_RANGE:
        return RuleError(
            "last",
            exception.last.isoformat(),
            f"more than {LONGEST_RANGE} days at once; change the schedule for that",
            f"한 번에 {LONGEST_RANGE}일까지예요. 더 길면 일정을 바꿔 주세요",
        )
    if spec.expires_on is not None and exception.first > spec.expires_on:
        return RuleError(
            "first",
            exception.first.isoformat(),
            f"the environment's last day is {spec.expires_on}; after it, it stays stopped",
            f"환경의 마지막 날이 {spec.expires_on}이라 그 뒤에는 계속 중지돼요",
        )
    return (
        _too_far("first", exception.first, today)
        or _too_far("last", exception.last, today)
        or _contradiction(spec, exception)
        or _nothing_to_stop(spec, exception)
    )


def _too_far(field: str, day: date, today: date) -> RuleError | None:
    furthest = today + FURTHEST
    if day <= furthest:
        return None
    return RuleError(
        field,
        day.isoformat(),
        f"{day} is more than two years ahead; choose {furthest} or earlier",
        f"{day}은(는) 2년보다 더 뒤예요. {furthest} 이전으로 골라 주세요",
    )


def _others(spec: EnvironmentSpec, exception: DayException) -> Iterator[DayException]:
    """The exceptions that stay; a range keeps the dates that the new one leaves it."""
    for other in spec.exceptions:
        same = other.kind is exception.kind and other.scope is exception.scope
        if not same or other.last < exception.first or exception.last < other.first:
            yield other
            continue
        if other.id != exception.id and other.first < exception.first:
            yield replace(other, last=exception.first - timedelta(days=1))
        if other.id != exception.id and other.last > exception.last:
            yield replace(other, first=exception.last + timedelta(days=1))


def _contradiction(spec: EnvironmentSpec, exception: DayException) -> RuleError | None:
    opposite = {ExceptionKind.START: ExceptionKind.STOP, ExceptionKind.STOP: ExceptionKind.START}.get(exception.kind)
    for other in spec.exceptions:
        if other.kind is not opposite or other.scope is not exception.scope:
            continue
        if other.last < exception.first or exception.last < other.first:
            continue
        start, stop = (exception, other) if exception.kind is ExceptionKind.START else (other, exception)
        if stop.minute is not None and start.minute is not None and stop.minute <= start.minute:
            begins, ends = _clock(start.minute), _clock(stop.minute)
            day = max(start.first, stop.first)
            how_en, how_ko = _past_midnight(spec, exception, day)
            return RuleError(
                "time",
                _clock(exception.minute or 0),
                f"the stop at {ends} is not after the start at {begins} of {day}{how_en}",
                f"{day}의 중지 {ends}이(가) 시작 {begins}보다 늦지 않아요{how_ko}",
            )
    return None


def _past_midnight(spec: EnvironmentSpec, exception: DayException, day: date) -> tuple[str, str]:
    """What to do instead, where the schedule runs past midnight and both ends were meant to be moved."""
    without = (other for other in spec.exceptions if other.scope is not exception.scope)
    if not any(window.end > DAY for window in _outline(replace(spec, exceptions=tuple(without)), day).windows):
        return "", ""
    return (
        "; a stop after midnight belongs to the next date, and only the schedule's own window reaches it: move either"
        " its start or its end here, not both, or change the schedule",
        ". 자정이 지난 중지는 다음 날짜의 것이고, 일정의 시간 구간만 자정을 넘길 수 있어요. 시작과 중지 중 하나만"
        " 옮기거나 일정을 바꿔 주세요",
    )


def _outline(spec: EnvironmentSpec, day: date) -> Outline:
    almanac, ordinal = Almanac(spec), day.toordinal()
    return almanac.special_days(ordinal, ordinal).get(ordinal) or almanac.outline(almanac.ordinary(ordinal))


def _nothing_to_stop(spec: EnvironmentSpec, exception: DayException) -> RuleError | None:
    if exception.kind is not ExceptionKind.STOP:
        return None
    almanac = Almanac(replace(spec, exceptions=tuple(_others(spec, exception))))
    first, last = exception.first.toordinal(), exception.last.toordinal()
    specials = almanac.special_days(first, last)
    for ordinal in range(first, last + 1):
        outline = specials.get(ordinal) or almanac.outline(almanac.ordinary(ordinal))
        if outline.windows or any(
            not outline.closed or wish.mark.desired is Desired.STOPPED for wish in outline.wishes
        ):
            return None
    why_en, why_ko = _why_empty(spec, exception.first)
    time = _clock(exception.minute or 0)
    return RuleError(
        "time",
        time,
        f"nothing runs on {exception.first} that could be stopped at {time} ({why_en}); give a start as well",
        f"{exception.first}에는 {time}에 중지할 것이 없어요 ({why_ko}). 시작도 함께 정해 주세요",
    )


def _why_empty(spec: EnvironmentSpec, day: date) -> tuple[str, str]:
    for calendar in spec.calendars:
        for entry in calendar.days:
            if entry.day == day and entry.kind is DayKind.OFF:
                return f"day off: {entry.name_en}", f"휴일: {entry.name_ko or entry.name_en}"
    return "the schedule has no period that day", "그날은 일정에 실행 시간이 없어요"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
