"""The figures above the chart of costs: what they warn of, and what not."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from environments.models import Budget, Environment
from tests import factories

from .costs import chat, html_of
from .test_costs import tiles_of

pytestmark = pytest.mark.django_db
__all__ = ["chat"]


def test_the_budgets_of_some_teams_do_not_warn_of_the_costs_of_all(as_operator: Client, chat: Environment) -> None:
    other = factories.environment("pay-dev", team=factories.team("Payments"))
    factories.daily_cost(other, date(2026, 11, 20), "60", "100")
    Budget.objects.create(team=chat.team, amount=100, currency="USD")
    html = html_of(as_operator)
    assert "budget $100.00 (of 1 of 2 teams)" in tiles_of(html)[0]  # 90 of it used, and 60 by those without one
    assert "costs-over" not in html
    Budget.objects.create(team=other.team, amount=49, currency="USD")
    assert "costs-over" in html_of(as_operator)  # 150 of 149
