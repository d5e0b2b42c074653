"""Web addresses that are due are asked, and what they answer is judged and written.

A turn takes what is due by moving its `due_at` on to the end of a lease, asks outside of any transaction, and writes
verdicts as they come; meanwhile it goes on taking what becomes due, so that hanging addresses delay nobody else's.
`due_at` as the turn left it is its ticket for writing: an answer for a check that was taken by somebody else, was
edited, or fell asleep meanwhile is dropped. When a worker dies, the lease runs out and the check is asked again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When

from environments.models import Check, HttpCheck
from environments.probes.http import Asking, Question, places
from environments.rules.errors import RuleError
from environments.rules.health import Expectation
from environments.rules.http_answers import Answer
from environments.rules.http_headers import parse_headers
from environments.rules.http_verdicts import expected
from notifications.encryption import UnreadableError

from . import health, http_rows, http_writing, simulated_apps
from .http_writing import STANDING, Taken, was_silent

log = logging.getLogger(__name__)

# Those that are asked at once; more are left to other workers or the next round.
ROOM: Final = places()
# Those that were silent last time have this part of the places, so that they never keep others from theirs.
SILENT_PART: Final = 1 / 3
# Beside its time-out: for the writing.
MARGIN: Final = timedelta(seconds=30)
# So long a turn takes new ones, and so long it goes on at all: well within a task's time limit.
TURN_S: Final = 120
DEADLINE_S: Final = 180
AT_ONCE: Final = 200
WITHIN_S: Final = 1.0

# What asking and judging take; thousands of rows are read.
READ: Final = (
    *("due_at", "always", "url", "method", "headers", "secret_headers", "body", "timeout_s"),
    *("expected_status", "contains", "json_path", "json_value", "every_s", "retries", "retry_every_s"),
    *("start_grace_min", "gates_start", "certificate_days", "certificate_until", "certificate_warned", "last_status"),
    *("environment__state", "environment__wish", "environment__state_since", *STANDING),
)

# Tried before, without any answer: as `Taken.is_silent` has it.
_SILENT: Final = Q(failures__gt=0, last_status__isnull=True)

# One turn in a process is enough: it asks all that is due.
_turn = threading.Lock()


def check_due(*, now: datetime) -> int:
    """Ask all checks that are due, until nothing is waited for; how many verdicts were written.

    Returns at once while another turn of this process is at it.
    """
    if not _turn.acquire(blocking=False):
        return 0
    try:
        return _all_due(now)
    finally:
        _turn.release()


def _all_due(begin: datetime) -> int:
    began, written, taken = time.monotonic(), 0, dict[int, Taken]()

    def now() -> datetime:
        return begin + timedelta(seconds=time.monotonic() - began)

    new = _claim(begin, ROOM)
    if not new:
        return 0
    with Asking(allowed=settings.HEALTH_ALLOWED_NETWORKS) as asking:
        while (new or asking.waiting) and time.monotonic() - began < DEADLINE_S:
            taken |= new
            asking.ask([one.question for one in new.values() if one.question])
            answers = [one.given for one in new.values() if one.given]
            answers += asking.answers(within_s=WITHIN_S, most=AT_ONCE)
            written += _written(taken, answers, now())
            new = _claim(now(), ROOM - len(taken), beside=taken) if time.monotonic() - began < TURN_S else {}
    return written


def _written(taken: dict[int, Taken], answers: Sequence[Answer], now: datetime) -> int:
    """What cannot be written is logged and costs this batch only: its checks are asked again when their leases end."""
    given = {one.key: taken.pop(one.key) for one in answers}
    try:
        return http_writing.write(given, answers, now=now)
    except Exception:
        log.exception("The answers of %s web address checks could not be written.", len(answers))
        return 0


def _claim(now: datetime, room: int, *, beside: Mapping[int, Taken] | None = None) -> dict[int, Taken]:
    """Take checks that are due, those that were not silent last time first; none of environments that sleep, and none
    of those that are being asked: the lease of one that takes long may be over."""
    asked = beside or {}
    silent = round(ROOM * SILENT_PART) - sum(one.is_silent for one in asked.values())
    if room <= 0:
        return {}
    rows = cast("QuerySet[HttpCheck]", HttpCheck.objects.due(now))
    if silent <= 0:
        rows = rows.exclude(_SILENT)
    with transaction.atomic():
        found = list(
            rows.select_for_update(skip_locked=True, of=("check_ptr",), no_key=True)
            .select_related("environment")
            .only(*READ)
            .order_by(Case(When(_SILENT, then=Value(1)), default=Value(0)), "due_at", "pk")[:room]
        )
        found = _fitting(found, silent, asked)
        asleep = {row.pk for row in found if health.expected(row.environment, row) is Expectation.ASLEEP}
        if asleep:
            Check.objects.filter(pk__in=asleep).update(due_at=None)
        awake = [row for row in found if row.pk not in asleep]
        leases = {row.pk: now + timedelta(seconds=row.timeout_s) + MARGIN for row in awake}
        http_rows.lease(leases)
    return {row.pk: as_taken(row, leases[row.pk]) for row in awake}


def _fitting(found: Sequence[HttpCheck], silent: int, asked: Mapping[int, Taken]) -> list[HttpCheck]:
    """Those that are not being asked, silent ones no more than there are places for them; these are the last."""
    new = [row for row in found if row.pk not in asked]
    others = sum(not was_silent(row) for row in new)
    return new[: others + max(silent, 0)]


def as_taken(row: HttpCheck, lease: datetime) -> Taken:
    """What cannot be asked as it stands has its answer already."""
    try:
        return Taken(row, lease, _question(row), None)
    except RuleError as error:
        details = {"en": error.text("en").rstrip("."), "ko": error.text("ko").rstrip(".")}
        return Taken(row, lease, None, Answer(row.pk, trouble="settings", details=details))
    except UnreadableError:
        return Taken(row, lease, None, Answer(row.pk, trouble="secrets"))


def _question(row: HttpCheck) -> Question:
    """Raises RuleError for what does not parse, UnreadableError for secrets that no present key opens."""
    if not row.secret_headers.readable:
        raise UnreadableError
    return Question(
        key=row.pk or 0,
        url=simulated_apps.address(row.url),
        expected=expected(
            url=row.url,
            method=row.method,
            expected_status=row.expected_status,
            contains=row.contains,
            json_path=row.json_path,
            json_value=row.json_value,
        ),
        method=row.method,
        headers=parse_headers(row.headers),
        secrets=dict(row.secret_headers),
        body=row.body if row.method == HttpCheck.Method.POST else "",
        timeout_s=row.timeout_s,
    )
