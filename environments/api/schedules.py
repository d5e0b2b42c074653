"""Schedules: when environments run, with the environments that use each, as far as the account sees them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from environments.models import Environment, Period, Schedule
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.models.token import Scope

from .asking import Number, Slug, Words, environment_of, reader
from .schemas import Out

router = Router(tags=["Schedules"])


class PeriodOut(Out):
    """When a schedule wishes for running: times of the day, and the days on which they hold (all together)."""

    words: str = Field(description="As pages show it.", examples=["09:00–18:00 mon-fri"])
    name: str
    begin: str | None = Field(description="HH:MM; null with an end: it only stops.", examples=["09:00"])
    end: str | None = Field(description="HH:MM up to 24:00; null with a begin: it only starts.", examples=["18:00"])
    weekdays: str = Field(description="Empty: all.", examples=["mon-fri"])
    monthdays: str = Field(description="Empty: all.", examples=["1-5,15"])
    months: str = Field(description="Empty: all.", examples=["nov-feb"])


class ScheduleOut(Out):
    """Named rules that say when environments run."""

    id: int
    name: str = Field(examples=["Office hours Seoul"])
    description: str
    timezone: str = Field(description="All times of its periods are wall time there.", examples=["Asia/Seoul"])
    words: str = Field(
        description="Its periods in a line, or that they are set aside.", examples=["09:00–18:00 mon-fri"]
    )
    periods: list[PeriodOut]
    override: str | None = Field(description="running or stopped while the periods are set aside; else null.")
    enforced: bool = Field(description="What is started or stopped outside of the portal is put back.")
    retain_running: bool = Field(description="What ran before a period began is not stopped at its end.")
    environments: int = Field(description="How many environments that the account sees use it.")


class ScheduleDetailOut(ScheduleOut):
    """With the names of what hangs on it."""

    used_by: list[str] = Field(description="Short names of these environments.", examples=[["chat-dev"]])
    calendars: list[str] = Field(description="Names of the calendars that hold for it.", examples=[["Korea"]])


class ScheduleFilters(Schema):
    name: Words | None = Field(default=None, max_length=80, description="The one with exactly this name.")
    environment: Slug | None = Field(default=None, description="The one that this environment uses.")


@router.get("", response=Page[ScheduleOut], auth=needs(Scope.READ), summary="Schedules")
def listed(request: HttpRequest, window: Query[Window], filters: Query[ScheduleFilters]) -> dict[str, Any]:
    """All schedules, by name."""
    user = reader(request, "environments.view_schedule")
    rows = _rows(user)
    if filters.name is not None:
        rows = rows.filter(name=filters.name)
    if filters.environment:
        rows = rows.filter(pk=environment_of(user, filters.environment).schedule_id)
    found, following = cut(rows, window, ("name", "pk"))
    return {"items": [ScheduleOut(**_fields(one)) for one in found], "next": following}


@router.get("/{number}", response=ScheduleDetailOut, auth=needs(Scope.READ), summary="A schedule")
def detail(request: HttpRequest, number: Number) -> ScheduleDetailOut:
    """With the environments that use it, as far as the account sees them."""
    user = reader(request, "environments.view_schedule")
    found = _rows(user).filter(pk=number).first()
    if found is None:
        raise Http404
    seen = Environment.objects.visible_to(user).filter(schedule=found).order_by("slug")
    return ScheduleDetailOut(
        **_fields(found),
        used_by=list(seen.values_list("slug", flat=True)),
        calendars=list(found.calendars.order_by("name").values_list("name", flat=True)),
    )


def _rows(user: Any) -> QuerySet[Any]:
    seen = Environment.objects.visible_to(user).order_by().values("pk")
    counted = Count("environments", filter=Q(environments__in=seen))
    return Schedule.objects.annotate(environment_count=counted).prefetch_related("periods")


def _fields(schedule: Any) -> dict[str, Any]:
    periods = list(schedule.periods.all())
    words = " · ".join(str(one) for one in periods) or "–"
    return {
        "id": schedule.pk,
        "name": schedule.name,
        "description": schedule.description,
        "timezone": schedule.timezone,
        "words": str(schedule.get_override_display()) if schedule.override else words,
        "periods": [_period(one) for one in periods],
        "override": schedule.override or None,
        "enforced": schedule.enforced,
        "retain_running": schedule.retain_running,
        "environments": schedule.environment_count,
    }


def _period(period: Period) -> PeriodOut:
    return PeriodOut(
        words=str(period),
        name=period.name,
        begin=period.begin_time or None,
        end=period.end_time or None,
        weekdays=period.weekdays,
        monthdays=period.monthdays,
        months=period.months,
    )
