"""Runs of periodic tasks are counted by the workers, and nothing that goes wrong there costs a task."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from portal import tallies
from portal.beat_entries import declared
from portal.celery import app
from portal.models import TaskTally
from tests.support.times import monday
from tests.support.waiting import wait_until
from tests.support.working import working

NOW = monday("10:00")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two tasks, `tests.well` and `tests.badly`, as if beat sent the one and the other; what has run."""
    told: list[str] = []
    app.loader.init_worker()

    @app.task(name="tests.well")
    def well() -> None:
        told.append("well")

    @app.task(name="tests.badly")
    def badly() -> None:
        told.append("badly")
        raise RuntimeError("the reason it failed")

    @app.task(name="tests.other")
    def other() -> None:
        told.append("other")

    monkeypatch.setattr(tallies, "counted", lambda: frozenset({"tests.well", "tests.badly"}))
    yield told
    for name in ("tests.well", "tests.badly", "tests.other"):
        app.tasks.pop(name, None)


@pytest.mark.django_db(transaction=True)
def test_a_worker_counts_what_beat_sends_and_nothing_else(ran: list[str]) -> None:
    with working():
        for name in ("tests.well", "tests.other", "tests.badly", "tests.well"):
            app.send_task(name)
        wait_until(lambda: sum(TaskTally.objects.values_list("runs", flat=True)) == 3)

    assert ran == ["well", "other", "badly", "well"]
    assert set(TaskTally.objects.values_list("task", "runs", "failures")) == {
        ("tests.well", 2, 0),
        ("tests.badly", 1, 1),
    }
    well = TaskTally.objects.get(task="tests.well")
    assert 0 < well.last_seconds <= well.seconds
    assert well.last_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_take_the_count_costs_no_task(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tallies, "count", Mock(side_effect=OperationalError("database is locked")))
    with working():
        app.send_task("tests.well")
        app.send_task("tests.well")
        wait_until(lambda: ran == ["well", "well"])

    assert "A run of tests.well could not be counted: database is locked" in caplog.text


@pytest.mark.django_db
def test_a_run_costs_one_update() -> None:
    tallies.count("t", seconds=1.5, failed=False, now=NOW)
    with CaptureQueriesContext(connection) as asked:
        tallies.count("t", seconds=0.25, failed=True, now=NOW + timedelta(minutes=1))

    assert [one["sql"].split()[0] for one in asked.captured_queries] == ["UPDATE"]
    row: Any = TaskTally.objects.values().get()
    assert {name: row[name] for name in ("runs", "failures", "seconds", "last_seconds", "last_at")} == {
        "runs": 2,
        "failures": 1,
        "seconds": 1.75,
        "last_seconds": 0.25,
        "last_at": NOW + timedelta(minutes=1),
    }


def test_what_is_counted_is_what_beat_sends() -> None:
    assert tallies.counted() == {entry.task for entry in declared()}
    assert "environments.tasks.tick" in tallies.counted()
    assert "environments.tasks.advance" not in tallies.counted()
