"""Exceptions of single days, as the pages set and remove them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Query, Router, Schema, Status
from pydantic import Field

from environments.models import DayException, Hold
from environments.services import budget_limits, exceptions, permissions
from environments.services.exceptions import Wanted
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.problems import Problem
from portal.api.sent import In
from portal.api.sentences import for_pattern
from portal.models.token import Scope

from .asking import Number, PersonOut, Slug, Words, environment_of, person, person_out, reader, renamed, scope_of
from .exception_previews import PreviewOut, previewed
from .schemas import At, Out

router = Router(tags=["Exceptions"])

A_TIME = gettext_lazy("This has to be a time of the day, for example 09:00.")
CLOCK = for_pattern(r"^([01]\d|2[0-3]):[0-5]\d$", A_TIME)
END = for_pattern(r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", A_TIME)
"""A stop may be at the midnight that ends the day."""
MIDNIGHT = "24:00"
Kind = Literal["start", "stop", "on", "off"]


class MadeForOut(Out):
    """What an exception is made for: one of the three."""

    environment: str | None = Field(default=None, description="Short name of an environment.", examples=["chat-dev"])
    team: str | None = Field(default=None, description="Name of a team.")
    schedule: int | None = Field(default=None, description="Number of a schedule.")
    name: str = Field(description="As people read it.", examples=["chat-dev"])


class ExceptionOut(Out):
    """Another wish for one date; a range is one for each of its dates, with the same `batch`."""

    id: int
    day: date = Field(description="A date of the plan's own zone.")
    kind: Kind
    time: str | None = Field(description="Wall time of the schedule, HH:MM; null for whole days.", examples=["10:00"])
    scope: MadeForOut
    reason: str = Field(examples=["demo for the client"])
    author: PersonOut | None
    origin: str = Field(description="Where it was made: web, bot, api or link.", examples=["api"])
    batch: UUID = Field(description="What was made together has the same.")
    created: At
    ended: At | None = Field(description="When it was removed or replaced; null while it is in force.")


class ExceptionsDone(Out):
    """The exceptions that were made or removed, one for each date and kind; or what would come of them."""

    items: list[ExceptionOut]
    preview: PreviewOut | None = Field(default=None, description="Only for a preview: nothing was written then.")


class MadeForIn(In):
    """What it is to be for: one of the three."""

    environment: Slug | None = Field(default=None, description="Short name of an environment.", examples=["chat-dev"])
    team: Words | None = Field(default=None, max_length=80, description="Name of a team: all its environments.")
    schedule: Number | None = Field(default=None, description="Number of a schedule: all environments that use it.")


class ExceptionIn(In):
    """One exception for a date or a range of dates. `hours` is a start and a stop, which are made together."""

    scope: MadeForIn
    kind: Literal["start", "stop", "on", "off", "hours"] = Field(
        description="start or stop at a time; on or off all day; hours: both a start and a stop.", examples=["start"]
    )
    first: date = Field(description="The first date, of the plan's own zone.", examples=["2026-11-27"])
    last: date | None = Field(default=None, description="The last date; without it only the first.")
    time: str | None = Field(
        default=None,
        pattern=END,
        description="For start and stop: wall time, HH:MM; a stop at 24:00 ends the day.",
        examples=["10:00"],
    )
    start: str | None = Field(default=None, pattern=CLOCK, description="For hours: when it starts.", examples=[None])
    stop: str | None = Field(
        default=None, pattern=END, description="For hours: when it stops; 24:00 ends the day.", examples=[None]
    )
    reason: Words = Field(description="Everybody reads it.", examples=["demo for the client"])


class ExceptionFilters(Schema):
    first: date | None = Field(default=None, alias="from", description="From this date on; without it from today on.")
    last: date | None = Field(default=None, alias="to", description="Up to and with this date.")
    environment: Slug | None = Field(
        default=None, description="Those that concern this environment: its own, its team's and its schedule's."
    )
    team: Words | None = Field(default=None, max_length=80, description="Those made for this team, by its name.")
    schedule: Number | None = Field(default=None, description="Those made for this schedule, by its number.")
    kind: Kind | None = None
    ended: bool = Field(default=False, description="Also those that were removed or replaced.")


class PreviewAsked(Schema):
    preview: bool = Field(default=False, description="Say what would come of it, and write nothing.")


class RemovalAsked(Schema):
    together: bool = Field(default=False, description="Remove all that was made together with it and is still to come.")


@router.get("", response=Page[ExceptionOut], auth=needs(Scope.READ), summary="Exceptions of days")
def listed(request: HttpRequest, window: Query[Window], filters: Query[ExceptionFilters]) -> dict[str, Any]:
    """Exceptions that concern what the account sees, by date."""
    user = reader(request, "environments.view_dayexception")
    rows = _in_sight(user).filter(day__gte=filters.first or timezone.localdate())
    if filters.last:
        rows = rows.filter(day__lte=filters.last)
    if not filters.ended:
        rows = rows.filter(ended_at__isnull=True)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.team is not None:
        rows = rows.filter(team__name=filters.team)
    if filters.schedule:
        rows = rows.filter(schedule=filters.schedule)
    if filters.environment:
        its = environment_of(user, filters.environment)
        concerned = Q(environment=its) | Q(team=its.team_id)
        rows = rows.filter(concerned | Q(schedule=its.schedule_id) if its.schedule_id else concerned)
    found, following = cut(rows, window, ("day", "pk"))
    return {"items": [exception_out(one) for one in found], "next": following}


@router.post(
    "", response={200: ExceptionsDone, 201: ExceptionsDone}, auth=needs(Scope.OVERRIDE), summary="Make an exception"
)
def made(request: HttpRequest, wanted: ExceptionIn, asked: Query[PreviewAsked]) -> Status[ExceptionsDone]:
    """One for each date. Those in force of the same scope, date and kind are replaced.

    With `preview=true` nothing is written: the answer (200) says which days become what. Errors name `scope`, `kind`,
    `first`, `last`, `time` (of hours: `start` or `stop`) or `reason`.
    """
    user, now = person(request), timezone.now()
    scope = scope_of(user, **wanted.scope.dict())
    permissions.require_override(user, scope)
    each = _wanted(wanted)
    try:
        if asked.preview:
            exceptions.check(scope=scope, wanted=each, now=now)
            budget_limits.refuse_longer_days(scope, each, user, now)
            return Status(200, ExceptionsDone(items=[], preview=previewed(user, scope, each, now)))
        rows = exceptions.place(scope=scope, wanted=each, author=user, origin=Hold.Origin.API, now=now)
    except ValidationError as error:
        raise renamed(error, {"time": "stop"} if wanted.kind == "hours" else {}) from error
    return Status(201, ExceptionsDone(items=[exception_out(one) for one in rows]))


@router.delete("/{number}", response=ExceptionsDone, auth=needs(Scope.OVERRIDE), summary="Remove an exception")
def removed(request: HttpRequest, number: Number, asked: Query[RemovalAsked]) -> ExceptionsDone:
    """Its schedule decides that day again. 409 when it has ended already, or when its day has passed: it was in force
    then, and stays in the history."""
    user, now = person(request), timezone.now()
    row = _in_sight(user).filter(pk=number).first()
    if row is None:
        raise Http404
    rows = list(_in_sight(user).filter(batch=row.batch, ended_at=None)) if asked.together else [row]
    if not exceptions.remove(exceptions=rows, author=user, now=now):
        permissions.require_override(user, exceptions.scope_of(row))
        raise Problem(409, _("There was nothing to remove any more."), _not_removed(row, now))
    ended = _in_sight(user).filter(pk__in=[one.pk for one in rows], ended_at=now)
    return ExceptionsDone(items=[exception_out(one) for one in ended.order_by("day", "pk")])


def exception_out(row: DayException) -> ExceptionOut:
    """Of an exception with its scope and its author."""
    return ExceptionOut(
        id=row.pk,
        day=row.day,
        kind=row.kind,  # type: ignore[arg-type]  # the database knows no others
        time=row.clock or None,
        scope=_made_for(row),
        reason=row.reason,
        author=person_out(row.author),
        origin=row.origin,
        batch=row.batch,
        created=row.created_at,
        ended=row.ended_at,
    )


def _made_for(row: DayException) -> MadeForOut:
    return MadeForOut(
        environment=row.environment.slug if row.environment else None,
        team=row.team.name if row.team else None,
        schedule=row.schedule_id,
        name=exceptions.scope_of(row).name,
    )


def _in_sight(user: Any) -> QuerySet[DayException]:
    rows = DayException.objects.filter(permissions.exceptions_in_sight(user))
    return rows.select_related("environment__schedule", "team", "schedule", "author")


def _wanted(asked: ExceptionIn) -> list[Wanted]:
    """ValidationError naming the time that is missing, or that has no place."""
    last = asked.last or asked.first
    hours = asked.kind == "hours"
    errors = {}
    if asked.time is not None and asked.kind not in {"start", "stop"}:
        errors["time"] = _("Only a start or a stop has a time.")
    if asked.time is None and asked.kind in {"start", "stop"}:
        errors["time"] = _("Say at what time, as HH:MM.")
    if asked.time == MIDNIGHT and asked.kind == "start":
        errors["time"] = _("A start is at 23:59 at the latest. Only a stop may be at 24:00.")
    for name, given in (("start", asked.start), ("stop", asked.stop)):
        if hours and given is None:
            errors[name] = _("Give a start and a stop.")
        elif given is not None and not hours:
            errors[name] = _("Only hours have a start and a stop.")
    if errors:
        raise ValidationError(errors)
    if hours:
        times = (("start", asked.start), ("stop", asked.stop))
        return [Wanted(kind, asked.first, last, _minute(at), asked.reason) for kind, at in times]
    return [Wanted(asked.kind, asked.first, last, _minute(asked.time), asked.reason)]


def _minute(clock: str | None) -> int | None:
    return int(clock[:2]) * 60 + int(clock[3:]) if clock else None


def _not_removed(row: DayException, now: datetime) -> str:
    if row.ended_at:
        return _("It has ended already.")
    return _("Its day has passed: it was in force then, and stays in the history.")
