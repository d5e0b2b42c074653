"""Estimates beside what AWS billed: days that have both are compared, the others told apart, and what is gone stays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from environments.models import (
    BillLook,
    DailyBill,
    Environment,
)
from environments.services import bill_estimates, cost_bills
from environments.services.cost_scope import Scope
from environments.services.cost_sums import ACCOUNT, ENVIRONMENT, REMOVED, TEAM, Key, Span
from tests import factories

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
MONDAY = date(2026, 11, 23)


def everything(**chosen: Any) -> Scope:
    return Scope(user=factories.operator(), **chosen)


def billed(of: Environment, day: date, sums: str, **fields: Any) -> DailyBill:
    values = {"account": factories.account(), "tagged": of.slug, "currency": "USD"} | fields
    values |= {"environment_name": of.name, "team": of.team}
    made = DailyBill.objects.create(environment=of, day=day, amount=Decimal(sums), **values)
    bill_estimates.note(DailyBill.objects.filter(pk=made.pk))
    return made


def test_a_bill_is_compared_with_the_estimate_of_the_days_that_have_bills_only() -> None:
    one = factories.environment()
    for day in range(10, 21):
        factories.daily_cost(one, date(2026, 11, day), "10", "24")
    for day in (12, 13, 16, 17, 18):  # the 14th and 15th are not billed
        billed(one, date(2026, 11, day), "9.5")
    look = BillLook.objects.create(account=factories.account(), enabled=True, known_until=date(2026, 11, 18))
    key = (ENVIRONMENT, one.pk)

    def found() -> tuple[int, int, int]:
        those = cost_bills.of_environments(scope=everything(), span=NOVEMBER, keys=[key], currency="USD")[key]
        in_all, _read = cost_bills.in_all(scope=everything(), span=NOVEMBER, kind=TEAM, currency="USD")
        assert in_all == {(TEAM, one.team_id): those}
        assert those.difference == Decimal("-0.05")
        return those.amount, those.estimate, those.until.day

    assert found() == (38_000_000, 40_000_000, 17)  # the 18th still comes in
    BillLook.objects.filter(pk=look.pk).update(known_until=date(2026, 11, 19))
    assert found() == (47_500_000, 50_000_000, 18)
    BillLook.objects.filter(pk=look.pk).update(known_until=date(2026, 11, 18))
    DailyBill.objects.filter(day=date(2026, 11, 18)).update(is_final=True)
    assert found() == (47_500_000, 50_000_000, 18)
    nobody = Scope(user=factories.outsider())
    assert cost_bills.in_all(scope=nobody, span=NOVEMBER, kind=TEAM, currency="USD")[0] == {}


def test_a_team_s_bill_is_compared_with_the_estimates_of_what_is_billed_only() -> None:
    tagged, late, untagged = (factories.environment(name) for name in ("tagged", "late", "untagged"))
    for day in range(1, 11):
        for one in (tagged, late, untagged):
            factories.daily_cost(one, date(2026, 11, day), "24", "24")
        billed(tagged, date(2026, 11, day), "24", is_final=True)
        if day >= 8:  # its tag counts from then on
            billed(late, date(2026, 11, day), "24", is_final=True)
    found, _read = cost_bills.in_all(scope=everything(), span=NOVEMBER, kind=TEAM, currency="USD")
    whole = found[TEAM, tagged.team_id]
    assert (whole.amount, whole.estimate, whole.difference) == (312_000_000, 312_000_000, Decimal(0))  # 240 and 72
    keys: list[Key] = [(ENVIRONMENT, each.pk) for each in (late, untagged)]
    found = cost_bills.of_environments(scope=everything(), span=NOVEMBER, keys=keys, currency="USD")
    assert {key: (those.amount, those.estimate) for key, those in found.items()} == {keys[0]: (72_000_000, 72_000_000)}


def test_bills_of_days_without_an_estimate_are_told_apart_and_compared_with_nothing() -> None:
    one = factories.environment()
    factories.daily_cost(one, date(2026, 11, 21), "10", "24")
    factories.daily_cost(one, date(2026, 11, 20), "0", "24")  # it slept: nothing is an estimate, too
    for day in range(1, 22):
        billed(one, date(2026, 11, day), "10", is_final=True)
    key: Key = (ENVIRONMENT, one.pk)
    found = cost_bills.of_environments(scope=everything(), span=NOVEMBER, keys=[key], currency="USD")[key]
    assert (found.amount, found.compared, found.estimate) == (210_000_000, 20_000_000, 10_000_000)
    assert (found.alone, found.alone_days, found.difference) == (190_000_000, 19, Decimal(1))


@pytest.mark.parametrize("kind", [ENVIRONMENT, TEAM, ACCOUNT])
def test_bills_of_a_removed_environment_stay_in_the_comparison(kind: str) -> None:
    one = factories.environment("gone")
    factories.daily_cost(one, MONDAY, "10", "24")
    billed(one, MONDAY, "11", is_final=True)
    team = one.team_id
    one.delete()
    keys: dict[str, Key] = {
        ENVIRONMENT: (REMOVED, "gone"),
        TEAM: (TEAM, team),
        ACCOUNT: (ACCOUNT, factories.account().pk),
    }
    key = keys[kind]

    def found(scope: Scope) -> dict[Key, cost_bills.Billed]:
        if kind == ENVIRONMENT:
            return cost_bills.of_environments(scope=scope, span=NOVEMBER, keys=[key], currency="USD")
        return cost_bills.in_all(scope=scope, span=NOVEMBER, kind=kind, currency="USD")[0]

    those = found(everything())[key]
    assert (those.amount, those.estimate, those.alone) == (11_000_000, 10_000_000, 0)
    assert key in found(Scope(user=factories.manager()))
    assert found(Scope(user=factories.outsider())) == {}


def test_bills_stay_with_the_team_of_their_day_as_estimates_do() -> None:
    one = factories.environment()
    before = one.team_id
    factories.daily_cost(one, MONDAY, "10", "24")
    billed(one, MONDAY, "11", is_final=True)
    one.team = factories.team("Newcomers")
    one.save()
    found, _read = cost_bills.in_all(scope=everything(), span=NOVEMBER, kind=TEAM, currency="USD")
    assert {key: (those.amount, those.estimate) for key, those in found.items()} == {
        (TEAM, before): (11_000_000, 10_000_000)
    }


def test_a_day_that_still_comes_in_is_shown_and_compared_with_nothing() -> None:
    one = factories.environment()
    factories.daily_cost(one, MONDAY, "24", "24")
    billed(one, MONDAY, "6")
    key = (ENVIRONMENT, one.pk)
    found = cost_bills.of_environments(scope=everything(), span=NOVEMBER, keys=[key], currency="USD")[key]
    assert (found.amount, found.estimate, found.until, found.difference) == (6_000_000, 0, MONDAY, None)


def test_bills_in_another_currency_are_not_compared() -> None:
    one = factories.environment()
    factories.daily_cost(one, MONDAY, "10", "24")
    billed(one, MONDAY, "14000", currency="KRW")
    key = (ENVIRONMENT, one.pk)
    assert cost_bills.of_environments(scope=everything(), span=NOVEMBER, keys=[key], currency="USD") == {}
