"""Writing what calls have made of many heartbeats: a statement for each table, however many they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection

from environments.models import Check, Heartbeat

_OF_CHECKS: Final = {"due_at": "timestamptz"}
_OF_HEARTBEATS: Final = {"last_began_at": "timestamptz", "last_took_ms": "bigint", "last_body": "text"}


def write(rows: Iterable[Heartbeat]) -> None:
    """Save when these rows, locked by the caller, are judged next, and what was said of their last run."""
    found = list(rows)
    due(found)
    _write("environments_heartbeat", "check_ptr_id", _OF_HEARTBEATS, found)


def due(rows: Iterable[Check]) -> None:
    """Save when these rows, locked by the caller, are judged next."""
    _write("environments_check", "id", _OF_CHECKS, list(rows))


def _write(table: str, key: str, columns: Mapping[str, str], rows: list[Any]) -> None:
    """Only of names written in this file. No query for none."""
    if not rows:
        return
    values = [{"id": row.pk, **{name: _kept(getattr(row, name)) for name in columns}} for row in rows]
    if connection.vendor == "postgresql":
        names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        new = ", ".join(f"{name} = j.{name}" for name in columns)
        source, its_id = f"jsonb_to_recordset(%s::jsonb) AS j(id bigint, {names})", "j.id"
    else:
        new = ", ".join(f"{name} = json_extract(j.value, '$.{name}')" for name in columns)
        source, its_id = "json_each(%s) AS j", "json_extract(j.value, '$.id')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS c SET {new} FROM {source} WHERE c.{key} = {its_id}",  # noqa: S608
            [json.dumps(values)],
        )


def _kept(value: Any) -> Any:
    """As the database keeps it."""
    if not isinstance(value, datetime):
        return value
    kept = connection.ops.adapt_datetimefield_value(value)
    return kept if isinstance(kept, str) else value.isoformat()
