"""Calendars as the rules read them: holidays of a country in both languages, and own days on top."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

import holidays
from django.db.models import Q

from environments import rules
from environments.models import Calendar, Environment

# How many years around now are read: plans look back a week and ahead until something changes.
YEARS_BACK, YEARS_AHEAD = 1, 2
LANGUAGES = {"en": "en_US", "ko": "ko"}


def calendar_rules(calendar: Calendar, scope: rules.Scope, now: datetime) -> rules.Calendar:
    """The calendar for the years around `now`. Reads nothing more when `days` was prefetched.

    Of several entries for a day the later decides: public holidays first, then imported days, then what people typed.
    """
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    public = _public_holidays(calendar.country, calendar.subdivision, years.start, years.stop)
    own = sorted(calendar.days.all(), key=lambda day: (day.origin == "own", day.day, day.pk))
    days = tuple(
        rules.CalendarDay(
            day=day.day, kind=rules.DayKind(day.kind), name_en=day.name, name_ko=day.name, as_weekday=day.as_weekday,
            source=day.origin,
        )
        for day in own
        if day.day.year in years
    )  # fmt: skip
    return rules.Calendar(
        id=str(calendar.pk), name=calendar.name, scope=scope, days=public + days, created=calendar.created_at
    )


def concerned(calendars: Iterable[int]) -> set[int]:
    """The environments whose plans read these calendars now: through their schedule, their team, or directly.

    Ask before an edit and after it: a calendar that is taken off a team concerns that team once more.
    """
    ids = list(calendars)
    hangs_on = Q(schedule__calendars__in=ids) | Q(team__calendars__in=ids) | Q(calendars__in=ids)
    return set(Environment.objects.filter(hangs_on).values_list("pk", flat=True))


def subdivisions(country: str) -> dict[str, str]:
    """States, provinces or regions of a country that have holidays of their own: code -> name (the code, unnamed)."""
    found = getattr(holidays, country, None) if country in holidays.list_supported_countries(False) else None
    if found is None:
        return {}
    names: dict[str, str] = {}
    for name, code in found.subdivisions_aliases.items():
        names.setdefault(code, name)
    return {code: names.get(code, code) for code in found.subdivisions}


@lru_cache(maxsize=512)
def _public_holidays(country: str, subdivision: str, first: int, end: int) -> tuple[rules.CalendarDay, ...]:
    """Public holidays of the years [first, end), by date; the language is always given, or names follow the process's
    locale."""
    if not country:
        return ()
    named: dict[str, dict[date, str]] = {
        ours: dict(
            holidays.country_holidays(country, subdiv=subdivision or None, years=range(first, end), language=theirs)
        )
        for ours, theirs in LANGUAGES.items()
    }
    return tuple(
        rules.CalendarDay(
            day=day, kind=rules.DayKind.OFF, name_en=name, name_ko=named["ko"].get(day, name), source="public"
        )
        for day, name in sorted(named["en"].items())
    )
