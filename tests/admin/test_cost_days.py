"""What an edit means for the days of an environment: another time zone makes all of them anew, a removal ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from environments.models import Environment
from environments.models.daily import DailyRun, StaleDays
from environments.services import cost_marks
from tests import factories
from tests.services import costing

from .filling import filled, refusal, rows

pytestmark = pytest.mark.django_db


def _changed(client: Client, address: str, **fields: str) -> None:
    answer = client.post(address, rows("targets") | filled(client.get(address)) | fields)
    assert answer.status_code == 302, refusal(answer)


def _everything() -> list[tuple[str, bool]]:
    found = StaleDays.objects.order_by("environment__name").values_list("environment__name", "first", "last")
    return [(name, (first, last) == (cost_marks.BEGINNING, None)) for name, first, last in found]


def test_another_time_zone_of_an_environment_makes_all_its_days_anew(as_operator: Client) -> None:
    chat, _other = factories.environment(), factories.environment("other")
    address = f"/environments/environment/{chat.pk}/change/"
    _changed(as_operator, address, description="For all.")
    assert _everything() == []
    _changed(as_operator, address, timezone="Europe/Berlin")
    assert _everything() == [("chat-dev", True)]


def test_another_time_zone_of_a_schedule_makes_all_days_of_those_anew_that_have_none_of_their_own(
    as_operator: Client,
) -> None:
    factories.environment()
    without = factories.environment("without", timezone="")
    assert without.schedule is not None
    address = f"/environments/schedule/{without.schedule.pk}/change/"
    _changed(as_operator, address, description="For all.")
    assert _everything() == []
    _changed(as_operator, address, timezone="Europe/Berlin")
    assert _everything() == [("without", True)]


def test_an_environment_that_is_removed_is_counted_until_then(as_operator: Client) -> None:
    chat = factories.environment()
    costing.ran(costing.target(chat), timezone.now() - timedelta(minutes=10))
    answer = as_operator.post(f"/environments/environment/{chat.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not Environment.objects.exists()
    assert 600 <= sum(DailyRun.objects.filter(environment=None).values_list("seconds", flat=True)) < 660
