"""What environments cost so far: the rows of the days, carried on to the present moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment
from environments.services import cost_days, cost_totals, costs, intervals
from environments.services.costs import Now
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
ALL = Environment.objects.all()
MONDAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """With a target at ten cents an hour, and a volume at one that is billed always, from Monday on."""
    made = factories.environment(name, **fields)
    web = costing.target(made, name)
    costing.price(web, valid_from=MONDAY)
    costing.price(web, "0.01", "volume", always=True, valid_from=MONDAY)
    return made


def start(of: Environment, at: datetime) -> None:
    intervals.begun(target_id=of.targets.get().pk, now=at)
    cost_days.rebuild_due(now=at)


def stop(of: Environment, at: datetime) -> None:
    intervals.ended(target_id=of.targets.get().pk, now=at)
    cost_days.rebuild_due(now=at)


def today_of(user: User, now: datetime) -> list[Now]:
    return cost_totals.totals(environments=Environment.objects.visible_to(user), now=now).today


def amounts(found: list[Now]) -> list[tuple[str, Decimal, Decimal]]:
    return [(one.currency, one.estimate, one.always_on) for one in found]


def test_today_grows_with_the_time_between_two_changes() -> None:
    chat, none = environment(), factories.environment("none")
    start(chat, monday("09:00"))

    def today(clock: str) -> Now:
        found = costs.so_far(environments=[chat, none.pk], now=monday(clock))
        assert found[none.pk] == []
        return found[chat.pk][0]

    # Nine hours of the volume, then both.
    assert (today("09:00").estimate, today("09:00").always_on) == (Decimal("0.09"), Decimal("0.99"))
    assert (today("12:30").estimate, today("12:30").always_on) == (Decimal("0.475"), Decimal("1.375"))
    assert (today("12:30").an_hour, today("12:30").saved) == (Decimal("0.11"), Decimal("0.9"))
    stop(chat, monday("18:00"))
    assert today("23:00").estimate == Decimal("1.13")
    assert today("23:00").an_hour == Decimal("0.01")
    assert today("23:00").share == Decimal("1.4") / Decimal("2.53")


def test_it_goes_on_over_midnight_before_anybody_has_closed_the_day_and_a_day_later_nothing_is_made_up() -> None:
    chat = environment()
    start(chat, monday("09:00"))
    late = on("tuesday", "02:00")
    assert amounts(costs.so_far(environments=[chat], now=late)[chat.pk]) == [("USD", Decimal("0.22"), Decimal("0.22"))]
    month = amounts(cost_totals.totals(environments=ALL, now=late).month)
    assert month == [("USD", Decimal("0.09") + Decimal("1.65") + Decimal("0.22"), Decimal("2.86"))]
    assert costs.so_far(environments=[chat], now=on("wednesday", "02:00"))[chat.pk] == []
    cost_days.rebuild_due(now=late)
    assert amounts(cost_totals.totals(environments=ALL, now=late).month) == month


@pytest.mark.parametrize("closed", [True, False])
def test_a_new_month_begins_with_nothing_of_the_old_one(closed: bool) -> None:
    chat = environment()
    start(chat, monday("09:00"))
    cost_days.rebuild_due(now=datetime.fromisoformat("2026-11-30T12:00+09:00"))
    first = datetime.fromisoformat("2026-12-01T02:00+09:00")
    if closed:
        cost_days.rebuild_due(now=first)
    assert amounts(cost_totals.totals(environments=ALL, now=first).month) == [("USD", Decimal("0.22"), Decimal("0.22"))]
    november = costs.month_of_each(environments=ALL, now=first, month=date(2026, 11, 1))[chat.pk]
    # All of eight days but the nine hours before the first start.
    assert amounts(november) == [("USD", Decimal("0.11") * 192 - Decimal("0.9"), Decimal("0.11") * 192)]


def test_each_environment_has_its_own_today() -> None:
    chat, berlin = environment(), environment("berlin", timezone="Europe/Berlin")
    for one in (chat, berlin):
        start(one, on("tuesday", "00:00"))
    now = on("tuesday", "01:00")  # Monday, 17:00 in Berlin
    cost_days.rebuild_due(now=now)
    found = costs.so_far(environments=[chat, berlin], now=now)
    assert [found[one.pk][0].estimate for one in (chat, berlin)] == [Decimal("0.11"), Decimal("0.27")]


def test_people_are_told_the_total_of_what_they_see_and_currencies_are_never_added() -> None:
    chat, pay = environment(), environment("pay", team=factories.team("Payments"))
    costing.price(pay.targets.get(), "100", "licence", currency="KRW", valid_from=MONDAY)
    for one in (chat, pay):
        start(one, monday("09:00"))
    now = monday("10:00")
    assert amounts(today_of(factories.manager(), now)) == [("USD", Decimal("0.2"), Decimal("1.1"))]
    assert amounts(today_of(factories.operator(), now)) == [
        ("KRW", Decimal(100), Decimal(1000)),
        ("USD", Decimal("0.4"), Decimal("2.2")),
    ]
    with pytest.raises(ValueError, match="USD and KRW"):
        Now("USD") + Now("KRW")


def test_the_totals_are_the_sums_of_each_to_the_millionth_whatever_was_counted_when() -> None:
    zones = ["Asia/Seoul", "America/New_York", "Pacific/Kiritimati"]
    those = [environment(f"service-{n}", timezone=zones[n % 3]) for n in range(7)]
    for n, one in enumerate(those):
        costing.price(one.targets.get(), f"0.0{n}13579", "odd", valid_from=MONDAY)
        start(one, monday("09:00") + n * timedelta(minutes=37, microseconds=7))
    stop(those[3], monday("15:00"))
    for now in (monday("18:00"), on("tuesday", "00:07"), on("tuesday", "23:59")):
        each = costs.so_far(environments=those, now=now)
        months = costs.month_of_each(environments=ALL, now=now)
        found = cost_totals.totals(environments=ALL, now=now)
        assert found.today == _together(each)
        assert found.month == _together(months)


def _together(each: dict[int, list[Now]]) -> list[Now]:
    rows = [row for those in each.values() for row in those]
    return [sum(rows[1:], rows[0])] if rows else []


def test_one_more_hour_costs_what_running_adds_without_what_is_billed_anyway() -> None:
    chat, none = environment(), factories.environment("none")
    web = chat.targets.get()
    costing.price(web, "73", "licence", unit="month", currency="KRW", valid_from=MONDAY)
    costing.price(web, "0.30", valid_from=date(2026, 11, 24))
    costing.price(web, "9", "gone", valid_from=MONDAY, valid_until=MONDAY + timedelta(days=1))
    found = costs.an_hour(environments=[chat, none], now=on("tuesday", "00:00"))
    assert found == {chat.pk: {"USD": Decimal("0.3"), "KRW": Decimal("0.1")}, none.pk: {}}


@pytest.mark.parametrize(
    "ask",
    [
        lambda now: costs.so_far(environments=ALL.all(), now=now),
        lambda now: cost_totals.totals(environments=ALL.all(), now=now),
        lambda now: costs.month_of_each(environments=ALL.all(), now=now),
        lambda now: costs.an_hour(environments=ALL.all(), now=now),
    ],
)
def test_each_answer_takes_as_many_queries_for_many_environments_as_for_one(ask: Callable[[datetime], Any]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            ask(monday("12:00"))
        return len(found)

    factories.operator()
    start(environment(), monday("09:00"))
    one = queries()
    for n in range(20):
        start(environment(f"e{n}"), monday("10:00"))
    assert queries() == one
