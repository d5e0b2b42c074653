"""A price that no row can hold, however it came in, costs the days and forecasts of its own environment alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError

from environments.models import Environment
from environments.models.daily import DailyCost, DailyRun, Forecast, StaleDays
from environments.services import cost_days, cost_rows, forecasts
from tests import factories
from tests.services import costing
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("12:00")


def environment(name: str, price: str = "0.1", quantity: int = 1) -> Environment:
    made = factories.environment(name)
    target = costing.target(made, name)
    costing.price(target, price, quantity=Decimal(quantity), valid_from=NOW.date())
    costing.ran(target, NOW - timedelta(hours=3))
    return made


@pytest.fixture
def three() -> list[Environment]:
    return [environment("a"), environment("faulty", "99999999", 9_999_999_999), environment("z")]


def test_one_faulty_price_leaves_the_days_of_all_others_written(
    three: list[Environment], caplog: pytest.LogCaptureFixture
) -> None:
    one, faulty, other = three
    assert cost_days.close_days(now=NOW) == {one.pk, other.pk}
    assert set(DailyCost.objects.values_list("environment", flat=True)) == {one.pk, other.pk}
    assert not DailyRun.objects.filter(environment=faulty).exists()
    assert StaleDays.objects.filter(environment=faulty, marked_at__lte=NOW).exists()
    assert [record.message for record in caplog.records] == ["The days of faulty cannot be written."]


def test_a_faulty_price_that_is_mended_has_its_days_when_the_lease_is_over(three: list[Environment]) -> None:
    cost_days.close_days(now=NOW)
    three[1].rates.update(unit_price=Decimal("0.1"), quantity=1)
    later = NOW + timedelta(minutes=11)
    assert cost_days.rebuild_due(now=later) == {three[1].pk}
    assert DailyCost.objects.filter(environment=three[1]).exists()


def test_one_faulty_price_leaves_the_forecasts_of_all_others_written(
    three: list[Environment], caplog: pytest.LogCaptureFixture
) -> None:
    one, faulty, other = three
    forecasts.renew(now=NOW)
    assert set(Forecast.objects.values_list("environment", flat=True)) == {one.pk, other.pk}
    assert [record.message for record in caplog.records] == [f"The rest of the month of {faulty.pk} cannot be written."]


def test_a_database_that_answers_no_more_is_not_asked_for_each_environment(
    three: list[Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fail(*_args: object) -> None:
        tries.append(1)
        raise OperationalError("database is locked")

    monkeypatch.setattr(cost_rows, "write", fail)
    with pytest.raises(OperationalError):
        cost_days.close_days(now=NOW)
    assert len(tries) == 1
