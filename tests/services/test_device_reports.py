"""What devices report by SMS: opened, counted once, judged at once; what is wrong is dropped and says why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import Check, Device, DeviceReport, Environment, HealthDay, HealthHour
from environments.services import device_reports, expectations
from notifications import intake
from notifications.models import Arrival, Event, Gateway
from tests import factories
from tests.support.gateways import MASTER_KEY, device, gateway, report

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # Monday 10:00 in Seoul
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def master(settings: Settings) -> None:
    settings.DEVICE_MASTER_KEY = MASTER_KEY


@pytest.fixture(autouse=True)
def seoul(db: None) -> Gateway:
    return gateway()


def come_in(*texts: str, at: datetime = NOW) -> None:
    for text in texts:
        intake.accept(door="sms", subject=Gateway.objects.get().pk, payload={"from": "", "text": text}, now=at)


def judged(*texts: str, at: datetime = NOW) -> list[str]:
    """What became of these, judged together."""
    come_in(*texts, at=at)
    new = list(Arrival.objects.waiting().values_list("pk", flat=True))
    intake.judge_due(now=at)
    return list(Arrival.objects.filter(pk__in=new).order_by("pk").values_list("outcome", flat=True))


def after(row: Device) -> Device:
    return Device.objects.get(pk=row.pk)


def numbers(rows: Iterable[DeviceReport]) -> list[tuple[int, int]]:
    return [(row.epoch, row.counter) for row in rows]


def test_a_report_is_kept_and_the_device_is_up() -> None:
    row = device()
    assert judged(report(1, at=NOW - MINUTE, bits=2, temperature=-5)) == ["counted"]
    kept = DeviceReport.objects.get()
    assert (kept.device_id, kept.counter, kept.sent_at, kept.received_at) == (row.pk, 1, NOW - MINUTE, NOW)
    assert (kept.bits, kept.battery, kept.temperature, kept.is_urgent) == (2, 87, -5, False)
    row = after(row)
    assert (row.state, row.seen_at, row.newest_counter) == ("up", NOW, 1)
    assert row.due_at == NOW + timedelta(hours=8)
    assert row.last_report["battery"] == 87
    assert HealthHour.objects.get().received == 1


def test_a_report_that_comes_again_counts_once() -> None:
    device()
    once = report(1)
    assert judged(once, once) == ["counted", "replayed"]
    assert judged(once) == ["replayed"]
    assert DeviceReport.objects.count() == HealthHour.objects.get().received == 1


def test_reports_may_overtake_one_another_and_the_newest_counter_speaks() -> None:
    row = device()
    assert judged(report(3, battery=30), report(2, battery=20), report(1, bits=1)) == ["counted"] * 3
    row = after(row)
    assert (row.state, row.last_report["battery"]) == ("up", 30)
    assert judged(report(2)) == ["replayed"]


def test_a_report_far_behind_the_newest_is_refused_also_when_its_row_is_gone() -> None:
    device()
    judged(report(1), report(40), report(100))
    DeviceReport.objects.all().delete()
    assert judged(report(1), report(40), report(36), report(37)) == ["too old", "replayed", "too old", "counted"]


def test_what_is_wrong_is_dropped_and_counted_on_its_gateway_with_the_reason(seoul: Gateway) -> None:
    device()
    other_master = "ff" * 32
    words = judged("hello", report(1, number=7), report(1, master=other_master), report(1, epoch=3), report(1))
    assert words == ["no report", "unknown device", "not opened", "not opened", "counted"]
    seoul.refresh_from_db()
    assert (seoul.refused, seoul.last_at) == (4, NOW)
    assert "epoch 3" in seoul.last_error["en"]
    assert all(note["ko"] for note in Arrival.objects.exclude(outcome="counted").values_list("note", flat=True))
    assert DeviceReport.objects.count() == 1
    judged(report(2))
    seoul.refresh_from_db()
    assert (seoul.refused, seoul.last_error) == (4, {})


def test_a_forged_report_changes_nothing_of_the_device_that_it_names() -> None:
    row = device()
    judged(report(1))
    before = after(row)
    judged(report(4_000_000_000, master="ff" * 32), at=NOW + MINUTE)
    now = after(row)
    assert (now.newest_counter, now.seen_at, now.last_report) == (1, before.seen_at, before.last_report)


def test_without_the_master_key_nothing_is_opened_and_that_is_said(settings: Settings) -> None:
    settings.DEVICE_MASTER_KEY = ""
    device()
    assert judged(report(1)) == ["no master key"]
    assert "DEVICE_MASTER_KEY" in Arrival.objects.get().note["en"]


def test_the_key_before_is_taken_until_the_first_report_with_the_new_one() -> None:
    row = device(epoch=1, previous_epoch=0, newest_counter=5, counters_seen=f"{1:016x}")
    assert judged(report(6, epoch=0)) == ["counted"]
    assert judged(report(5, epoch=0)) == ["replayed"]
    assert judged(report(1, epoch=1), report(7, epoch=0)) == ["counted", "not opened"]
    row = after(row)
    assert (row.previous_epoch, row.newest_counter) == (None, 1)
    assert judged(report(8, epoch=0), report(2, epoch=1)) == ["not opened", "counted"]
    assert sorted(numbers(DeviceReport.objects.all())) == [(0, 6), (1, 1), (1, 2)]


def test_urgent_bits_alert_at_once_and_last_until_a_report_without_them() -> None:
    row = device(urgent_bits=0b101)
    judged(report(1, bits=0b110))
    row = after(row)
    assert (row.state, row.reason["en"]) == ("down", "An urgent report came at 10:00 (Asia/Seoul): bit 2.")
    told = Event.objects.get(kind="device.urgent")
    assert (told.severity, told.labels["environment"]) == ("error", "care")
    assert "subject 1042" in told.title["en"]
    assert "긴급" in told.title["ko"]

    judged(report(3, bits=0b010), at=NOW + MINUTE)
    assert after(row).state == "up"
    assert Event.objects.filter(kind="device.urgent").count() == 1


def test_an_urgent_report_stays_in_sight_when_the_next_one_is_missed() -> None:
    row = device()
    judged(report(1, bits=1))
    expectations.judge_due(now=NOW + timedelta(hours=9))
    assert after(row).state == "down"


def test_an_urgent_report_that_was_overtaken_alerts_and_the_device_is_as_its_newest_says() -> None:
    row = device()
    judged(report(2), report(1, bits=1))
    assert after(row).state == "up"
    assert Event.objects.filter(kind="device.urgent").count() == 1


def test_urgent_reports_of_one_batch_are_one_event_for_each_environment() -> None:
    other = factories.environment("clinic", state="running")
    for number in (1, 2, 3):
        device(number, of=other if number == 3 else None)
    judged(*(report(1, number=number, bits=1) for number in (1, 2, 3)))
    titles = sorted(event.title["en"] for event in Event.objects.filter(kind="device.urgent"))
    assert titles == ["care: urgent report of subject 1, subject 2", "clinic: urgent report of subject 3"]


@pytest.mark.parametrize(("off", "said"), [(2, "ahead"), (-2, "behind"), (0.9, "")])
def test_a_clock_that_is_far_off_is_noted(off: float, said: str) -> None:
    row = device()
    judged(report(1, at=NOW + timedelta(hours=off)))
    assert said in Arrival.objects.get().note.get("en", "")
    assert bool(after(row).last_report["clock"]) == bool(said)


def test_a_device_that_is_switched_off_is_heard_and_disturbs_nobody() -> None:
    row = device(is_on=False)
    assert judged(report(1, bits=1)) == ["counted"]
    assert after(row).state == "unknown"
    assert not Event.objects.exists()


def test_reports_of_an_environment_that_sleeps_are_kept_and_it_sleeps_on() -> None:
    asleep = factories.environment("chat-dev", state="stopped", wish="stopped")
    row = device(of=asleep, always=False, state="asleep")
    assert judged(report(1)) == ["counted"]
    row = after(row)
    assert (row.state, row.seen_at, row.due_at) == ("asleep", NOW, None)


def test_a_window_without_a_report_is_late_then_missed_and_the_next_report_ends_it() -> None:
    row = device(rhythm="windows", windows="06:00-10:00, 18:00-22:00", grace_min=30)
    Check.objects.update(created_at=NOW - timedelta(days=3), due_at=NOW)
    judged(report(1), at=NOW - timedelta(hours=2))  # 08:00: in time
    assert after(row).state == "up"
    evening = NOW + timedelta(hours=12)  # 22:00
    expectations.judge_due(now=evening + MINUTE)
    assert after(row).state == "late"
    expectations.judge_due(now=evening + 31 * MINUTE)
    assert after(row).state == "missed"
    judged(report(2), at=evening + timedelta(hours=9))  # 07:00
    assert after(row).state == "up"
    sums = list(HealthHour.objects.order_by("hour").values_list("received", "missed"))
    assert [sum(column) for column in zip(*sums, strict=True)] == [2, 1]


def test_what_was_missed_before_a_report_stands_on_its_own_day_and_the_report_on_its_own() -> None:
    of = factories.environment("care", state="running", timezone="Asia/Kolkata")
    row = device(of=of, rhythm="windows", windows="18:00-24:00", grace_min=30)
    evening = datetime.fromisoformat("2026-11-23T12:00+05:30")
    Check.objects.update(created_at=evening, due_at=evening)
    judged(report(1), at=datetime.fromisoformat("2026-11-26T00:15+05:30"))
    assert list(HealthDay.objects.order_by("day").values_list("day__day", "received", "missed")) == [
        *((23, 0, 1), (24, 0, 1)),
        (26, 1, 0),
    ], row.name


def test_reports_are_kept_for_days_their_sums_for_good_and_none_counts_again(settings: Settings) -> None:
    settings.ARRIVAL_DAYS = 30
    device()
    old = [report(counter) for counter in (1, 2, 40)]
    assert judged(*old) == ["counted"] * 3
    later = NOW + timedelta(days=30, seconds=1)
    judged(report(41), at=later)

    assert device_reports.prune(now=later) == 3
    assert numbers(DeviceReport.objects.all()) == [(0, 41)]
    assert judged(*old, report(3), at=later) == ["replayed"] * 3 + ["counted"]
    assert sum(HealthHour.objects.values_list("received", flat=True)) == 5


def _queries(count: int, first: int) -> int:
    come_in(*(report(1, number=first + n, bits=n % 2) for n in range(count)))
    rows = list(Arrival.objects.waiting())
    with CaptureQueriesContext(connection) as seen:
        device_reports.judge(rows, NOW)
    Arrival.objects.waiting().update(judged_at=NOW, outcome="counted")
    return len(seen)


def test_a_batch_of_two_hundred_costs_as_many_queries_as_one_of_ten() -> None:
    of: Any = factories.environment("care", state="running")
    for number in range(1, 211):
        device(number, of=of)
    few, many = _queries(10, 1), _queries(200, 11)
    # SQLite takes some eighty rows with one INSERT.
    assert many <= few + (2 if connection.vendor == "sqlite" else 0) <= 30
    assert DeviceReport.objects.count() == 210
    assert Environment.objects.get().checks.filter(state="up").count() == 105
