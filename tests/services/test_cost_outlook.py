"""What stands beside the sums of costs: hours, bills, forecasts, budgets and holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.models import (
    Budget,
    Environment,
    Forecast,
    Interval,
    MonthlyCost,
    TeamHours,
)
from environments.services import cost_days, cost_hours, cost_outlook, forecasts
from environments.services.cost_history import look
from environments.services.cost_scope import Scope
from environments.services.cost_sums import ENVIRONMENT, REMOVED, TEAM, Key, Span
from tests import factories
from tests.services import costing
from tests.support.times import SEOUL, monday

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
NOW = monday("10:00")
MONDAY = date(2026, 11, 23)
WHOLE_DAY = range(24)


def everything(**chosen: Any) -> Scope:
    return Scope(user=factories.operator(), **chosen)


def test_hours_are_those_it_ran_and_go_on_while_it_runs() -> None:
    one = factories.environment()
    factories.daily_run(one, MONDAY - timedelta(days=3))
    today: dict[str, Any] = {"seconds": 0, "known_until": monday("09:00"), "hours": bytes(24)}
    factories.daily_run(one, MONDAY, **today)
    key = (ENVIRONMENT, one.pk)

    def seconds() -> tuple[int, int]:
        found = cost_hours.ran(scope=everything(), span=NOVEMBER, keys=[key], now=NOW)
        return found[key], cost_hours.ran_in_all(scope=everything(), span=NOVEMBER, now=NOW)

    assert seconds() == (9 * 3600, 9 * 3600)
    span = {"began_at": monday("09:00"), "began_by": "operation", "environment_name": one.name, "target_name": "x"}
    Interval.objects.create(environment=one, **span)
    assert seconds() == (10 * 3600, 10 * 3600)
    of_team = cost_hours.ran(scope=everything(), span=NOVEMBER, keys=[(TEAM, one.team_id)], now=NOW)
    assert of_team == {(TEAM, one.team_id): 10 * 3600}
    before = Span(NOVEMBER.first, MONDAY - timedelta(days=1))
    assert cost_hours.ran(scope=everything(), span=before, keys=[key], now=NOW) == {key: 9 * 3600}
    assert cost_hours.ran_in_all(scope=everything(), span=before, now=NOW) == 9 * 3600


def test_hours_of_a_long_span_are_those_of_its_days_whether_or_not_anything_has_a_price() -> None:
    one = factories.environment()
    gone = factories.environment("old-dev")
    for each in (one, gone):
        for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 10, 31), date(2026, 11, 2)):
            factories.daily_run(each, day)
    for number in ("123456789012", "222222222222"):  # one has prices, in two accounts
        factories.daily_cost(one, date(2026, 7, 1), "1", "2", account=factories.account(account_id=number, name=number))
    gone.delete()
    assert MonthlyCost.objects.count() == 2
    keys: list[Key] = [(ENVIRONMENT, one.pk), (REMOVED, "old-dev")]
    named = everything(environments=(one.pk,), removed=("old-dev",))
    for span, hours in ((Span(date(2026, 6, 30), date(2026, 11, 2)), 36), (Span(date(2026, 7, 1), NOW.date()), 27)):
        whole = cost_hours.ran_of_each_and_all(scope=named, span=span, keys=keys, now=NOW)
        assert (whole.of_each, whole.in_all) == (dict.fromkeys(keys, hours * 3600), 2 * hours * 3600)
    # Of what is no more, nothing says in which account it ran.
    assert cost_hours.ran(scope=everything(account=factories.account().pk), span=span, keys=keys[1:], now=NOW) == {}


def test_the_map_of_one_environment_says_the_share_of_each_hour_since_it_was_there() -> None:
    one = factories.environment()
    factories.daily_run(one, date(2026, 11, 9), WHOLE_DAY)  # a Monday; a week later it slept
    for ahead in range(1, 14):
        factories.daily_run(one, date(2026, 11, 9) + timedelta(days=ahead), ())
    factories.daily_run(one, MONDAY, WHOLE_DAY)  # today is not over
    found = cost_hours.hours_map(scope=everything(environments=(one.pk,)), span=NOVEMBER, today=MONDAY)
    assert (found.days, found.alone) == (14, True)
    assert found.cells == (((0.5,) * 24), *((0.0,) * 24 for _ in range(6)))


def test_the_map_of_teams_says_how_many_ran_on_average_to_those_who_are_in_them() -> None:
    for name, minutes in (("Chat", 180), ("Payments", 600)):
        for week in (9, 16):
            row = [0] * 24
            row[9] = minutes
            TeamHours.objects.create(team=factories.team(name), day=date(2026, 11, week), minutes=row)
    whole = Span(date(2026, 11, 9), date(2026, 11, 22))
    everybody = cost_hours.hours_map(scope=everything(), span=whole, today=MONDAY)
    assert (everybody.most, everybody.cells[0][9], everybody.cells[0][10]) == (13.0, 1.0, 0.0)
    mine = cost_hours.hours_map(scope=Scope(user=factories.manager()), span=whole, today=MONDAY)
    assert mine.most == 3.0
    other = factories.team("Payments")
    scope = Scope(user=factories.manager(), team=other.pk)
    assert cost_hours.hours_map(scope=scope, span=whole, today=MONDAY).cells == ()


def test_too_many_days_of_single_environments_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_hours, "MOST_RUNS", 1)
    one = factories.environment()
    factories.daily_run(one, date(2026, 11, 9))
    factories.daily_run(one, date(2026, 11, 10))
    assert cost_hours.hours_map(scope=everything(environments=(one.pk,)), span=NOVEMBER, today=MONDAY).too_many


def test_the_forecast_counts_nothing_twice() -> None:
    one = factories.environment()
    prices = {"an_hour": Decimal(2), "always_an_hour": Decimal(2)}
    factories.daily_cost(one, MONDAY, "1", "20", known_until=monday("08:00"), **prices)
    rest = {"estimate": Decimal(100), "always_on": Decimal(300), "currency": "USD", "month": NOVEMBER.first}
    Forecast.objects.create(environment=one, account=factories.account(), from_moment=monday("09:30"), **rest)
    history = look(scope=everything(), span=NOVEMBER, kind=ENVIRONMENT, step="day", now=NOW)
    found = cost_outlook.rest_of_month(scope=everything(), month=NOVEMBER.first, since=history.since, now=NOW)
    # Half an hour since the forecast is spent already: 5 until now, 99 still to come, as 4 and 100 were.
    assert (history.whole.estimate, found["USD"]) == (5_000_000, cost_outlook.Rest(99_000_000, 299_000_000))


def test_the_forecast_of_many_is_what_budgets_go_by_though_one_was_made_anew_meanwhile(
    django_assert_max_num_queries: Any,
) -> None:
    made = [factories.environment(f"chat-{number}") for number in range(10)]
    for one in made:
        costing.price(costing.target(one, one.name), "1", valid_from=MONDAY)
        costing.ran(one.targets.get(), monday("09:00"))
    cost_days.close_days(now=monday("09:15"))
    forecasts.renew(now=monday("09:15"))
    forecasts.renew(environments=[made[0].pk], now=monday("09:59"))
    scope = everything()
    history = look(scope=scope, span=NOVEMBER, kind=ENVIRONMENT, step="day", now=NOW)
    with django_assert_max_num_queries(2):
        rest = cost_outlook.rest_of_month(scope=scope, month=NOVEMBER.first, since=history.since, now=NOW)
    expected = forecasts.expected(environments=Environment.objects.all(), month=NOVEMBER.first, now=NOW)
    totals = [found.total for (found,) in expected.values() if found.total is not None]
    assert sum(totals) * 1_000_000 == history.whole.estimate + rest["USD"].estimate == 10 * 6 * 9_000_000


def test_a_budget_is_that_of_what_is_looked_at_and_a_month_s_own_goes_first() -> None:
    chat, payments = factories.environment(), factories.environment("pay-dev", team=factories.team("Payments"))
    Budget.objects.create(team=chat.team, amount=300, currency="USD")
    Budget.objects.create(team=chat.team, amount=600, month=date(2026, 11, 1), currency="USD")
    Budget.objects.create(environment=payments, amount=31, currency="USD")

    def allowed(span: Span = NOVEMBER, **chosen: Any) -> tuple[Decimal | None, bool] | None:
        found = cost_outlook.budgeted(scope=everything(**chosen), span=span, currency="USD")
        return (found.over(span), found.is_complete) if found else None

    assert allowed(team=chat.team_id) == (Decimal(600), True)
    assert allowed() == (Decimal(600), False)  # Payments has none
    assert allowed(environments=(payments.pk,)) == (Decimal(31), True)
    assert allowed(environments=(chat.pk,)) is None
    assert allowed(Span(date(2026, 10, 31), date(2026, 11, 15)), team=chat.team_id) == (Decimal("309.677419"), True)
    assert allowed(team=payments.team_id) is None


def test_extensions_are_holds_that_kept_something_on_and_how_long_they_lasted() -> None:
    one, person = factories.environment(), factories.manager()

    def held(begin: str, end: str, **fields: Any) -> None:
        times: dict[str, Any] = {
            "starts_at": monday(begin),
            "created_at": monday(begin),
            "until": monday(end),
            "author": person,
        }
        factories.hold(one, **(times | {"ended_at": monday(end)} | fields))

    held("01:00", "03:00")
    held("03:00", "06:00", ended_at=monday("04:30"), author=factories.operator())  # released early
    held("04:30", "05:00", desired="stopped")
    held("09:00", "12:00", ended_at=None)  # lasts still
    found = cost_outlook.extensions(scope=everything(), span=NOVEMBER, now=NOW)
    assert (found.holds, found.people, found.kept_on) == (3, 2, timedelta(hours=4.5))
    assert cost_outlook.extensions(scope=Scope(user=factories.outsider()), span=NOVEMBER, now=NOW).holds == 0
    october = Span(date(2026, 10, 1), date(2026, 10, 31))
    assert cost_outlook.extensions(scope=everything(), span=october, now=NOW) == cost_outlook.Extensions()


def test_an_extension_counts_in_each_month_with_its_hours_of_that_month() -> None:
    times: dict[str, Any] = {
        "starts_at": datetime(2026, 10, 31, 20, tzinfo=SEOUL),
        "until": datetime(2026, 11, 20, tzinfo=SEOUL),
    }
    factories.hold(factories.environment(), created_at=times["starts_at"], **times)
    later = datetime(2026, 12, 2, tzinfo=SEOUL)

    def kept_on(first: date, last: date, now: datetime = later) -> tuple[int, timedelta]:
        found = cost_outlook.extensions(scope=everything(), span=Span(first, last), now=now)
        return found.holds, found.kept_on

    assert kept_on(date(2026, 10, 1), date(2026, 10, 31)) == (1, timedelta(hours=4))
    assert kept_on(NOVEMBER.first, NOVEMBER.last) == (1, timedelta(days=19))
    assert kept_on(NOVEMBER.first, NOVEMBER.last, times["starts_at"] + timedelta(hours=6)) == (1, timedelta(hours=2))
    assert kept_on(date(2026, 12, 1), date(2026, 12, 31)) == (0, timedelta())


def test_one_environment_is_one_on_the_map_of_hours_whatever_it_was_called_and_removed_ones_by_their_days() -> None:
    one = factories.environment("chat")
    for day in (9, 16):
        factories.daily_run(one, date(2026, 11, day), WHOLE_DAY, environment_name=f"Chat {day}")

    def is_alone(**chosen: Any) -> bool:
        return cost_hours.hours_map(scope=everything(**chosen), span=NOVEMBER, today=MONDAY).alone

    assert is_alone(environments=(one.pk,))

    def removed(day: int) -> None:
        gone = factories.environment(f"gone-{day}")
        factories.daily_run(gone, date(2026, 11, day), WHOLE_DAY, environment_name="gone")
        gone.delete()

    removed(10)
    removed(11)
    assert is_alone(removed=("gone",)), "two of one name, one after the other"
    assert not is_alone(environments=(one.pk,), removed=("gone",))
    removed(11)
    assert not is_alone(removed=("gone",)), "two that ran on the same day"
