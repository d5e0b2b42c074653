"""What is not in the sums of costs: it is named, with why, and never counted as nothing in silence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from environments.models import Environment, Pricing, Target
from environments.services import cost_gaps
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Span
from tests import factories
from tests.services import costing
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
REFUSED = {"en": "AWS does not allow pricing:GetProducts.", "ko": "AWS가 허용하지 않아요.", "raw": "AccessDenied"}
MISSING = {"what": {"en": "ElastiCache cache.t2.micro"}, "why": {"en": "It is not in the price list."}}


def found(person: Any = None) -> cost_gaps.Gaps:
    return cost_gaps.gaps(scope=Scope(user=person or factories.operator()), span=NOVEMBER, now=NOW)


def looked(of: Target, **fields: Any) -> Target:
    Pricing.objects.create(target=of, **({"looked_at": NOW} | fields))
    return of


def priced(name: str = "chat-dev") -> Environment:
    made = factories.environment(name)
    costing.price(costing.target(made, f"{name}-web"))
    return made


def test_environments_without_any_price_are_named_to_those_who_see_them() -> None:
    without = factories.chat_app("pay-dev", "PayStack", team=factories.team("Payments"))
    factories.environment("empty")  # nothing in it could have a price
    priced()
    (one,) = found().without
    assert (one.name, one.whys) == (without.name, [cost_gaps.NOT_YET])
    assert found(factories.manager()) == cost_gaps.Gaps()


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (None, cost_gaps.NOT_YET["en"]),
        ({"looked_at": None, "problem": REFUSED}, REFUSED["en"]),
        ({"problem": REFUSED}, REFUSED["en"]),
        ({"looked_at": None}, cost_gaps.NOT_YET["en"]),
        ({"automatic": False}, cost_gaps.SWITCHED_OFF["en"]),
    ],
)
def test_a_target_without_a_price_beside_one_with_a_price_is_named_with_why(look: Any, why: str) -> None:
    db = costing.target(priced(), "db")
    if look is not None:
        looked(db, **look)
    assert found().without == ()
    (one,) = found().partly
    assert [(what["what"], what["why"]["en"]) for what in one.what] == [({"": "db"}, why)]
    assert "raw" not in one.whys[0]
    costing.price(db)
    assert found() == cost_gaps.Gaps()


def test_what_a_look_found_nothing_to_pay_for_in_is_no_gap() -> None:
    looked(costing.target(priced(), "free"))
    looked(costing.target(factories.environment("free"), "free-alone"))
    assert found() == cost_gaps.Gaps()


def test_what_a_look_could_not_price_is_named_beside_what_it_could() -> None:
    looked(priced().targets.get(), unpriced=[MISSING])
    assert [(one.name, one.what) for one in found().partly] == [("chat-dev", (MISSING,))]


def test_a_price_counts_on_its_days_only_by_the_clock_of_the_environment() -> None:
    tomorrow, ended = factories.environment("tomorrow"), factories.environment("yesterday")
    ahead = factories.environment("ahead", timezone="Pacific/Kiritimati")  # there it is Tuesday already, at 15:00
    for one in (tomorrow, ahead):
        costing.price(costing.target(one, one.name), valid_from=date(2026, 11, 24))
    costing.price(costing.target(ended, "old"), valid_until=date(2026, 11, 23))
    now = monday("20:00")
    gaps = cost_gaps.gaps(scope=Scope(user=factories.operator()), span=NOVEMBER, now=now)
    assert [(one.name, one.whys) for one in gaps.without] == [
        ("tomorrow", [cost_gaps.LATER]),
        ("yesterday", [cost_gaps.NOT_YET]),
    ]


def test_the_first_are_named_and_all_are_counted_in_eight_queries(django_assert_max_num_queries: Any) -> None:
    one = priced()
    for number in range(cost_gaps.LISTED + 3):
        costing.target(one, f"db-{number}")
        costing.target(factories.environment(f"bare-{number}"), f"bare-{number}")
    person = factories.operator()
    found(person)  # what somebody may is asked for once
    with django_assert_max_num_queries(8):
        gaps = found(person)
    assert (len(gaps.without), gaps.without_count) == (cost_gaps.LISTED, cost_gaps.LISTED + 3)
    assert (len(gaps.partly), gaps.partly_count) == (cost_gaps.LISTED, cost_gaps.LISTED + 3)


def of_each(*those: Environment) -> dict[str, Any]:
    found = cost_gaps.unpriced_of_each(environments=[one.pk for one in those], now=NOW)
    return {one.name: found[one.pk] for one in those if one.pk in found}


def test_what_has_no_price_is_told_of_each_of_many_in_one_query(django_assert_num_queries: Any) -> None:
    whole, partly, bare = priced("whole"), priced("partly"), factories.environment("bare")
    looked(partly.targets.get(), unpriced=[MISSING])
    costing.target(bare, "db")
    others = [priced(f"other-{number}") for number in range(5)]
    for one in others:
        costing.target(one, f"{one.name}-db")
    with django_assert_num_queries(1):
        found = of_each(whole, partly, bare, *others)
    assert found.pop("partly") == (MISSING,)
    assert {str(what["why"]) for (what,) in found.values()} == {str(cost_gaps.NOT_YET)}
    assert {name: what["what"] for name, (what,) in found.items()} == {
        "bare": {"": "db"},
        **{one.name: {"": f"{one.name}-db"} for one in others},
    }


def test_the_date_of_each_one_s_own_clock_decides_whether_it_has_a_price() -> None:
    here = factories.environment("here")
    ahead = factories.environment("ahead", timezone="Pacific/Kiritimati")  # there it is Tuesday from 10:00 UTC on
    for one in (here, ahead):
        costing.price(costing.target(one, one.name), valid_from=date(2026, 11, 24))
    found = cost_gaps.unpriced_of_each(environments=[here.pk, ahead.pk], now=monday("19:30"))
    assert {pk: [one["why"] for one in what] for pk, what in found.items()} == {here.pk: [cost_gaps.LATER]}
