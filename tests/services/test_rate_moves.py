"""On the day of a move no cost is lost: each environment's estimate is by what ran there, and the day's baseline is
split at the moment of the move. Prices are 1 dollar an hour.

It is Monday, 23 November 2026. The target runs 09:00 to 12:00 in the first environment, and goes on in others.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from environments.models import Environment, Target
from environments.models.daily import DailyCost
from environments.models.rate import Rate
from environments.services import cost_days, intervals, rates, target_edits
from environments.services.rates import Line
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)
LONG_AGO = date(2026, 11, 1)
both = pytest.mark.parametrize("since", [LONG_AGO, DAY], ids=["priced-long-ago", "priced-that-day"])


@pytest.fixture
def places() -> list[Environment]:
    return [factories.environment(name) for name in ("a", "b", "c")]


def running(target: Target, begin: str, end: str) -> None:
    intervals.begun(target_id=target.pk, now=monday(begin))
    intervals.ended(target_id=target.pk, now=monday(end))


def move(target: Target, to: Environment, at: datetime) -> None:
    target.environment = to
    target.save()
    target_edits.saved(target=target, changed={"environment"}, now=at)


def estimates(day: date = DAY) -> dict[str, tuple[Any, Any]]:
    """What each environment cost on a day, and would have cost always on; made when the day after is under way."""
    cost_days.rebuild_due(now=on("tuesday", "00:00"))
    cost_days.rebuild_due(now=on("tuesday", "10:00"))
    rows = DailyCost.objects.filter(day=day)
    return {row.environment_name: (row.estimate, row.always_on) for row in rows}


def counted_tomorrow(number: int) -> list[tuple[str, date]]:
    rows = Rate.objects.current().filter(target_number=number)
    return sorted((row.environment.name, row.valid_from) for row in rows if row.environment)


@both
def test_each_environment_costs_what_ran_in_it_on_the_day_of_a_move(places: list[Environment], since: date) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=since)
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    assert estimates() == {"a": (3, 12), "b": (2, 12)}
    assert set(estimates(date(2026, 11, 24))) == {"b"}


@both
def test_moved_back_on_the_same_day_both_keep_what_ran_in_them(places: list[Environment], since: date) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=since)
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    move(target, first, monday("15:30"))
    running(target, "16:00", "20:00")
    assert estimates() == {"a": (7, Decimal("20.5")), "b": (2, Decimal("3.5"))}
    assert [name for name, _ in counted_tomorrow(target.pk)] == ["a"]


@both
def test_however_often_it_moves_on_one_day_nothing_is_lost_or_counted_twice(
    places: list[Environment], since: date
) -> None:
    first, second, third = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=since)
    running(target, "09:00", "12:00")
    for hour, place in enumerate((second, first, third, second, third, first, second), start=13):
        move(target, place, monday(f"{hour}:00"))
        running(target, f"{hour}:10", f"{hour}:40")
    # Half an hour each: thrice in b, twice in c, and twice more in a.
    assert estimates() == {"a": (4, 15), "b": (Decimal("1.5"), 7), "c": (1, 2)}
    assert [name for name, _ in counted_tomorrow(target.pk)] == ["b"]


def test_what_is_billed_always_is_billed_once_however_it_is_moved(places: list[Environment]) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=DAY, always=True)
    cost_days.rebuild(environments=[first.pk], first=DAY, last=None, now=monday("09:00"))
    for hour, place in ((12, second), (13, first), (14, second)):
        move(target, place, monday(f"{hour}:00"))
    assert estimates() == {"a": (24, 24)}
    assert counted_tomorrow(target.pk) == [("b", date(2026, 11, 24))]


def test_a_look_after_the_move_takes_nothing_from_where_it_was(places: list[Environment]) -> None:
    first, second, _ = places
    target = costing.target(first)
    machine, disk = Line("machine", Decimal(1)), Line("disk", Decimal("0.5"), always=True)
    rates.replace_from_price_list(target=target, lines=[machine, disk], unpriced=[], now=monday("08:00"))
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    rates.replace_from_price_list(target=target, lines=[machine, disk], unpriced=[], now=monday("16:00"))
    # 3 hours and the disk of the day; 2 hours at the new place.
    assert estimates() == {"a": (15, 24), "b": (2, 12)}
    move(target, first, monday("17:00"))
    rates.replace_from_price_list(target=target, lines=[Line("other", Decimal(1))], unpriced=[], now=monday("18:00"))
    assert estimates()["b"] == (2, 5)


def test_a_price_entered_after_the_move_for_days_before_it_leaves_those_of_the_old_place(
    places: list[Environment],
) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO)
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    asked: Any = {"target": target, "label": "instance", "valid_from": LONG_AGO, "actor": None, "now": monday("16:00")}
    rates.set_line(unit_price=Decimal(2), **asked)
    assert estimates()["a"] == (3, 12)
    assert estimates()["b"] == (2, 12), "its own line of that day stands: a new one lasts until it begins"


def test_a_line_whose_end_is_known_goes_along_too(places: list[Environment]) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO, valid_until=date(2026, 12, 1))
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    assert estimates() == {"a": (3, 12), "b": (2, 12)}
    rows = Rate.objects.filter(environment=second)
    assert list(rows.values_list("valid_from", "valid_until")) == [(DAY, date(2026, 12, 1))]


def test_between_zones_what_is_billed_always_has_no_gap(places: list[Environment]) -> None:
    first, second, _ = places
    Environment.objects.filter(pk=first.pk).update(timezone="America/New_York")
    first.refresh_from_db()
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO, always=True)
    move(target, second, monday("12:00"))
    # It is the 22nd in New York, whose day ends at 14:00 of the 23rd in Seoul.
    ended, goes_on = Rate.objects.order_by("pk")
    assert (ended.environment, ended.valid_until) == (first, DAY)
    assert (goes_on.environment, goes_on.valid_from) == (second, DAY)


@pytest.mark.parametrize(("valid_from", "estimate"), [(DAY, 14), (LONG_AGO, 7)])
def test_a_price_entered_after_moving_to_and_fro_is_not_counted_beside_the_one_kept_for_the_day(
    places: list[Environment], valid_from: date, estimate: int
) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=DAY)
    running(target, "09:00", "12:00")
    move(target, second, monday("12:00"))
    running(target, "13:00", "15:00")
    move(target, first, monday("15:30"))
    running(target, "16:00", "20:00")
    asked: Any = {"target": target, "label": "instance", "actor": None, "now": monday("21:00")}
    rates.set_line(unit_price=Decimal(2), valid_from=valid_from, **asked)
    # 7 hours: at 2 dollars from that day on, or at 1 where the new price lasts until the one of that day.
    assert estimates() == {"a": (estimate, estimate // 7 * Decimal("20.5")), "b": (2, Decimal("3.5"))}


def test_from_the_move_on_the_old_place_adds_nothing_to_its_baseline(places: list[Environment]) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO)
    running(target, "09:00", "12:00")
    cost_days.rebuild_due(now=monday("12:00"))
    move(target, second, monday("12:00"))
    cost_days.rebuild_due(now=monday("12:01"))
    added = {row.environment_name: row.always_an_hour for row in DailyCost.objects.filter(day=DAY)}
    assert added == {"a": 0, "b": 1}


def test_a_price_of_another_name_that_is_entered_after_the_move_counts_in_the_baseline_since_the_move(
    places: list[Environment],
) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO)
    move(target, second, monday("12:00"))
    asked: Any = {"target": target, "label": "cache", "valid_from": DAY, "actor": None, "now": monday("16:00")}
    rates.set_line(unit_price=Decimal(2), **asked)
    assert estimates() == {"a": (0, 12), "b": (0, 36)}


def test_days_later_it_comes_back_and_nothing_is_left_of_its_absence(places: list[Environment]) -> None:
    first, second, _ = places
    target = costing.target(first)
    costing.price(target, "1", valid_from=LONG_AGO)
    move(target, second, monday("12:00"))
    cost_days.rebuild_due(now=on("tuesday", "00:00"))
    move(target, first, on("thursday", "06:00"))
    cost_days.rebuild_due(now=on("friday", "00:00"))
    rows = DailyCost.objects.filter(day__gte=DAY).order_by("day", "environment_name")
    assert [(row.environment_name, row.always_on) for row in rows if row.always_on] == [
        *(("a", 12), ("b", 12), ("b", 24), ("b", 24), ("a", 18), ("b", 6)),
    ]
