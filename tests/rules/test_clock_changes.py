"""Wall time to UTC around changes of the clock (DESIGN section 2, item 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from environments.rules import plan
from tests.rules.support import spec

NEW_YORK, LONDON, LORD_HOWE = "America/New_York", "Europe/London", "Australia/Lord_Howe"


def running(zone: str, period: str, day: str) -> list[tuple[str, str]]:
    """The running spans that touch the UTC day, in UTC."""
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    segments = plan(spec(period, zone=zone), start - timedelta(hours=12), start + timedelta(hours=36))
    spans = [(segment.start, segment.end) for segment in segments if segment.desired == "running"]
    return [(f"{a:%d %H:%M}", f"{b:%d %H:%M}") for a, b in spans if b > start and a < start + timedelta(days=1)]


@pytest.mark.parametrize(
    ("promise", "zone", "period", "day", "expected"),
    [
        (
            "a begin in a gap means the first instant after it",
            NEW_YORK,
            "02:30-06:00 *",
            "2026-03-08",
            [("08 07:00", "08 10:00")],
        ),
        (
            "an end in a gap means the first instant after it",
            NEW_YORK,
            "00:30-02:30 *",
            "2026-03-08",
            [("08 05:30", "08 07:00")],
        ),
        ("a window inside a gap vanishes", NEW_YORK, "02:10-02:50 *", "2026-03-08", []),
        (
            "an ambiguous begin means its first occurrence",
            NEW_YORK,
            "01:30-06:00 *",
            "2026-11-01",
            [("01 05:30", "01 11:00")],
        ),
        (
            "an ambiguous end means its first occurrence",
            NEW_YORK,
            "00:30-01:30 *",
            "2026-11-01",
            [("01 04:30", "01 05:30")],
        ),
        (
            "a window over a repeated hour is an hour longer",
            LONDON,
            "00:15-04:00 sun",
            "2026-10-25",
            [("24 23:15", "25 04:00")],
        ),
        (
            "a window over a missing hour is an hour shorter",
            LONDON,
            "00:15-04:00 sun",
            "2026-03-29",
            [("29 00:15", "29 03:00")],
        ),
        ("half an hour may be missing", LORD_HOWE, "00:00-02:15 *", "2026-10-03", [("03 13:30", "03 15:30")]),
        ("half an hour may come twice", LORD_HOWE, "01:45-04:00 *", "2026-04-04", [("04 14:45", "04 17:30")]),
        (
            "a night window knows the morning's clock",
            NEW_YORK,
            "22:00-06:00 sat",
            "2026-03-08",
            [("08 03:00", "08 10:00")],
        ),
        (
            "a day without midnight begins after the gap",
            "America/Santiago",
            "all sun",
            "2026-09-06",
            [("06 04:00", "07 03:00")],
        ),
        (
            "an hour that ends a day may come twice",
            "America/Santiago",
            "all sat",
            "2026-04-04",
            [("04 03:00", "05 04:00")],
        ),
        (
            "23:30 of such a day is its first",
            "America/Santiago",
            "23:30-24:00 sat",
            "2026-04-05",
            [("05 02:30", "05 04:00")],
        ),
        ("midnight may come twice", "America/Havana", "all sun", "2026-11-01", [("01 04:00", "02 05:00")]),
    ],
)
def test_boundaries(promise: str, zone: str, period: str, day: str, expected: list[tuple[str, str]]) -> None:
    assert running(zone, period, day) == expected, promise


def test_a_date_that_never_was_has_no_window_of_its_own() -> None:
    apia = spec("09:00-17:00 *", zone="Pacific/Apia")  # 29 December 2011 was followed by the 31st
    start = datetime(2011, 12, 29, 12, tzinfo=UTC)
    spans = [s for s in plan(apia, start, start + timedelta(days=3)) if s.desired == "running"]
    assert [f"{s.start:%d %H:%M}-{s.end:%d %H:%M}" for s in spans] == [
        "29 19:00-30 03:00",
        "30 19:00-31 03:00",
        "31 19:00-01 03:00",
    ]


def test_a_window_that_the_clock_leaves_no_time_for_closes_no_gap() -> None:
    apia = spec("00:01-23:59 *", zone="Pacific/Apia")
    midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)
    segments = plan(apia, midnight - timedelta(hours=1), midnight + timedelta(hours=1))
    assert [(segment.desired.value, segment.end - segment.start) for segment in segments][1:2] == [
        ("stopped", timedelta(minutes=2))
    ]


@pytest.mark.parametrize("zone", ["Asia/Seoul", NEW_YORK, LONDON, LORD_HOWE, "America/Santiago"])
def test_each_boundary_of_a_year_fires_once(zone: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    segments = plan(spec("01:30-02:15 *", zone=zone), start, start + timedelta(days=365))
    starts = [segment.start for segment in segments if segment.desired == "running"]
    assert len(starts) == 365
    assert all(timedelta(hours=22) < b - a < timedelta(hours=26) for a, b in pairwise(starts))
