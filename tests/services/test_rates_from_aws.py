"""What a look at the AWS Price List has found takes the place of what the last one found, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from environments.models import Target
from environments.models.rate import Pricing, Rate
from environments.services import rates
from environments.services.rates import Line
from portal.history import changes_of
from tests import factories
from tests.services import costing
from tests.support.prices import CACHE, MACHINE, NOW, days, marked, set_line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stack() -> Target:
    return factories.chat_app().targets.get()


def found(target: Target, *lines: Line, at: datetime = NOW, unpriced: Any = ()) -> rates.Written | None:
    return rates.replace_from_price_list(target=target, lines=lines, unpriced=unpriced, now=at)


def test_a_look_that_finds_the_same_writes_nothing(stack: Target) -> None:
    found(stack, MACHINE, CACHE)
    before, history = days(stack), changes_of(Rate).count()
    marked()
    again = found(stack, CACHE, Line(MACHINE.label, Decimal("0.02300"), quantity=Decimal("2.0")), at=_in(days=7))
    assert again is not None
    assert (again.came, again.same) == (0, 2)
    assert (days(stack), changes_of(Rate).count(), marked()) == (before, history, [])


def test_the_first_prices_of_a_target_hold_from_the_day_on_which_it_first_ran(stack: Target) -> None:
    costing.ran(stack, NOW - timedelta(days=3), NOW - timedelta(days=2))
    found(stack, MACHINE)
    assert days(stack) == [(MACHINE.label, "0.023", "11-15", "")]
    assert marked() == [("11-15", "")]
    # Later ones do not: what it had before was known.
    found(stack, MACHINE, CACHE, at=_in(days=1))
    assert (CACHE.label, "0.017", "11-19", "") in days(stack)


def test_what_costs_otherwise_begins_today_and_what_is_gone_ends_today(stack: Target) -> None:
    found(stack, MACHINE, CACHE, at=_in(days=-7))
    found(stack, Line(MACHINE.label, Decimal("0.026"), quantity=Decimal(2)))
    assert days(stack) == [
        ("EC2 t3.small", "0.023", "11-11", "11-18"),
        ("EC2 t3.small", "0.026", "11-18", ""),
        ("ElastiCache cache.t2.micro", "0.017", "11-11", "11-18"),
    ]
    found(stack, CACHE)
    assert [row for row in days(stack) if row[3] == ""] == [("ElastiCache cache.t2.micro", "0.017", "11-18", "")]


def test_what_people_entered_is_never_touched_and_counts_where_both_have_a_price(stack: Target) -> None:
    found(stack, MACHINE, CACHE, at=_in(days=-7))
    set_line(stack, MACHINE.label, "0.01", date(2026, 11, 15))
    set_line(stack, "Licence", "5", date(2026, 11, 1))
    by_hand = list(Rate.objects.filter(source="hand").values())
    found(stack, MACHINE)
    assert list(Rate.objects.filter(source="hand").values()) == by_hand
    assert [row for row in days(stack) if row[3] == ""] == [
        ("EC2 t3.small", "0.01", "11-15", ""),
        ("Licence", "5", "11-01", ""),
    ]


def test_things_of_one_label_are_one_line_and_two_prices_of_it_a_mistake(stack: Target) -> None:
    found(stack, CACHE, CACHE)
    assert [(row.label, row.quantity) for row in Rate.objects.all()] == [(CACHE.label, Decimal(2))]
    with pytest.raises(ValueError, match="Several prices"):
        found(stack, CACHE, Line(CACHE.label, Decimal("0.018")))


def test_what_could_not_be_priced_is_kept(stack: Target) -> None:
    said = [{"what": {"en": "Lambda", "ko": "Lambda"}, "why": {"en": "billed by use", "ko": "사용량 과금"}}]
    found(stack, MACHINE, unpriced=said)
    assert Pricing.objects.get(target=stack).unpriced == said


def test_a_look_at_what_the_target_was_before_writes_nothing(stack: Target) -> None:
    looked_at = Target.objects.get(pk=stack.pk)
    Target.objects.filter(pk=stack.pk).update(identifier="Another")
    assert found(looked_at, MACHINE) is None
    stack.delete()
    assert found(looked_at, MACHINE) is None
    assert not Rate.objects.exists()


def _in(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)
