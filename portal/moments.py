"""Whose clock the reader of a page goes by: set for each request by `portal.preferences`, asked for by pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, timezone

_reader: ContextVar[str] = ContextVar("reader", default="")


def reader_zone() -> str:
    """The zone that the reader chose; empty when they chose none, or nobody reads."""
    return _reader.get()


@contextmanager
def reading_in(zone: str) -> Iterator[None]:
    """Within, times are read by somebody of this zone; with an empty one, by somebody who chose none.

    Raises ZoneInfoNotFoundError for a name that is none.
    """
    clock = ZoneInfo(zone) if zone else None
    token = _reader.set(zone)
    try:
        with timezone.override(clock):
            yield
    finally:
        _reader.reset(token)


def stamp(at: datetime | None) -> str:
    """Day, time and zone by the reader's clock, else the portal's, for logs: “21 Nov 2026 14:05 (Asia/Seoul)”."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return f"{formats.date_format(local)} {local:%H:%M} ({timezone.get_current_timezone_name()})"
