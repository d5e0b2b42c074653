"""Budgets: how they stand, who is told and when, and what a used-up one forbids."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Hold, Wish
from environments.models.budget import Budget, BudgetNotice
from environments.services import budget_limits, budgets, cost_days, exceptions, forecasts, holds, intervals, pauses
from environments.services.budgets import Level, Standing
from environments.services.exceptions import Wanted
from notifications.models import Event
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
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


# What a used-up budget forbids.


@pytest.fixture
def used_up() -> Environment:
    """Its team's budget is used up at eleven on Monday, and it runs until six by its plan."""
    chat = environment()
    budget(chat.team, "2", blocks_extensions=True)
    started(chat, monday("09:00"))
    return chat


def hold(of: Environment, who: Any, until: Any, at: datetime, desired: Wish = Wish.RUNNING) -> Hold:
    return holds.place(environment=of, desired=desired, until=until, author=who, now=at)


def test_a_manager_cannot_keep_on_what_has_used_up_its_budget(used_up: Environment) -> None:
    manager = factories.manager()
    hold(used_up, manager, monday("19:00"), monday("10:59"))
    with pytest.raises(ValidationError) as refused:
        hold(used_up, manager, monday("20:00"), monday("11:00"))
    assert "The budget of Chat for this month is used up ($2.00 of $2.00)" in refused.value.messages[0]
    assert "An operator can" in refused.value.messages[0]
    assert Hold.objects.open().get().until == monday("19:00")
    with pytest.raises(ValidationError):
        hold(used_up, manager, holds.Until.RELEASED, monday("11:00"))


def test_what_is_planned_anyway_can_be_held_and_stopping_is_always_allowed(used_up: Environment) -> None:
    manager = factories.manager()
    hold(used_up, manager, monday("18:00"), monday("12:00"))
    hold(used_up, manager, monday("22:00"), monday("12:00"), Wish.STOPPED)
    hold(used_up, manager, holds.Until.NEXT_CHANGE, monday("12:10"))


def test_an_operator_can_keep_it_on_all_the_same(used_up: Environment) -> None:
    assert hold(used_up, factories.operator(), monday("23:00"), monday("12:00")).until == monday("23:00")


def test_a_budget_that_forbids_nothing_forbids_nothing(used_up: Environment) -> None:
    Budget.objects.update(blocks_extensions=False)
    hold(used_up, factories.manager(), monday("19:00"), monday("12:00"))


def test_an_own_month_without_a_ban_goes_before_the_standing_ban(used_up: Environment) -> None:
    budget(used_up.team, "3", month=NOVEMBER)
    hold(used_up, factories.manager(), monday("19:00"), monday("13:00"))


def place(of: Any, who: Any, kind: str, day: date, minute: int | None = None) -> Any:
    wanted = Wanted(kind, day, day, minute, "demo")
    return exceptions.place(scope=of, wanted=wanted, author=who, now=monday("12:00"))


TUESDAY, SATURDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("kind", "day", "minute"),
    [("on", SATURDAY, None), ("on", TUESDAY, None), ("stop", TUESDAY, 20 * 60), ("start", TUESDAY, 7 * 60)],
)
def test_a_manager_cannot_make_its_days_longer(used_up: Environment, kind: str, day: date, minute: int | None) -> None:
    for scope in (used_up, used_up.team):
        with pytest.raises(ValidationError, match="is used up"):
            place(scope, factories.manager(), kind, day, minute)
    assert place(used_up, factories.operator(), kind, day, minute)


@pytest.mark.parametrize(("kind", "minute"), [("off", None), ("stop", 15 * 60), ("start", 10 * 60), ("stop", 18 * 60)])
def test_a_manager_can_make_its_days_shorter_or_as_they_are(
    used_up: Environment, kind: str, minute: int | None
) -> None:
    assert place(used_up, factories.manager(), kind, TUESDAY, minute)


def test_a_day_that_an_operator_made_longer_may_be_shortened(used_up: Environment) -> None:
    place(used_up, factories.operator(), "stop", TUESDAY, 22 * 60)
    assert place(used_up, factories.manager(), "stop", TUESDAY, 20 * 60)


def test_a_longer_day_cannot_be_copied_or_brought_back(used_up: Environment) -> None:
    manager = factories.manager()
    rows = place(used_up, factories.operator(), "on", TUESDAY)
    with pytest.raises(ValidationError, match="is used up"):
        exceptions.copy(exceptions=rows, days=[SATURDAY], author=manager, now=monday("12:00"))
    exceptions.remove(exceptions=rows, author=manager, now=monday("12:00"))
    with pytest.raises(ValidationError, match="is used up"):
        exceptions.restore(exceptions=rows, author=manager, now=monday("12:00"))


def test_a_pause_is_no_way_around_it_while_it_runs(used_up: Environment) -> None:
    Environment.objects.filter(pk=used_up.pk).update(state="running")
    used_up.refresh_from_db()
    until, now = on("wednesday", "00:00"), monday("12:00")
    with pytest.raises(ValidationError, match="is used up"):
        pauses.place(environment=used_up, until=until, author=factories.manager(), now=now)
    pauses.place(environment=used_up, until=until, author=factories.operator(), now=now)
    used_up.state = "stopped"
    assert pauses.place(environment=used_up, until=until, author=factories.manager(), now=now).until == until


def test_without_a_budget_asking_takes_one_query(django_assert_num_queries: Any) -> None:
    chat = environment()
    budget(chat, "1")
    manager = factories.manager()
    manager.has_perm("environments.exceed_hold_limit")
    with django_assert_num_queries(1):
        assert budget_limits.refusals(environments=[chat], user=manager, now=monday("12:00")) == {}
