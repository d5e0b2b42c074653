"""Writing what has changed of many checks: one statement, however many they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from environments.models import Check

# Django's `bulk_update` takes a statement for each 140 rows on SQLite, and seconds of thinking for thousands.
_POSTGRESQL = """
    UPDATE environments_check AS c
       SET state = j.state, state_since = j.state_since, reason = j.reason, seen_at = j.seen_at,
           due_at = j.due_at, failures = j.failures, ticket_due_at = j.ticket_due_at,
           awake_since = j.awake_since, told_at = j.told_at
      FROM jsonb_to_recordset(%s::jsonb) AS j(
           id bigint, state text, state_since timestamptz, reason jsonb, seen_at timestamptz,
           due_at timestamptz, failures smallint, ticket_due_at timestamptz,
           awake_since timestamptz, told_at timestamptz)
     WHERE c.id = j.id
"""
_SQLITE = """
    UPDATE environments_check AS c
       SET state = json_extract(j.value, '$.state'),
           state_since = json_extract(j.value, '$.state_since'),
           reason = json_extract(j.value, '$.reason'),
           seen_at = json_extract(j.value, '$.seen_at'),
           due_at = json_extract(j.value, '$.due_at'),
           failures = json_extract(j.value, '$.failures'),
           ticket_due_at = json_extract(j.value, '$.ticket_due_at'),
           awake_since = json_extract(j.value, '$.awake_since'),
           told_at = json_extract(j.value, '$.told_at')
      FROM json_each(%s) AS j
     WHERE c.id = json_extract(j.value, '$.id')
"""


def write(checks: Sequence[Check]) -> None:
    """Save what these rows, locked by the caller, say of state, reason and times. No query for none."""
    if not checks:
        return
    rows = json.dumps([_row(check) for check in checks])
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE, [rows])


def _row(check: Check) -> dict[str, object]:
    return {
        "id": check.pk,
        "state": str(check.state),
        "state_since": _moment(check.state_since),
        "reason": dict(check.reason),
        "seen_at": _moment(check.seen_at),
        "due_at": _moment(check.due_at),
        "failures": check.failures,
        "ticket_due_at": _moment(check.ticket_due_at),
        "awake_since": _moment(check.awake_since),
        "told_at": _moment(check.told_at),
    }


def _moment(at: datetime | None) -> str | None:
    """As the database keeps it: PostgreSQL reads what SQLite stores, but for the zone."""
    if at is None:
        return None
    kept = connection.ops.adapt_datetimefield_value(at)
    return kept if isinstance(kept, str) else at.isoformat()
