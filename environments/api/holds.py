"""Holds: “keep it running / stopped until …”, as the pages place and release them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from environments.models import Hold, Wish
from environments.services import holds
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.sent import In
from portal.models.token import Scope

from .asking import (
    PersonOut,
    Slug,
    Words,
    environment_of,
    of_visible,
    person,
    person_out,
    plan_words,
    reader,
    refuse_another_age,
)
from .schemas import At, Instant, Out

router = Router(tags=["Holds"])


class HoldOut(Out):
    """A hold, in force or ended."""

    id: int
    environment: str = Field(description="The environment's short name.", examples=["chat-dev"])
    desired: Literal["running", "stopped"] = Field(description="What it keeps.")
    since: At = Field(description="From when it holds.")
    until: At | None = Field(description="When it ends by itself; null: when somebody releases it.")
    reason: str = Field(examples=["client demo"])
    author: PersonOut | None
    origin: str = Field(description="Where it was placed: web, bot, api or link.", examples=["api"])
    ended: At | None = Field(description="When it was released or replaced; null while it is in force.")


class HoldDone(Out):
    """A hold that was placed or released, and what the plan says from now on."""

    hold: HoldOut
    plan: str = Field(examples=["Running until 20:00: hold by Minseo Kim (client demo)"])


class HoldIn(In):
    """What is to be kept, and until when: without `until`, `hours` or `released`, to the plan's next change."""

    environment: Slug = Field(description="The environment's short name.", examples=["chat-dev"])
    desired: Literal["running", "stopped"] = Field(description="What it is kept.")
    until: Instant | None = Field(
        default=None, description="The end, with an offset or Z.", examples=["2026-11-23T22:00:00+09:00"]
    )
    hours: float | None = Field(
        default=None,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description="The end, so many hours from now.",
        examples=[2],
    )
    next_change: bool = Field(
        default=False, description="It ends with the next change of the plan; so it does by default."
    )
    released: bool = Field(default=False, description="It has no end: somebody releases it.")
    reason: Words = Field(default="", max_length=200, description="Everybody reads it.", examples=["client demo"])
    anyway: bool = Field(default=False, description="Stop it though others need it. Only operators may.")


class HoldFilters(Schema):
    environment: Slug | None = Field(default=None, description="Of this environment only, by its short name.")


@router.get("", response=Page[HoldOut], auth=needs(Scope.READ), summary="Holds in force")
def listed(request: HttpRequest, window: Query[Window], filters: Query[HoldFilters]) -> dict[str, Any]:
    """What people keep running or stopped now, of the environments that the account sees, the oldest first."""
    user, now = reader(request, "environments.view_hold"), timezone.now()
    rows = of_visible(Hold.objects.open().exclude(until__lte=now), user)
    if filters.environment:
        rows = rows.filter(environment__slug=filters.environment)
    found, following = cut(rows.select_related("environment", "author"), window, ("pk",))
    return {"items": [hold_out(one) for one in found], "next": following}


@router.post("", response={201: HoldDone}, auth=needs(Scope.OPERATE), summary="Keep it running or stopped")
def placed(request: HttpRequest, wanted: HoldIn) -> Status[HoldDone]:
    """Effective at once: the environment starts or stops if it has to. A hold that is in force is replaced.

    The default end is brought forward to the longest that the account may hold. Errors name `until` for an end that
    has passed, lies too far ahead, or when several ends are given.
    """
    user, now = person(request), timezone.now()
    environment = environment_of(user, wanted.environment)
    hold = holds.place(
        environment=environment,
        desired=Wish(wanted.desired),
        until=_until(wanted, now),
        reason=wanted.reason,
        author=user,
        origin=Hold.Origin.API,
        anyway=wanted.anyway,
        now=now,
    )
    return Status(201, HoldDone(hold=hold_out(hold), plan=plan_words(environment, now)))


@router.delete("/{slug}", response=HoldDone, auth=needs(Scope.OPERATE), summary="Release the hold")
def released(request: HttpRequest, slug: Slug) -> HoldDone:
    """The plan decides again at once. 404 when the environment has no hold."""
    user, now = person(request), timezone.now()
    environment = environment_of(user, slug)
    hold = holds.release(environment=environment, author=user, now=now)
    if hold is None:
        raise Http404
    hold.refresh_from_db()
    return HoldDone(hold=hold_out(hold), plan=plan_words(environment, now))


def hold_out(hold: Hold) -> HoldOut:
    """Of a hold with its environment and its author."""
    return HoldOut(
        id=hold.pk,
        environment=hold.environment.slug,
        desired=hold.desired,  # type: ignore[arg-type]  # the database knows no others
        since=hold.starts_at,
        until=hold.until,
        reason=hold.reason,
        author=person_out(hold.author),
        origin=hold.origin,
        ended=hold.ended_at,
    )


def _until(wanted: HoldIn, now: datetime) -> datetime | holds.Until:
    """ValidationError naming `until` where several ends are given, or a year that nobody means."""
    given = [wanted.until is not None, wanted.hours is not None, wanted.next_change, wanted.released]
    if sum(given) > 1:
        raise ValidationError({"until": _("Give one of until, hours, next_change and released.")})
    if wanted.until is not None:
        refuse_another_age("until", wanted.until, now)
        return wanted.until
    if wanted.hours is not None:
        return holds.whole_minute(now) + timedelta(hours=wanted.hours)
    return holds.Until.RELEASED if wanted.released else holds.Until.NEXT_CHANGE
