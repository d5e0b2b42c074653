"""What the database itself refuses of prices, costs and budgets, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from environments.models import Budget, BudgetNotice, DailyCost, DailyRun, Environment, Rate, Target
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("09:00")
DAY = date(2026, 11, 2)


def _refused(write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def _price(of: Target, **fields: Any) -> Rate:
    values = {"label": "EC2 t3.small", "unit_price": Decimal("0.023"), "valid_from": DAY, "environment": of.environment}
    return Rate.objects.create(target=of, target_number=of.pk, **(values | fields))


def test_a_target_has_one_price_with_a_name_from_a_day_on() -> None:
    target = factories.stack(factories.environment())
    _price(target)
    _refused(lambda: _price(target))
    _price(target, valid_from=date(2026, 11, 3))
    _price(target, label="Volume 100 GB")


@pytest.mark.parametrize("wrong", [{"unit_price": -1}, {"quantity": -1}, {"valid_until": date(2026, 11, 1)}])
def test_prices_are_not_negative_and_do_not_end_before_they_begin(wrong: dict[str, Any]) -> None:
    target = factories.stack(factories.environment())
    _refused(lambda: _price(target, **wrong))


def test_a_price_outlives_its_target_and_its_environment() -> None:
    target = factories.stack(factories.environment())
    kept = _price(target)
    Environment.objects.all().delete()
    kept.refresh_from_db()
    assert (kept.target, kept.environment, kept.target_number) == (None, None, target.pk)


def test_an_environment_has_one_run_and_one_cost_a_day_account_and_currency() -> None:
    chat = factories.stack(factories.environment()).environment
    common = {"environment": chat, "environment_name": chat.name, "day": DAY, "known_until": NOW}
    cost = common | {"account": chat.targets.get().account, "estimate": 1, "always_on": 2}
    DailyRun.objects.create(**common, seconds=0, hours=bytes(24))
    DailyCost.objects.create(**cost, currency="USD")
    _refused(lambda: DailyRun.objects.create(**common, seconds=0, hours=bytes(24)))
    _refused(lambda: DailyCost.objects.create(**cost, currency="USD"))
    DailyCost.objects.create(**cost, currency="KRW")


def test_a_budget_is_that_of_an_environment_or_of_a_team_once_a_month_and_currency() -> None:
    chat = factories.environment()
    Budget.objects.create(environment=chat, amount=900)
    Budget.objects.create(team=chat.team, amount=900)
    Budget.objects.create(team=chat.team, amount=900, month=date(2026, 12, 1))
    _refused(lambda: Budget.objects.create(environment=chat, team=chat.team, amount=900))
    _refused(lambda: Budget.objects.create(amount=900))
    _refused(lambda: Budget.objects.create(environment=chat, amount=800))
    _refused(lambda: Budget.objects.create(team=chat.team, amount=800, month=date(2026, 12, 1)))
    _refused(lambda: Budget.objects.create(team=chat.team, amount=800, month=date(2026, 12, 2)))
    _refused(lambda: Budget.objects.create(team=chat.team, amount=0, currency="KRW"))


def test_a_second_budget_of_a_month_is_refused_in_words() -> None:
    chat = factories.environment()
    Budget.objects.create(environment=chat, amount=900)
    with pytest.raises(ValidationError, match="There is a budget for this month already"):
        Budget(environment=chat, amount=Decimal(800), currency="USD").full_clean()


def test_people_are_told_of_a_budgets_level_once_a_month() -> None:
    budget = Budget.objects.create(environment=factories.environment(), amount=900)
    told = {"budget": budget, "month": DAY.replace(day=1), "level": "80", "told_at": NOW}
    BudgetNotice.objects.create(**told)
    _refused(lambda: BudgetNotice.objects.create(**told))
