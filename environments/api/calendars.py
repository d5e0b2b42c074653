"""Calendars: days off and working days, with what they hold for as far as the account sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from environments import rules
from environments.models import Calendar, CalendarDay, Environment, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.services.calendar_countries import country_name
from environments.services.calendar_days import Entry, entries
from environments.services.calendars import YEARS_AHEAD, YEARS_BACK, concerned
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.models.token import Scope

from .asking import Number, reader
from .schemas import At, Out, in_language

router = Router(tags=["Calendars"])

A_YEAR = timedelta(days=365)


class CalendarOut(Out):
    """Holidays of a country and own days on top."""

    id: int
    name: str = Field(examples=["Korea, head office"])
    country: str | None = Field(description="Two letters; null: own days only.", examples=["KR"])
    country_name: str = Field(examples=["South Korea"])
    subdivision: str = Field(description="State or region with holidays of its own, or empty.", examples=["CA"])
    own_days: int = Field(description="Days that people entered.")
    imported_days: int = Field(description="Days of an ICS calendar.")
    imported_from: str | None = Field(description="Host that these are read from; the address itself may be a secret.")
    read: At | None = Field(description="When it was last read.")
    problem: str = Field(description="What went wrong with that, or empty.")


class HoldsForOut(Out):
    """What a calendar hangs on, as far as the account sees it."""

    schedules: list[str]
    teams: list[str]
    environments: list[str] = Field(
        description="Short names of those that have it themselves.", examples=[["chat-dev"]]
    )
    others: int = Field(description="Teams and environments that the account does not see.")


class CalendarDetailOut(CalendarOut):
    """With what it holds for."""

    holds_for: HoldsForOut
    concerns: int = Field(description="How many environments that the account sees read it for their plans.")


class CalendarDayOut(Out):
    """A date that the calendar says something about."""

    day: date
    kind: Literal["off", "working"]
    as_weekday: int | None = Field(description="As which weekday a working day counts: 0 is Monday.")
    name: str = Field(examples=["Chuseok"])
    source: Literal["public", "ics", "own"] = Field(description="Public holiday, imported, or entered here.")
    replaces: list[str] = Field(description="Names of other entries of this date, which it outranks.")


class CalendarDaysOut(Out):
    """The dates of a span, in order."""

    items: list[CalendarDayOut]


class DaysAsked(Schema):
    first: date | None = Field(default=None, alias="from", description="Without it today.")
    last: date | None = Field(default=None, alias="to", description="Without it a year after the first.")


@router.get("", response=Page[CalendarOut], auth=needs(Scope.READ), summary="Calendars")
def listed(request: HttpRequest, window: Query[Window]) -> dict[str, Any]:
    """All calendars, by name."""
    reader(request, "environments.view_calendar")
    found, following = cut(_rows(), window, ("name", "pk"))
    return {"items": [CalendarOut(**_fields(one)) for one in found], "next": following}


@router.get("/{number}", response=CalendarDetailOut, auth=needs(Scope.READ), summary="A calendar")
def detail(request: HttpRequest, number: Number) -> CalendarDetailOut:
    """With what it holds for, as far as the account sees it."""
    user = reader(request, "environments.view_calendar")
    found = _one(number)
    seen = Environment.objects.visible_to(user)
    return CalendarDetailOut(
        **_fields(found),
        holds_for=_holds_for(found, user),
        concerns=seen.filter(pk__in=concerned([found.pk])).count(),
    )


@router.get("/{number}/days", response=CalendarDaysOut, auth=needs(Scope.READ), summary="Days of a calendar")
def days(request: HttpRequest, number: Number, asked: Query[DaysAsked]) -> CalendarDaysOut:
    """Days off and working days of a span. Public holidays are known from last year on, two years ahead."""
    reader(request, "environments.view_calendar")
    calendar, now = _one(number), timezone.now()
    first, last = _span(asked, timezone.localdate(now), now)
    found = [one for year in range(first.year, last.year + 1) for one in entries(calendar, year, now)]
    return CalendarDaysOut(items=[_day(one) for one in found if first <= one.day <= last])


def _rows() -> Any:
    own, imported = Q(days__origin=CalendarDay.Origin.OWN), Q(days__origin=CalendarDay.Origin.ICS)
    return Calendar.objects.annotate(own_count=Count("days", filter=own), ics_count=Count("days", filter=imported))


def _one(number: int) -> Any:
    found = _rows().prefetch_related("days").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _fields(calendar: Any) -> dict[str, Any]:
    return {
        "id": calendar.pk,
        "name": calendar.name,
        "country": calendar.country or None,
        "country_name": country_name(calendar.country, get_language() or "en") if calendar.country else "",
        "subdivision": calendar.subdivision,
        "own_days": calendar.own_count,
        "imported_days": calendar.ics_count,
        "imported_from": _host(calendar.ics_url),
        "read": calendar.ics_read_at,
        "problem": in_language(calendar.ics_error),
    }


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _holds_for(calendar: Calendar, user: User) -> HoldsForOut:
    teams = calendar.teams.order_by("name")
    seen_teams = teams if user.has_perm(SEE_EVERY_TEAM) else teams & Team.objects.filter(members=user.pk)
    its = Environment.objects.filter(calendars=calendar)
    named = list(seen_teams.values_list("name", flat=True))
    slugs = list(its.visible_to(user).order_by("slug").values_list("slug", flat=True))
    return HoldsForOut(
        schedules=list(calendar.schedules.order_by("name").values_list("name", flat=True)),
        teams=named,
        environments=slugs,
        others=teams.count() - len(named) + its.count() - len(slugs),
    )


def _span(asked: DaysAsked, today: date, now: datetime) -> tuple[date, date]:
    """ValidationError naming `from` or `to` where they are beyond the years that are known."""
    first = asked.first or today
    earliest, latest = date(now.year - YEARS_BACK, 1, 1), date(now.year + YEARS_AHEAD, 12, 31)
    if not earliest <= first <= latest:
        raise ValidationError({"from": _known(earliest, latest)})
    last = asked.last or min(first + A_YEAR, latest)
    if last < first:
        raise ValidationError({"to": _("The first day of the span lies after its last one.")})
    if last > latest:
        raise ValidationError({"to": _known(earliest, latest)})
    return first, last


def _known(earliest: date, latest: date) -> str:
    return _("Choose a day from %(first)s to %(last)s.") % {"first": earliest, "last": latest}


def _day(entry: Entry) -> CalendarDayOut:
    said = entry.deciding
    works = said.kind is rules.DayKind.WORKING
    return CalendarDayOut(
        day=entry.day,
        kind="working" if works else "off",
        as_weekday=said.as_weekday,
        name=_named(said),
        source=said.source,  # type: ignore[arg-type]  # one of the three
        replaces=[_named(one) for one in entry.replaced],
    )


def _named(day: rules.CalendarDay) -> str:
    return day.name_ko if (get_language() or "en").startswith("ko") else day.name_en
