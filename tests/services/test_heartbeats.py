"""What calls and silence make of heartbeats: states, reasons, sums; nothing is counted twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Device, Environment, HealthDay, Heartbeat
from environments.services import expectations, health, heartbeat_edits, heartbeats
from notifications import intake
from notifications.models import Arrival, Event
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
MINUTE = timedelta(minutes=1)


def heartbeat(name: str = "backup", *, of: Environment | None = None, at: datetime = NOW, **fields: Any) -> Heartbeat:
    """Each hour, ten minutes of grace, added at 10:00 to an environment that runs since 09:00."""
    whose = of or running()
    row = Heartbeat(environment=whose, name=name, **fields)
    heartbeat_edits.add(heartbeat=row, now=at)
    Heartbeat.objects.filter(pk=row.pk).update(created_at=at)
    look(at)
    row.refresh_from_db()
    return row


def running(name: str = "chat-dev", **fields: Any) -> Environment:
    values = {"state": "running", "wish": "running", "state_since": monday("09:00")} | fields
    return factories.environment(name, **values)


def call(row: Heartbeat, at: datetime, said: str = "success", status: int | None = None, body: str = "") -> None:
    heartbeats.called(heartbeat_id=row.pk, said=said, status=status, body=body.encode(), now=at)


def judge(at: datetime) -> None:
    intake.judge_due(now=at)


def look(at: datetime) -> int:
    """Silence is judged at `at`: by then, what was called is written."""
    return expectations.judge_due(now=at + expectations.SETTLED)


def state(row: Heartbeat) -> str:
    row.refresh_from_db()
    return row.state


def sums(row: Heartbeat) -> tuple[int, int]:
    found = HealthDay.objects.filter(check_number=row.pk)
    return sum(one.received for one in found), sum(one.missed for one in found)


def test_a_good_call_brings_it_up_and_says_when_and_how_long_the_job_took() -> None:
    row = heartbeat()
    call(row, NOW, "start")
    call(row, NOW + timedelta(minutes=3, seconds=4))
    judge(NOW + timedelta(minutes=4))
    assert state(row) == "up"
    assert row.reason["en"] == "Succeeded at 10:03:04 (Asia/Seoul), after 3 min 4 s. The next is expected by 11:03:04."
    assert row.reason["ko"] == "10:03:04(Asia/Seoul) 성공, 3분 4초 걸림. 다음은 11:03:04까지 와야 해요."
    assert (row.last_took_ms, row.last_began_at) == (184_000, NOW)
    assert row.due_at == NOW + timedelta(minutes=63, seconds=4)
    assert sums(row) == (1, 0)


@pytest.mark.parametrize(("status", "begins"), [(None, "Failed at"), (3, "Ended with status 3")])
def test_a_failure_brings_it_down_with_the_first_line_of_what_it_said(status: int | None, begins: str) -> None:
    row = heartbeat()
    call(row, NOW, "fail", status, "\n  disk full  \nmore")
    judge(NOW)
    assert state(row) == "down"
    assert row.reason["en"].startswith(begins)
    assert ": disk full" in row.reason["ko"]
    assert Event.objects.get().kind == "check.down"
    call(row, NOW + MINUTE)
    judge(NOW + MINUTE)
    assert state(row) == "up"
    assert sums(row) == (2, 0)


def test_calls_are_taken_in_the_order_in_which_they_were_received() -> None:
    row = heartbeat()
    call(row, NOW + 2 * MINUTE, "fail", None, "late writer")
    call(row, NOW + MINUTE)
    judge(NOW + 3 * MINUTE)
    assert state(row) == "down"
    call(row, NOW)
    judge(NOW + 3 * MINUTE)
    assert state(row) == "down", "older than what is known"
    assert (row.seen_at, sums(row)) == (NOW + 2 * MINUTE, (3, 0))


def test_a_silent_job_is_late_and_then_missed_and_counted_once_however_often_it_is_judged() -> None:
    row = heartbeat()
    call(row, NOW)
    judge(NOW)
    story = []
    for minutes in (59, 60, 69, 69, 70, 70, 100, 129, 130, 131):
        look(NOW + minutes * MINUTE)
        story.append((state(row), sums(row)[1]))
    assert story[0] == ("up", 0)
    assert story[1:4] == [("late", 0)] * 3
    assert story[4:8] == [("missed", 1)] * 4
    assert story[8:] == [("missed", 2)] * 2
    assert [event.kind for event in Event.objects.order_by("pk")] == ["check.late", "check.missed"]


def test_a_job_that_began_and_does_not_end_is_late_and_its_reason_says_so() -> None:
    row = heartbeat()
    call(row, NOW)
    call(row, NOW + 55 * MINUTE, "start")
    judge(NOW + 55 * MINUTE)
    assert state(row) == "up"
    look(NOW + 60 * MINUTE)
    assert state(row) == "late"
    assert row.reason["en"].endswith("It began at 10:55 and has not ended.")


def test_what_was_missed_while_no_worker_lived_is_counted_between_the_calls_that_waited() -> None:
    row = heartbeat()
    call(row, NOW)
    judge(NOW)
    call(row, NOW + 5 * timedelta(hours=1))
    judge(NOW + 6 * timedelta(hours=1))
    assert sums(row) == (2, 4), "missed at 11:10, 12:10, 13:10 and 14:10; 15:00 came"
    look(NOW + 6 * timedelta(hours=1))
    assert sums(row) == (2, 4)


def days(row: Heartbeat) -> list[tuple[int, int, int]]:
    return [(one.day.day, one.received, one.missed) for one in HealthDay.objects.filter(check_number=row.pk)]


def test_what_was_missed_in_three_days_without_a_worker_stands_on_its_own_days() -> None:
    row = heartbeat(rhythm="windows", windows="18:00-24:00", at=monday("10:00"))
    look(on("thursday", "10:00"))
    assert sorted(days(row)) == [(NOW.day, 0, 1), (NOW.day + 1, 0, 1), (NOW.day + 2, 0, 1)]


def test_what_was_missed_before_a_call_that_waited_stands_on_its_own_days() -> None:
    row = heartbeat(rhythm="windows", windows="18:00-22:00")
    call(row, on("wednesday", "19:00"))
    judge(on("friday", "07:00"))
    assert sorted(days(row)) == [(NOW.day, 0, 1), (NOW.day + 1, 0, 1), (NOW.day + 2, 1, 0)]


def test_a_call_is_of_the_day_that_its_environments_clock_shows() -> None:
    row = heartbeat(of=running(timezone="Asia/Kolkata"))
    after_midnight = datetime.fromisoformat("2026-11-24T00:15+05:30")
    call(row, after_midnight)
    judge(after_midnight)
    assert [one for one in days(row) if one[1]] == [(24, 1, 0)]


def test_silence_is_not_judged_while_a_call_waits_to_be_judged() -> None:
    row = heartbeat()
    call(row, NOW)
    judge(NOW)
    call(row, NOW + 59 * MINUTE)
    assert look(NOW + 70 * MINUTE) == 0
    judge(NOW + 70 * MINUTE)
    assert (state(row), sums(row)) == ("up", (2, 0))


def test_each_window_wants_one_call_and_is_missed_once() -> None:
    row = heartbeat(rhythm="windows", windows="06:00-10:00, 18:00-22:00", at=monday("05:00"))
    call(row, monday("07:00"))
    judge(monday("07:00"))
    for clock in ("10:00", "12:00", "21:59"):
        look(monday(clock))
        assert state(row) == "up", clock
    look(monday("22:00"))
    assert (state(row), sums(row)) == ("late", (1, 0))
    for _ in range(3):
        look(monday("22:10"))
    assert (state(row), sums(row)) == ("missed", (1, 1))
    for clock in ("06:30", "10:00", "10:10"):
        call(row, on("tuesday", "06:30")) if clock == "06:30" else None
        judge(on("tuesday", clock))
        look(on("tuesday", clock))
    assert (state(row), sums(row)) == ("up", (2, 1))


def test_a_window_in_the_hour_that_the_clocks_leave_out_is_asked_for_when_they_have_gone_on() -> None:
    """Berlin, 29 March 2026: 02:00 to 03:00 does not exist. “01:30-02:30” ends at 03:00, which is 01:00 UTC."""
    before = datetime.fromisoformat("2026-03-28T12:00+00:00")
    berlin = running(timezone="Europe/Berlin", state_since=before)
    row = heartbeat(of=berlin, rhythm="windows", windows="01:30-02:30", at=before)
    look(datetime.fromisoformat("2026-03-29T00:59+00:00"))
    assert state(row) == "unknown"
    look(datetime.fromisoformat("2026-03-29T01:00+00:00"))
    assert state(row) == "late"
    for _ in range(2):
        look(datetime.fromisoformat("2026-03-29T01:10+00:00"))
    assert (state(row), sums(row)) == ("missed", (0, 1))


def test_nothing_is_expected_while_its_environment_sleeps_and_after_it_wakes_it_has_its_time() -> None:
    chat = running()
    row = heartbeat(of=chat)
    call(row, NOW)
    judge(NOW)
    Environment.objects.filter(pk=chat.pk).update(state="stopped", wish="stopped", state_since=NOW + MINUTE)
    health.environments_moved([chat.pk], now=NOW + MINUTE)
    assert (look(NOW + timedelta(hours=9)), state(row), row.due_at) == (0, "asleep", None)

    woken = NOW + timedelta(hours=10)
    for now, expected in (("starting", "starting"), ("running", "unknown")):
        Environment.objects.filter(pk=chat.pk).update(state=now, wish="running", state_since=woken)
        health.environments_moved([chat.pk], now=woken)
        look(woken)
        assert state(row) == expected
    for minutes, expected in ((59, "unknown"), (61, "late"), (70, "missed")):
        look(woken + minutes * MINUTE)
        assert state(row) == expected
    assert sums(row) == (1, 1)


def test_a_call_from_an_environment_that_sleeps_is_received_and_moves_nothing() -> None:
    row = heartbeat(of=running(state="stopped", wish="stopped"))
    call(row, NOW, "fail")
    judge(NOW)
    assert (state(row), row.due_at, sums(row)) == ("asleep", None, (1, 0))
    assert not Event.objects.exists()


def test_what_does_not_depend_on_the_schedule_is_expected_while_its_environment_sleeps() -> None:
    row = heartbeat(of=running(state="stopped", wish="stopped"), always=True)
    look(NOW + 60 * MINUTE)
    assert state(row) == "late"


def test_one_that_is_switched_on_again_is_asked_for_nothing_of_the_time_before() -> None:
    row = heartbeat()
    call(row, NOW)
    judge(NOW)
    again = NOW + timedelta(days=3)
    for is_on, at in ((False, NOW + MINUTE), (True, again)):
        row.is_on = is_on
        row.save(update_fields=["is_on"])
        heartbeat_edits.saved(heartbeat=row, changed=["is_on"], now=at)
    story = []
    for minutes in (0, 59, 60, 69, 70):
        look(again + minutes * MINUTE)
        story.append(state(row))
    assert story[2:] == ["late", "late", "missed"]
    assert not {"late", "missed"} & set(story[:2])
    assert sums(row) == (1, 1)


def test_devices_that_are_silent_are_late_and_missed_by_the_same_rules() -> None:
    row = Device.objects.create(environment=running(), name="1042", number=1042, due_at=NOW)
    Device.objects.filter(pk=row.pk).update(created_at=NOW)
    for minutes, expected in ((0, "unknown"), (60, "late"), (70, "missed")):
        look(NOW + minutes * MINUTE)
        row.refresh_from_db()
        assert row.state == expected
    assert HealthDay.objects.get(check_number=row.pk).missed == 1


def test_calls_of_heartbeats_that_are_gone_are_put_away() -> None:
    row = heartbeat()
    call(row, NOW)
    heartbeat_edits.remove(rows=[row], now=NOW)
    judge(NOW)
    assert Arrival.objects.get().outcome == heartbeats.GONE


def test_calls_and_silence_of_many_take_as_many_queries_as_of_few() -> None:
    # Its zone is that of its schedule.
    chat = running(timezone="")
    judged, due = [], []
    for count in (3, 20):
        rows = [heartbeat(f"job {count} {n}", of=chat) for n in range(count)]
        for row in rows:
            call(row, NOW)
        with CaptureQueriesContext(connection) as queries:
            judge(NOW)
        judged.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            assert look(NOW + 60 * MINUTE) >= count
        due.append(len(queries))
        Heartbeat.objects.update(due_at=None)
    assert judged[0] == judged[1]
    assert due[0] == due[1]
