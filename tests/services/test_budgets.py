"""Budgets: how they stand, who is told and when."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment
from environments.models.budget import Budget, BudgetNotice
from environments.services import budgets, cost_days, intervals
from environments.services.budgets import Level, Standing
from notifications.models import Event
from tests import factories
from tests.services import costing
from tests.services.budgeting import NOVEMBER, budget, environment, reckoned, started
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db


def standing(of: Any, at: datetime) -> Standing:
    kind = "environments" if isinstance(of, Environment) else "teams"
    (found,) = budgets.standing(**{kind: [of]}, month=NOVEMBER, now=at)
    return found


def told() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_budget_is_used_by_what_has_been_spent_up_to_now() -> None:
    chat = environment()
    budget(chat, "20")
    started(chat, monday("09:00"))
    assert standing(chat, monday("09:00")).used == 0
    assert standing(chat, monday("14:00")).used == 5
    assert standing(chat, monday("14:00")).share == Decimal("0.25")
    assert standing(chat, monday("14:00")).expected == 54
    assert standing(chat, monday("14:00")).level == Level.FORECAST


def test_a_month_of_its_own_goes_before_the_standing_budget() -> None:
    chat = environment()
    budget(chat, "20")
    own = budget(chat, "30", month=NOVEMBER)
    started(chat, monday("09:00"))
    assert standing(chat, monday("14:00")).budget == own
    (then,) = budgets.standing(environments=[chat], month=date(2026, 12, 1), now=monday("14:00"))
    assert (then.budget.amount, then.used) == (20, None)


def test_an_environment_and_its_team_have_budgets_of_their_own() -> None:
    chat, other = environment(), environment("chat-qa")
    budget(chat, "20")
    budget(chat.team, "50")
    started(chat, monday("09:00"))
    started(other, monday("10:00"))
    both = budgets.standing(environments=[chat], teams=[chat.team], month=NOVEMBER, now=monday("12:00"))
    assert {one.budget.amount: one.used for one in both} == {20: 3, 50: 5}


def test_what_a_removed_environment_has_cost_stays_in_its_teams_month() -> None:
    chat, gone = environment(), environment("gone")
    budget(chat.team, "50")
    started(chat, monday("09:00"))
    started(gone, monday("09:00"))
    intervals.ended(target_id=gone.targets.get().pk, now=monday("11:00"))
    reckoned(monday("11:00"))
    gone.delete()
    assert standing(chat.team, monday("12:00")).used == 3 + 2


def test_what_an_environment_cost_another_team_stays_there() -> None:
    chat, new = environment(), factories.team("Payments")
    old = chat.team
    for team in (old, new):
        budget(team)
    costing.ran(chat.targets.get(), monday("09:00"), monday("11:00"))
    cost_days.close_days(now=on("tuesday", "10:00"))
    Environment.objects.filter(pk=chat.pk).update(team=new)
    assert standing(old, on("tuesday", "10:00")).used == 2
    assert standing(new, on("tuesday", "10:00")).used == 0


def test_a_currency_in_which_nothing_costs_says_so() -> None:
    chat = environment()
    budget(chat, "20000", currency="KRW")
    started(chat, monday("09:00"))
    found = standing(chat, monday("12:00"))
    assert (found.used, found.share, found.level, found.others) == (None, None, None, ("USD",))


def test_people_are_told_at_each_level_once_a_month() -> None:
    chat = environment()
    budget(chat, "10")
    started(chat, monday("09:00"))
    assert budgets.check(now=monday("16:00")) == 1  # $7 so far, but $54 by its plan
    assert budgets.check(now=monday("16:30")) == 0
    assert budgets.check(now=monday("17:00")) == 1  # exactly 80 %
    assert budgets.check(now=monday("19:00")) == 1  # exactly all of it
    assert budgets.check(now=monday("23:00")) == 0
    assert told() == ["budget.forecast", "budget.most", "budget.used_up"]


def test_what_is_used_up_at_once_is_told_once() -> None:
    chat = environment()
    budget(chat, "5")
    started(chat, monday("09:00"))
    assert budgets.check(now=monday("18:00")) == 1
    assert told() == ["budget.used_up"]
    assert BudgetNotice.objects.count() == 3
    assert budgets.check(now=monday("19:00")) == 0


def test_the_event_names_what_it_is_about_and_leads_to_its_costs() -> None:
    chat = environment()
    budget(chat, "5", blocks_extensions=True)
    budget(chat.team, "5")
    started(chat, monday("09:00"))
    budgets.check(now=monday("18:00"))
    own, teams = sorted(Event.objects.all(), key=lambda event: event.labels["environment"], reverse=True)
    assert own.labels == {"environment": "chat-dev", "team": "Chat"}
    assert own.link == "/costs/?period=2026-11&environment=chat-dev"
    assert own.title["en"] == "chat-dev: the budget is used up"
    assert "$9.00 of $5.00 so far (180%)" in own.body["en"]
    assert "Managers cannot keep anything on" in own.body["en"]
    assert "US$5.00 중 US$9.00" in own.body["ko"]
    assert teams.labels == {"environment": "", "team": "Chat"}
    assert teams.link == f"/costs/?period=2026-11&team={chat.team_id}"


def test_a_raised_budget_is_told_of_anew_when_it_is_reached_again() -> None:
    chat = environment()
    own = budget(chat, "5")
    started(chat, monday("09:00"))
    budgets.check(now=monday("14:00"))
    own.amount = Decimal(12)
    own.save()
    budgets.rearm(budget=own, now=monday("14:00"))
    assert [one.level for one in BudgetNotice.objects.all()] == ["forecast"]
    assert budgets.check(now=monday("15:00")) == 0
    assert budgets.check(now=monday("20:00")) == 1
    assert told() == ["budget.used_up", "budget.most"]


def test_many_budgets_take_as_many_queries_as_one() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            budgets.each(Budget.objects.select_related("environment", "team"), month=NOVEMBER, now=monday("12:00"))
        return len(found)

    chat = environment()
    budget(chat)
    budget(chat.team)
    budget(chat, month=date(2026, 10, 1))
    started(chat, monday("09:00"))
    few = queries()
    for number in range(12):
        made = environment(f"e{number}", team=factories.team(f"Team {number}"))
        budget(made)
        budget(made.team)
        budget(made, month=date(2026, 9 if number % 2 else 10, 1))
    reckoned(monday("09:00"))
    assert queries() == few
