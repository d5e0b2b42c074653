"""Hours that no estimate counts: what ran on days without a price is named for these days, also when it is gone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Pricing, Target
from environments.services import cost_gaps, unpriced_runs
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Span
from tests import factories
from tests.services import costing
from tests.support.times import SEOUL, monday

pytestmark = pytest.mark.django_db
NOW = monday("12:00")
OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
FIFTH = datetime(2026, 10, 5, 9, tzinfo=SEOUL)
HOUR = 3600


def found(span: Span = OCTOBER, **chosen: Any) -> cost_gaps.Gaps:
    return cost_gaps.gaps(scope=Scope(user=factories.operator(), **chosen), span=span, now=NOW)


def ran(name: str = "beta", hours: int = 100) -> tuple[Environment, Target]:
    """An environment that ran from the fifth of October on."""
    made = factories.environment(name)
    web = costing.target(made, f"{name}-web")
    costing.ran(web, FIFTH, FIFTH + timedelta(hours=hours))
    return made, web


def told(gaps: cost_gaps.Gaps) -> list[tuple[str, str, tuple[tuple[str, int], ...]]]:
    return [(one.name, one.slug, one.ran) for one in gaps.ran]


def test_what_ran_before_its_price_begins_is_named_with_its_hours() -> None:
    beta, web = ran()
    alpha, other = ran("alpha")
    costing.price(other)
    costing.price(web, valid_from=date(2026, 11, 20))
    gaps = found()
    assert told(gaps) == [("beta", beta.slug, (("beta-web", 100 * HOUR),))]
    assert (gaps.ran[0].first, gaps.ran_count) == (date(2026, 10, 5), 1)
    assert found(NOVEMBER).ran == ()
    assert found(environments=(alpha.pk,)) == cost_gaps.Gaps()


def test_only_the_dates_without_a_price_count_by_the_clock_of_the_environment() -> None:
    _beta, web = ran(hours=72)  # from the fifth, 09:00, until the eighth, 09:00
    costing.price(web, "1", valid_from=date(2026, 10, 7))
    assert told(found())[0][2] == (("beta-web", (15 + 24) * HOUR),)
    costing.price(web, "2", "volume", valid_from=date(2026, 10, 6), valid_until=date(2026, 10, 7))
    assert told(found())[0][2] == (("beta-web", 15 * HOUR),)
    costing.price(web, "3", "address", valid_until=date(2026, 10, 6))
    assert told(found()) == []


@pytest.mark.parametrize("gone", ["target", "environment"])
def test_what_is_gone_is_named_as_long_as_its_hours_have_no_price(gone: str) -> None:
    beta, web = ran()
    _priced, other = ran("priced")
    costing.price(other)
    for one in (web, other) if gone == "target" else (beta, other.environment):
        one.delete()
    slug = beta.slug if gone == "target" else ""
    assert told(found()) == [("beta", slug, (("beta-web", 100 * HOUR),))]


def test_what_went_elsewhere_is_named_for_the_hours_at_the_old_place() -> None:
    beta, web = ran()
    web.environment = factories.environment("gamma")
    web.save()
    costing.price(web)
    assert told(found()) == [("beta", beta.slug, (("beta-web", 100 * HOUR),))]


def test_what_a_look_found_nothing_to_pay_for_in_is_no_gap_and_its_days_before_its_first_price_are() -> None:
    _free, nothing = ran("free")
    late, web = ran("late")
    for one in (nothing, web):
        Pricing.objects.create(target=one, looked_at=NOW)
    costing.price(web, valid_from=date(2026, 10, 6), valid_until=date(2026, 10, 7))
    assert told(found()) == [("late", late.slug, (("late-web", 15 * HOUR),))]


def test_what_the_last_look_could_not_price_is_named_for_days_of_the_past_on_which_it_ran() -> None:
    _beta, web = ran()
    costing.price(web)
    missing = {"what": {"en": "ElastiCache"}, "why": {"en": "It is not in the price list."}}
    Pricing.objects.create(target=web, looked_at=NOW, unpriced=[missing])
    assert [(one.name, one.what) for one in found().partly] == [("beta", (missing,))]
    assert found(Span(date(2026, 9, 1), date(2026, 9, 30))) == cost_gaps.Gaps()


def test_an_environment_that_has_no_price_now_is_named_once_with_its_hours_of_the_month() -> None:
    beta, web = ran()
    costing.ran(web, monday("09:00"))
    gaps = found(NOVEMBER)
    assert [(one.name, one.whys, one.ran) for one in gaps.without] == [
        (beta.name, [cost_gaps.NOT_YET], (("beta-web", 3 * HOUR),))
    ]
    assert gaps.ran == ()


def test_people_are_told_of_their_teams_and_of_what_they_chose_only() -> None:
    ran()[1].delete()
    ran("gone")[0].delete()
    payments = factories.team("Payments")
    other = factories.environment("other", team=payments)
    costing.ran(costing.target(other), FIFTH, FIFTH + timedelta(hours=1))
    manager = cost_gaps.gaps(scope=Scope(user=factories.manager()), span=OCTOBER, now=NOW)
    assert [name for name, _slug, _ran in told(manager)] == ["beta", "gone"]
    assert [name for name, _slug, _ran in told(found(team=payments.pk))] == ["other"]
    assert [name for name, _slug, _ran in told(found(removed=("gone",)))] == ["gone"]
    outsider = cost_gaps.gaps(scope=Scope(user=factories.outsider()), span=OCTOBER, now=NOW)
    assert [name for name, _slug, _ran in told(outsider)] == ["other"]


def test_the_first_are_read_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(cost_gaps, "READ", 3)
    for number in range(5):
        ran(f"bare-{number}")
    ran("gone")[0].delete()
    person = factories.operator()
    found()
    with django_assert_max_num_queries(10):
        gaps = cost_gaps.gaps(scope=Scope(user=person), span=OCTOBER, now=NOW, most=2)
    assert ([name for name, _slug, _ran in told(gaps)], gaps.ran_count) == (["bare-0", "bare-1"], 6)
    every = cost_gaps.gaps(scope=Scope(user=person), span=OCTOBER, now=NOW, most=None)
    assert (len(every.ran), every.ran_count) == (6, 6)
    assert unpriced_runs.READ >= cost_gaps.LISTED
