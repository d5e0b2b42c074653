"""Environments that cost something, for tests: targets with prices, spans of running, and what was reckoned of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from environments.models import Environment, Interval, Target
from environments.models.daily import DailyCost, DailyRun, MonthlyCost, TeamHours
from environments.models.rate import Rate
from tests import factories

# Design section 7: what an hour of the chat application costs.
CHAT = {"t3.small": ("0.023", 2), "DocumentDB db.t3.medium": ("0.178", 1), "cache.t2.micro": ("0.017", 1)}
FIRST = date(2026, 1, 1)


def target(of: Environment, name: str = "web", **fields: Any) -> Target:
    values = {"kind": "ec2", "account": factories.account(), "region": factories.REGION} | fields
    return Target.objects.create(environment=of, identifier=name, **values)


def price(of: Target, unit_price: str = "0.10", label: str = "instance", **fields: Any) -> Rate:
    """A line, an hour in dollars from the first day of 2026 on unless told otherwise; the days are not marked."""
    values = {"environment": of.environment, "account": of.account, "valid_from": FIRST} | fields
    return Rate.objects.create(target=of, target_number=of.pk, label=label, unit_price=Decimal(unit_price), **values)


def chat(of: Target, instances: int = 2, **fields: Any) -> None:
    """The lines of the chat application."""
    for label, (unit_price, quantity) in CHAT.items():
        price(of, unit_price, label, quantity=Decimal(instances if quantity == 2 else quantity), **fields)


def ran(of: Target, begin: datetime, end: datetime | None = None) -> Interval:
    """A span; the days are not marked."""
    environment = of.environment
    return Interval.objects.create(
        environment=environment,
        target=of,
        team=environment.team,
        environment_name=environment.name,
        target_name=of.identifier,
        target_number=of.pk,
        began_at=begin,
        began_by="operation",
        ended_at=end,
        ended_by="operation" if end else "",
    )


def everything() -> list[list[tuple[Any, ...]]]:
    """All rows that are made from facts and prices, without their ids."""
    found = []
    for model in (DailyRun, DailyCost, MonthlyCost, TeamHours):
        names = [field.attname for field in model._meta.concrete_fields if field.name != "id"]
        rows = model.objects.order_by(*[name for name in names if name != "hours"]).values(*names)
        found.append([tuple(bytes(v) if isinstance(v, memoryview) else str(v) for v in row.values()) for row in rows])
    return found


def estimates(of: Environment) -> dict[date, Decimal]:
    """What each day cost, in dollars."""
    rows = DailyCost.objects.filter(environment=of, currency="USD").order_by("day")
    return {row.day: row.estimate for row in rows}
