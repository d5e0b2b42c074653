"""Writing what came of many HTTP checks: a statement for each of their two tables, however many they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class Row:
    """What a check has by now."""

    id: int
    due_at: datetime
    failures: int
    seen_at: datetime | None
    last_ms: int | None
    last_status: int | None
    certificate_until: datetime | None
    certificate_warned: datetime | None


_OF_CHECKS = {"due_at": "timestamptz", "failures": "smallint", "seen_at": "timestamptz"}
_OF_HTTP = {
    "last_ms": "integer",
    "last_status": "smallint",
    "certificate_until": "timestamptz",
    "certificate_warned": "timestamptz",
}


def write(rows: Sequence[Row]) -> None:
    """Save these rows, whose checks the caller has locked. No query for none."""
    if not rows:
        return
    with connection.cursor() as cursor:
        for table, key, columns in (
            ("environments_check", "id", _OF_CHECKS),
            ("environments_httpcheck", "check_ptr_id", _OF_HTTP),
        ):
            values = [{name: _kept(getattr(row, name)) for name in ("id", *columns)} for row in rows]
            cursor.execute(_statement(table, key, columns), [json.dumps(values)])


def lease(until: Mapping[int, datetime]) -> None:
    """Move the looks of these checks, by their numbers, on to the ends of leases. No query for none."""
    if not until:
        return
    values = [{"id": pk, "due_at": _kept(at)} for pk, at in until.items()]
    with connection.cursor() as cursor:
        cursor.execute(_statement("environments_check", "id", {"due_at": "timestamptz"}), [json.dumps(values)])


def _statement(table: str, key: str, columns: dict[str, str]) -> str:
    """Only of names written in this file."""
    if connection.vendor == "postgresql":
        names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        values = ", ".join(f"{name} = j.{name}" for name in columns)
        source, its_id = f"jsonb_to_recordset(%s::jsonb) AS j(id bigint, {names})", "j.id"
    else:
        values = ", ".join(f"{name} = json_extract(j.value, '$.{name}')" for name in columns)
        source, its_id = "json_each(%s) AS j", "json_extract(j.value, '$.id')"
    return f"UPDATE {table} AS c SET {values} FROM {source} WHERE c.{key} = {its_id}"  # noqa: S608


def _kept(value: datetime | int | None) -> str | int | None:
    """As the database keeps it."""
    if not isinstance(value, datetime):
        return value
    kept = connection.ops.adapt_datetimefield_value(value)
    return kept if isinstance(kept, str) else value.isoformat()
