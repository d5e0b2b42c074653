"""Price lines: set from a day on, ended, brought back, taken back; and read for reckoning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import Environment, Target
from environments.models.rate import Pricing, Rate
from environments.services import pricings, rates
from portal.history import changes_of
from tests import factories
from tests.support.prices import CACHE, NOW, TODAY, days, marked, set_line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stack() -> Target:
    return factories.chat_app().targets.get()


def test_a_new_price_of_a_label_begins_where_the_one_before_ends(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    assert days(stack) == [("t3.small", "0.023", "11-01", "11-10"), ("t3.small", "0.026", "11-10", "")]
    set_line(stack, "t3.small", "0.024", date(2026, 11, 5))
    assert [row[1:] for row in days(stack)] == [
        ("0.023", "11-01", "11-05"),
        ("0.024", "11-05", "11-10"),
        ("0.026", "11-10", ""),
    ]


def test_a_price_of_the_same_date_replaces_the_one_that_was_there(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    set_line(stack, "t3.small", "0.026", date(2026, 11, 1))
    assert days(stack) == [("t3.small", "0.026", "11-01", "")]


def test_what_is_said_already_is_not_said_again(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    marked()
    again = set_line(stack, "t3.small", "0.0230", date(2026, 11, 9))
    assert (again.came, again.same, again.changes) == (0, 1, ())
    assert (marked(), changes_of(Rate).count()) == ([], 1)


def test_exactly_the_days_are_reckoned_anew_whose_price_is_another(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    assert marked() == [("11-01", "")]
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    assert marked() == [("11-10", "")]
    set_line(stack, "t3.small", "0.024", date(2026, 11, 5))
    assert marked() == [("11-05", "11-09")]
    set_line(stack, "t3.small", "0.030", TODAY + timedelta(days=1))
    assert marked() == [("11-19", "")], "tomorrow has no estimate yet, but its part of the forecast"
    set_line(stack, "t3.small", "0.031", date(2026, 12, 1))
    assert marked() == [], "the forecast is of this month"


def test_a_line_ends_on_a_day_and_comes_back(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    marked()
    line, operator = Rate.objects.get(), factories.operator()
    rates.end_line(line=line, day=date(2026, 11, 10), actor=operator, now=NOW)
    assert (days(stack), marked()) == ([("t3.small", "0.023", "11-01", "11-10")], [("11-10", "")])
    rates.restore_line(line=line, actor=operator, now=NOW)
    assert (days(stack), marked()) == ([("t3.small", "0.023", "11-01", "")], [("11-10", "")])
    assert rates.restore_line(line=line, actor=operator, now=NOW).came == 0


def test_a_line_comes_back_only_until_the_next_of_its_label(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    line = Rate.objects.get()
    rates.end_line(line=line, day=date(2026, 11, 5), actor=None, now=NOW)
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    rates.restore_line(line=line, actor=None, now=NOW)
    assert days(stack) == [("t3.small", "0.023", "11-01", "11-10"), ("t3.small", "0.026", "11-10", "")]


def test_a_line_that_was_never_right_gives_its_days_back(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    set_line(stack, "t3.small", "2.3", date(2026, 11, 10))
    wrong = Rate.objects.get(valid_from=date(2026, 11, 10))
    rates.end_line(line=wrong, day=wrong.valid_from, actor=None, now=NOW)
    assert days(stack) == [("t3.small", "0.023", "11-01", ""), ("t3.small", "2.3", "11-10", "11-10")]
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    assert days(stack) == [("t3.small", "0.023", "11-01", "11-10"), ("t3.small", "0.026", "11-10", "")]


def test_a_line_does_not_end_before_it_begins_nor_after_its_end(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    first = Rate.objects.get(valid_from=date(2026, 11, 1))
    for day in (date(2026, 10, 31), date(2026, 11, 11)):
        with pytest.raises(ValidationError, match="between its first one and its end"):
            rates.end_line(line=first, day=day, actor=None, now=NOW)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"price": "-1"}, "unit_price"),
        ({"quantity": Decimal(-2)}, "quantity"),
        ({"currency": "dollars"}, "currency"),
        ({"label": " "}, "label"),
        ({"unit": "week"}, "unit"),
        ({"day": date(202, 11, 1)}, "valid_from"),
        ({"day": date(2206, 11, 1)}, "valid_from"),
    ],
)
def test_what_is_no_price_is_refused_at_its_field(stack: Target, fields: dict[str, Any], named: str) -> None:
    asked: dict[str, Any] = {"label": "t3.small", "price": "0.023", "day": TODAY} | fields
    with pytest.raises(ValidationError) as refused:
        set_line(stack, **asked)
    assert list(refused.value.message_dict) == [named]
    assert not Rate.objects.exists()


def test_what_was_done_is_taken_back_once_and_not_over_what_came_later(stack: Target) -> None:
    operator, environment = factories.operator(), stack.environment
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    done = set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    marked()

    def back(done: rates.Written) -> int:
        return rates.take_back(environment=environment, changes=done.changes, actor=operator, now=NOW)

    assert back(done) == 2
    assert (days(stack), marked()) == ([("t3.small", "0.023", "11-01", "")], [("11-10", "")])
    assert back(done) == 0
    replaced = set_line(stack, "t3.small", "0.030", date(2026, 11, 1))
    set_line(stack, "t3.small", "0.031", date(2026, 11, 1))
    assert back(replaced) == 0
    other = factories.environment("other")
    last = set_line(stack, "t3.small", "0.032", date(2026, 11, 1))
    assert rates.take_back(environment=other, changes=last.changes, actor=operator, now=NOW) == 0
    assert back(last) == 1
    assert days(stack) == [("t3.small", "0.031", "11-01", "")]


def test_only_operators_change_prices(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", TODAY)
    line, manager = Rate.objects.get(), factories.manager()
    with pytest.raises(PermissionDenied, match="An operator can"):
        set_line(stack, "t3.small", "0.1", TODAY, actor=manager)
    with pytest.raises(PermissionDenied):
        rates.end_line(line=line, day=TODAY, actor=manager, now=NOW)
    with pytest.raises(PermissionDenied):
        rates.restore_line(line=line, actor=manager, now=NOW)
    with pytest.raises(PermissionDenied):
        rates.take_back(environment=stack.environment, changes=[1], actor=manager, now=NOW)
    with pytest.raises(PermissionDenied):
        pricings.look_now(targets=[stack], actor=manager, now=NOW)
    assert days(stack) == [("t3.small", "0.023", "11-18", "")]


def test_who_changed_which_price_is_in_the_history(stack: Target) -> None:
    operator = factories.operator()
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1))
    set_line(stack, "t3.small", "0.026", date(2026, 11, 10))
    rows = changes_of(Rate).order_by("history_id").values_list("history_type", "valid_from", "history_user_id")
    assert sorted((kind, day.day, person) for kind, day, person in rows) == [
        ("+", 1, operator.pk),
        ("+", 10, operator.pk),
        ("~", 1, operator.pk),
    ]


def test_lines_begin_and_end_with_midnights_of_the_environments_zone(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1), quantity=Decimal(2))
    set_line(stack, "gp3 100 GB", "0.0912", date(2026, 11, 5), unit="month", always=True)
    rates.end_line(line=Rate.objects.get(label="t3.small"), day=date(2026, 11, 10), actor=None, now=NOW)
    [priced] = rates.lines_of(environments=[stack.environment_id], first=TODAY - timedelta(30), last=TODAY)[
        stack.environment_id
    ]
    assert (priced.target_number, priced.account_id) == (stack.pk, stack.account_id)
    lines = {rate.label: rate for rate in priced.rates}
    assert lines["t3.small"].begin == datetime(2026, 10, 31, 15, tzinfo=ZoneInfo("UTC"))
    assert lines["t3.small"].end == datetime(2026, 11, 9, 15, tzinfo=ZoneInfo("UTC"))
    assert (lines["t3.small"].an_hour, lines["t3.small"].hours) == (Fraction(46, 1000), 1)
    assert (lines["gp3 100 GB"].hours, lines["gp3 100 GB"].always, lines["gp3 100 GB"].end) == (730, True, None)


def test_only_lines_of_the_days_asked_for_are_read(stack: Target) -> None:
    set_line(stack, "a", "1", date(2026, 11, 1))
    rates.end_line(line=Rate.objects.get(), day=date(2026, 11, 5), actor=None, now=NOW)
    set_line(stack, "b", "1", date(2026, 11, 10))
    never = set_line(stack, "c", "1", date(2026, 11, 3))
    assert never.came
    rates.end_line(line=Rate.objects.get(label="c"), day=date(2026, 11, 3), actor=None, now=NOW)

    def labels(first: int, last: int) -> list[str]:
        days = date(2026, 11, first), date(2026, 11, last)
        found = rates.lines_of(environments=[stack.environment_id], first=days[0], last=days[1])
        return [rate.label for one in found[stack.environment_id] for rate in one.rates]

    assert (labels(1, 4), labels(5, 9), labels(4, 10), labels(10, 10)) == (["a"], [], ["a", "b"], ["b"])


def test_reading_takes_as_many_queries_for_many_environments_as_for_one(
    stack: Target, django_assert_num_queries: Any
) -> None:
    set_line(stack, "t3.small", "0.023", TODAY)
    ids = [stack.environment_id, *(_priced(f"env-{n}") for n in range(6))]
    for some in (ids[:1], ids):
        with django_assert_num_queries(2):
            found = rates.lines_of(environments=some, first=TODAY, last=TODAY)
        assert {pk: len(lines) for pk, lines in found.items()} == dict.fromkeys(some, 1)
    assert rates.lines_of(environments=[], first=TODAY, last=TODAY) == {}


def _priced(name: str) -> int:
    environment: Environment = factories.chat_app(name, f"{name}-stack")
    set_line(environment.targets.get(), "t3.small", "0.023", TODAY)
    return environment.pk


def test_the_first_price_entered_by_hand_keeps_looks_from_counting_the_same_again(stack: Target) -> None:
    done = set_line(stack, "t3.small", "0.023", TODAY)
    assert done.kept_from_looks == (stack.pk,)
    assert list(Pricing.objects.values_list("automatic", "wanted_at")) == [(False, None)]
    # Who switches it on again means it: the next line leaves it on.
    pricings.set_automatic(target=stack, automatic=True, actor=None, now=NOW)
    assert set_line(stack, "disk", "0.09", TODAY).kept_from_looks == ()
    assert Pricing.objects.get().automatic


def test_a_price_entered_beside_looked_up_ones_leaves_looking_up_on(stack: Target) -> None:
    rates.replace_from_price_list(target=stack, lines=[CACHE], unpriced=[], now=NOW)
    assert set_line(stack, "Licence", "5", TODAY).kept_from_looks == ()
    assert Pricing.objects.get().automatic


@pytest.mark.parametrize(
    ("price", "fields", "field"),
    [
        ("99999999", {}, "unit_price"),
        ("1000", {"quantity": Decimal(9_999_999_999)}, "quantity"),
        ("20000000", {"quantity": Decimal("0.9")}, "unit_price"),
        ("99999999", {"unit": "month", "quantity": Decimal(101)}, "quantity"),
        ("1234567.0123456789", {}, "unit_price"),
    ],
)
def test_a_price_that_a_month_cannot_hold_or_no_database_keeps_is_refused_at_its_field(
    stack: Target, price: str, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        set_line(stack, "nonsense", price, TODAY, **fields)
    assert list(refused.value.message_dict) == [field]
    assert not Rate.objects.exists()


def test_the_largest_price_and_the_most_exact_one_are_taken_and_kept_as_typed(stack: Target) -> None:
    set_line(stack, "large", "10000000", TODAY, unit="month", quantity=Decimal(1000), currency="KRW")
    set_line(stack, "exact", "12345.0123456789", TODAY, unit="month")
    kept = dict(Rate.objects.values_list("label", "unit_price"))
    assert kept == {"large": Decimal(10_000_000), "exact": Decimal("12345.0123456789")}
