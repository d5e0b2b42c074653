"""What open advice saves follows the prices; weekdays on which nobody is there go from a schedule."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from environments import tasks
from environments.models import Environment, Period
from environments.models.advice import Advice
from environments.models.rate import Rate
from environments.services import advice, advice_applying, advice_savings, cost_marks
from tests import factories

from . import costing
from .using import NOW, used

pytestmark = pytest.mark.django_db
# Fifteen hours of twenty working days against eight, at ten cents, in a month of 730 hours.
SAVED = (Decimal(14) * 730 / 672).quantize(Decimal("0.000001"))


@pytest.fixture
def chat() -> Environment:
    """Advised while nothing had a price."""
    office = factories.schedule("Long days", begin_time="07:00", end_time="22:00", weekdays="mon-fri")
    made = factories.environment(schedule=office)
    used(made)
    Rate.objects.all().delete()
    advice.make(now=NOW)
    assert Advice.objects.get().saving is None
    return made


def test_when_prices_come_the_saving_is_known_within_the_minute(chat: Environment) -> None:
    costing.price(chat.targets.get())
    cost_marks.mark(environment_ids=[chat.pk], first=NOW.date(), last=None, now=NOW)
    with travel(NOW, tick=False):
        tasks.costs()
    found = Advice.objects.get()
    assert (found.saving, found.currency, found.evidence["savings"]) == (SAVED, "USD", {"USD": str(SAVED)})
    assert found.made_at == NOW


def test_a_changed_price_changes_it_and_one_that_went_makes_it_unknown_again(chat: Environment) -> None:
    line = costing.price(chat.targets.get(), "0.20")
    assert advice_savings.renew(environments=[chat.pk], now=NOW) == 1
    assert Advice.objects.get().saving == Decimal("30.416667")
    line.delete()
    assert advice_savings.renew(environments=[chat.pk], now=NOW) == 1
    found = Advice.objects.get()
    assert (found.saving, found.currency, found.evidence["savings"]) == (None, "", {})


def test_only_open_advice_of_what_runs_by_the_same_schedule_is_reckoned(chat: Environment) -> None:
    costing.price(chat.targets.get())
    Period.objects.update(end_time="21:00")
    assert advice_savings.renew(environments=[chat.pk], now=NOW) == 0
    Period.objects.update(end_time="22:00")
    advice_applying.dismiss(advice=Advice.objects.get(), actor=factories.operator(), reason="no", now=NOW)
    assert advice_savings.renew(environments=[chat.pk], now=NOW) == 0
    assert Advice.objects.get().evidence["reason"] == "no"


def test_where_no_price_has_changed_nothing_is_planned_and_without_advice_one_query_says_so(
    chat: Environment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        assert advice_savings.renew(environments=[chat.pk], now=NOW) == 0
    with django_assert_num_queries(1):
        assert advice_savings.renew(environments=[chat.pk + 1], now=NOW) == 0


def test_many_are_reckoned_by_as_many_queries_as_one(
    chat: Environment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    costing.price(chat.targets.get())
    with CaptureQueriesContext(connection) as few:
        advice_savings.renew(environments=[chat.pk], now=NOW)
    for number in range(4):
        used(factories.environment(f"more-{number}", schedule=chat.schedule))
    advice.make(now=NOW)
    Rate.objects.update(unit_price=Decimal("0.3"))
    everything = list(Environment.objects.values_list("pk", flat=True))
    with django_assert_num_queries(len(few.captured_queries)):
        assert advice_savings.renew(environments=everything, now=NOW) == 5


def test_saturdays_that_nobody_used_are_left_out_of_the_schedule_that_is_applied() -> None:
    six_days = factories.schedule("Six days", begin_time="09:00", end_time="18:00", weekdays="mon-sat")
    made = factories.environment(schedule=six_days)
    target = used(made, 9, 18, ran=(9, 18))
    for days in (1, 8):  # the two Saturdays before that Monday, from 09:00 in Seoul
        begin = NOW.replace(hour=0, minute=0) - timedelta(days=days)
        costing.ran(target, begin, begin + timedelta(hours=9))
    advice.make(now=NOW)
    found = Advice.objects.get()
    assert found.evidence["unused_weekdays"] == [5]
    assert found.proposal["hours"] == {"present": 216, "proposed": 180}
    new = advice_applying.apply(advice=found, actor=factories.operator(), now=NOW)
    assert [(one.begin_time, one.end_time, one.weekdays) for one in new.periods.all()] == [
        ("09:00", "18:00", "mon-fri")
    ]
