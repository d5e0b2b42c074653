"""The plan of some days as the API tells it: what is wished for from moment to moment, why, and the changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from environments import rules
from environments.models import Environment
from environments.services import plans

from .schemas import At, Out
from .words import language

Desired = Literal["running", "stopped", "any"]


class PlanSource(Out):
    """Where a wish comes from: the kind of thing, and which."""

    kind: str = Field(examples=["schedule"])
    id: str


class PlanNow(Out):
    """What is wished for now; the same until that changes, so that the answer's ETag is as well."""

    desired: Desired
    until: At | None = Field(description="When the wish changes next; null: nothing will change.")
    then: Desired | None = Field(description="To what.")
    explanation: str = Field(examples=["Running until 18:00: schedule Office hours Seoul"])


class PlanSegment(Out):
    """A span, `start` included and `end` not."""

    start: At
    end: At
    desired: Desired
    reason: str = Field(examples=["schedule Office hours Seoul"])
    source: PlanSource


class PlanChange(Out):
    """A moment at which the wish itself becomes another."""

    at: At
    desired: Desired
    why: str
    who: str = Field(description="Who asked for it; empty where nobody did.")


class PlanOut(Out):
    """The plan of some days of its own zone. Segments have no gaps; texts name times by the clock of `timezone`."""

    environment: str = Field(examples=["chat-dev"])
    name: str
    timezone: str = Field(examples=["Asia/Seoul"])
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    now: PlanNow
    segments: list[PlanSegment]
    changes: list[PlanChange]


def planned(environment: Environment, spec: rules.EnvironmentSpec, days: Sequence[plans.Day], now: datetime) -> PlanOut:
    """Of one day or more. Raises RuleError for a schedule that cannot be read."""
    lang = language()
    found = rules.explain(spec, now)
    segments = rules.plan(spec, days[0].start, days[-1].end)
    return PlanOut(
        environment=environment.slug,
        name=environment.name,
        timezone=spec.zone_name,
        **{"from": days[0].day, "to": days[-1].day},
        now=PlanNow(
            desired=found.desired.value,
            until=found.until,
            then=found.then.value if found.then else None,
            explanation=found.text(lang),
        ),
        segments=[_segment(one, lang) for one in segments],
        changes=[
            PlanChange(at=one.at, desired=one.desired.value, why=one.why(lang), who=one.who)
            for one in plans.changes(segments)
        ],
    )


def _segment(one: rules.Segment, lang: str) -> PlanSegment:
    return PlanSegment(
        start=one.start,
        end=one.end,
        desired=one.desired.value,
        reason=one.reason.text(lang),
        source=PlanSource(kind=one.source.kind.value, id=one.source.id),
    )
