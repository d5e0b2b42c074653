"""Sums of many checks: a running day is added up from its hours, and pruning holds up nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import HealthDay, HealthHour, HealthSample
from environments.services import health_day_sums, health_sums

from .test_health_sums import DAY, HOUR, MINUTE, NOW, _check, _days, _hours, _sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """More answers than are read anew each hour."""
    monkeypatch.setattr(health_day_sums, "FEW", 0)


def _read(when: CaptureQueriesContext) -> int:
    return sum("ROW_NUMBER" in one["sql"] for one in when.captured_queries)


def test_a_running_day_of_many_answers_is_added_up_from_its_hours(many: None) -> None:
    check = _check()
    for number in range(8):
        _sample(check, NOW - 4 * HOUR + number * 20 * MINUTE, 100 * number, is_up=number != 3)
        with CaptureQueriesContext(connection) as queries:
            health_sums.sum_due(now=NOW - 4 * HOUR + number * 20 * MINUTE)
        assert _read(queries) <= 1, "its hour, and not the day"
    health_sums.sum_due(now=NOW)

    assert list(_days().values()) == [(8, 7, None, None, 0, 0)]


def test_the_times_of_a_day_are_made_from_its_answers_once_it_is_over_also_of_what_slept_by_then(many: None) -> None:
    check = _check()
    for number in range(1, 21):
        _sample(check, NOW - 3 * HOUR + number * 5 * MINUTE, 10 * number)
    health_sums.sum_due(now=NOW)
    assert [row[2:4] for row in _days().values()] == [(None, None)]

    # Monday in Seoul ends fourteen hours later, and nothing has answered since.
    health_sums.sum_due(now=NOW + 13 * HOUR)
    assert [row[2:4] for row in _days().values()] == [(None, None)]
    health_sums.sum_due(now=NOW + 14 * HOUR + 3 * MINUTE)
    assert list(_days().values()) == [(20, 20, 100, 190, 0, 0)]


def test_what_never_answered_is_not_read_again_each_hour(many: None) -> None:
    check = _check()
    _sample(check, NOW - HOUR, None, is_up=False)
    health_sums.sum_due(now=NOW + DAY)

    with CaptureQueriesContext(connection) as queries:
        health_sums.sum_due(now=NOW + DAY + HOUR)
    assert _read(queries) == 0
    assert list(_days().values()) == [(1, 0, None, None, 0, 0)]


def test_samples_are_pruned_some_at_once_and_the_sums_stay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    monkeypatch.setattr(health_sums, "PRUNED_AT_ONCE", 3)
    check = _check()
    for number in range(10):
        _sample(check, NOW - 4 * DAY + number // 2 * MINUTE, number)
    health_sums.sum_due(now=NOW)
    before = _hours(), _days()

    with CaptureQueriesContext(connection) as queries:
        assert health_sums.prune(now=NOW) == 10
    deleted = [one["sql"] for one in queries.captured_queries if one["sql"].startswith("DELETE")]
    assert len(deleted) >= 3
    assert (_hours(), _days()) == before
    assert not HealthSample.objects.exists()


def test_pruning_that_ended_amid_an_hour_goes_on_where_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    monkeypatch.setattr(health_sums, "PRUNED_AT_ONCE", 2)
    check, at = _check(), NOW - 4 * DAY
    newest = [_sample(check, at + number * MINUTE, 100, is_up=number > 1) for number in range(6)][-1]
    health_sums.sum_due(now=NOW)
    before = _hours(), _days()

    assert health_sums._prune_some(at, newest.pk) == 2
    assert HealthHour.objects.get(check_number=health_sums.MARK).samples == HealthSample.objects.count() == 4
    health_sums.sum_due(now=NOW + HOUR)
    assert health_sums.prune(now=NOW + HOUR) == 4

    assert (_hours(), _days()) == before
    assert HealthDay.objects.get().samples == 6


def test_days_of_many_answers_say_the_same_in_the_end_as_those_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = ("Asia/Seoul", "Asia/Kolkata", "America/New_York")
    checks = [_check(f"check {zone}", f"env-{number}", timezone=zone) for number, zone in enumerate(zones)]
    for number in range(120):
        _sample(checks[number % 3], NOW + number * 17 * MINUTE, number * 7919 % 500, is_up=number % 5 > 0)
    found = []
    for few in (0, 10**9):
        monkeypatch.setattr(health_day_sums, "FEW", few)
        for hours in range(0, 60, 7):
            health_sums.sum_due(now=NOW + hours * HOUR + timedelta(minutes=3))
        found.append((_hours(), _days()))
        HealthHour.objects.all().delete()
        HealthDay.objects.all().delete()
    assert found[0] == found[1]
