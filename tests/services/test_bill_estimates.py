"""A bill says what the portal estimated for the same day: whichever of both is written last, and never twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from environments.aws.cost_explorer import Bill
from environments.models import DailyBill, Environment, Rate
from environments.services import bill_rows, cost_days, intervals
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def chat() -> Environment:
    """Ran from nine to six on Monday, at ten cents an hour; the day is over."""
    made = factories.environment("chat-dev")
    costing.price(costing.target(made, "chat"), valid_from=MONDAY)
    intervals.begun(target_id=made.targets.get().pk, now=monday("09:00"))
    intervals.ended(target_id=made.targets.get().pk, now=monday("18:00"))
    cost_days.rebuild_due(now=on("tuesday", "00:00"))
    return made


def billed(of: Environment, *tags: str, amount: str = "1") -> None:
    bills = [Bill(tagged=tag, day=MONDAY, currency="USD", amount=Decimal(amount), is_final=True) for tag in tags]
    bill_rows.write(account=of.targets.get().account, first=MONDAY, end=TUESDAY, bills=bills)


def said() -> list[Decimal | None]:
    return list(DailyBill.objects.order_by("pk").values_list("estimate", flat=True))


def test_a_bill_that_comes_in_says_what_was_estimated_for_its_day(chat: Environment) -> None:
    billed(chat, chat.slug)
    assert said() == [Decimal("0.9")]


def test_a_price_that_is_corrected_later_corrects_what_stands_beside_the_bill(chat: Environment) -> None:
    billed(chat, chat.slug)
    Rate.objects.update(unit_price=Decimal("0.2"))
    cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=MONDAY, now=on("tuesday", "10:00"))
    assert said() == [Decimal("1.8")]
    Rate.objects.all().delete()
    cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=MONDAY, now=on("tuesday", "11:00"))
    assert said() == [None]


def test_two_values_of_the_tag_for_the_same_day_count_its_estimate_once(chat: Environment) -> None:
    chat.name = "chat for everybody"
    chat.save()
    billed(chat, chat.slug, chat.name)
    assert said() == [Decimal("0.9"), Decimal(0)]


def test_an_estimate_stays_beside_the_bill_of_what_is_gone_and_comes_beside_one_that_is_late(chat: Environment) -> None:
    account = chat.targets.get().account
    billed(chat, chat.slug)
    cost_days.rebuild_due(now=on("wednesday", "00:00"))
    chat.delete()
    assert said() == [Decimal("0.9")]
    late = Bill(tagged="chat-dev", day=TUESDAY, currency="USD", amount=Decimal(1), is_final=True)
    bill_rows.write(account=account, first=TUESDAY, end=date(2026, 11, 25), bills=[late])
    assert said() == [Decimal("0.9"), Decimal(0)]  # it slept on Tuesday: that was estimated, too


def test_a_bill_that_turns_out_to_be_a_stranger_s_has_no_estimate_any_more(chat: Environment) -> None:
    other = factories.account(account_id="222222222222", name="payments")
    values = {"environment": chat, "environment_name": chat.name, "day": MONDAY, "currency": "USD", "amount": 1}
    DailyBill.objects.create(account=other, tagged="chat", estimate=Decimal(5), **values)
    bill_rows.write(account=other, first=TUESDAY, end=TUESDAY, bills=[])
    assert said() == [None]
