"""What the API tells of environments, and what it is told to do with one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from environments.models import State
from portal.api.sent import In

from .asking import Words
from .operation_schemas import OperationOut
from .planned import Desired, PlanSource
from .schemas import At, Instant, Out

StateName = Literal[
    "running", "starting", "stopped", "stopping", "redeploying", "failed_to_start", "failed_to_stop", "unknown"
]
StateFilter = Literal[
    "running", "starting", "stopped", "stopping", "redeploying", "failed_to_start", "failed_to_stop", "unknown",
    "moving", "failed",
]  # fmt: skip
"""The states, and two that stand for several."""


class HeldOut(Out):
    """Somebody keeps it running or stopped."""

    id: int
    desired: Literal["running", "stopped"]
    until: At | None = Field(description="Null: until somebody releases it.")
    reason: str
    author: str


class ExceptionNow(Out):
    """The exception that decides now."""

    id: str
    text: str


class HealthNow(Out):
    """What its checks say, the worst first."""

    state: str = Field(examples=["up"])
    text: str = Field(examples=["Up"])
    since: At | None
    reason: str


class CostNow(Out):
    """What it cost since its last midnight, by its own clock, and what it would have cost running all the time less."""

    currency: str = Field(examples=["USD"])
    amount: Decimal
    saved: Decimal


class EnvironmentLinks(Out):
    self: str
    plan: str
    explain: str
    page: str = Field(description="For people.")


class EnvironmentOut(Out):
    """An environment: what it does, why, and what comes next."""

    slug: str = Field(examples=["chat-dev"])
    name: str
    description: str
    team: str
    tags: list[str]
    schedule: str | None
    timezone: str = Field(examples=["Asia/Seoul"])
    state: StateName = Field(description="What the portal saw last.")
    state_text: str = Field(description="The same in a word.", examples=["Running"])
    state_reason: str = Field(description="What went wrong, of one that failed.")
    since: At | None = Field(description="Since when it is in this state.")
    desired: Desired = Field(description="What the plan wishes for now; any: it is left as it is.")
    reason: str = Field(description="Why, in words.", examples=["Running until 18:00: schedule Office hours Seoul"])
    until: At | None = Field(description="When the wish changes next; null: nothing will change.")
    then: Desired | None = Field(description="To what.")
    next_change: At | None = Field(
        description="The same as `until`: when the plan starts or stops it next, or leaves it as it is, as `then` says."
    )
    changed_outside: At | None = Field(description="Since when it is seen that somebody started or stopped it in AWS.")
    hold: HeldOut | None
    exception: ExceptionNow | None
    health: HealthNow | None = Field(description="Null: it has no checks.")
    cost_today: list[CostNow] | None = Field(description="Null: the account may not see costs. Empty: no prices.")
    links: EnvironmentLinks


class TargetOut(Out):
    """One AWS thing that it is made of."""

    kind: str = Field(examples=["cloudformation"])
    identifier: str = Field(examples=["ChatAppMasterStack"])
    region: str
    order: int


class EnvironmentDetail(EnvironmentOut):
    """An environment with what it is made of and what is or was done with it."""

    targets: list[TargetOut]
    needs: list[str] = Field(description="Short names of environments that must run before it starts.")
    operation: OperationOut | None = Field(description="The newest operation; `status` says whether it is under way.")
    can_switch: bool = Field(description="Whether the account may start and stop it.")


class EnvironmentFilters(Schema):
    team: Words | None = Field(None, max_length=200, description="The team's name.")
    state: StateFilter | None = Field(None, description="`moving` and `failed` stand for several.")
    q: Words | None = Field(None, max_length=100, description="Part of a name, a team or a tag.")
    tag: Words | None = Field(None, max_length=40, description="A tag, whole.")


class PlanAsked(Schema):
    """Dates by the clock of the plan's own time zone."""

    first: date | None = Field(None, alias="from", description="The first date; today by default.")
    last: date | None = Field(None, alias="to", description="The last date; six days after the first by default.")


class ExplainAsked(Schema):
    at: Instant | None = Field(None, description="The moment; now by default.")


class ExplainOut(Out):
    """What is wished for at a moment, and why: by the plan as it is today, whatever was done then."""

    environment: str
    at: At
    timezone: str
    desired: Desired
    text: str = Field(description="The whole answer.", examples=["Running until 20:00: hold by Kim (client demo)"])
    reason: str
    source: PlanSource
    since: At | None = Field(description="Null: for more than a week.")
    until: At | None
    then: Desired | None


class SwitchIn(In):
    """Until when it is kept so. Without `until`, `hours` or `released`: until the plan's next change."""

    until: Instant | None = Field(None, examples=["2026-11-23T22:00:00+09:00"])
    hours: float | None = Field(None, gt=0, le=24 * 366, allow_inf_nan=False, examples=[2])
    released: bool = Field(False, description="It has no end: somebody releases it.")
    reason: Words = Field("", max_length=200, description="Everybody reads it.", examples=["client demo"])
    anyway: bool = Field(False, description="Stop it though others need it. Only operators may.")


class RedeployIn(In):
    reason: Words = Field("", max_length=200, description="Everybody reads it.", examples=["hot fix"])


class Switched(Out):
    """What was asked for, and what follows."""

    environment: str
    text: str = Field(description="What the plan says from now on.")
    hold: HeldOut | None
    operation: OperationOut | None = Field(description="What is under way for it; null: it is as it was wished for.")


STATE_NAMES: Any = frozenset(State.values)
