"""What an exception would make of the days it is for, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from django.contrib.auth.models import User
from django.utils.translation import get_language
from pydantic import Field

from environments.models import Environment
from environments.services import exceptions, plans
from environments.services.exception_checks import distinct_plans, environments_of
from environments.services.exceptions import Scope, Wanted
from environments.services.specs import spec_of

from .schemas import At, Out

# So many days are told of a longer range.
SHOWN = 31
NAMED = 20


class PlannedSpanOut(Out):
    """A part of a day, `start` included and `end` not."""

    start: At
    end: At
    desired: Literal["running", "stopped", "any"]
    reason: str = Field(examples=["exception of 2026-11-27 (demo for the client)"])


class DayPreviewOut(Out):
    """A date before and after."""

    day: date
    before: list[PlannedSpanOut]
    after: list[PlannedSpanOut]


class PreviewOut(Out):
    """What it would change: for one environment day by day, and how many others it concerns."""

    environment: str | None = Field(description="The first environment that it fits; null where it concerns none yet.")
    timezone: str = Field(description="The zone of its dates and wall times.", examples=["Asia/Seoul"])
    days: list[DayPreviewOut] = Field(description=f"At most {SHOWN} days of the range.")
    environments: int = Field(description="How many environments it concerns.")
    names: list[str] = Field(description=f"Short names of those that the account sees, at most {NAMED}.")


def previewed(user: User, scope: Scope, wanted: Sequence[Wanted], now: datetime) -> PreviewOut:
    """Of an exception that can be entered. Its queries do not grow with the number of days or environments."""
    rows = environments_of(scope)
    shown = _example(user, scope, wanted, now)
    first, last = min(one.first for one in wanted), max(one.last for one in wanted)
    days: list[DayPreviewOut] = []
    zone = exceptions.zones(scope)[0]
    if shown is not None:
        before, after = spec_of(shown, now), exceptions.preview(shown, scope, wanted, now)
        zone, count = before.zone_name, min((last - first) // timedelta(days=1) + 1, SHOWN)
        pairs = zip(plans.days_of(before, first, count), plans.days_of(after, first, count), strict=True)
        days = [DayPreviewOut(day=was.day, before=_spans(was), after=_spans(becomes)) for was, becomes in pairs]
    return PreviewOut(
        environment=shown.slug if shown else None,
        timezone=zone,
        days=days,
        environments=rows.count(),
        names=list(rows.visible_to(user).order_by("slug").values_list("slug", flat=True)[:NAMED]),
    )


def _example(user: User, scope: Scope, wanted: Sequence[Wanted], now: datetime) -> Environment | None:
    """The first environment that it fits and that the user sees; one that only shares its plan says as much."""
    for environment in distinct_plans(scope, wanted, now):
        if exceptions.fits(environment, scope, wanted, now):
            seen = Environment.objects.visible_to(user).filter(pk=environment.pk).exists()
            return environment if seen else None
    return None


def _spans(day: plans.Day) -> list[PlannedSpanOut]:
    language = get_language() or "en"
    return [
        PlannedSpanOut(start=one.start, end=one.end, desired=one.desired.value, reason=one.reason.text(language))
        for one in day.segments
    ]
