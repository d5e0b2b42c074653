"""Jobs that call are expected from when they woke: a redeploy in between is no sleep, and forgets nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Check, Device, Environment, Heartbeat, Ticket
from environments.services import health, health_sweep, heartbeat_edits
from notifications.models import Event
from tests.support.times import monday

from .test_heartbeats import MINUTE, NOW, call, heartbeat, judge, look, running, state, sums

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def bring(chat: Environment, to: str, at: datetime, wish: str = "running") -> None:
    Environment.objects.filter(pk=chat.pk).update(state=to, wish=wish, state_since=at)
    health.environments_moved([chat.pk], now=at)


def told() -> list[str]:
    return list(Event.objects.filter(kind__startswith="check.").order_by("pk").values_list("kind", flat=True))


def redeploy(chat: Environment, at: datetime) -> None:
    bring(chat, "redeploying", at)
    look(at + MINUTE)
    bring(chat, "running", at + 4 * MINUTE)


def test_silence_is_missed_however_often_it_is_redeployed() -> None:
    row = heartbeat(every_min=1440, grace_min=10)
    call(row, NOW + MINUTE)
    judge(NOW + MINUTE)
    for hours in range(24 * 4):
        if hours % 23 == 22:
            redeploy(row.environment, NOW + hours * HOUR)
        look(NOW + hours * HOUR + 30 * MINUTE)
    assert (state(row), sums(row)) == ("missed", (1, 3))
    assert told() == ["check.missed"]


def test_one_that_never_called_is_missed_though_its_environment_is_redeployed_each_half_hour() -> None:
    row = heartbeat(every_min=60, grace_min=10)
    for half_hours in range(1, 4):
        redeploy(row.environment, NOW + half_hours * 30 * MINUTE)
        look(NOW + half_hours * 30 * MINUTE + 10 * MINUTE)
    assert (state(row), row.awake_since) == ("missed", NOW)


def test_a_window_is_asked_for_though_a_redeploy_came_late_in_it() -> None:
    row = heartbeat(rhythm="windows", windows="11:00-15:00", grace_min=10)
    redeploy(row.environment, monday("14:00"))
    look(monday("15:01"))
    assert state(row) == "late"
    look(monday("15:10"))
    assert (state(row), sums(row)) == ("missed", (0, 1))


def test_a_window_that_ends_while_it_is_redeployed_is_missed_and_counted() -> None:
    row = heartbeat(rhythm="windows", windows="11:00-15:00", grace_min=10)
    bring(row.environment, "redeploying", monday("15:05"))
    for clock in ("15:06", "15:11", "15:12"):
        look(monday(clock))
    bring(row.environment, "running", monday("15:13"))
    look(monday("15:14"))
    assert (state(row), sums(row)) == ("missed", (0, 1))


def test_a_failed_job_stays_failed_through_a_redeploy_and_one_that_fails_in_it_is_told() -> None:
    row = heartbeat(ticket_after=0)
    call(row, NOW + MINUTE, "fail", None, "disk full")
    judge(NOW + MINUTE)
    health_sweep.sweep(now=NOW + 2 * MINUTE)
    redeploy(row.environment, NOW + 5 * MINUTE)
    look(NOW + 12 * MINUTE)
    assert (state(row), Ticket.objects.get().progress) == ("down", "open")
    call(row, NOW + 13 * MINUTE)
    judge(NOW + 13 * MINUTE)
    bring(row.environment, "redeploying", NOW + 14 * MINUTE)
    call(row, NOW + 15 * MINUTE, "fail")
    judge(NOW + 15 * MINUTE)
    assert state(row) == "down"
    assert told() == ["check.down", "check.up", "check.down"]


def test_a_device_is_left_as_it_is_by_a_redeploy() -> None:
    chat = running()
    fields: dict[str, Any] = {"state": "missed", "state_since": NOW, "due_at": NOW + HOUR, "reason": {"en": "x"}}
    device = Device.objects.create(environment=chat, name="d", number=1042, **fields)
    redeploy(chat, NOW + MINUTE)
    device.refresh_from_db()
    assert (device.state, device.due_at, device.state_since) == ("missed", NOW + HOUR, NOW)


def test_it_is_awake_from_when_its_environment_runs_and_no_more_when_it_sleeps() -> None:
    row = heartbeat()
    assert row.awake_since == NOW
    story: list[tuple[str, datetime | None]] = []
    times = [NOW + n * 20 * MINUTE for n in range(1, 5)]
    ways = (("stopping", "stopped"), ("stopped", "stopped"), ("starting", "running"), ("running", "running"))
    for at, (to, wish) in zip(times, ways, strict=True):
        bring(row.environment, to, at, wish)
        story.append((state(row), row.awake_since))
    assert story == [("asleep", None), ("asleep", None), ("starting", times[2]), ("unknown", times[3])]


def test_one_that_is_switched_off_is_not_awake_and_switched_on_in_a_redeploy_it_comes_up_with_it() -> None:
    row = heartbeat()
    row.is_on = False
    row.save(update_fields=["is_on"])
    heartbeat_edits.saved(heartbeat=row, changed=["is_on"], now=NOW + MINUTE)
    assert (state(row), row.awake_since) == ("unknown", None)
    bring(row.environment, "redeploying", NOW + 2 * MINUTE)
    row.is_on = True
    row.save(update_fields=["is_on"])
    heartbeat_edits.saved(heartbeat=row, changed=["is_on"], now=NOW + 3 * MINUTE)
    assert state(row) == "starting"
    bring(row.environment, "running", NOW + 5 * MINUTE)
    assert (state(row), row.awake_since) == ("unknown", NOW + 5 * MINUTE)


def test_of_one_that_nobody_knows_since_when_it_is_awake_it_is_from_when_its_environment_last_came_up() -> None:
    row = heartbeat()
    call(row, NOW)
    judge(NOW)
    Check.objects.update(awake_since=None, created_at=monday("06:00"))
    health_sweep.sweep(now=NOW + HOUR)
    assert (state(row), row.awake_since) == ("up", monday("09:00"))
    redeploy(row.environment, NOW + 70 * MINUTE)
    look(NOW + 80 * MINUTE)
    assert (state(row), Heartbeat.objects.get().awake_since) == ("missed", monday("09:00"))
