"""Sums of checks: what hours and days say, however often and late they are made, and whatever is pruned or removed."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import Check, HealthDay, HealthHour, HealthSample, HttpCheck
from environments.services import health_sums
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
# Ten in the morning in Seoul, one at night in UTC.
NOW = monday("10:00")
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def _check(name: str = "API", environment: str = "chat-dev", **fields: Any) -> HttpCheck:
    its = factories.environment(environment, **fields)
    return HttpCheck.objects.create(environment=its, name=name, url="https://chat.example.com")


def _sample(check: Check, at: datetime, ms: int | None = 80, *, is_up: bool = True) -> HealthSample:
    return HealthSample.objects.create(check_row=check, at=at, ms=ms, is_up=is_up, status=200 if is_up else None)


def _hours() -> dict[tuple[int, datetime], tuple[Any, ...]]:
    rows = HealthHour.objects.exclude(check_number=health_sums.MARK).order_by("check_number", "hour")
    values = rows.values_list("check_number", "hour", "samples", "up", "p50_ms", "p95_ms", "received", "missed")
    return {row[:2]: row[2:] for row in values}


def _days() -> dict[tuple[int, date], tuple[Any, ...]]:
    rows = HealthDay.objects.order_by("check_number", "day")
    values = rows.values_list("check_number", "day", "samples", "up", "p50_ms", "p95_ms", "received", "missed")
    return {row[:2]: row[2:] for row in values}


def test_an_hour_says_how_many_answers_were_good_and_how_fast_they_came() -> None:
    check = _check()
    for ms in range(1, 21):
        _sample(check, NOW - 50 * MINUTE + ms * MINUTE, ms * 10, is_up=ms != 20)

    assert health_sums.sum_due(now=NOW + 5 * MINUTE) == 1

    # Of twenty, the tenth and the nineteenth.
    assert list(_hours().values()) == [(20, 19, 100, 190, 0, 0)]


def test_no_answer_counts_as_bad_and_has_no_time() -> None:
    check = _check()
    _sample(check, NOW - 30 * MINUTE, None, is_up=False)

    health_sums.sum_due(now=NOW + 5 * MINUTE)

    assert list(_hours().values()) == [(1, 0, None, None, 0, 0)]


def test_an_hour_is_summed_when_it_is_over() -> None:
    check = _check()
    _sample(check, NOW + 10 * MINUTE)

    assert health_sums.sum_due(now=NOW + 59 * MINUTE) == 0
    assert health_sums.sum_due(now=NOW + HOUR + 3 * MINUTE) == 1


def test_a_day_is_that_of_the_environments_own_zone() -> None:
    seoul, utc = _check(), _check(environment="chat-abroad", timezone="UTC")
    for check in (seoul, utc):
        _sample(check, NOW - 2 * HOUR)  # Monday eight in the morning in Seoul, Sunday eleven at night in UTC

    health_sums.sum_due(now=NOW)

    assert dict(_days().keys()) == {seoul.pk: NOW.date(), utc.pk: NOW.date() - DAY}


def test_a_day_whose_zone_is_half_an_hour_off_has_its_own_answers() -> None:
    check = _check(timezone="Asia/Kolkata")
    midnight = datetime(2026, 11, 16, 18, 30, tzinfo=UTC)
    _sample(check, midnight - MINUTE)
    _sample(check, midnight + MINUTE, is_up=False)

    health_sums.sum_due(now=midnight + 2 * HOUR)

    assert [(day.day, row[:2]) for (_pk, day), row in _days().items()] == [(16, (1, 1)), (17, (1, 0))]


def test_summing_twice_changes_nothing() -> None:
    check = _check()
    _sample(check, NOW - 30 * MINUTE)
    health_sums.sum_due(now=NOW + 5 * MINUTE)
    before = _hours(), _days()

    assert health_sums.sum_due(now=NOW + 10 * MINUTE) == 0
    assert (_hours(), _days()) == before


def test_an_answer_that_was_late_is_summed_with_its_hour() -> None:
    check = _check()
    _sample(check, NOW - 30 * MINUTE)
    health_sums.sum_due(now=NOW + 5 * MINUTE)
    _sample(check, NOW - 20 * MINUTE, is_up=False)

    assert health_sums.sum_due(now=NOW + 10 * MINUTE) == 1
    assert [row[:2] for row in (*_hours().values(), *_days().values())] == [(2, 1), (2, 1)]


def test_what_was_missed_in_a_long_silence_of_the_portal_is_summed_after_it() -> None:
    check = _check()
    for days in range(3):
        _sample(check, NOW - days * DAY - 30 * MINUTE)

    assert health_sums.sum_due(now=NOW + 5 * MINUTE) == 3
    assert [row[0] for row in _days().values()] == [1, 1, 1]


def test_samples_are_pruned_after_their_days_and_their_sums_stay(settings: Settings) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    check = _check()
    for days in range(4):
        _sample(check, NOW - days * DAY - 30 * MINUTE, 100 + days)
    health_sums.sum_due(now=NOW + 5 * MINUTE)
    before = _hours(), _days()

    assert health_sums.prune(now=NOW + 5 * MINUTE) == 2
    health_sums.sum_due(now=NOW + 10 * MINUTE)

    assert HealthSample.objects.count() == 2
    assert (_hours(), _days()) == before


def test_nothing_is_pruned_before_it_is_summed(settings: Settings) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    check = _check()
    _sample(check, NOW - 5 * DAY)

    assert health_sums.prune(now=NOW) == 1

    assert [row[:2] for row in _hours().values()] == [row[:2] for row in _days().values()] == [(1, 1)]


def test_an_answer_that_was_days_late_is_summed_before_it_is_pruned(settings: Settings) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    check = _check()
    _sample(check, NOW - 2 * DAY - 3 * HOUR)
    health_sums.sum_due(now=NOW - DAY)
    _sample(check, NOW - 2 * DAY - 3 * HOUR + MINUTE, is_up=False)

    health_sums.sum_due(now=NOW)
    health_sums.prune(now=NOW)

    assert [row[:2] for row in _hours().values()] == [row[:2] for row in _days().values()] == [(2, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_hours_add_up_to_the_samples_however_they_come_and_are_pruned(seed: int, settings: Settings) -> None:
    settings.HEALTH_SAMPLE_DAYS = 2
    chance = random.Random(seed)
    checks = [_check(f"check {number}", f"env-{number}", timezone=zone) for number, zone in
              enumerate(["Asia/Seoul", "UTC", "America/New_York"])]  # fmt: skip
    wanted: Counter[int] = Counter()
    good: Counter[int] = Counter()
    now = NOW
    for _turn in range(12):
        now += timedelta(minutes=chance.randrange(20, 600))
        for _ in range(chance.randrange(6)):
            check, is_up = chance.choice(checks), chance.random() < 0.7
            _sample(check, now - timedelta(minutes=chance.randrange(180)), chance.randrange(500), is_up=is_up)
            wanted[check.pk] += 1
            good[check.pk] += is_up
        for _ in range(chance.randrange(3)):
            health_sums.sum_due(now=now)
        health_sums.prune(now=now)
    health_sums.sum_due(now=now + 4 * HOUR)
    health_sums.prune(now=now + 10 * DAY)

    for rows in (_hours(), _days()):
        sums: Counter[int] = Counter()
        ups: Counter[int] = Counter()
        for (pk, _span), row in rows.items():
            sums[pk] += row[0]
            ups[pk] += row[1]
        assert (+sums, +ups) == (+wanted, +good)
    assert not HealthSample.objects.exists()


def test_sums_outlive_their_check_and_environment_with_their_names() -> None:
    check = _check("API", "chat-dev")
    _sample(check, NOW - 30 * MINUTE)
    health_sums.sum_due(now=NOW + 5 * MINUTE)

    check.environment.delete()

    for row in (HealthHour.objects.exclude(check_number=0).get(), HealthDay.objects.get()):
        assert (row.check_row, row.environment) == (None, None)
        assert (row.check_name, row.environment_name, row.samples) == ("API", "chat-dev", 1)


def test_calls_and_reports_are_counted_in_their_hour_and_day() -> None:
    one, other = _check(), _check(environment="chat-qa")

    health_sums.count(received={one.pk: [NOW, NOW]}, missed={other.pk: [NOW]})
    health_sums.count(received={one.pk: [NOW + MINUTE], other.pk: [NOW + MINUTE]})

    assert [row[4:] for row in _hours().values()] == [row[4:] for row in _days().values()] == [(3, 0), (1, 1)]


def test_a_day_begins_by_the_environments_clock_also_where_that_is_amid_an_hour_of_utc() -> None:
    check = _check()
    check.environment.timezone = "Asia/Kolkata"
    check.environment.save(update_fields=["timezone"])
    midnight = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)

    health_sums.count(received={check.pk: [midnight - MINUTE, midnight]}, missed={check.pk: [midnight]})

    days = HealthDay.objects.order_by("day").values_list("day", "received", "missed")
    assert list(days) == [(date(2026, 11, 20), 1, 0), (date(2026, 11, 21), 1, 1)]
    assert HealthHour.objects.values_list("received", "missed").get() == (2, 1)


def test_counts_and_answers_of_one_check_share_a_row_and_leave_each_other_alone() -> None:
    check = _check()
    health_sums.count(received={check.pk: 2 * [NOW - 20 * MINUTE]})
    _sample(check, NOW - 30 * MINUTE)
    health_sums.sum_due(now=NOW + 5 * MINUTE)
    health_sums.count(received={check.pk: [NOW - 20 * MINUTE]})

    assert list(_hours().values()) == [(1, 1, 80, 80, 3, 0)]


def test_counting_takes_as_many_queries_for_a_hundred_checks_as_for_one() -> None:
    environment = factories.environment("chat-dev")
    checks = [
        HttpCheck.objects.create(environment=environment, name=str(n), url="https://a.example") for n in range(100)
    ]
    with CaptureQueriesContext(connection) as few:
        health_sums.count(received={checks[0].pk: [NOW]})
    with CaptureQueriesContext(connection) as many:
        health_sums.count(received={one.pk: [NOW, NOW - DAY] for one in checks}, missed={checks[0].pk: [NOW]})

    assert len(few) == len(many) == 3


def test_what_is_counted_for_a_check_that_is_gone_is_dropped() -> None:
    check = _check()
    number = check.pk
    check.delete()

    health_sums.count(received={number: [NOW]})

    assert not HealthHour.objects.exists()
