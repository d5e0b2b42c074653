"""What a month will have cost: what it has, and the rest by plan and prices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Wish
from environments.models.daily import Forecast
from environments.models.rate import Rate
from environments.services import cost_days, forecasts, holds, intervals, rates, schedules, specs
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
ALL = Environment.objects.all()
NOVEMBER, MONDAY = date(2026, 11, 1), date(2026, 11, 23)


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """Ten cents an hour; by its schedule on from nine to six, Monday to Friday, in Seoul. The month has six such days
    from Monday, the 23rd, on."""
    made = factories.environment(name, **fields)
    costing.price(costing.target(made, name), valid_from=MONDAY)
    return made


def rest(of: Environment) -> Decimal:
    estimate: Decimal = Forecast.objects.get(environment=of).estimate
    return estimate


def test_the_rest_of_the_month_is_what_the_plan_wishes_for() -> None:
    chat = environment()
    assert forecasts.renew(now=monday("08:00")) == 1
    row = Forecast.objects.get()
    assert (row.month, row.estimate) == (NOVEMBER, Decimal("5.4"))
    assert row.always_on == Decimal("0.1") * (24 * 8 - 8)
    factories.hold(chat, starts_at=monday("08:00"), until=on("tuesday", "08:00"))
    forecasts.renew(now=monday("12:00"))
    assert rest(chat) == Decimal("6.5")  # twenty hours until the hold's end, five days of nine hours


def test_what_the_plan_leaves_as_it_is_stays_as_it_is() -> None:
    on_, off = environment("on", schedule=None), environment("off", schedule=None)
    intervals.begun(target_id=on_.targets.get().pk, now=monday("08:00"))
    forecasts.renew(now=monday("08:00"))
    assert (rest(on_), rest(off)) == (Decimal("18.4"), Decimal(0))


def test_prices_that_begin_or_end_before_the_month_does_count_for_their_days() -> None:
    chat = environment()
    costing.price(chat.targets.get(), "0.2", valid_from=date(2026, 11, 25))
    costing.price(chat.targets.get(), "1", "volume", always=True, valid_from=MONDAY, valid_until=date(2026, 11, 24))
    forecasts.renew(now=monday("00:00"))
    assert rest(chat) == Decimal("0.9") * 2 + Decimal("1.8") * 4 + 24


def test_a_month_is_expected_to_cost_what_it_has_and_the_rest() -> None:
    chat = environment()

    def expected(at: datetime) -> forecasts.Expected:
        return forecasts.expected(environments=ALL.all(), month=NOVEMBER, now=at)[chat.pk][0]

    intervals.begun(target_id=chat.targets.get().pk, now=monday("09:00"))
    forecasts.renew(environments=cost_days.rebuild_due(now=monday("09:00")), now=monday("09:00"))
    assert expected(monday("09:00")) == forecasts.Expected("USD", Decimal(0), Decimal("5.4"), Decimal("19.2"))
    # It runs as planned: spent grows, and the whole stays.
    assert expected(monday("13:00")).spent == Decimal("0.4")
    assert expected(monday("13:00")).total == Decimal("5.4")
    forecasts.renew(now=monday("14:00"))
    assert expected(monday("14:30")).total == Decimal("5.4")
    # It is stopped three hours early, and is planned to run then: until the next hour's forecast that is not known.
    intervals.ended(target_id=chat.targets.get().pk, now=monday("15:00"))
    forecasts.renew(environments=cost_days.rebuild_due(now=monday("15:00")), now=monday("18:00"))
    assert expected(monday("18:00")).total == Decimal("5.1")


def test_a_month_that_is_over_has_cost_what_it_has_and_a_new_one_takes_its_place() -> None:
    chat = environment()
    costing.ran(chat.targets.get(), monday("09:00"), monday("18:00"))
    first = datetime.fromisoformat("2026-12-01T09:00+09:00")
    forecasts.renew(now=monday("20:00"))
    forecasts.renew(environments=cost_days.close_days(now=first), now=first)
    assert [row.month for row in Forecast.objects.all()] == [date(2026, 12, 1)]
    (found,) = forecasts.expected(environments=ALL.all(), month=NOVEMBER, now=first)[chat.pk]
    assert (found.spent, found.total) == (Decimal("0.9"), None)


def test_without_prices_nothing_is_expected_and_without_a_readable_plan_nobody_else_waits(caplog: Any) -> None:
    chat, none = environment(), factories.environment("none")
    broken = environment("broken", schedule=factories.schedule("Odd", begin_time="25:00", end_time="26:00"))
    forecasts.renew(now=monday("08:00"))
    assert list(Forecast.objects.values_list("environment", flat=True)) == [chat.pk]
    assert none.pk not in forecasts.expected(environments=ALL.all(), month=NOVEMBER, now=monday("08:00"))
    assert "broken" in caplog.text
    assert broken.pk
    chat.targets.get().rates.all().delete()
    forecasts.renew(now=monday("09:00"))
    assert not Forecast.objects.exists()


def test_equal_plans_are_planned_once_and_many_environments_take_as_many_queries_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned: list[Environment] = []

    def spec_of(environment: Environment, now: datetime) -> Any:
        planned.append(environment)
        return specs.spec_of(environment, now)

    monkeypatch.setattr(forecasts, "spec_of", spec_of)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            forecasts.renew(now=monday("08:00"))
            forecasts.expected(environments=ALL.all(), month=NOVEMBER, now=monday("08:00"))
        return len(found)

    environment()
    one = queries()
    for n in range(30):
        environment(f"e{n}")
    assert queries() == one
    assert len(planned) == 2
    assert Forecast.objects.count() == 31


def test_a_price_of_days_to_come_changes_the_forecast_with_the_next_minute() -> None:
    chat, other = environment(), environment("other")
    forecasts.renew_changed(environments=cost_days.rebuild_due(now=monday("00:00")), now=monday("00:00"))
    forecasts.renew(now=monday("00:00"))

    def a_minute_later(minute: int) -> Decimal:
        now = monday(f"00:{minute:02}")
        forecasts.renew_changed(environments=cost_days.rebuild_due(now=now), now=now)
        return rest(chat)

    asked: Any = {"target": chat.targets.get(), "label": "instance", "actor": None, "now": monday("00:00")}
    rates.set_line(unit_price=Decimal(1), valid_from=date(2026, 11, 25), **asked)
    assert a_minute_later(1) == Decimal("0.9") * 2 + 9 * 4
    line = Rate.objects.get(valid_from=date(2026, 11, 25))
    rates.end_line(line=line, day=date(2026, 11, 26), actor=None, now=monday("00:02"))
    assert a_minute_later(3) == Decimal("0.9") * 2 + 9
    rates.end_line(line=line, day=date(2026, 11, 25), actor=None, now=monday("00:04"))
    assert a_minute_later(5) == Decimal("0.9") * 3, (
        "until the 26th, as the line whose place it had taken has these days"
    )
    since = Forecast.objects.get(environment=chat).from_moment
    rates.set_line(unit_price=Decimal(9), valid_from=date(2026, 12, 1), **asked)
    a_minute_later(6)
    assert Forecast.objects.get(environment=chat).from_moment == since, "the forecast is of this month"
    assert rest(other) == Decimal("5.4")


def test_a_first_price_that_is_yet_to_begin_comes_into_the_forecast_and_goes_from_it_with_the_next_minute() -> None:
    chat = factories.environment()
    costing.target(chat)
    asked: Any = {"target": chat.targets.get(), "label": "instance", "now": monday("08:00")}
    operator = factories.operator()
    written = rates.set_line(unit_price=Decimal(1), valid_from=date(2026, 11, 27), actor=operator, **asked)
    forecasts.renew_changed(environments=cost_days.rebuild_due(now=monday("08:01")), now=monday("08:01"))
    assert rest(chat) == 9 * 2
    rates.take_back(environment=chat, changes=written.changes, actor=operator, now=monday("08:02"))
    forecasts.renew_changed(environments=cost_days.rebuild_due(now=monday("08:03")), now=monday("08:03"))
    assert not Forecast.objects.exists()


def test_a_changed_plan_changes_the_forecast_with_the_next_minute() -> None:
    chat, other = environment(), environment("other")
    schedules.plan_changed(now=monday("07:00"))
    schedules.enforce_due(now=monday("07:00"))
    forecasts.renew(now=monday("08:00"))
    assert forecasts.renew_changed(environments=(), now=monday("08:01")) == 0
    until = on("tuesday", "08:00")
    person = factories.operator()
    holds.place(environment=chat, desired=Wish.RUNNING, until=until, reason="", author=person, now=monday("08:02"))
    schedules.enforce_due(now=monday("08:02"))
    assert rest(chat) == Decimal("5.4")
    assert forecasts.renew_changed(environments=(), now=monday("08:03")) == 1
    # Until the hold's end, and five days of nine hours: 57 minutes less than a day, and 45 hours.
    assert rest(chat) == Decimal("6.895")
    assert rest(other) == Decimal("5.4")
    assert forecasts.renew_changed(environments=(), now=monday("08:04")) == 0
    assert forecasts.renew_changed(environments=[other.pk], now=monday("08:04")) == 1
