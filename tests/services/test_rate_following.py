"""Prices follow their targets: they end with them, move with them, and are looked up anew for what they name now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from environments.models import Environment, Target
from environments.models.rate import Pricing, Rate
from environments.services import pricings, rate_following, rates, target_edits
from tests import factories
from tests.support.prices import CACHE, MACHINE, NOW, TODAY, marked, set_line

pytestmark = pytest.mark.django_db

TOMORROW = TODAY + timedelta(days=1)
DISK = {"unit": "month", "always": True, "quantity": Decimal(100)}


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stack() -> Target:
    """With a machine, a disk that is billed always, and something looked up."""
    made = factories.chat_app().targets.get()
    rates.replace_from_price_list(target=made, lines=[CACHE], unpriced=[{"what": "x", "why": "y"}], now=NOW)
    set_line(made, "machine", "0.023", date(2026, 11, 1))
    set_line(made, "disk", "0.0912", date(2026, 11, 1), **DISK)
    marked()
    return made


def follow(**fields: Any) -> int:
    return rate_following.follow(now=NOW, **fields)


def spans(environment: Environment | None) -> dict[str, tuple[date, date | None]]:
    rows = Rate.objects.filter(environment=environment)
    return {row.label: (row.valid_from, row.valid_until) for row in rows}


def test_prices_of_a_target_that_was_removed_end_with_the_day(stack: Target) -> None:
    environment, number = stack.environment, stack.pk
    set_line(stack, "machine", "0.026", TODAY + timedelta(days=9))
    stack.delete()
    assert follow() == 1
    assert spans(environment)["disk"] == (date(2026, 11, 1), TOMORROW)
    [priced] = rates.lines_of(environments=[environment.pk], first=TODAY, last=TODAY)[environment.pk]
    assert (priced.target_number, len(priced.rates)) == (number, 3), "its last day can still be reckoned"
    later = rates.lines_of(environments=[environment.pk], first=TOMORROW, last=date.max - timedelta(days=9))
    assert later == {environment.pk: []}
    assert follow() == 0


def test_prices_of_an_environment_that_was_removed_end_too(stack: Target) -> None:
    stack.environment.delete()
    assert follow() == 1
    assert not Rate.objects.current().exists()


def test_prices_go_to_another_environment_with_their_target(stack: Target) -> None:
    before, other = stack.environment, factories.environment("chat-qa")
    Target.objects.filter(pk=stack.pk).update(environment=other)
    assert (follow(), follow()) == (1, 0)
    ended = (date(2026, 11, 1), TOMORROW)
    # What began today is kept for today, under a name of its own.
    assert spans(before) == {"machine": ended, "disk": ended, f"{CACHE.label} (chat-dev)": (TODAY, TOMORROW)}
    # Both can run on the day of the move; the disk is billed once.
    assert spans(other) == {"machine": (TODAY, None), "disk": (TOMORROW, None), CACHE.label: (TODAY, None)}
    assert [row.target_id for row in other.rates.all()] == [stack.pk] * 3


def test_a_price_that_begins_after_the_move_begins_at_the_new_place(stack: Target) -> None:
    before, other = stack.environment, factories.environment("chat-qa")
    soon = TODAY + timedelta(days=9)
    set_line(stack, "machine", "0.026", soon)
    Target.objects.filter(pk=stack.pk).update(environment=other)
    follow()
    assert list(other.rates.filter(label="machine").values_list("valid_from", "valid_until")) == [
        (soon, None),
        (TODAY, soon),
    ]
    assert spans(before)["machine"] == (date(2026, 11, 1), TOMORROW)


def test_what_is_billed_to_another_account_is_never_counted_twice(stack: Target) -> None:
    other = factories.account(name="second", account_id="210987654321")
    Target.objects.filter(pk=stack.pk).update(account=other)
    follow()
    found = rates.lines_of(environments=[stack.environment_id], first=TODAY, last=TODAY)[stack.environment_id]
    assert [one.account_id for one in found] == [stack.account_id]
    after = rates.lines_of(environments=[stack.environment_id], first=TOMORROW, last=TOMORROW)[stack.environment_id]
    assert [(one.account_id, len(one.rates)) for one in after] == [(other.pk, 3)]


def test_what_names_something_else_keeps_what_people_entered_and_is_looked_up_anew(stack: Target) -> None:
    Pricing.objects.update(wanted_at=None, looked_at=NOW, problem={"en": "old"})
    target_edits.saved(target=stack, changed=["identifier"], now=NOW)
    ended = {label: until for label, (_, until) in spans(stack.environment).items()}
    assert ended == {"machine": None, "disk": None, CACHE.label: TOMORROW}
    pricing = Pricing.objects.get()
    assert (pricing.wanted_at, pricing.looked_at, pricing.unpriced, pricing.problem) == (NOW, None, [], {})
    rates.replace_from_price_list(target=stack, lines=[MACHINE], unpriced=[], now=NOW)
    assert spans(stack.environment)[CACHE.label] == (TODAY, TODAY), "what it was is not counted beside what it is"


def test_another_order_is_still_the_same_thing(stack: Target) -> None:
    Pricing.objects.update(wanted_at=None)
    target_edits.saved(target=stack, changed=["order", "options"], now=NOW)
    assert Rate.objects.current().count() == 3
    assert Pricing.objects.get().wanted_at is None


def test_a_new_target_is_to_be_looked_up_now_and_only_once(stack: Target) -> None:
    Pricing.objects.all().delete()
    follow(targets=[stack.pk])
    Pricing.objects.update(wanted_at=None)
    follow()
    assert list(Pricing.objects.values_list("target", "wanted_at")) == [(stack.pk, None)]


def test_nothing_to_follow_takes_two_queries_whatever_there_is(stack: Target, django_assert_num_queries: Any) -> None:
    for n in range(4):
        set_line(factories.chat_app(f"env-{n}", f"stack-{n}").targets.get(), "machine", "1", TODAY)
    follow()
    with django_assert_num_queries(2):
        assert follow() == 0


def test_operators_have_prices_looked_up_or_keep_to_their_own(stack: Target) -> None:
    operator = factories.operator()
    Pricing.objects.update(wanted_at=NOW + timedelta(days=7), attempts=3)
    assert pricings.look_now(targets=[stack], actor=operator, now=NOW) == 1
    assert list(Pricing.objects.values_list("wanted_at", "attempts")) == [(NOW, 0)]
    assert pricings.set_automatic(target=stack, automatic=False, actor=operator, now=NOW)
    assert not pricings.set_automatic(target=stack, automatic=False, actor=operator, now=NOW)
    assert pricings.look_now(targets=[stack], actor=operator, now=NOW) == 0
    assert list(Pricing.objects.values_list("automatic", "wanted_at")) == [(False, None)]
    assert Rate.objects.current().count() == 3
