"""A second reading of the rules, minute by minute: slow, plain, and written apart from environments/rules.

Wall times are found by looking at what the clock on the wall shows in each minute of UTC.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from environments.rules import Hold
from tests.rules.reference_days import Mode, Moment, Origin, PlainDay, Planner, Span

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Answer = tuple[str, str, str]
"""(desired, kind of source, id of source)"""


class Event(NamedTuple):
    """A wish of a schedule with both one-sided kinds, and the minute of UTC from which it is in force."""

    since: int
    mode: Mode
    origin: Origin


@lru_cache
def look_at_the_clock(timezone: str, zero: datetime, days: int) -> tuple[list[datetime], list[datetime]]:
    """What the wall shows in each minute of UTC from `zero` on, and the latest that it has shown until then."""
    zone = ZoneInfo(timezone)
    walls = [(zero + index * MINUTE).astimezone(zone).replace(tzinfo=None) for index in range(days * 1440)]
    return walls, list(accumulate(walls, max))


class Reference(Planner):
    """Answers minute by minute."""

    def answers(self, start: datetime, end: datetime) -> list[Answer]:
        """What is desired in each minute of [start, end), and by what."""
        before = 20 if self.lasting else 3
        self.zero = start.replace(hour=0, minute=0) - (before + 2) * DAY
        self.walls, self.shown = look_at_the_clock(self.timezone, self.zero, (end - self.zero).days + 4)
        first = start.astimezone(ZoneInfo(self.timezone)).date() - before * DAY
        last = end.astimezone(ZoneInfo(self.timezone)).date() + 2 * DAY
        dates = [first + number * DAY for number in range((last - first).days + 1)]
        self.days = {day: self.day(day) for day in dates}
        self.lasting_events = self.events_of_lasting_schedule() if self.lasting else []
        base = [self.own_answer("any")] * len(self.walls)
        for day in dates[before - 1 :]:
            self.fill(day, base)
        base = closed(base)
        if self.windows:
            base = closed(self.maintained(base))
        if self.pause is not None:
            base = closed(self.paused(base, start, end))
        found = closed(self.hold(base))
        if self.expires_on is not None:
            over = self.when(self.expires_on + DAY, 0)
            found[over:] = [("stopped", "expiry", "")] * len(found[over:])
        offset = self.minute_of(start)
        return found[offset : offset + int((end - start) / MINUTE)]

    def maintained(self, base: list[Answer]) -> list[Answer]:
        """Running in the windows of maintenance and for a quarter of an hour before, but for what is left as it is."""
        found = list(base)
        for index, (desired, kind, _) in enumerate(base):
            if desired == "any" or kind not in ("schedule", "calendar"):
                continue
            at = self.zero + index * MINUTE
            open_now: list[tuple[timedelta, timedelta, int]] = []
            for number, window in enumerate(self.windows):
                whole = window.end - window.start + 15 * MINUTE
                passed = at - (window.start - 15 * MINUTE)
                passed = passed % (7 * DAY) if window.weekly else passed
                if timedelta(0) <= passed < whole:
                    open_now.append((whole - passed, passed, -number))
            if open_now:
                found[index] = "running", "maintenance", self.windows[-max(open_now)[2]].id
        return found

    def paused(self, base: list[Answer], start: datetime, end: datetime) -> list[Answer]:
        """With what exceptions alone say, where the schedule is paused."""
        assert self.pause is not None
        twin = Reference(self.timezone, [], exceptions=self.exceptions, has_schedule=False)
        begin = start - 2 * DAY
        alone = twin.answers(begin, end + 2 * DAY)
        found = list(base)
        for number, answer in enumerate(alone):
            if self.pause.start <= begin + number * MINUTE < self.pause.until:
                found[self.minute_of(begin) + number] = (
                    ("any", "pause", self.pause.id) if answer[1] == "none" else answer
                )
        return found

    def when(self, day: date, minute: int) -> int:
        """The first minute in which the wall shows this time or a later one."""
        return bisect_left(self.shown, datetime(day.year, day.month, day.day) + minute * MINUTE)  # noqa: DTZ001

    def minute_of(self, instant: datetime) -> int:
        return int((instant.astimezone(UTC) - self.zero) / MINUTE)

    def own_answer(self, desired: str) -> Answer:
        return desired, *self.own

    def fill(self, day: date, base: list[Answer]) -> None:
        """Writes the answers of one date, from its midnight to the next."""
        today, yesterday = self.days[day], self.days[day - DAY]
        windows = [Span(w.begin - 1440, w.end - 1440, w.origin) for w in yesterday.windows if w.end > 1440]
        windows += today.windows
        spans = [(self.when(day, w.begin), self.when(day, w.end), w) for w in windows]
        notes = [(self.when(day, note.begin), self.when(day, note.end), note) for note in today.notes]
        events = self.events(today, yesterday)
        self.begins = [w.begin for w in windows] + [e.minute for e in events if e.mode == "running"]
        self.ends = [w.end for w in windows] + [e.minute for e in events if e.mode == "stopped"]
        self.times = {minute: self.when(day, minute) for minute in (*self.begins, *self.ends)}
        for index in range(self.when(day, 0), min(self.when(day, 1440), len(base))):
            covering = [window for begin, end, window in spans if begin <= index < end]
            if covering:
                base[index] = "running", *max(covering, key=lambda window: window.end).origin
                continue
            answer = self.outside(today, events, index)
            if answer[0] == "stopped":
                note = next((note for begin, end, note in notes if begin <= index < end), None)
                answer = answer if note is None else ("stopped", *note.origin)
            base[index] = answer

    @staticmethod
    def events(today: PlainDay, yesterday: PlainDay) -> list[Moment]:
        """What sets a wish today, when a wish lasts at most until midnight."""
        late = [m for m in (*yesterday.final, *yesterday.wishes) if m.minute >= 1440]
        return [
            *(Moment(moment.minute - 1440, moment.mode, moment.origin) for moment in late),
            *(moment for moment in today.final if moment.minute < 1440),
            *(wish for wish in today.wishes if not (today.off and wish.mode == "running")),
        ]

    def outside(self, today: PlainDay, events: list[Moment], index: int) -> Answer:
        """The answer in a minute that no window covers."""
        if today.dark:
            return self.own_answer("stopped")
        wish: Event | Moment | None
        if self.lasting:
            wish = next((event for event in reversed(self.lasting_events) if event.since <= index), None)
        else:
            wish = self.wish_in_force(events, index)
        if wish is not None:
            return wish.mode, *wish.origin
        to_come = any(self.times[event.minute] > index for event in events)
        return self.own_answer("any" if to_come or self.any_by_default else "stopped")

    def wish_in_force(self, events: list[Moment], index: int) -> Moment | None:
        """The latest one that has come and that no opposite boundary has ended; of the same minute, running."""
        found: Moment | None = None
        for event in events:
            if self.times[event.minute] > index:
                continue
            opposite = self.ends if event.mode == "running" else self.begins
            if any(event.minute < minute <= 1440 and self.times[minute] <= index for minute in opposite):
                continue
            if found is None or (event.minute, event.mode == "running") >= (found.minute, found.mode == "running"):
                found = event
        return found

    def events_of_lasting_schedule(self) -> list[Event]:
        """All wishes of a schedule with both one-sided kinds, ascending; starts of days off moved to later days."""
        wishes = [(day, wish) for day, plain in self.days.items() for wish in plain.wishes]
        stops = [(day, wish.minute) for day, wish in wishes if wish.mode == "stopped"]
        found = [(day, wish.minute, 0, wish) for day, wish in wishes if wish.mode == "stopped"]
        for day, wish in wishes:
            if wish.mode == "stopped":
                continue
            moved = day
            while moved in self.days and self.days[moved].off:
                moved += DAY
            stopped_before = any((day, wish.minute) <= stop <= (moved, wish.minute) for stop in stops)
            if moved == day or (moved in self.days and not stopped_before):
                found.append((moved, wish.minute, 1, wish))
        found.sort(key=lambda event: (event[0].toordinal() * 1440 + event[1], event[2]))
        return [Event(self.when(day, minute), wish.mode, wish.origin) for day, minute, _, wish in found]

    def hold(self, base: list[Answer]) -> list[Answer]:
        found = list(base)
        for hold in reversed(self.holds):
            self.stop_after(hold, base, found)
        for hold in sorted(self.holds, key=lambda hold: hold.start):
            end = len(base) if hold.until is None else self.minute_of(hold.until)
            for index in range(max(self.minute_of(hold.start), 0), min(end, len(base))):
                found[index] = hold.desired.value, "hold", hold.id
        return found

    def stop_after(self, hold: Hold, base: list[Answer], found: list[Answer]) -> None:
        """Where a running hold ends and the plan leaves things as they are, they are stopped."""
        if hold.until is None or hold.desired != "running":
            return
        index = self.minute_of(hold.until)
        midnight = self.when(self.walls[index].date() + DAY, 0)
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
