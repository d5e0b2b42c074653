"""What an environment saved counts from the moment on at which it was added; what it cost, from when it ran.

It is Monday, 23 November 2026, and chat-dev was added at three in the afternoon. Prices are 1 dollar an hour.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.models import Environment
from environments.models.daily import DailyCost
from environments.services import cost_days, cost_history, cost_totals, costs, intervals
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Span
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
SUNDAY, MONDAY, TUESDAY = date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)
ADDED = monday("15:00")


def added(valid_from: date = MONDAY, **fields: Any) -> Environment:
    made = factories.environment(created_at=ADDED)
    costing.price(costing.target(made), "1", valid_from=valid_from, **fields)
    return made


def runs_since(of: Environment, at: datetime) -> None:
    intervals.begun(target_id=of.targets.get().pk, now=at)


def amounts(day: date) -> tuple[Any, Any]:
    row = DailyCost.objects.get(day=day)
    return row.estimate, row.always_on


def test_what_runs_when_it_is_added_has_saved_nothing_that_day() -> None:
    chat = added()
    runs_since(chat, ADDED)
    cost_days.rebuild_due(now=monday("18:00"))
    assert amounts(MONDAY) == (3, 3)
    cost_days.rebuild_due(now=on("tuesday", "00:00"))
    assert amounts(MONDAY) == (9, 9)


def test_nor_has_it_by_the_costs_of_this_moment_wherever_they_are_told() -> None:
    chat = added()
    runs_since(chat, ADDED)
    cost_days.rebuild_due(now=ADDED)
    now = monday("19:30")
    everybody = Environment.objects.all()
    (today,) = costs.so_far(environments=[chat], now=now)[chat.pk]
    whole = cost_totals.totals(environments=everybody, now=now)
    seen = Scope(factories.operator())
    looked = cost_history.look(scope=seen, span=Span(SUNDAY, MONDAY), kind="environment", step="day", now=now)
    assert {today.estimate, *(one.estimate for one in (*whole.today, *whole.month))} == {Decimal("4.5")}
    assert {today.saved, *(one.saved for one in (*whole.today, *whole.month)), looked.whole.saved} == {0}


def test_what_it_sleeps_after_it_was_added_is_saved() -> None:
    chat = added()
    runs_since(chat, ADDED)
    intervals.ended(target_id=chat.targets.get().pk, now=monday("18:00"))
    cost_days.rebuild_due(now=monday("20:00"))
    row = DailyCost.objects.get()
    assert (row.estimate, row.always_on, row.always_an_hour) == (3, 5, 1)
    cost_days.rebuild_due(now=on("wednesday", "00:00"))
    assert (amounts(MONDAY), amounts(TUESDAY)) == ((3, 9), (0, 24))


def test_a_price_of_days_before_it_was_added_says_nothing_of_savings_on_them() -> None:
    added(valid_from=SUNDAY)
    cost_days.close_days(now=on("tuesday", "00:00"))
    assert (amounts(SUNDAY), amounts(MONDAY)) == ((0, 0), (0, 9))


def test_what_ran_before_it_was_added_costs_what_it_ran_and_never_more_than_always_on() -> None:
    chat = added(valid_from=SUNDAY)
    costing.ran(chat.targets.get(), monday("00:00") - timedelta(hours=4), monday("02:00"))
    cost_days.close_days(now=on("tuesday", "00:00"))
    assert (amounts(SUNDAY), amounts(MONDAY)) == ((4, 4), (2, 11))


def test_what_is_billed_always_costs_its_whole_days_and_saves_nothing() -> None:
    added(always=True)
    cost_days.close_days(now=on("tuesday", "00:00"))
    assert amounts(MONDAY) == (24, 24)
