"""Short words for tables: schedules of Seoul in 2026, and a day's plan as one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from environments.rules import (
    Calendar,
    CalendarDay,
    DayException,
    DayKind,
    Desired,
    EnvironmentSpec,
    ExceptionKind,
    Hold,
    Period,
    Schedule,
    Scope,
    parse_period,
    parse_time,
    plan,
)

SEOUL = "Asia/Seoul"


def schedule(*periods: str, zone: str = SEOUL, name: str = "Office hours", override: Desired | None = None) -> Schedule:
    """A schedule of periods like "09:00-18:00 mon-fri", "09:00- mon", "-18:00 fri", "all sat,sun"."""
    return Schedule("7", name, zone, tuple(_period(text) for text in periods), override)


def _period(text: str) -> Period:
    times, _, days = text.partition(" ")
    begin, _, end = ("", "", "") if times == "all" else times.partition("-")
    return parse_period("", begin, end, *(part or None for part in [*days.split(";"), "", ""][:3]))


def spec(*periods: str, zone: str = SEOUL, **parts: Any) -> EnvironmentSpec:
    return EnvironmentSpec(schedule(*periods, zone=zone), zone, **parts)


OFFICE = spec("09:00-18:00 mon-fri")


def at(local: str, zone: str = SEOUL) -> datetime:
    """The instant of a wall time like "2026-11-23 09:00"."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def day_of(spec: EnvironmentSpec, day: str, days: int = 1) -> str:
    """The plan of a local day, wish after wish: "00:00 stopped, 09:00 running, 18:00 stopped"."""
    zone = ZoneInfo(spec.zone_name)
    first = date.fromisoformat(day)
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    last = first + timedelta(days=days)
    segments = plan(spec, start, datetime(last.year, last.month, last.day, tzinfo=zone))
    found: list[str] = []
    wish: Desired | None = None
    for segment in segments:
        if segment.desired is not wish:
            local = segment.start.astimezone(zone)
            passed = local.toordinal() - first.toordinal()
            found.append(f"{local:%H:%M}{f'+{passed}' if passed else ''} {segment.desired}")
        wish = segment.desired
    return ", ".join(found)


def day_off(day: str, name: str = "Holiday", name_ko: str = "") -> CalendarDay:
    return CalendarDay(date.fromisoformat(day), DayKind.OFF, name, name_ko)


def working(day: str, as_weekday: int, name: str = "Working day") -> CalendarDay:
    return CalendarDay(date.fromisoformat(day), DayKind.WORKING, name, as_weekday=as_weekday)


def calendar(*days: CalendarDay, scope: Scope = Scope.SCHEDULE, age: int = 0, id: str = "3") -> Calendar:
    """`age`: minutes since it was made."""
    return Calendar(id, "Korea", scope, days, created=at("2026-01-01 00:00") - timedelta(minutes=age))


def exception(
    text: str, day: str, last: str | None = None, *, scope: Scope = Scope.ENVIRONMENT, age: int = 0, **parts: Any
) -> DayException:
    """An exception like "start 07:00", "stop 20:00", "on", "off"."""
    kind, _, time = text.partition(" ")
    return DayException(
        parts.pop("id", text),
        ExceptionKind(kind),
        date.fromisoformat(day),
        date.fromisoformat(last or day),
        scope,
        parse_time("time", time, midnight=True),
        created=at("2026-01-01 00:00") - timedelta(minutes=age),
        **parts,
    )


def hold(desired: str, start: str, until: str | None, **parts: Any) -> Hold:
    return Hold(parts.pop("id", "1"), Desired(desired), at(start), at(until) if until else None, **parts)


def with_(spec: EnvironmentSpec, **parts: Any) -> EnvironmentSpec:
    return replace(spec, **parts)
