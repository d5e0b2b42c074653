"""A second reading of the rules, minute by minute: slow, plain, and written apart from environments/rules.

It shares only the value types. Days are matched by predicates that the tests make beside each text, so that no parser is
trusted; wall times are found by looking at what the clock on the wall shows in each minute of UTC.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from environments.rules import Calendar, CalendarDay, DayException, Hold, Scope

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WIDTH = [Scope.SCHEDULE, Scope.TEAM, Scope.ENVIRONMENT]
Answer = tuple[str, str, str]
"""(desired, kind of source, id of source)"""


@lru_cache
def look_at_the_clock(timezone: str, zero: datetime, days: int) -> tuple[list[datetime], list[datetime]]:
    """What the wall shows in each minute of UTC from `zero` on, and the latest that it has shown until then."""
    zone = ZoneInfo(timezone)
    walls = [(zero + index * MINUTE).astimezone(zone).replace(tzinfo=None) for index in range(days * 1440)]
    return walls, list(accumulate(walls, max))


@dataclass
class PlainPeriod:
    """A period as a person reads it: minutes of the day, and whether a date seen as a weekday matches."""

    begin: int | None
    end: int | None
    matches: Callable[[date, int], bool]

    @property
    def one_sided(self) -> bool:
        return (self.begin is None) != (self.end is None)


@dataclass
class PlainDay:
    """What a date has: windows as [begin, end, source], one-sided boundaries as [minute, "running"/"stopped", source]."""

    windows: list[list] = field(default_factory=list)
    wishes: list[list] = field(default_factory=list)
    notes: list[list] = field(default_factory=list)
    off: bool = False
    dark: bool = False
    final: list[list] = field(default_factory=list)


@dataclass
class Reference:
    timezone: str
    periods: Sequence[PlainPeriod]
    holds: Sequence[Hold] = ()
    exceptions: Sequence[DayException] = ()
    calendars: Sequence[Calendar] = ()
    has_schedule: bool = True

    def __post_init__(self) -> None:
        self.own = ("schedule", "s") if self.has_schedule else ("none", "")
        kinds = {("start" if p.end is None else "stop") for p in self.periods if p.one_sided}
        self.lasting = len(kinds) == 2
        self.any_by_default = not self.has_schedule or (bool(self.periods) and all(p.one_sided for p in self.periods))

    # -- the wall clock ------------------------------------------------------------------------------------------------

    def look_at_the_clock(self, start: datetime, end: datetime, days_before: int) -> None:
        self.zero = start.replace(hour=0, minute=0) - (days_before + 2) * DAY
        self.walls, self.shown = look_at_the_clock(self.timezone, self.zero, (end - self.zero).days + 4)

    def when(self, day: date, minute: int) -> int:
        """The first minute in which the wall shows this time or a later one."""
        return bisect_left(self.shown, datetime(day.year, day.month, day.day) + minute * MINUTE)  # noqa: DTZ001

    # -- days ----------------------------------------------------------------------------------------------------------

    def day(self, day: date) -> PlainDay:
        entry = self.calendar_entry(day)
        as_weekday = day.weekday() if entry is None or entry[1].as_weekday is None else entry[1].as_weekday
        found = PlainDay()
        by_calendar = ("calendar", entry[0].id) if entry else self.own
        for period in self.periods:
            really, judged = period.matches(day, day.weekday()), period.matches(day, as_weekday)
            if really and not judged:
                found.notes = [[0, 1440, by_calendar]]
            if not judged:
                continue
            source = self.own if really else by_calendar
            if period.one_sided and period.end is None:
                found.wishes.append([period.begin, "running", source])
            elif period.one_sided:
                found.wishes.append([period.end, "stopped", self.own])
            else:
                begin, end = period.begin or 0, 1440 if period.end is None else period.end
                found.windows.append([begin, end if end > begin else end + 1440, source])
        if entry is not None and entry[1].as_weekday is None:
            found.windows, found.notes, found.off = [], [[0, 1440, by_calendar]], True
        self.except_for(day, found)
        return found

    def calendar_entry(self, day: date) -> tuple[Calendar, CalendarDay] | None:
        found = [
            (WIDTH.index(calendar.scope), calendar.created, number, calendar, entry)
            for calendar in self.calendars
            for number, entry in enumerate(calendar.days)
            if entry.day == day
        ]
        return max(found, key=lambda each: each[:3])[3:] if found else None

    def except_for(self, day: date, found: PlainDay) -> None:
        mine = [e for e in self.exceptions if e.first <= day <= e.last]
        mine.sort(key=lambda e: (WIDTH.index(e.scope), e.created))
        whole = [e for e in mine if e.kind in ("on", "off")]
        if whole:
            mine = mine[mine.index(whole[-1]) + 1 :]
            source = ("exception", whole[-1].id)
            for each in whole:
                if each.kind == "on":
                    end = max([1440, *(window[1] for window in found.windows)])
                    found.windows, found.notes, found.off, found.dark = [[0, end, ("exception", each.id)]], [], False, False
                else:
                    found.windows, found.notes, found.off, found.dark = [], [[0, 1440, source]], True, True
        start = next((e for e in reversed(mine) if e.kind == "start"), None)
        stop = next((e for e in reversed(mine) if e.kind == "stop"), None)
        if start and stop and stop.minute <= start.minute:
            start, stop = (start, None) if mine.index(start) > mine.index(stop) else (None, stop)
        if start:
            self.start_at(found, start, stop)
        if stop:
            self.stop_at(found, stop)
        for window in found.windows:
            if window[2][0] == "exception" and self.any_by_default and not self.lasting:
                found.final.append([window[1], "stopped", window[2]])

    def running_boundaries(self, found: PlainDay) -> list[list]:
        """All that can begin something this day: windows and start-only periods, as lists whose first item is the time."""
        return found.windows + [w for w in found.wishes if w[1] == "running" and not found.off]

    def start_at(self, found: PlainDay, start: DayException, stop: DayException | None) -> None:
        minute, source = start.minute, ("exception", start.id)
        if any(boundary[0] < minute for boundary in self.running_boundaries(found)):
            found.notes.insert(0, [0, minute, source])
        found.windows = [window for window in found.windows if window[1] > minute]
        begins = self.running_boundaries(found)
        if not begins:
            later = [w[0] for w in found.wishes if w[1] == "stopped" and w[0] > minute]
            found.windows = [[minute, stop.minute if stop else min([1440, *later]), source]]
            return
        first = min(boundary[0] for boundary in begins)
        for boundary in begins:
            if boundary[0] < minute or boundary[0] == first > minute:
                boundary[0], boundary[2] = minute, source

    def stop_at(self, found: PlainDay, stop: DayException) -> None:
        minute, source = stop.minute, ("exception", stop.id)
        begins = self.running_boundaries(found)
        stops = [w for w in found.wishes if w[1] == "stopped"]
        ends = [window[1] for window in found.windows] + [w[0] for w in stops]
        if not begins and not ends:
            return
        if begins and minute <= min(b[0] for b in begins) and max(ends, default=0) > 1440:
            minute += 1440
        last = max(ends, default=None)
        if minute < 1440 and (last is None or last > minute):
            found.notes.insert(0, [minute, 1440, source])
        found.windows = [window for window in found.windows if window[0] < minute]
        found.wishes = [w for w in found.wishes if w[1] == "stopped" or w[0] < minute]
        for window in found.windows:
            if window[1] > minute or window[1] == last < minute:
                window[1], window[2] = minute, source
        for wish in stops:
            if wish[0] > minute or wish[0] == last < minute:
                wish[0], wish[2] = min(minute, 1440), source
        if last is None:
            found.wishes.append([min(minute, 1440), "stopped", source])

    # -- minutes -------------------------------------------------------------------------------------------------------

    def answers(self, start: datetime, end: datetime) -> list[Answer]:
        """What is desired in each minute of [start, end), and by what."""
        before = 20 if self.lasting else 3
        self.look_at_the_clock(start, end, before)
        first_day = start.astimezone(ZoneInfo(self.timezone)).date() - before * DAY
        last_day = end.astimezone(ZoneInfo(self.timezone)).date() + 2 * DAY
        self.days = {
            first_day + number * DAY: self.day(first_day + number * DAY)
            for number in range((last_day - first_day).days + 1)
        }
        self.lasting_events = self.events_of_lasting_schedule() if self.lasting else []
        base = [self.own_answer("any")] * len(self.walls)
        for day in list(self.days)[before - 1 :]:
            self.fill(day, base)
        base = closed(base)
        found = closed(self.hold(base))
        offset = int((start - self.zero) / MINUTE)
        return found[offset : offset + int((end - start) / MINUTE)]

    def own_answer(self, desired: str) -> Answer:
        return desired, *self.own

    def fill(self, day: date, base: list[Answer]) -> None:
        """Writes the answers of one date, from its midnight to the next."""
        today, yesterday = self.days[day], self.days[day - DAY]
        windows = [[begin - 1440, end - 1440, source] for begin, end, source in yesterday.windows]
        windows = [window for window in windows if window[1] > 0] + today.windows
        spans = [(self.when(day, begin), self.when(day, end), end, source) for begin, end, source in windows]
        notes = [(self.when(day, begin), self.when(day, end), source) for begin, end, source in today.notes]
        events = self.events(today, yesterday)
        self.begins = [w[0] for w in windows] + [e[0] for e in events if e[1] == "running"]
        self.ends = [w[1] for w in windows] + [e[0] for e in events if e[1] == "stopped"]
        self.times = {m: self.when(day, m) for m in (*self.begins, *self.ends)}
        for index in range(self.when(day, 0), min(self.when(day, 1440), len(base))):
            covering = [span for span in spans if span[0] <= index < span[1]]
            if covering:
                latest = max(span[2] for span in covering)
                base[index] = "running", *next(span[3] for span in covering if span[2] == latest)
                continue
            answer = self.outside(today, events, index)
            if answer[0] == "stopped":
                source = next((note[2] for note in notes if note[0] <= index < note[1]), None)
                answer = answer if source is None else ("stopped", *source)
            base[index] = answer

    def events(self, today: PlainDay, yesterday: PlainDay) -> list[list]:
        """What sets a wish today, when a wish lasts at most until midnight."""
        return [
            *([minute - 1440, wish, source] for minute, wish, source in yesterday.final + yesterday.wishes if minute >= 1440),
            *(w for w in today.final if w[0] < 1440),
            *(w for w in today.wishes if not (today.off and w[1] == "running")),
        ]

    def outside(self, today: PlainDay, events: list[list], index: int) -> Answer:
        """The answer in a minute that no window covers."""
        if today.dark:
            return self.own_answer("stopped")
        if self.lasting:
            wish = next((event for event in reversed(self.lasting_events) if event[0] <= index), None)
        else:
            wish = self.wish_in_force(events, index)
        if wish is not None:
            return wish[1], *wish[2]
        to_come = any(self.times[event[0]] > index for event in events)
        return self.own_answer("any" if to_come or self.any_by_default else "stopped")

    def wish_in_force(self, events: list[list], index: int) -> list | None:
        found: list | None = None
        for event in events:
            if self.times[event[0]] > index:
                continue
            opposite = self.ends if event[1] == "running" else self.begins
            if any(event[0] < minute <= 1440 and self.times[minute] <= index for minute in opposite):
                continue
            if found is None or (event[0], event[1] == "running") >= (found[0], found[1] == "running"):
                found = event
        return found

    def events_of_lasting_schedule(self) -> list[list]:
        """All wishes of a schedule with both one-sided kinds, as [minute of UTC, wish, source], ascending."""
        stops = [[day, w[0], w] for day, plain in self.days.items() for w in plain.wishes if w[1] == "stopped"]
        events = [[day, minute, 0, wish] for day, minute, wish in stops]
        for day, plain in self.days.items():
            for wish in plain.wishes:
                if wish[1] != "running":
                    continue
                moved = day
                while moved in self.days and self.days[moved].off:
                    moved += DAY
                between = [s for s in stops if (day, wish[0]) <= (s[0], s[1]) <= (moved, wish[0])]
                if moved == day or (moved in self.days and not between):
                    events.append([moved, wish[0], 1, wish])
        events.sort(key=lambda event: (event[0].toordinal() * 1440 + event[1], event[2]))
        return [[self.when(day, minute), wish[1], wish[2]] for day, minute, _, wish in events]

    # -- holds ---------------------------------------------------------------------------------------------------------

    def hold(self, base: list[Answer]) -> list[Answer]:
        found = list(base)
        for hold in reversed(self.holds):
            self.stop_after(hold, base, found)
        for hold in sorted(self.holds, key=lambda hold: hold.start):
            begin, end = self.minute_of(hold.start), len(base) if hold.until is None else self.minute_of(hold.until)
            for index in range(max(begin, 0), min(end, len(base))):
                found[index] = hold.desired.value, "hold", hold.id
        return found

    def minute_of(self, instant: datetime) -> int:
        return int((instant.astimezone(UTC) - self.zero) / MINUTE)

    def stop_after(self, hold: Hold, base: list[Answer], found: list[Answer]) -> None:
        """Where a running hold ends and the plan leaves things as they are, they are stopped."""
        if hold.until is None or hold.desired != "running":
            return
        index = self.minute_of(hold.until)
        day = self.walls[index].date()
        midnight = self.when(day + DAY, 0)
        ended = base[index]
        while ended[0] == "any" and index < min(midnight, len(base)) and base[index] == ended:
            found[index] = "stopped", "hold", hold.id
            index += 1


def closed(answers: list[Answer]) -> list[Answer]:
    """With the single stopped minutes between two running ones closed."""
    found = list(answers)
    for index, answer in enumerate(answers[1:-1], 1):
        if answer[0] == "stopped" and answer[1] != "hold" and answers[index + 1][0] == found[index - 1][0] == "running":
            found[index] = found[index - 1]
    return found
