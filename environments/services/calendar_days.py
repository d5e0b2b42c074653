"""The days of a calendar as people read them: by date, with the entry that decides and those that it replaces."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from environments import rules
from environments.models import Calendar

from .calendars import calendar_rules


@dataclass(frozen=True, slots=True)
class Entry:
    """What a date is: of several entries the last decides, as it does in the rules; `replaced` are the others."""

    day: date
    deciding: rules.CalendarDay
    replaced: tuple[rules.CalendarDay, ...]


def entries(calendar: Calendar, year: int, now: datetime) -> list[Entry]:
    """The dates of a year (of those that plans are made for) that the calendar says something about, in order."""
    by_day: defaultdict[date, list[rules.CalendarDay]] = defaultdict(list)
    for day in calendar_rules(calendar, rules.Scope.ENVIRONMENT, now).days:
        if day.day.year == year:
            by_day[day.day].append(day)
    return [Entry(day, said[-1], tuple(said[:-1])) for day, said in sorted(by_day.items())]
