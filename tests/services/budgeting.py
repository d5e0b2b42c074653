"""Environments that cost a dollar an hour, and budgets for them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from environments.models import Environment
from environments.models.budget import Budget
from environments.services import cost_days, forecasts, intervals
from tests import factories
from tests.services import costing

NOVEMBER, MONDAY = date(2026, 11, 1), date(2026, 11, 23)


def environment(name: str = "chat-dev", price: str = "1", **fields: Any) -> Environment:
    """A dollar an hour from Monday on; by its schedule on from nine to six, Monday to Friday: six days are left."""
    made = factories.environment(name, **fields)
    costing.price(costing.target(made, name), price, valid_from=MONDAY)
    return made


def started(of: Environment, at: datetime) -> None:
    intervals.begun(target_id=of.targets.get().pk, now=at)
    reckoned(at)


def reckoned(at: datetime) -> None:
    cost_days.rebuild_due(now=at)
    forecasts.renew(now=at)


def budget(of: Any, amount: str = "100", **fields: Any) -> Budget:
    field = "environment" if isinstance(of, Environment) else "team"
    return Budget.objects.create(**{field: of, "amount": Decimal(amount)}, **fields)
