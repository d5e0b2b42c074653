"""A month of a budget begins where its environments are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Wish
from environments.models.budget import Budget, BudgetNotice
from environments.services import budget_limits, budgets, cost_days, forecasts, holds
from environments.services.budget_months import month_at, months_now, shared_zone
from notifications.models import Event
from tests import factories
from tests.services import costing
from tests.services.budgeting import NOVEMBER, budget, environment

DECEMBER = date(2026, 12, 1)
# A minute of 1 December in Seoul; 30 November in London and New York, and in the portal's UTC.
SEOUL_IS_AHEAD = datetime(2026, 11, 30, 15, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_a_month_begins_at_midnight_of_its_zone() -> None:
    midnight = datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert (month_at("Asia/Seoul", midnight - MINUTE), month_at("Asia/Seoul", midnight)) == (NOVEMBER, DECEMBER)
    assert month_at("America/New_York", datetime(2026, 12, 1, 4, 59, tzinfo=UTC)) == NOVEMBER
    assert month_at("UTC", midnight) == month_at("Nowhere/None", midnight) == NOVEMBER


def test_around_its_first_day_it_is_two_months_somewhere() -> None:
    assert months_now(datetime(2026, 11, 30, 9, 59, tzinfo=UTC)) == {NOVEMBER}
    assert months_now(datetime(2026, 11, 30, 10, tzinfo=UTC)) == {NOVEMBER, DECEMBER}
    assert months_now(datetime(2026, 12, 1, 11, 59, tzinfo=UTC)) == {NOVEMBER, DECEMBER}
    assert months_now(datetime(2026, 12, 1, 12, tzinfo=UTC)) == {DECEMBER}


@pytest.mark.parametrize(
    ("zones", "said"), [("AAB", "A"), ("BAB", "B"), ("AB", "portal"), ("AABBC", "portal"), ("", "portal")]
)
def test_a_team_goes_by_the_zone_that_most_share_or_by_the_portals(zones: str, said: str) -> None:
    assert shared_zone(zones, "portal") == said


def used_up(name: str = "chat-dev", **fields: Any) -> Environment:
    """It has run since 23 November, a dollar an hour."""
    made = environment(name, state="running", **fields)
    costing.ran(made.targets.get(), datetime(2026, 11, 23, 0, tzinfo=UTC))
    return made


def refusal(one: Environment, at: datetime) -> str:
    return budget_limits.refusal(one, factories.manager(), at)


@pytest.mark.django_db
@pytest.mark.parametrize("of_team", [False, True])
def test_on_the_first_morning_in_seoul_a_used_up_november_refuses_nothing_more(of_team: bool) -> None:
    chat = used_up()
    budget(chat.team if of_team else chat, "50", blocks_extensions=True)
    cost_days.close_days(now=SEOUL_IS_AHEAD)
    assert "is used up" in refusal(chat, SEOUL_IS_AHEAD - 2 * MINUTE)
    assert refusal(chat, SEOUL_IS_AHEAD) == ""
    until = SEOUL_IS_AHEAD + 2 * HOUR
    author = factories.manager()
    held = holds.place(environment=chat, desired=Wish.RUNNING, until=until, author=author, now=SEOUL_IS_AHEAD)
    assert held.until == until


@pytest.mark.django_db
def test_a_teams_budget_is_of_the_month_of_the_environment_that_is_kept_on() -> None:
    office = factories.schedule("Office hours New York", timezone="America/New_York")
    seoul, new_york = used_up(), used_up("chat-us", timezone="America/New_York", schedule=office)
    budget(seoul.team, "50", blocks_extensions=True)
    cost_days.close_days(now=SEOUL_IS_AHEAD)
    at = datetime(2026, 12, 1, 2, tzinfo=UTC)  # Monday evening there, Tuesday morning in Seoul
    assert "is used up" in refusal(new_york, at)
    assert refusal(seoul, at) == ""
    both = budget_limits.refusals(environments=[seoul, new_york], user=factories.manager(), now=at)
    assert [*both] == [new_york.pk]


def told() -> list[tuple[str, str]]:
    return [(one.kind, one.link.partition("=")[2][:7]) for one in Event.objects.order_by("pk")]


@pytest.mark.django_db
def test_people_are_told_of_the_new_month_by_the_clock_of_its_environments() -> None:
    chat = used_up()
    budget(chat, "100")
    cost_days.close_days(now=SEOUL_IS_AHEAD)
    budgets.check(now=SEOUL_IS_AHEAD - 2 * MINUTE)
    assert told() == [("budget.used_up", "2026-11")]
    forecasts.renew(now=SEOUL_IS_AHEAD)
    budgets.check(now=SEOUL_IS_AHEAD)
    assert told()[1:] == [("budget.forecast", "2026-12")], "23 working days of nine hours, as November's 80 % are not"
    for hours in (79, 80, 100):
        cost_days.close_days(now=SEOUL_IS_AHEAD + hours * HOUR)
        budgets.check(now=SEOUL_IS_AHEAD + hours * HOUR)
    assert told()[2:] == [("budget.most", "2026-12"), ("budget.used_up", "2026-12")]
    assert set(BudgetNotice.objects.values_list("month", flat=True)) == {NOVEMBER, DECEMBER}


@pytest.mark.django_db
def test_a_team_of_two_zones_is_told_by_the_one_that_most_share() -> None:
    for name in ("chat-dev", "chat-qa"):
        used_up(name)
    abroad = used_up("chat-us", timezone="America/New_York")
    budget(abroad.team, "50")
    budget(abroad.team, "400", month=DECEMBER)
    cost_days.close_days(now=SEOUL_IS_AHEAD)
    (found,) = budgets.each(Budget.objects.filter(month=None), now=SEOUL_IS_AHEAD)
    assert (found.month, found.used and found.used < 1) == (DECEMBER, True)
    assert budgets.check(now=SEOUL_IS_AHEAD) == 0, "December has a budget of its own, of which minutes are used"
    abroad.team.environments.filter(name="chat-qa").delete()
    (tied,) = budgets.each(Budget.objects.filter(month=None), now=SEOUL_IS_AHEAD)
    assert tied.month == NOVEMBER
