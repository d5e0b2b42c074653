"""Whether anything was changed, for all processes, by one short query.

What people and programs change leaves a row of history, an operation or an event. The numbers of the newest of these
say whether there has been another; what an answer is kept by has them in its key, so that nobody who has changed
something is told what was before, whichever process answers. What the portal alone sees (a stack has come up, a check
was answered) may be missing here until its event is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.db import connection

from environments.models import (
    AlarmCheck,
    Calendar,
    CalendarDay,
    DayException,
    Device,
    Environment,
    Heartbeat,
    Hold,
    HttpCheck,
    Operation,
    Pause,
    Period,
    Schedule,
    Tag,
    Team,
)
from notifications.models import Event

CHANGED: Final[tuple[Any, ...]] = (
    *(Environment, Team, Tag, Hold, DayException, Pause, Schedule, Period, Calendar, CalendarDay),
    *(HttpCheck, Heartbeat, AlarmCheck, Device),
)
"""What lists of environments are made of, and people change; each has a history."""


def newest() -> tuple[int | None, ...]:
    """Another one after each change. One query, which takes as long for many rows as for few."""
    with connection.cursor() as cursor:
        cursor.execute(_question(connection.vendor))
        found: tuple[int | None, ...] = tuple(cursor.fetchone())
    return found


@cache
def _question(vendor: str) -> str:
    quote = connection.ops.quote_name
    # Nothing in it comes from outside: names of tables and columns.
    asked = (f"(SELECT MAX({quote(column)}) FROM {quote(table)})" for table, column in _numbered())  # noqa: S608
    return f"SELECT {', '.join(asked)}"


def _numbered() -> Iterator[tuple[str, str]]:
    """Table and column."""
    for model in (*(model.history.model for model in CHANGED), Operation, Event):
        yield model._meta.db_table, model._meta.pk.column  # noqa: SLF001
