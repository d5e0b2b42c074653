"""What is written for each day of a spec: the periods that match it, its calendar entry, its exceptions."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

from environments.rules.days import Carry, Defaults, Mark, Note, Outline, Slices, Window, Wish, cut
from environments.rules.exceptions import apply_exceptions, rank
from environments.rules.fields import EVERY_MONTH
from environments.rules.periods import DAY, Period
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import Calendar, CalendarDay, DayException, DayKind, EnvironmentSpec, Schedule
from environments.rules.zones import WallClock, zone

_ALL_DAY: Final = Period("", None, None, None, None, EVERY_MONTH)
_NONE: Final = (Reason("none"), Source(SourceKind.NONE))


class Almanac:
    """The days of one spec. Cheap to make; what it works out it keeps."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        schedule = spec.schedule
        self.spec = spec
        self.clock = WallClock(zone(spec.zone_name))
        self._periods = _periods(schedule)
        self._stops = 0
        starts = windows = False
        overnight = bool(spec.exceptions)
        for index, period in enumerate(self._periods):
            if period.end is None:
                windows, starts = windows or period.begin is None, starts or period.begin is not None
            else:
                overnight = overnight or period.end <= (period.begin or 0) or period.end == DAY
                if period.begin is None:
                    self._stops |= 1 << index
                else:
                    windows = True
        reason, source = _schedule_reason(schedule)
        self._running = Mark(Desired.RUNNING, reason, source)
        self.defaults = Defaults(
            stopped=Mark(Desired.STOPPED, reason, source),
            any=Mark(Desired.ANY, reason, source),
            lasting=starts and self._stops != 0,
            open_any=schedule is None or (bool(self._periods) and not windows),
        )
        self.hands_over = overnight or self.defaults.lasting
        self._calendars = () if schedule is not None and schedule.override is not None else spec.calendars
        self.has_special_days = bool(self._calendars or spec.exceptions)
        self._months: dict[int, tuple[int, ...]] = {}
        self._outlines: dict[int, Outline] = {}
        self._cuts: dict[tuple[int, Carry], tuple[Slices, Carry]] = {}

    @property
    def is_rare(self) -> bool:
        """Whether more than a year can pass until a period matches: 29 February, a Friday the 13th."""
        return any(period.is_rare for period in self._periods)

    def ordinary(self, ordinal: int) -> int:
        """The periods that match the day by date alone, as a mask. The key under which days look alike."""
        day = date.fromordinal(ordinal)
        key = day.year * 12 + day.month
        masks = self._months.get(key)
        if masks is None:
            first, length = monthrange(day.year, day.month)
            masks = self._months[key] = tuple([p.days_in_month(day.month, first, length) for p in self._periods])
        bit = day.day - 1
        found = 0
        for index, mask in enumerate(masks):
            if mask >> bit & 1:
                found |= 1 << index
        return found

    def outline(self, matching: int) -> Outline:
        """What is written for a day on which these periods match and nothing else is said."""
        found = self._outlines.get(matching)
        if found is None:
            found = self._outlines[matching] = self._compose(matching, self._running, 0)
        return found

    def cut_ordinary(self, ordinal: int, carry: Carry) -> tuple[Slices, Carry]:
        """`cut` for a day that neither calendars nor exceptions change; days that look alike are cut once."""
        key = self.ordinary(ordinal), carry
        found = self._cuts.get(key)
        if found is None:
            found = self._cuts[key] = cut(self.outline(key[0]), carry, self.defaults)
        return found

    def _compose(self, matching: int, borrowed: Mark, borrowed_periods: int) -> Outline:
        windows: list[Window] = []
        wishes: list[Wish] = []
        for index, period in enumerate(self._periods):
            if not matching >> index & 1:
                continue
            running = borrowed if borrowed_periods >> index & 1 else self._running
            if not period.one_sided:
                windows.append(Window(*period.window, running))
            elif period.begin is not None:
                wishes.append(Wish(period.begin, running))
            elif period.end is not None:
                wishes.append(Wish(period.end, self.defaults.stopped))
        return Outline(tuple(windows), tuple(wishes))

    def special_days(self, first: int, last: int) -> dict[int, Outline]:
        """The outlines of the days from `first` to `last` that a calendar or an exception changes."""
        entries = self._calendar_entries(first, last)
        exceptions: dict[int, list[DayException]] = {}
        for exception in self.spec.exceptions:
            begin, end = max(first, exception.first.toordinal()), min(last, exception.last.toordinal())
            for ordinal in range(begin, end + 1):
                exceptions.setdefault(ordinal, []).append(exception)
        then_stop = self.defaults.open_any and not self.defaults.lasting
        found: dict[int, Outline] = {}
        for ordinal in entries.keys() | exceptions.keys():
            entry = entries.get(ordinal)
            outline = self.outline(self.ordinary(ordinal)) if entry is None else self._by_calendar(ordinal, *entry)
            if ordinal in exceptions:
                outline = apply_exceptions(outline, exceptions[ordinal], then_stop)
            found[ordinal] = outline
        return found

    def _calendar_entries(self, first: int, last: int) -> dict[int, tuple[Calendar, CalendarDay]]:
        """The entry that decides each day: of the narrowest calendar, then the newest, then the last in it."""
        entries: dict[int, tuple[Calendar, CalendarDay]] = {}
        for calendar in sorted(self._calendars, key=lambda each: rank(each.scope, each.created)):
            for entry in calendar.days:
                ordinal = entry.day.toordinal()
                if first <= ordinal <= last:
                    entries[ordinal] = (calendar, entry)
        return entries

    def _by_calendar(self, ordinal: int, calendar: Calendar, entry: CalendarDay) -> Outline:
        matching = self.ordinary(ordinal)
        stopped = _calendar_mark(calendar, entry, Desired.STOPPED)
        if entry.kind is DayKind.OFF:
            return Outline((), self.outline(matching).wishes, (Note(0, DAY, stopped),), closed=True)
        judged = self._judged_as(entry)
        outline = self._compose(judged, _calendar_mark(calendar, entry, Desired.RUNNING), judged & ~matching)
        return outline._replace(notes=(Note(0, DAY, stopped),)) if matching & ~judged else outline

    def _judged_as(self, entry: CalendarDay) -> int:
        """The periods that match a working day as the weekday it counts as; month days and months stay its own."""
        assert entry.as_weekday is not None
        day = entry.day
        first, length = monthrange(day.year, day.month)
        as_first = (entry.as_weekday - (day.day - 1)) % 7
        found = 0
        for index, period in enumerate(self._periods):
            if period.days_in_month(day.month, first, length, as_first) >> (day.day - 1) & 1:
                found |= 1 << index
        return found

    def last_stop_before(self, ordinal: int, limit: int) -> int:
        """The last ordinary day before `ordinal` with a stop-only period; `ordinal - limit` when there is none so near.

        From there the wish in force is known, whatever was before.
        """
        special = {entry.day.toordinal() for calendar in self._calendars for entry in calendar.days}
        spans = [(exception.first.toordinal(), exception.last.toordinal()) for exception in self.spec.exceptions]
        for day in range(ordinal - 1, ordinal - limit, -1):
            if self.ordinary(day) & self._stops and day not in special and not any(a <= day <= b for a, b in spans):
                return day
        return ordinal - limit

    def last_special_day(self) -> int:
        """The last day that a calendar or an exception names, 0 when there is none."""
        days = [exception.last for exception in self.spec.exceptions]
        days += [entry.day for calendar in self._calendars for entry in calendar.days]
        return max((day.toordinal() for day in days), default=0)


def _periods(schedule: Schedule | None) -> tuple[Period, ...]:
    if schedule is None or schedule.override is Desired.STOPPED:
        return ()
    return (_ALL_DAY,) if schedule.override is Desired.RUNNING else schedule.periods


def _schedule_reason(schedule: Schedule | None) -> tuple[Reason, Source]:
    if schedule is None:
        return _NONE
    source = Source(SourceKind.SCHEDULE, schedule.id)
    if schedule.override is not None:
        return Reason("override", {"schedule": schedule.name, "desired": str(schedule.override)}), source
    return Reason("schedule", {"schedule": schedule.name}), source


def _calendar_mark(calendar: Calendar, entry: CalendarDay, desired: Desired) -> Mark:
    params = {"calendar": calendar.name, "name_en": entry.name_en, "name_ko": entry.name_ko}
    source = Source(SourceKind.CALENDAR, calendar.id)
    if entry.as_weekday is None:
        return Mark(desired, Reason("day_off", params), source)
    return Mark(desired, Reason("working_day", params | {"as_weekday": str(entry.as_weekday)}), source)
