"""Writing rows of sums of checks: one statement a table, however many rows; what stands there is kept or added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection, models

from environments.models.health import HealthDay, HealthHour

_COLUMNS: Final[Mapping[str, str]] = {
    "check_row_id": "bigint",
    "environment_id": "bigint",
    "check_number": "bigint",
    "check_name": "text",
    "environment_name": "text",
    "samples": "integer",
    "up": "integer",
    "p50_ms": "integer",
    "p95_ms": "integer",
    "received": "integer",
    "missed": "integer",
}
_OF_ROW: Final = tuple(name for name in _COLUMNS if name != "check_number")
_TABLES: Final[Mapping[type[models.Model], tuple[str, str, str]]] = {
    HealthHour: ("environments_healthhour", "hour", "timestamptz"),
    HealthDay: ("environments_healthday", "day", "date"),
}
# What is added to what stands there.
_ADDED: Final = ("received", "missed")
# What replaces what stands there: it was made of the same answers, and of more, or it has lost some.
_MADE: Final = ("samples", "up", "p50_ms", "p95_ms")


@dataclass(frozen=True, slots=True)
class Row:
    """A check's sum of the hour that begins at, or of the day, `span`."""

    check_row_id: int
    environment_id: int
    check_name: str
    environment_name: str
    span: datetime | date
    samples: int = 0
    up: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    received: int = 0
    missed: int = 0


def add(table: type[HealthHour | HealthDay], rows: Sequence[Row]) -> None:
    """Add what these rows received and missed to what stands there. No two for one check and span."""
    name = _TABLES[table][0]
    _write(table, rows, ", ".join(f"{one} = {name}.{one} + excluded.{one}" for one in _ADDED))


def put(table: type[HealthHour | HealthDay], rows: Sequence[Row]) -> None:
    """Replace what these rows say of answers, but where more of them stand there: then some have been pruned since."""
    name = _TABLES[table][0]
    values = ", ".join(f"{one} = excluded.{one}" for one in _MADE)
    _write(table, rows, f"{values} WHERE excluded.samples >= {name}.samples")


def _write(table: type[HealthHour | HealthDay], rows: Sequence[Row], follows: str) -> None:
    """Only of names written in this file."""
    if not rows:
        return
    name, span, kind = _TABLES[table]
    columns = {**_COLUMNS, span: kind}
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        given = ", ".join(f"{one} {its}" for one, its in columns.items())
        source = f"SELECT {names} FROM jsonb_to_recordset(%s::jsonb) AS j({given})"  # noqa: S608
    else:
        values = ", ".join(f"json_extract(j.value, '$.{one}')" for one in columns)
        # Without a condition SQLite takes ON for that of a join.
        source = f"SELECT {values} FROM json_each(%s) AS j WHERE true"  # noqa: S608
    statement = f"INSERT INTO {name} ({names}) {source} ON CONFLICT (check_number, {span}) DO UPDATE SET {follows}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps([_values(row, span) for row in rows])])


def _values(row: Row, span: str) -> dict[str, object]:
    values = {name: getattr(row, name) for name in _OF_ROW}
    return values | {"check_number": row.check_row_id, span: _kept(row.span)}


def _kept(at: datetime | date) -> str:
    """As the database keeps it."""
    if not isinstance(at, datetime):
        return at.isoformat()
    kept = connection.ops.adapt_datetimefield_value(at)
    return kept if isinstance(kept, str) else at.isoformat()
