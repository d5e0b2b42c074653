"""Silence is judged: heartbeats and devices of which something should have come by now are late, then missed.

What is due is read by its `due_at` and judged some at once, in a fixed number of queries; the rules say when each is
looked at next. A window is counted as missed by whoever moves `due_at` beyond the end of its grace, and by nobody
after. What came in and waits to be judged is left to that: it counts the silence before it, too.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from environments.models import Check, CheckState, Device, Heartbeat
from environments.rules import expecting, job_calls
from environments.rules.errors import RuleError
from environments.rules.expecting import Verdict
from environments.rules.health import Expectation
from notifications.models import Arrival

from . import health, health_sums, heartbeat_rows, heartbeats

KINDS: Final = (Check.Kind.HEARTBEAT, Check.Kind.DEVICE)
REPORTS_DOOR: Final = "sms"
AT_ONCE: Final = 500
RUN_S: Final = 10.0
# What was called in the last moment may not be written yet.
SETTLED: Final = timedelta(seconds=5)
# What is coming up is looked at again: nobody need tell that it runs.
LOOK_AGAIN: Final = timedelta(minutes=1)
BEFORE_HEARD: Final = (CheckState.UNKNOWN, CheckState.STARTING)


def judge_due(*, now: datetime) -> int:
    """Judge what is due, until nothing is or ten seconds have passed; how many were judged. Any number may run at
    once. All is judged as it was five seconds ago."""
    began, judged, left, at = time.monotonic(), 0, set[int](), now - SETTLED
    while time.monotonic() - began < RUN_S:
        with transaction.atomic():
            rows = _taken(at, left)
            if not rows:
                break
            judged += _judge(rows, left, at)
    return judged


def _taken(at: datetime, left: set[int]) -> list[Check]:
    """Some that were due by `at`, theirs alone until the transaction ends."""
    due = Check.objects.due(at).filter(kind__in=KINDS).exclude(pk__in=left)
    free = due.select_for_update(skip_locked=True, no_key=True).order_by("due_at", "pk")
    # First locked, then read: PostgreSQL shows only the locked table as it is by then.
    ids = list(free.values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return []
    mine: list[Check] = []
    for model in (Heartbeat, Device):
        rows: QuerySet[Check] = model.objects.filter(pk__in=ids).select_related("environment__schedule")
        read = (*heartbeats.READ, *(heartbeats.OF_HEARTBEATS if model is Heartbeat else ()))
        mine += rows.only(*read).order_by("pk")
    return mine


def _judge(rows: list[Check], left: set[int], at: datetime) -> int:
    """How many; those of which something waits to be judged are `left` to that."""
    waiting = _with_arrivals(rows)
    left |= {row.pk for row in rows if row.pk in waiting}
    mine = [row for row in rows if row.pk not in waiting]
    moves: list[health.Move] = []
    missed: dict[int, Sequence[datetime]] = {}
    for row in mine:
        wanted = health.expected(row.environment, row)
        if wanted is Expectation.ASLEEP:
            row.due_at = None
        elif wanted is not Expectation.EXPECTED:
            row.due_at = at + LOOK_AGAIN
        else:
            found = _verdict(row, at)
            row.due_at, missed[row.pk] = found.judge_at, found.missed
            # A failure is told until the job succeeds; its silence is only counted.
            if row.state != CheckState.DOWN:
                moves.append(health.Move(row.pk, found.state, found.reason))
    heartbeat_rows.due(mine)
    health.settle(moves, now=at)
    health_sums.count(missed=missed)
    return len(mine)


def _with_arrivals(rows: list[Check]) -> set[int]:
    """Those of which something has come in that is not judged yet. A text message does not say whose it is until it is
    opened: while any waits, all devices do."""
    untried = Arrival.objects.filter(judged_at__isnull=True, attempts=0)
    of_these = Q(door=heartbeats.DOOR, subject__in=[row.pk for row in rows]) | Q(door=REPORTS_DOOR)
    found = set(untried.filter(of_these).order_by().values_list("door", "subject").distinct())
    reports_wait = any(door == REPORTS_DOOR for door, _ in found)
    return {
        row.pk for row in rows if (heartbeats.DOOR, row.pk) in found or (reports_wait and row.kind == Check.Kind.DEVICE)
    }


def _verdict(row: Check, at: datetime) -> Verdict:
    assert isinstance(row, Heartbeat | Device)
    try:
        rhythm = row.expected(row.environment.zone_name)
    except RuleError as error:
        said = {"en": error.text("en"), "ko": error.text("ko")}
        return Verdict(CheckState.UNKNOWN, said, at + expecting.LOOK_AGAIN)
    since = job_calls.since_when(
        expected_since=health.expected_since(row.environment, row),
        state=row.state,
        state_since=row.state_since,
        heard_at=row.seen_at,
        rhythm=rhythm,
    )
    heard = [row.seen_at] if row.seen_at else []
    found = expecting.verdict(rhythm, since=since, heard=heard, now=at, owed_from=row.due_at)
    if found.state in BEFORE_HEARD and row.state in BEFORE_HEARD:
        # Since when it is in this state is since when it is expected.
        return Verdict(row.state, found.reason, found.judge_at, found.missed)
    if isinstance(row, Heartbeat) and found.state in (CheckState.LATE, CheckState.MISSED):
        reason = job_calls.unfinished(heartbeats.job(row), rhythm, at, found.reason)
        return Verdict(found.state, reason, found.judge_at, found.missed)
    return found
