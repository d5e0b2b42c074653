"""What runs only because others need it has a forecast by the plans of these; budgets go by that."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Operation, OperationStatus, State, Wish
from environments.models.daily import Forecast
from environments.services import forecasts, intervals, needs
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW, MONDAY = monday("08:00"), date(2026, 11, 23)
HOURS_OF_PLAN = Decimal(9 * 6)  # from nine to six on the six working days that are left


def environment(name: str, **fields: Any) -> Environment:
    """A dollar an hour."""
    made = factories.environment(name, **fields)
    costing.price(costing.target(made, name), "1", valid_from=MONDAY)
    return made


def hours(of: Environment, now: Any = NOW) -> Decimal:
    forecasts.renew(now=now)
    estimate: Decimal = Forecast.objects.get(environment=of).estimate
    return estimate


def started_for_others(of: Environment) -> None:
    """It runs, since an hour, and nothing but a need has started it."""
    Operation.objects.create(
        environment=of, kind=Operation.Kind.START, trigger=Operation.Trigger.SCHEDULE,
        status=OperationStatus.SUCCEEDED, reason={"en": "", "ko": "", needs.FOR_OTHERS: "yes"},
        created_at=NOW - timedelta(hours=1), finished_at=NOW - timedelta(hours=1), not_before=NOW, deadline_at=NOW,
    )  # fmt: skip
    Environment.objects.filter(pk=of.pk).update(state=State.RUNNING, wish=Wish.ANY)
    intervals.begun(target_id=of.targets.get().pk, now=NOW - timedelta(hours=1))


def test_what_has_no_plan_of_its_own_runs_while_the_plan_of_one_that_needs_it_does() -> None:
    app, store = environment("app"), environment("db", schedule=None)
    assert hours(store) == 0
    app.needs.add(store)
    assert hours(store) == hours(app) == HOURS_OF_PLAN


def test_what_is_needed_through_others_runs_with_them_and_twice_needed_is_not_twice_run() -> None:
    app, store, disk = environment("app"), environment("db", schedule=None), environment("disk", schedule=None)
    app.needs.add(store, disk)
    store.needs.add(disk)
    assert hours(disk) == HOURS_OF_PLAN


def test_the_plan_of_what_needs_it_counts_though_that_costs_nothing_itself() -> None:
    app, store = factories.environment("app"), environment("db", schedule=None)
    app.needs.add(store)
    assert hours(store) == HOURS_OF_PLAN


def test_a_plan_that_stops_it_gives_way_to_the_need_and_a_hold_does_not() -> None:
    app, store = environment("app"), environment("db")
    app.needs.add(store)
    factories.hold(app, starts_at=NOW, until=on("tuesday", "08:00"))
    assert hours(store) == 24 + 9 * 5
    factories.hold(store, desired=Wish.STOPPED, starts_at=NOW, until=monday("20:00"))
    assert hours(store) == 24 - 12 + 9 * 5


def test_what_only_a_need_has_started_is_let_go_when_that_ends_and_what_ran_before_goes_on() -> None:
    app, store = environment("app"), environment("db", schedule=None)
    app.needs.add(store)
    started_for_others(store)
    assert hours(store) == HOURS_OF_PLAN
    Operation.objects.update(reason={"en": "", "ko": ""})
    assert hours(store) == 24 * 8 - 8


def test_a_plan_that_nobody_can_read_needs_nothing_and_keeps_nobody_from_a_forecast(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, store = environment("app"), environment("db", schedule=None)
    broken = environment("broken", schedule=factories.schedule("Odd", begin_time="25:00", end_time="26:00"))
    app.needs.add(store, broken)
    broken.needs.add(store)
    assert hours(store) == HOURS_OF_PLAN
    assert "broken" in caplog.text


def test_a_changed_plan_changes_the_forecast_of_what_is_needed_with_it() -> None:
    app, store, other = environment("app"), environment("db", schedule=None), environment("other")
    app.needs.add(store)
    assert hours(store) == HOURS_OF_PLAN
    factories.hold(app, starts_at=NOW, until=on("tuesday", "08:00"))
    assert forecasts.renew_changed(environments=[app.pk], now=NOW + timedelta(minutes=1)) == 2
    assert Forecast.objects.get(environment=store).estimate > HOURS_OF_PLAN
    assert Forecast.objects.get(environment=other).from_moment == NOW


def test_needs_cost_the_same_queries_however_many_there_are_and_two_with_none_among_them() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            forecasts.renew(now=NOW)
        return len(found)

    for n in range(20):
        environment(f"e{n}")
    none = queries()
    app = environment("app")
    app.needs.add(*Environment.objects.filter(slug__in=["e1"]))
    one = queries()
    app.needs.add(*Environment.objects.exclude(slug="app"))
    assert queries() == one
    assert one <= none + 1
