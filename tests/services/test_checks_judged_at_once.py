"""Two workers at the same checks: whoever comes second judges by what the first one has left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from environments.models import Alarm, AlarmCheck, Environment, Heartbeat, HttpCheck, State
from environments.rules.alarm_messages import AlarmChange
from environments.rules.http_answers import Answer
from environments.services import alarms, expectations, health, heartbeats, http_checks, http_writing
from notifications.models import Event
from tests import factories

NOW = datetime(2026, 11, 23, 1, 0, 5, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=10)
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chat() -> Environment:
    return factories.environment(
        schedule=None, state=State.RUNNING, wish="running", state_since=NOW - timedelta(days=1)
    )


def judge(*changes: tuple[str, str], at: datetime = NOW) -> None:
    """In one transaction, as a batch of arrivals."""
    arn = "arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:"
    known: dict[str, Any] = {
        "account_id": "123456789012",
        "region": factories.REGION,
        "changed_at": at,
        "reason": "91 > 80",
    }
    with transaction.atomic():
        alarms.take([AlarmChange(arn=arn + name, name=name, state=to, **known) for name, to in changes], now=NOW)


def meanwhile(first: Callable[[], object], second: Callable[[], object]) -> None:
    """`second`, by a worker of its own that begins before the transaction in which `first` was done has ended."""

    def work() -> None:
        try:
            second()
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        first()
        worker.start()
        # SQLite lets it begin after the end; PostgreSQL as far as to what the first one holds.
        while connection.vendor == "postgresql" and worker.is_alive() and not _somebody_waits():
            time.sleep(0.01)
    worker.join()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        waits_for_us = "NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE {waits_for_us}")
        return bool(cursor.fetchone()[0])


def go_to_sleep(chat: Environment) -> None:
    Environment.objects.filter(pk=chat.pk).update(state=State.STOPPING, wish="stopped")
    health.environments_moved([chat.pk], now=NOW)


@at_once
@pytest.mark.parametrize(
    ("first", "second", "seen"), [("ALARM", "OK", "down"), ("OK", "ALARM", "down"), ("OK", "OK", "up")]
)
def test_of_two_alarms_that_change_at_once_neither_is_forgotten(
    first: str, second: str, seen: str, chat: Environment
) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*")
    other = {"OK": "ALARM", "ALARM": "OK"}
    judge(("chat-a", other[first]), ("chat-b", other[second]), at=BEFORE)
    meanwhile(lambda: judge(("chat-a", first)), lambda: judge(("chat-b", second)))
    check.refresh_from_db()
    assert check.state == seen
    assert set(Alarm.objects.values_list("name", "state")) == {("chat-a", first), ("chat-b", second)}


@at_once
def test_what_rings_as_its_environment_goes_to_sleep_is_told_to_nobody(chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*")
    judge(("chat-a", "OK"), at=BEFORE)
    meanwhile(lambda: go_to_sleep(chat), lambda: judge(("chat-a", "ALARM")))
    check.refresh_from_db()
    assert check.state == "asleep"
    assert not Event.objects.filter(kind="check.down").exists()


@at_once
@pytest.mark.parametrize("second", ["up", "asleep", "removed"])
def test_the_end_of_trouble_is_told_once_whoever_finds_it(second: str, chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*")
    judge(("chat-a", "ALARM"), ("chat-b", "OK"), at=BEFORE)
    ways: dict[str, Callable[[], object]] = {
        "up": lambda: alarms.match_all(now=NOW),
        "asleep": lambda: go_to_sleep(chat),
        "removed": lambda: alarms.remove(checks=[check], now=NOW),
    }
    meanwhile(lambda: judge(("chat-a", "OK")), ways[second])
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["check.down", "check.up"]


@at_once
def test_an_alarm_that_ends_as_its_time_is_over_is_told_to_nobody(chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*", state="asleep")
    Environment.objects.update(state="starting")
    health.environments_moved([chat.pk], now=BEFORE)
    judge(("chat-a", "ALARM"), at=BEFORE)
    Environment.objects.update(state="running", state_since=BEFORE)
    health.environments_moved([chat.pk], now=BEFORE)
    meanwhile(lambda: judge(("chat-a", "OK")), lambda: alarms.judge_waiting(now=NOW))
    check.refresh_from_db()
    assert (check.state, check.due_at) == ("up", None)
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_whoever_removes_an_alarm_check_locks_its_alarms_first_as_those_who_judge_them_do(chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*")
    judge(("chat-a", "ALARM"))
    with CaptureQueriesContext(connection) as caught:
        alarms.remove(checks=[check], now=NOW)
    locking = [query["sql"] for query in caught if "FOR UPDATE" in query["sql"] or "FOR NO KEY UPDATE" in query["sql"]]
    tables = [sql.split(' FROM "')[1].split('"')[0] for sql in locking]
    assert tables[:2] == ["environments_alarm", "environments_check"]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_what_is_locked_is_locked_before_anything_else_is_read(chat: Environment) -> None:
    """What is joined to a row that had to be waited for, PostgreSQL shows as it was before."""
    row = Heartbeat.objects.create(environment=chat, name="job", due_at=BEFORE, digest="x")
    asked = HttpCheck.objects.create(environment=chat, name="API", url="https://chat.example.com/", due_at=NOW)
    taken = http_checks._claim(NOW, 1)
    with CaptureQueriesContext(connection) as caught:
        heartbeats.locked([row.pk])
        expectations.judge_due(now=NOW)
        http_writing.write(taken, [Answer(asked.pk, status=200, ms=3)], now=NOW)
    locking = [query["sql"] for query in caught if "FOR NO KEY UPDATE" in query["sql"]]
    assert len(locking) >= 4
    assert [sql for sql in locking if "JOIN" in sql] == []
