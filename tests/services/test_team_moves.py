"""An environment that goes to another team within a month: each day counts for the team that had it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from environments.models import Environment, Team
from environments.models.daily import DailyCost, DailyRun, MonthlyCost
from environments.services import budgets, cost_days, cost_exports, cost_history, intervals, report_figures
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Span, amount
from tests import factories
from tests.services import costing
from tests.services.budgeting import NOVEMBER, budget, reckoned
from tests.support.times import SEOUL

pytestmark = pytest.mark.django_db
WHOLE = Span(NOVEMBER, date(2026, 11, 30))
HOUR = 3600


def at(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SEOUL)


@pytest.fixture
def moved() -> Environment:
    """A dollar an hour from the first of November on, without a stop; on the sixth it goes from Chat to Payments."""
    made = factories.environment("chat-dev")
    target = costing.target(made, "web")
    costing.price(target, "1", valid_from=date(2026, 10, 1))
    intervals.begun(target_id=target.pk, now=at(1))
    reckoned(at(1))
    reckoned(at(6))
    made.team = factories.team("Payments")
    made.save()
    return made


def teams() -> list[Team]:
    return [Team.objects.get(name=name) for name in ("Chat", "Payments")]


def shown(kind: str, step: str, now: datetime, **chosen: Any) -> list[tuple[Any, Decimal]]:
    scope = Scope(user=factories.operator(), **chosen)
    found = cost_history.look(scope=scope, span=WHOLE, kind=kind, step=step, now=now)
    return [(key[1], amount(sums.estimate)) for key, sums in found.groups]


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_each_team_is_shown_the_days_that_it_had(moved: Environment, step: str) -> None:
    reckoned(at(26))
    chat, payments = teams()
    # Six days of the first team, the day of the move included, and nineteen of the second.
    assert shown("team", step, at(26)) == [(payments.pk, Decimal(19 * 24)), (chat.pk, Decimal(6 * 24))]
    assert shown("environment", step, at(26)) == [(moved.pk, Decimal(25 * 24))]
    assert shown("environment", step, at(26), team=chat.pk) == [(moved.pk, Decimal(6 * 24))]
    assert shown("environment", step, at(26), team=payments.pk) == [(moved.pk, Decimal(19 * 24))]


@pytest.mark.parametrize("now", [at(26), at(1, 1, month=12)])
def test_each_teams_budget_has_the_days_that_it_had(moved: Environment, now: datetime) -> None:
    for team in teams():
        budget(team, "300", blocks_extensions=True)
    reckoned(now)
    days = 25 if now == at(26) else 30
    used = [one.used for one in budgets.standing(teams=teams(), month=NOVEMBER, now=now)]
    assert used == [6 * 24, (days - 6) * 24]


def test_the_day_of_the_move_goes_on_for_the_team_that_it_began_with(moved: Environment) -> None:
    for team in teams():
        budget(team, "300")
    used = [one.used for one in budgets.standing(teams=teams(), month=NOVEMBER, now=at(6, 10))]
    assert used == [5 * 24 + 10, 0]
    (own,) = (budget(moved, "300"),)
    assert [one.used for one in budgets.each([own], month=NOVEMBER, now=at(6, 10))] == [5 * 24 + 10]


def test_each_teams_report_has_the_days_that_it_had(moved: Environment) -> None:
    now = at(1, 1, month=12)
    reckoned(now)
    for team, days in zip(teams(), (6, 24), strict=True):
        found = report_figures.figures(team=team, month=NOVEMBER, now=now, is_over=True)
        (sums,) = found["sums"]
        assert (found["seconds"], sums["estimate"]) == (days * 24 * HOUR, days * 24 * 10**6)
        (line,) = sums["environments"]
        assert (line["name"], line["seconds"], line["estimate"]) == ("chat-dev", days * 24 * HOUR, days * 24 * 10**6)


def test_a_file_by_months_has_a_line_for_each_team_and_today_counts_once(moved: Environment) -> None:
    cost_days.rebuild(environments=[moved.pk], first=date(2026, 11, 6), last=None, now=at(8, 3))
    scope = Scope(user=factories.operator())
    lines = cost_exports.lines(scope=scope, span=WHOLE, step="month", currency="USD", now=at(8, 5))
    found = {one.team: one.estimate for one in lines}
    assert found == {"Chat": Decimal(6 * 24), "Payments": Decimal(24 + 5)}


def test_a_price_that_is_known_later_counts_for_the_team_that_had_the_day(moved: Environment) -> None:
    reckoned(at(8))
    costing.price(moved.targets.get(), "100", "licence", currency="KRW", valid_from=date(2026, 11, 5))
    cost_days.rebuild(environments=[moved.pk], first=NOVEMBER, last=None, now=at(8))
    rows = DailyCost.objects.filter(currency="KRW", estimate__gt=0).order_by("day")
    assert list(rows.values_list("day__day", "team__name")) == [(5, "Chat"), (6, "Chat"), (7, "Payments")]
    months = MonthlyCost.objects.filter(currency="KRW").values_list("team__name", "estimate", "seconds")
    assert sorted(months) == [("Chat", Decimal(4800), 6 * 24 * HOUR), ("Payments", Decimal(2400), 24 * HOUR)]


def test_what_removed_teams_had_stays_in_the_sums_once(moved: Environment) -> None:
    Environment.objects.update(team=factories.team("Search"))
    reckoned(at(8))
    moved.refresh_from_db()
    moved.team = factories.team("Mail")
    moved.save()
    reckoned(at(10))
    Team.objects.filter(name__in=["Chat", "Search"]).delete()
    assert MonthlyCost.objects.filter(team=None, month=NOVEMBER).count() == 2
    # Changed by a price, so that the months are added up anew.
    costing.price(moved.targets.get(), "1", "disk", valid_from=NOVEMBER)
    cost_days.rebuild(environments=[moved.pk], first=NOVEMBER, last=None, now=at(10))
    november = MonthlyCost.objects.filter(month=NOVEMBER)
    months = november.values_list("team__name", "estimate", "seconds")
    without = DailyRun.objects.filter(team=None, seconds__gt=0).count()
    assert without == 8
    assert sorted(months, key=str) == [
        ("Mail", Decimal(2 * 24), 24 * HOUR),
        (None, Decimal(8 * 24 * 2), 8 * 24 * HOUR),
    ]
