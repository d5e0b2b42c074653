"""What is written for each date, as a person would read it off a wall planner: the first half of the reference.

Shares only the value types with environments/rules. Days are matched by predicates that the tests make beside each
text, so that no parser is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from environments.rules import Calendar, CalendarDay, DayException, Hold, MaintenanceWindow, Pause, Scope

WIDTH = [Scope.SCHEDULE, Scope.TEAM, Scope.ENVIRONMENT]
Origin = tuple[str, str]
"""(kind of source, id of source)"""
Mode = Literal["running", "stopped"]


@dataclass
class PlainPeriod:
    """Minutes of the day, and whether a date matches when it is seen as a weekday."""

    begin: int | None
    end: int | None
    matches: Callable[[date, int], bool]

    @property
    def one_sided(self) -> bool:
        return (self.begin is None) != (self.end is None)


@dataclass
class Span:
    """A window, or a stretch whose stopped minutes have another source; minutes of the day, on over midnight."""

    begin: int
    end: int
    origin: Origin


@dataclass
class Moment:
    """A boundary of a one-sided period, or a stop that follows a window."""

    minute: int
    mode: Mode
    origin: Origin


@dataclass
class PlainDay:
    """A date. `off`: nothing starts by itself; `dark`: stopped whatever was wished before."""

    windows: list[Span] = field(default_factory=list)
    wishes: list[Moment] = field(default_factory=list)
    notes: list[Span] = field(default_factory=list)
    final: list[Moment] = field(default_factory=list)
    off: bool = False
    dark: bool = False

    def begins(self) -> list[Span | Moment]:
        """All that can begin something this day."""
        return [*self.windows, *(w for w in self.wishes if w.mode == "running" and not self.off)]


def time_of(boundary: Span | Moment) -> int:
    return boundary.begin if isinstance(boundary, Span) else boundary.minute


def move(boundary: Span | Moment, minute: int, origin: Origin) -> None:
    """Moves where something begins."""
    if isinstance(boundary, Span):
        boundary.begin = minute
    else:
        boundary.minute = minute
    boundary.origin = origin


@dataclass
class Planner:
    """A schedule with all that is written over it."""

    timezone: str
    periods: Sequence[PlainPeriod]
    holds: Sequence[Hold] = ()
    exceptions: Sequence[DayException] = ()
    calendars: Sequence[Calendar] = ()
    has_schedule: bool = True
    pause: Pause | None = None
    expires_on: date | None = None
    windows: Sequence[MaintenanceWindow] = ()

    def __post_init__(self) -> None:
        self.own: Origin = ("schedule", "s") if self.has_schedule else ("none", "")
        kinds = {("start" if p.end is None else "stop") for p in self.periods if p.one_sided}
        self.lasting = len(kinds) == 2
        self.any_by_default = not self.has_schedule or (bool(self.periods) and all(p.one_sided for p in self.periods))

    def day(self, day: date) -> PlainDay:
        entry = self.calendar_entry(day)
        as_weekday = day.weekday() if entry is None or entry[1].as_weekday is None else entry[1].as_weekday
        found = PlainDay()
        by_calendar: Origin = ("calendar", entry[0].id) if entry else self.own
        for period in self.periods:
            really, judged = period.matches(day, day.weekday()), period.matches(day, as_weekday)
            if really and not judged:
                found.notes = [Span(0, 1440, by_calendar)]
            if judged:
                self.write(period, self.own if really else by_calendar, found)
        if entry is not None and entry[1].as_weekday is None:
            found.windows, found.notes, found.off = [], [Span(0, 1440, by_calendar)], True
        self.except_for(day, found)
        return found

    def write(self, period: PlainPeriod, origin: Origin, found: PlainDay) -> None:
        if period.begin is not None and period.end is None:
            found.wishes.append(Moment(period.begin, "running", origin))
        elif period.begin is None and period.end is not None:
            found.wishes.append(Moment(period.end, "stopped", self.own))
        else:
            begin, end = period.begin or 0, 1440 if period.end is None else period.end
            found.windows.append(Span(begin, end if end > begin else end + 1440, origin))

    def calendar_entry(self, day: date) -> tuple[Calendar, CalendarDay] | None:
        """The entry of the narrowest calendar, then the newest, then the last one in it."""
        found: tuple[Calendar, CalendarDay] | None = None
        for scope in WIDTH:
            for calendar in sorted((c for c in self.calendars if c.scope == scope), key=lambda c: str(c.created)):
                for entry in calendar.days:
                    if entry.day == day:
                        found = calendar, entry
        return found

    def except_for(self, day: date, found: PlainDay) -> None:
        mine = [e for e in self.exceptions if e.first <= day <= e.last]
        mine.sort(key=lambda e: (WIDTH.index(e.scope), str(e.created)))
        timed: list[DayException] = []
        for exception in mine:
            origin: Origin = ("exception", exception.id)
            if exception.kind == "on":
                end = max([1440, *(window.end for window in found.windows)])
                found.windows, found.notes, found.off, found.dark = [Span(0, end, origin)], [], False, False
            elif exception.kind == "off":
                found.windows, found.notes, found.off, found.dark = [], [Span(0, 1440, origin)], True, True
            timed = [*timed, exception] if exception.kind in ("start", "stop") else []
        self.move_boundaries(timed, found)
        for window in found.windows:
            if window.origin[0] == "exception" and self.any_by_default and not self.lasting:
                found.final.append(Moment(window.end, "stopped", window.origin))

    def move_boundaries(self, timed: list[DayException], found: PlainDay) -> None:
        """The last start and the last stop of those given; of a start and a stop that contradict, the later one."""
        start = next((e for e in reversed(timed) if e.kind == "start"), None)
        stop = next((e for e in reversed(timed) if e.kind == "stop"), None)
        if start and stop and (stop.minute or 0) <= (start.minute or 0):
            start, stop = (start, None) if timed.index(start) > timed.index(stop) else (None, stop)
        if start:
            self.start_at(found, start.minute or 0, ("exception", start.id), stop)
        if stop:
            self.stop_at(found, stop.minute or 0, ("exception", stop.id))

    def start_at(self, found: PlainDay, minute: int, origin: Origin, stop: DayException | None) -> None:
        if any(time_of(boundary) < minute for boundary in found.begins()):
            found.notes.insert(0, Span(0, minute, origin))
        found.windows = [window for window in found.windows if window.end > minute]
        begins = found.begins()
        if not begins:
            later = [w.minute for w in found.wishes if w.mode == "stopped" and w.minute > minute]
            end = (stop.minute or 0) if stop else min([1440, *later])
            found.windows = [Span(minute, end, origin)]
            return
        first = min(time_of(boundary) for boundary in begins)
        for boundary in begins:
            if time_of(boundary) < minute or time_of(boundary) == first > minute:
                move(boundary, minute, origin)

    def stop_at(self, found: PlainDay, minute: int, origin: Origin) -> None:
        begins = found.begins()
        stops = [wish for wish in found.wishes if wish.mode == "stopped"]
        ends = [*(window.end for window in found.windows), *(wish.minute for wish in stops)]
        if not begins and not ends:
            return
        if begins and minute <= min(time_of(b) for b in begins) and max(ends, default=0) > 1440:
            minute += 1440
        last = max(ends, default=None)
        if minute < 1440 and (last is None or last > minute):
            found.notes.insert(0, Span(minute, 1440, origin))
        found.windows = [window for window in found.windows if window.begin < minute]
        found.wishes = [wish for wish in found.wishes if wish.mode == "stopped" or wish.minute < minute]
        for window in found.windows:
            if window.end > minute or (window.end == last and window.end < minute):
                window.end, window.origin = minute, origin
        for wish in stops:
            if wish.minute > minute or (wish.minute == last and wish.minute < minute):
                wish.minute, wish.origin = min(minute, 1440), origin
        if last is None:
            found.wishes.append(Moment(min(minute, 1440), "stopped", origin))
