"""Counting the runs of periodic tasks: two signals of a worker, one row a task (`TaskTally`), read by `/metrics`."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from time import perf_counter

from celery import states
from django.db import Error as DatabaseError
from django.db.models import F
from django.utils import timezone

from portal.beat_entries import declared
from portal.models import TaskTally

logger = logging.getLogger(__name__)

# When each run under way in this process began, by the id of its message; a killed worker takes them along.
_began: dict[str, float] = {}


@cache
def counted() -> frozenset[str]:
    """The tasks that beat sends. What a single operation sends is counted by its rows."""
    return frozenset(entry.task for entry in declared())


def begun(task: str, task_id: str) -> None:
    """A run of `task` begins in this process."""
    if task in counted():
        _began[task_id] = perf_counter()


def ended(task: str, task_id: str, state: str | None) -> None:
    """It is over. A database that does not take the count costs the count, with one line in the log, never the
    task."""
    began = _began.pop(task_id, None)
    if began is None:
        return
    try:
        count(task, seconds=perf_counter() - began, failed=state == states.FAILURE, now=timezone.now())
    except DatabaseError as error:
        logger.warning("A run of %s could not be counted: %s", task, error)


def count(task: str, *, seconds: float, failed: bool, now: datetime) -> None:
    """Add one run: one UPDATE, but for the first of a task."""
    row = TaskTally.objects.filter(task=task)
    values = {
        "runs": F("runs") + 1,
        "failures": F("failures") + int(failed),
        "seconds": F("seconds") + seconds,
        "last_seconds": seconds,
        "last_at": now,
    }
    if not row.update(**values):
        # Two workers may write the first at once.
        TaskTally.objects.bulk_create([TaskTally(task=task)], ignore_conflicts=True)
        row.update(**values)
