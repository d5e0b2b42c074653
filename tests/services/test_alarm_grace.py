"""What rings only because things slept is given its time; what begins to ring after that is trouble at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Alarm, AlarmCheck, Environment
from environments.services import alarms, health, health_sweep
from environments.services.health_waking import RANG_BEFORE
from tests import factories
from tests.support.sns import alarm

from .judging import events
from .test_alarms import hear, reason, state

pytestmark = pytest.mark.django_db
RUNS = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLEPT, STARTED = RUNS - timedelta(hours=8), RUNS - 5 * MINUTE


def said(at: datetime) -> str:
    """As CloudWatch writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"


def bring(to: str, at: datetime, wish: str = "running") -> None:
    Environment.objects.update(state=to, wish=wish, state_since=at)
    health.environments_moved(Environment.objects.values_list("pk", flat=True), now=at)


@pytest.fixture
def check() -> AlarmCheck:
    """Of an environment that sleeps."""
    chat = factories.environment(schedule=None, state="stopped", wish="stopped", state_since=SLEPT)
    made = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*", own_targets=False)
    health.environments_moved([chat.pk], now=SLEPT)
    return made


def wake() -> None:
    bring("starting", STARTED)
    bring("running", RUNS)


@pytest.mark.parametrize("rang", [SLEPT + MINUTE, STARTED + MINUTE])
def test_what_rings_from_before_it_ran_comes_up_for_ten_minutes_and_counts_if_it_still_does(
    rang: datetime, check: AlarmCheck
) -> None:
    bring("starting", STARTED)
    hear(alarm(at=said(rang)), at=STARTED + 2 * MINUTE)
    bring("running", RUNS)
    health_sweep.sweep(now=RUNS + 9 * MINUTE)
    assert (state(), events()) == ("starting", [])
    assert reason() == RANG_BEFORE["en"]
    health_sweep.sweep(now=RUNS + 10 * MINUTE)
    assert (state(), reason().startswith("Alarm chat-dev-cpu")) == ("down", True)
    assert events() == [("check.down", "chat-dev: alarms in alarm")]
    check.refresh_from_db()
    assert check.due_at is None


def test_what_stops_ringing_in_time_never_was_trouble(check: AlarmCheck) -> None:
    hear(alarm(at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    hear(alarm("OK", at=said(RUNS + MINUTE)), at=RUNS + 2 * MINUTE)
    check.refresh_from_db()
    assert (check.state, check.due_at) == ("up", None)
    health_sweep.sweep(now=RUNS + 11 * MINUTE)
    assert (state(), events()) == ("up", [])


def test_what_begins_to_ring_after_it_ran_counts_at_once_also_beside_what_rang_before(check: AlarmCheck) -> None:
    hear(alarm(at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    assert state() == "starting"
    hear(alarm(name="chat-dev-disk", at=said(RUNS + MINUTE)), at=RUNS + 2 * MINUTE)
    assert state() == "down"


def test_what_rang_while_it_started_and_is_told_of_only_afterwards_has_its_time_too(check: AlarmCheck) -> None:
    hear(alarm("OK", at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    assert state() == "up"
    hear(alarm(at=said(STARTED + MINUTE)), at=RUNS + MINUTE)
    assert (state(), events()) == ("starting", [])
    health_sweep.sweep(now=RUNS + 10 * MINUTE)
    assert state() == "down"


def test_what_is_trouble_already_stays_so_and_what_depends_on_no_schedule_has_no_grace(check: AlarmCheck) -> None:
    AlarmCheck.objects.update(always=True, state="up")
    wake()
    hear(alarm(at=said(STARTED)), at=RUNS + MINUTE)
    assert state() == "down"
    AlarmCheck.objects.update(always=False)
    alarms.match_all(now=RUNS + 2 * MINUTE)
    assert state() == "down"


def test_a_redeploy_within_its_time_gives_it_its_time_again_and_a_stop_ends_the_waiting(check: AlarmCheck) -> None:
    hear(alarm(at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    bring("redeploying", RUNS + 5 * MINUTE)
    health_sweep.sweep(now=RUNS + 10 * MINUTE)
    assert state() == "starting"
    bring("running", RUNS + 12 * MINUTE)
    check.refresh_from_db()
    assert (check.state, check.due_at) == ("starting", RUNS + 22 * MINUTE)
    bring("stopping", RUNS + 13 * MINUTE, "stopped")
    check.refresh_from_db()
    assert (check.state, check.due_at, events()) == ("asleep", None, [])


def test_those_whose_time_has_come_are_found_by_when_they_are_due(check: AlarmCheck) -> None:
    hear(alarm(at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    with CaptureQueriesContext(connection) as caught:
        assert alarms.judge_waiting(now=RUNS + 9 * MINUTE) == 0
    assert len(caught) == 1
    assert '"due_at" <=' in caught[0]["sql"]
    assert alarms.judge_waiting(now=RUNS + 10 * MINUTE) == 1
    assert alarms.judge_waiting(now=RUNS + 10 * MINUTE) == 0


def test_an_alarm_that_nobody_tells_of_any_more_is_known_no_more_when_its_time_is_over(check: AlarmCheck) -> None:
    hear(alarm(at=said(SLEPT)), at=SLEPT + MINUTE)
    wake()
    Alarm.objects.all().delete()
    health_sweep.sweep(now=RUNS + 10 * MINUTE)
    assert state() == "unknown"
