"""Heartbeats: secret addresses that jobs call. Finding one by its key, taking a call in, and judging what came in.

A call is one look-up and one row; whether the job is well is judged afterwards, with all that came in meanwhile, in a
fixed number of queries.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.urls import reverse

from environments.models import Check, Heartbeat
from environments.rules import expecting, job_calls
from environments.rules.errors import RuleError
from environments.rules.health import Expectation
from environments.rules.job_calls import Job
from notifications import intake
from notifications.intake import Outcome
from notifications.models import Arrival
from notifications.models.fields import Config

from . import health, health_sums, heartbeat_rows

DOOR: Final = "ping"
SECRET_BYTES: Final = 24
AT_ONCE: Final = 25
"""Calls that are judged in one transaction: on SQLite, calls that come in wait for its end."""

LONGEST_BODY: Final = 10_000
"""Bytes of a call's body that are kept."""

# What judging takes: rows of environments are wide.
READ: Final = (
    *("kind", "is_on", "always", "state", "state_since", "seen_at", "due_at", "created_at", "awake_since"),
    *("rhythm", "every_min", "windows", "grace_min"),
    *("environment__state", "environment__wish", "environment__state_since"),
    *("environment__timezone", "environment__schedule__timezone"),
)
OF_HEARTBEATS: Final = ("last_began_at", "last_took_ms", "last_body")
GONE: Final = "gone"
KEY: Final = "key"


class Found(NamedTuple):
    id: int
    is_on: bool


def found(key: str) -> Found | None:
    """Whose address this is the key of; one query.

    Looked up by digest: how long it takes says nothing about how much of a guess was right.
    """
    # Without an order, which takes two more tables.
    rows = Heartbeat.objects.filter(digest=_digest(key)).order_by().values_list("pk", "is_on")
    return next((Found(*row) for row in rows), None)


def called(*, heartbeat_id: int, said: str, status: int | None, body: bytes, now: datetime) -> None:
    """Write a call down; one query. It is judged within seconds."""
    payload: dict[str, Any] = {"said": said}
    if status is not None:
        payload["status"] = status
    if body:
        payload["body"] = body[:LONGEST_BODY].decode("utf-8", "replace")
    intake.accept(door=DOOR, subject=heartbeat_id, payload=payload, now=now)


def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    """What these calls make of their heartbeats: states, when each is expected next, what was received and missed."""
    calls: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        calls[arrival.subject or 0].append(arrival)
    moves: list[health.Move] = []
    received: defaultdict[int, list[datetime]] = defaultdict(list)
    missed: dict[int, Sequence[datetime]] = {}
    rows = locked(calls)
    for row in rows:
        story = _story(row, calls[row.pk])
        _take_over(row, story)
        missed[row.pk] = story.missed
        for arrival in calls[row.pk]:
            if row.is_on and arrival.payload.get("said") != job_calls.START:
                received[row.pk].append(arrival.received_at)
        if row.is_on and story.job.reason:
            moves.append(health.Move(row.pk, story.job.state, story.job.reason, story.job.heard_at))
    heartbeat_rows.write(rows)
    health.settle(moves, now=now)
    health_sums.count(received=received, missed=missed)
    there = {row.pk for row in rows}
    return {one.pk: Outcome(str(one.payload["said"]) if one.subject in there else GONE) for one in arrivals}


def locked(ids: Iterable[int]) -> list[Heartbeat]:
    """These heartbeats with their environments, in the one order in which all lock checks."""
    # First locked, then read: of rows that it had to wait for, PostgreSQL shows only the locked table as it is now.
    held = Check.objects.select_for_update(no_key=True).filter(pk__in=list(ids)).order_by("pk")
    rows = Heartbeat.objects.filter(pk__in=list(held.values_list("pk", flat=True)))
    return list(rows.select_related("environment__schedule").only(*READ, *OF_HEARTBEATS).order_by("pk"))


def job(row: Heartbeat) -> Job:
    return Job(row.state, row.seen_at, row.last_began_at, row.last_took_ms, row.last_body)


def since(row: Heartbeat, rhythm: expecting.Rhythm) -> datetime:
    """Since when it is expected to call."""
    return job_calls.since_when(
        expected_since=health.expected_since(row.environment, row),
        state=row.state,
        state_since=row.state_since,
        heard_at=row.seen_at,
        rhythm=rhythm,
    )


def renew(row: Heartbeat) -> None:
    """Give the row, unsaved, a new address; one that it had ends with saving it."""
    key = secrets.token_urlsafe(SECRET_BYTES)
    row.digest, row.key = _digest(key), Config({KEY: key})


def address(row: Heartbeat) -> str:
    """The secret address in full; empty where its key was sealed with a key that is gone."""
    key = row.key.get(KEY, "") if row.key else ""
    return settings.BASE_URL.rstrip("/") + reverse("public:ping", args=[key]) if key else ""


def next_expected(row: Heartbeat, now: datetime) -> datetime | None:
    """By when its next call is expected; None while nothing is (it is off, or its environment sleeps)."""
    if not row.is_on or health.expected(row.environment, row) is Expectation.ASLEEP:
        return None
    try:
        rhythm = row.expected(row.environment.zone_name)
    except RuleError:
        return None
    return expecting.next_due(rhythm, since=since(row, rhythm), last_at=row.seen_at, now=now)


def _story(row: Heartbeat, arrivals: Sequence[Arrival]) -> job_calls.Story:
    calls = job_calls.calls_of([(one.payload, one.received_at) for one in arrivals])
    try:
        rhythm = row.expected(row.environment.zone_name)
    except RuleError:
        # Said at the form; what the call says of the job stands all the same.
        rhythm = expecting.Rhythm(row.environment.zone_name, expecting.LOOK_AGAIN, every=expecting.LOOK_AGAIN)
    is_awake = row.is_on and health.expected(row.environment, row) is Expectation.EXPECTED
    return job_calls.tell(job(row), calls, rhythm, since=since(row, rhythm), owed_from=row.due_at, is_awake=is_awake)


def _take_over(row: Heartbeat, story: job_calls.Story) -> None:
    """What is the heartbeat's own; its state and when it was heard of are the health service's."""
    row.last_began_at, row.last_took_ms, row.last_body = story.job.began_at, story.job.took_ms, story.job.body
    row.due_at = story.judge_at or row.due_at


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
