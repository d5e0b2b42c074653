"""Checks wake, come up and go to sleep with their environments, and say when these are ready."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Alarm, AlarmCheck, Device, Environment, Heartbeat, Operation
from environments.rules.health import Expectation
from environments.services import health, operations
from tests import factories

from .judging import EARLIER, FINE, NOW, a_check, an_environment, events, settle

pytestmark = pytest.mark.django_db


def test_a_start_brings_checks_to_starting_and_due_a_stop_to_sleep_and_due_never() -> None:
    chat = an_environment("stopped", "stopped")
    factories.stack(chat)
    api = a_check(chat, state="asleep")
    ask: dict[str, Any] = {"environment": chat, "trigger": "hold", "reason": FINE}
    operations.request(kind="start", now=NOW, **ask)
    api.refresh_from_db()
    assert (api.state, api.due_at, api.state_since) == ("starting", NOW, NOW)
    operations.request(kind="stop", now=NOW, **ask)
    api.refresh_from_db()
    assert (api.state, api.due_at, api.reason) == ("asleep", None, health.SLEEPS)
    assert "check.down" not in {kind for kind, _ in events()}


def test_what_runs_again_after_being_started_outside_comes_up_first_and_a_job_that_calls_is_waited_for() -> None:
    chat = an_environment("running", "stopped")
    api, job = a_check(chat, state="asleep"), Heartbeat.objects.create(environment=chat, name="job", state="asleep")
    assert health.environments_moved([chat.pk], now=NOW) == 2
    for check, state in ((api, "starting"), (job, "unknown")):
        check.refresh_from_db()
        assert (check.state, check.due_at) == (state, NOW)


def test_what_somebody_stopped_outside_is_still_asked() -> None:
    chat = an_environment("stopped", "running")
    api = a_check(chat)
    assert health.environments_moved([chat.pk], now=NOW) == 0
    assert health.expected(chat, api) is Expectation.EXPECTED
    assert settle(api) == 1


def test_a_device_that_depends_on_no_schedule_is_left_alone_by_it() -> None:
    chat = an_environment("stopped", "stopped")
    device = Device.objects.create(environment=chat, name="d", number=1042, always=True, state="up", due_at=NOW)
    assert health.environments_moved([chat.pk], now=NOW) == 0
    device.refresh_from_db()
    assert device.state == "up"


def test_alarms_that_ring_when_an_environment_wakes_are_not_forgotten() -> None:
    chat = an_environment()
    check = AlarmCheck.objects.create(environment=chat, name="alarms", state="asleep")
    values = {"account_id": "1", "region": "r", "changed_at": EARLIER, "received_at": EARLIER, "check_row": check}
    Alarm.objects.create(arn="a", name="cpu", state="OK", **values)
    Alarm.objects.create(arn="b", name="disk", state="ALARM", **values)
    health.environments_moved([chat.pk], now=NOW)
    check.refresh_from_db()
    assert (check.state, check.reason) == ("down", health.IN_ALARM)


def test_a_move_of_environments_without_checks_takes_one_query() -> None:
    ids = [an_environment(name=f"e{n}").pk for n in range(3)]
    with CaptureQueriesContext(connection) as caught:
        assert health.environments_moved(ids, now=NOW) == 0
    assert [query["sql"].split()[0] for query in caught] == ["SELECT"]


def test_what_started_without_answering_is_ready_when_its_last_check_is_up() -> None:
    chat = an_environment()
    api, web = a_check(chat, "API", "starting"), a_check(chat, "web", "starting")
    a_check(chat, "metrics", "down", gates_start=False)
    past = {"created_at": EARLIER, "deadline_at": NOW, "not_before": EARLIER, "finished_at": EARLIER}
    start = Operation.objects.create(environment=chat, kind="start", trigger="hold", status="succeeded", **past)
    settle(api, state="up")
    start.refresh_from_db()
    assert start.ready_at is None
    settle(web, state="up", now=NOW + timedelta(minutes=1))
    start.refresh_from_db()
    assert start.ready_at == NOW + timedelta(minutes=1)


def test_the_time_to_come_up_of_what_no_start_waits_for_begins_when_it_runs() -> None:
    chat = an_environment()
    check = a_check(chat, state="starting", gates_start=False, start_grace_min=10)
    Environment.objects.update(state_since=NOW)
    chat.refresh_from_db()
    assert health.coming_up(check, chat, NOW + timedelta(minutes=9))
    assert not health.coming_up(check, chat, NOW + timedelta(minutes=10))
    assert not health.coming_up(a_check(chat, "up"), chat, NOW)
