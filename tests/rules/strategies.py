"""Random definitions for property tests, each field with the predicate that says what its text means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from environments.rules import (
    Calendar,
    CalendarDay,
    DayException,
    DayKind,
    Desired,
    EnvironmentSpec,
    ExceptionKind,
    Hold,
    MaintenanceWindow,
    Pause,
    Schedule,
    Scope,
    parse_period,
)
from tests.rules.reference import Reference
from tests.rules.reference_days import PlainPeriod

Matches = Callable[[date, int], bool]

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

CHANGES = {
    "Asia/Seoul": [date(2026, 3, 2), date(2026, 12, 31)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Europe/London": [date(2026, 3, 29), date(2026, 10, 25)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Santiago": [date(2026, 4, 5), date(2026, 9, 6)],  # at midnight: no 00:00, and 23:00 twice
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 30)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/St_Johns": [date(2010, 11, 7), date(2010, 3, 14)],  # at 00:01: Sunday's first minute comes twice
    "Pacific/Apia": [date(2011, 12, 30)],  # a date that never was
}
"""Zones with dates around which their clocks change, or the year does."""


def cased(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text.upper(), text.capitalize(), f" {text} "])


def days_of_cycle(first: int, last: int, step: int, size: int) -> set[int]:
    """The members of a range that may wrap, counted from 0."""
    length = (last - first) % size + 1
    return {(first + n) % size for n in range(0, length, step)}


@st.composite
def weekday_parts(draw: st.DrawFn) -> tuple[str, Matches]:
    a, b, n = draw(st.integers(0, 6)), draw(st.integers(0, 6)), draw(st.integers(1, 5))
    names = [draw(st.sampled_from([WEEKDAYS[day], WEEKDAYS[day][:3], str(day)])) for day in (a, b)]
    match draw(st.sampled_from(["one", "range", "range/step", "step", "nth", "last", "all"])):
        case "one":
            return draw(cased(names[0])), lambda _, weekday: weekday == a
        case "range":
            found = days_of_cycle(a, b, 1, 7)
            return draw(cased(f"{names[0]}-{names[1]}")), lambda _, weekday: weekday in found
        case "range/step":
            stepped = days_of_cycle(a, b, n, 7)
            return draw(cased(f"{names[0]}-{names[1]}/{n}")), lambda _, weekday: weekday in stepped
        case "step":
            onward = set(range(a, 7, n))
            return draw(cased(f"{names[0]}/{n}")), lambda _, weekday: weekday in onward
        case "nth":
            return draw(cased(f"{names[0]}#{n}")), lambda day, weekday: weekday == a and (day.day + 6) // 7 == n
        case "last":
            return draw(
                cased(f"{names[0]}L")
            ), lambda day, weekday: weekday == a and (day + timedelta(days=7)).month != day.month
        case _:
            return draw(st.sampled_from("*?")), lambda _, __: True


@st.composite
def monthday_parts(draw: st.DrawFn) -> tuple[str, Matches]:
    a, b = sorted([draw(st.integers(1, 31)), draw(st.integers(1, 31))])
    n = draw(st.integers(1, 15))
    match draw(st.sampled_from(["one", "range", "range/step", "step", "last", "to last", "nearest"])):
        case "one":
            return str(a), lambda day, _: day.day == a
        case "range":
            return f"{a}-{b}", lambda day, _: a <= day.day <= b
        case "range/step":
            return f"{a}-{b}/{n}", lambda day, _: day.day in range(a, b + 1, n)
        case "step":
            return f"{a}/{n}", lambda day, _: day.day in range(a, 32, n)
        case "last":
            return draw(st.sampled_from("lL")), lambda day, _: (day + timedelta(days=1)).month != day.month
        case "to last":
            return f"{a}-L", lambda day, _: day.day >= a
        case _:
            return f"{a}W", lambda day, _: day == nearest_weekday(day, a)


def nearest_weekday(month: date, number: int) -> date | None:
    """The Monday-to-Friday nearest to a day of the month, without leaving it."""
    try:
        wanted = month.replace(day=number)
    except ValueError:
        return None
    for distance in (0, -1, 1, -2, 2):
        found = wanted + timedelta(days=distance)
        if found.month == month.month and found.weekday() < 5:
            return found
    raise AssertionError("every month has weekdays")


@st.composite
def month_parts(draw: st.DrawFn) -> tuple[str, Matches]:
    a, b, n = draw(st.integers(0, 11)), draw(st.integers(0, 11)), draw(st.integers(1, 12))
    first, last = (draw(st.sampled_from([MONTHS[month], str(month + 1)])) for month in (a, b))
    match draw(st.sampled_from(["one", "range", "range/step", "step"])):
        case "one":
            return draw(cased(first)), lambda day, _: day.month == a + 1
        case "range":
            found = days_of_cycle(a, b, 1, 12)
            return f"{first}-{last}", lambda day, _: day.month - 1 in found
        case "range/step":
            stepped = days_of_cycle(a, b, n, 12)
            return f"{first}-{last}/{n}", lambda day, _: day.month - 1 in stepped
        case _:
            return f"{first}/{n}", lambda day, _: day.month - 1 in range(a, 12, n)


def fields(parts: st.SearchStrategy[tuple[str, Matches]]) -> st.SearchStrategy[tuple[str | list[str] | None, Matches]]:
    """A whole field: not given, or a list of parts of which one must match."""

    def joined(chosen: list[tuple[str, Matches]], as_list: bool) -> tuple[str | list[str] | None, Matches]:
        texts = [text for text, _ in chosen]
        return (texts if as_list else ", ".join(texts)), lambda day, weekday: any(m(day, weekday) for _, m in chosen)

    given = st.builds(joined, st.lists(parts, min_size=1, max_size=3), st.booleans())
    return st.one_of(st.just((None, lambda _, __: True)), given)


TIMES = st.one_of(
    st.sampled_from(
        [0, 1, 30, 90, 119, 120, 135, 150, 180, 540, 719, 720, 721, 1020, 1080, 1380, 1410, 1438, 1439, 1440]
    ),
    st.integers(0, 1439),
)


@st.composite
def periods(draw: st.DrawFn, sides: str, every_week: bool) -> tuple[Any, PlainPeriod]:
    """A period with its plain twin; `sides` says which times it has: both, begin, end."""
    begin = draw(TIMES.filter(lambda minute: minute < 1440)) if sides != "end" else None
    end = draw(TIMES.filter(lambda minute: minute != begin)) if sides != "begin" else None
    if sides == "both" and draw(st.integers(0, 9)) == 0:
        begin = end = None
    if every_week:
        chosen = draw(st.sets(st.integers(0, 6), min_size=1))
        days: list[tuple[Any, Matches]] = [
            (",".join(WEEKDAYS[d] for d in chosen), lambda _, weekday: weekday in chosen)
        ]
        days += [(None, lambda _, __: True)] * 2
    else:
        days = [draw(fields(weekday_parts())), draw(fields(monthday_parts())), draw(fields(month_parts()))]
        keep = draw(st.sampled_from([(0,), (0,), (1,), (0, 1), (0, 2), (0, 1, 2), ()]))
        days = [each if number in keep else (None, lambda _, __: True) for number, each in enumerate(days)]
    period = parse_period("", clock(begin), clock(end), *(text for text, _ in days))
    return period, PlainPeriod(begin, end, lambda day, weekday: all(matches(day, weekday) for _, matches in days))


def clock(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"


STYLES = [
    ["both"],
    ["both", "both"],
    ["both"] * 3,
    ["begin"],
    ["end"],
    ["begin", "end"],
    ["begin", "begin", "end", "both"],
]
STYLES += [["both", "begin"], ["both", "end"], ["end", "both", "both"], ["end", "end"], []]


@st.composite
def cases(draw: st.DrawFn, *, with_overrides: bool) -> tuple[EnvironmentSpec, Reference, datetime, datetime]:
    """A spec and its plain twin, and a span around a date on which something happens to the clock."""
    timezone = draw(st.sampled_from(sorted(CHANGES)))
    around = draw(st.sampled_from(CHANGES[timezone]))
    style = draw(st.sampled_from(STYLES))
    lasting = {"begin", "end"} <= set(style)
    made = [draw(periods(sides, lasting and sides != "both")) for sides in style]
    most = 1 if with_overrides else 0
    calendars = tuple(make(n) for n, make in enumerate(draw(st.lists(calendar_of(around), max_size=2 * most))))
    exceptions = tuple(make(n) for n, make in enumerate(draw(st.lists(exception_of(around), max_size=4 * most))))
    holds = tuple(make(n) for n, make in enumerate(draw(st.lists(hold_of(around), max_size=2 * most))))
    without = with_overrides and draw(st.integers(0, 9)) == 0
    schedule = None if without else Schedule("s", "Schedule", timezone, tuple(period for period, _ in made))
    pause = draw(st.one_of(st.none(), pause_of(around))) if with_overrides else None
    expires_on = draw(st.one_of(*[st.none()] * 3, dates_near(around))) if with_overrides else None
    windows = tuple(make(n) for n, make in enumerate(draw(st.lists(window_of(around), max_size=3 * most))))
    spec = EnvironmentSpec(
        schedule, timezone, holds, exceptions, calendars, pause=pause, expires_on=expires_on, windows=windows
    )
    plain = [] if without else [plain for _, plain in made]
    start = datetime(around.year, around.month, around.day, tzinfo=UTC) - timedelta(
        days=2, minutes=draw(st.integers(0, 99))
    )
    reference = Reference(timezone, plain, holds, exceptions, calendars, not without, pause, expires_on, windows)
    return spec, reference, start, start + timedelta(days=4, minutes=draw(st.integers(0, 99)))


def dates_near(around: date) -> st.SearchStrategy[date]:
    return st.integers(-4, 3).map(lambda days: around + timedelta(days=days))


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@st.composite
def calendar_of(draw: st.DrawFn, around: date) -> Callable[[int], Calendar]:
    entries = []
    for day in draw(st.lists(dates_near(around), min_size=1, max_size=4)):
        weekday = draw(st.one_of(st.none(), st.integers(0, 6)))
        kind = DayKind.OFF if weekday is None else DayKind.WORKING
        entries.append(CalendarDay(day, kind, f"Holiday {day}", as_weekday=weekday))
    scope, age = draw(st.sampled_from(Scope)), draw(st.integers(0, 1))
    return lambda number: Calendar(
        f"c{number}", "Calendar", scope, tuple(entries), LONG_AGO + timedelta(days=age, seconds=number)
    )


@st.composite
def exception_of(draw: st.DrawFn, around: date) -> Callable[[int], DayException]:
    kind = draw(st.sampled_from(ExceptionKind))
    first = draw(dates_near(around))
    last = first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 2])))
    timed = kind in (ExceptionKind.START, ExceptionKind.STOP)
    minute = draw(TIMES.filter(lambda m: m < 1440 if kind is ExceptionKind.START else m > 0)) if timed else None
    scope = draw(st.sampled_from(Scope))
    created = LONG_AGO + timedelta(minutes=draw(st.integers(0, 9999)))
    return lambda number: DayException(
        f"e{number}", kind, first, last, scope, minute, created=created + timedelta(seconds=number)
    )


@st.composite
def hold_of(draw: st.DrawFn, around: date) -> Callable[[int], Hold]:
    noon = datetime(around.year, around.month, around.day, 12, tzinfo=UTC)
    start = noon + timedelta(minutes=draw(st.integers(-3000, 3000)))
    length = draw(st.one_of(st.none(), st.integers(1, 3000)))
    until = None if length is None else start + timedelta(minutes=length)
    desired = draw(st.sampled_from([Desired.RUNNING, Desired.STOPPED]))
    return lambda number: Hold(f"h{number}", desired, start, until)


@st.composite
def pause_of(draw: st.DrawFn, around: date) -> Pause:
    noon = datetime(around.year, around.month, around.day, 12, tzinfo=UTC)
    start = noon + timedelta(minutes=draw(st.integers(-4000, 2000)))
    return Pause("p", start, start + timedelta(minutes=draw(st.integers(1, 4000))))


@st.composite
def window_of(draw: st.DrawFn, around: date) -> Callable[[int], MaintenanceWindow]:
    noon = datetime(around.year, around.month, around.day, 12, tzinfo=UTC)
    weekly = draw(st.booleans())
    start = noon + timedelta(minutes=draw(st.integers(-3000, 3000)), weeks=draw(st.integers(-60, 60)) if weekly else 0)
    end = start + timedelta(minutes=draw(st.integers(1, 600)))
    return lambda number: MaintenanceWindow(f"w{number}", f"db-{number}", start, end, weekly)
