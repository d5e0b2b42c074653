"""Times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = datetime(2026, 11, 23, tzinfo=SEOUL)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def on(day: str, clock: str) -> datetime:
    """A time of the week that begins on Monday, 23 November 2026, in Seoul: `on("monday", "09:00")`, as UTC."""
    hours, minutes = clock.split(":")
    wall = MONDAY + timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))
    return wall.astimezone(UTC)


def monday(clock: str) -> datetime:
    return on("monday", clock)
