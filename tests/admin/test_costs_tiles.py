"""The figures above the chart of costs: what they warn of, and what not."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client

from environments.models import Budget, Environment, Forecast
from tests import factories
from tests.support.times import SEOUL, monday

from .costs import chat, html_of
from .overriding import words
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


def expect(of: Environment, amount: int, at: datetime, always_on: int = 182) -> None:
    """By the plan, of the rest of the month."""
    rest = {"estimate": Decimal(amount), "always_on": Decimal(always_on), "currency": "USD", "month": date(2026, 11, 1)}
    Forecast.objects.create(environment=of, account=factories.account(), from_moment=at, **rest)


def test_days_before_the_month_s_end_have_no_forecast_and_are_not_warned_of_by_it(
    as_operator: Client, chat: Environment
) -> None:
    Budget.objects.create(team=chat.team, amount=150, currency="USD")
    expect(chat, 54, monday("10:00"))
    shorter = html_of(as_operator, **{"from": "2026-11-01", "to": "2026-11-28", "step": "day"})  # 90 of 140
    assert "costs-over" not in shorter
    assert "Expected by the plan" not in shorter
    assert "forecast $144.00" in tiles_of(html_of(as_operator, **{"from": "2026-11-01", "to": "2026-11-30"}))[0]


def test_on_the_last_day_of_a_month_what_is_left_of_it_is_expected(as_operator: Client, chat: Environment) -> None:
    last = datetime(2026, 11, 30, 12, tzinfo=SEOUL)
    expect(chat, 6, last)
    with time_machine.travel(last, tick=False):
        html = unescape(html_of(as_operator))
    assert "forecast $96.00" in tiles_of(html)[0]
    assert "Expected by the plan, Mon 30 Nov: $6.00" in html
    assert "on average until" not in html


def test_what_is_expected_and_the_budget_stand_in_the_table_beside_the_chart(
    as_operator: Client, chat: Environment
) -> None:
    assert "Expected" not in html_of(as_operator).split('id="costs-numbers"')[1].split("</table>")[0]
    Budget.objects.create(team=chat.team, amount=300, currency="USD")
    expect(chat, 70, monday("10:00"), always_on=7 * 24 + 23)  # today by the reader's clock: nothing is counted of it
    html = unescape(html_of(as_operator))
    table = words(html.split('id="costs-numbers"')[1].split("</table>")[0])
    assert "Saved Expected, on average Budget" in table
    assert "Fri 20 Nov $9.00 $24.00 $15.00 62% $10.00 $9.00" in table
    assert "Tue 24 Nov $24.00 $10.00 $10.00 Wed 25 Nov" in table
    # The sum is of the whole week; its days are not told apart, though it sleeps on some.
    assert "24 Nov – 30 Nov: $70.00; about $10.00 a day on average until the month’s end" in html
    weeks = unescape(html_of(as_operator, step="week"))
    assert "30 Nov $24.00 $10.00 $10.00" in words(weeks.split('id="costs-numbers"')[1].split("</table>")[0])


def always_on_until_the_end(html: str) -> list[str]:
    """What the line of always on is at, over bars that are not over, in the table beside the chart."""
    return re.findall(r"until its end ([^ ]+)", words(html.split('id="costs-numbers"')[1].split("</table>")[0]))


def test_beside_a_forecast_always_on_is_that_of_the_whole_month_in_every_view(
    as_operator: Client, chat: Environment
) -> None:
    hours = {"known_until": monday("09:00"), "an_hour": Decimal(1), "always_an_hour": Decimal(1)}
    factories.daily_cost(chat, date(2026, 11, 23), "0", "9", **hours)
    expect(chat, 54, monday("10:00"))  # a dollar an hour of 14 hours and 7 days: 182
    month, year = (unescape(html_of(as_operator, period=one, step="month")) for one in ("2026-11", "2026"))
    for html in (month, year):
        assert always_on_until_the_end(html) == ["$432.00"], "ten working days of 24, ten hours of today, and 182"
        assert "always on, to the month’s end" in html
        assert "always on $250.00, saved $159.00. Always on until its end: $432.00" in html
    assert "$432.00 by the month’s end" in tiles_of(month)[1]
    days = unescape(html_of(as_operator))
    assert always_on_until_the_end(days) == ["$24.00"], "today is a day like the others"
    assert words(days).count("Nov $24.00 $7.71") == 7


def test_over_a_bar_that_nothing_is_known_ahead_of_the_line_is_that_up_to_now(
    as_operator: Client, chat: Environment
) -> None:
    html = html_of(as_operator, period="2026-11", step="month")
    assert always_on_until_the_end(html) == []
    assert "month’s end" not in html
