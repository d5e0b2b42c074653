"""What a calendar's page shows above and below its form: what it holds for, where its days come from, and the days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from environments import rules
from environments.models import Calendar, CalendarDay, Environment, Schedule, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.models.texts import in_language
from environments.services.calendar_countries import country_name
from environments.services.calendar_days import Entry, entries
from environments.services.calendar_import import Report
from environments.services.calendars import concerned

from .displays import at_place, language

ORIGINS = {
    "public": gettext_lazy("public holiday"),
    "ics": gettext_lazy("imported"),
    "own": gettext_lazy("entered here"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A date of the calendar. `instead` names what it replaces."""

    date: str
    iso: str
    what: str
    tone: str
    name: str
    origin: str
    instead: str
    past: bool


@dataclass(frozen=True, slots=True)
class Year:
    number: int
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Owners:
    """What a calendar hangs on, as far as the reader may know; `more` counts the others."""

    label: str
    names: list[str]
    more: int


def context(calendar: Calendar, user: User | AnonymousUser, now: datetime) -> dict[str, Any]:
    today = _today(calendar, now)
    imported = calendar.days.filter(origin=CalendarDay.Origin.ICS).count()
    return {
        "years": [_year(calendar, year, today, now) for year in (today.year, today.year + 1)],
        "owners": _owners(calendar, user),
        "environment_count": Environment.objects.visible_to(user).filter(pk__in=concerned([calendar.pk])).count(),
        "country_words": place(calendar),
        "imported": imported,
        "read_words": read_words(calendar, now),
        "problem": in_language(calendar.ics_error),
        "host": host_of(calendar),
        "waits": bool(calendar.ics_url and not calendar.ics_read_at and not calendar.ics_error),
    }


def place(calendar: Calendar) -> str:
    """“South Korea (KR)”, “United States (US), CA”; empty for own days only."""
    if not calendar.country:
        return ""
    named = f"{country_name(calendar.country, language())} ({calendar.country})"
    return ", ".join(part for part in (named, calendar.subdivision) if part)


def host_of(calendar: Calendar) -> str:
    """Where it is read from, without the path: that may be a secret."""
    try:
        return urlsplit(calendar.ics_url).hostname or ""
    except ValueError:
        return ""


def read_words(calendar: Calendar, now: datetime) -> str:
    """“last read yesterday 03:10 (Asia/Seoul)”, empty where nothing was read; for one that came `with_zone`."""
    if calendar.ics_read_at is None:
        return ""
    zone: str | None = calendar.zone  # type: ignore[attr-defined]
    time = at_place(calendar.ics_read_at, zone or settings.TIME_ZONE, now)
    said = _("last read %(time)s") if calendar.ics_url else _("imported from a file %(time)s")
    return said % {"time": time}


def with_zone(rows: QuerySet[Calendar]) -> QuerySet[Calendar]:
    """Each with `zone`, where its people are: that of the first schedule, else of the first environment, it holds for;
    None without either."""
    here = OuterRef("pk")
    schedules = Schedule.objects.filter(calendars=here).order_by("pk").values("timezone")[:1]
    whose = Q(calendars=here) | Q(team__calendars=here)
    zone = Coalesce(NullIf("timezone", Value("")), "schedule__timezone")
    environments = Environment.objects.filter(whose).order_by("pk").annotate(zone=zone).values("zone")[:1]
    return rows.annotate(zone=Coalesce(Subquery(schedules), Subquery(environments)))


def report_words(report: Report) -> str:
    """What an import did, in one line."""
    if not report.has_changes:
        return _("Nothing changed: its days were there already (%(count)s).") % {"count": report.unchanged}
    said = _("Days taken over: %(new)s · renamed: %(changed)s · unchanged: %(unchanged)s · removed: %(removed)s")
    counts = {"new": report.new, "changed": report.changed}
    return said % (counts | {"unchanged": report.unchanged, "removed": report.removed})


def _today(calendar: Calendar, now: datetime) -> date:
    """Where its people are; for one that came `with_zone`."""
    zone: str | None = calendar.zone  # type: ignore[attr-defined]
    return timezone.localdate(now, ZoneInfo(zone) if zone else None)


def _year(calendar: Calendar, year: int, today: date, now: datetime) -> Year:
    return Year(year, [_row(entry, past=entry.day < today) for entry in entries(calendar, year, now)])


def _row(entry: Entry, *, past: bool) -> Row:
    said = entry.deciding
    works = said.kind is rules.DayKind.WORKING
    replaced = ", ".join(f"{_name(other)} ({ORIGINS[other.source]})" for other in entry.replaced)
    return Row(
        date=_date(entry.day),
        iso=entry.day.isoformat(),
        what=_("Works as %(weekday)s") % {"weekday": _weekday(said)} if works else pgettext("calendar", "Day off"),
        tone="running" if works else "stopped",
        name=_name(said),
        origin=str(ORIGINS[said.source]),
        instead=_("instead of %(others)s") % {"others": replaced} if replaced else "",
        past=past,
    )


def _date(day: date) -> str:
    """“Sat 28 Nov”, “11월 28일 (토)”."""
    weekday = formats.date_format(day, "D")
    if language() == "ko":
        return f"{formats.date_format(day, 'MONTH_DAY_FORMAT')} ({weekday[:1]})"
    return f"{weekday} {formats.date_format(day, 'j M')}"


def _weekday(day: rules.CalendarDay) -> str:
    return str(CalendarDay(as_weekday=day.as_weekday).get_as_weekday_display())


def _name(day: rules.CalendarDay) -> str:
    return in_language({"en": day.name_en, "ko": day.name_ko or day.name_en})


def _owners(calendar: Calendar, user: User | AnonymousUser) -> list[Owners]:
    teams = list(calendar.teams.all())
    seen = teams if user.has_perm(SEE_EVERY_TEAM) else [team for team in teams if team.pk in _teams_of(user)]
    names = list(calendar.environments.visible_to(user).values_list("name", flat=True).order_by("name"))
    return [
        Owners(_("Schedules"), [schedule.name for schedule in calendar.schedules.all()], 0),
        Owners(_("Teams"), [team.name for team in seen], len(teams) - len(seen)),
        Owners(_("Environments"), names, calendar.environments.count() - len(names)),
    ]


def _teams_of(user: User | AnonymousUser) -> set[int]:
    return set(Team.objects.filter(members=user.pk).values_list("pk", flat=True))
