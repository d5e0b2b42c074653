"""Costs as they are answered: exact amounts as decimal strings, estimates and bills apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from environments.models.texts import in_language
from environments.services.cost_bills import Billed
from environments.services.cost_exports import Line
from environments.services.cost_gaps import Unpriced
from environments.services.cost_sums import Sums, amount

from .asking import Slug
from .schemas import Out

Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["12.860000"])]
"""An exact amount of the currency that is named beside it, as a decimal string."""
Share = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["0.7320"])]
"""0.25 for a quarter."""


class EstimateOut(Out):
    """By the portal's prices, up to now."""

    amount: Amount
    always_on: Amount = Field(description="What it would have cost, had it run all the time.")
    saved: Amount = Field(description="The difference.")
    share: Share | None = Field(description="Of what it would have cost; null where that is nothing.")


class BillOut(Out):
    """What AWS billed, and what the portal estimated for the very same days."""

    amount: Amount
    since: date = Field(description="The first day that was looked at.")
    until: date = Field(description="The last day that AWS has billed.")
    estimate: Amount = Field(description="Of the same days; what was billed without an estimate is not in it.")
    difference: Share | None = Field(description="0.02: two per cent more than estimated; null: nothing to compare.")


class CurrencyOut(Out):
    """The sums of one currency."""

    currency: str = Field(examples=["USD"])
    estimate: EstimateOut


class CostItemOut(Out):
    """A group of the answer: an environment, a team or a day."""

    name: str = Field(description="As people read it; of a day its date.", examples=["chat-dev"])
    environment: Slug | None = Field(default=None, description="Short name; null for what is none, or was removed.")
    day: date | None = Field(default=None, description="Only by day.")
    estimate: EstimateOut
    ran_seconds: int | None = Field(
        default=None, description="How long it ran; null where that is not known, and by day."
    )
    bill: BillOut | None = Field(default=None, description="Null where nothing was billed yet, and by day.")


class UnpricedOut(Out):
    """What has no price, or ran without one: it is in no sum."""

    environment: str | None = Field(description="Short name; null for what was removed.")
    name: str
    what: list[str] = Field(description="Its targets or things without a price.")


class CostsOut(Out):
    """Costs of a span, in one currency."""

    first: date = Field(serialization_alias="from", description="The first day, each of its environment's own zone.")
    last: date = Field(serialization_alias="to")
    group: Literal["environment", "team", "day"]
    currency: str | None = Field(description="Of every amount but those in `currencies`; null: nothing has a price.")
    estimate: EstimateOut = Field(description="All of it together.")
    currencies: list[CurrencyOut]
    items: list[CostItemOut] = Field(description="The most expensive first; days in their order.")
    unpriced: list[UnpricedOut] = Field(description="The first of those that are missing in the sums.")
    unpriced_count: int


class CostDayOut(Out):
    """A day of an environment in one AWS account."""

    day: date
    account: str = Field(description="Name of the AWS account.", examples=["development"])
    estimate: EstimateOut
    ran_seconds: int | None = Field(description="On the first line of a day; null on its others.")
    billed: Amount | None = Field(description="What AWS billed; null: not yet.")


class EnvironmentCostsOut(Out):
    """Costs of an environment, day by day."""

    environment: str = Field(description="Short name.", examples=["chat-dev"])
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    currency: str | None
    estimate: EstimateOut = Field(description="All of it together.")
    days: list[CostDayOut]


def decimal_out(value: Decimal) -> str:
    return f"{value:f}"


def estimate_out(sums: Sums) -> EstimateOut:
    return _estimate(amount(sums.estimate), amount(sums.always_on))


def estimate_of_line(line: Line) -> EstimateOut:
    return _estimate(line.estimate, line.always_on)


def bill_out(billed: Billed, since: date) -> BillOut:
    return BillOut(
        amount=decimal_out(amount(billed.amount)),
        since=since,
        until=billed.until,
        estimate=decimal_out(amount(billed.estimate)),
        difference=_share(billed.difference),
    )


def unpriced_out(one: Unpriced) -> UnpricedOut:
    what = [in_language(part["what"]) for part in one.what] + [name for name, _seconds in one.ran]
    return UnpricedOut(environment=one.slug or None, name=one.name, what=list(dict.fromkeys(what)))


def _estimate(cost: Decimal, always_on: Decimal) -> EstimateOut:
    saved = always_on - cost
    share = saved / always_on if always_on else None
    return EstimateOut(
        amount=decimal_out(cost), always_on=decimal_out(always_on), saved=decimal_out(saved), share=_share(share)
    )


def _share(share: Decimal | None) -> str | None:
    return None if share is None else f"{share:.4f}"
