"""Times of a period, and how windows, one-sided periods and their mixtures read (DESIGN section 2, item 1)."""

from __future__ import annotations

import pytest

from environments.rules import Desired, RuleError, Schedule, parse_period, parse_time
from tests.rules.support import OFFICE, day_of, schedule, spec, with_


@pytest.mark.parametrize(
    ("text", "minutes"), [("09:00", 540), ("9:00", 540), ("00:00", 0), ("0:00", 0), ("23:59", 1439), (" 12:01 ", 721)]
)
def test_a_time_is_minutes_after_midnight(text: str, minutes: int) -> None:
    assert parse_time("begintime", text) == minutes


def test_an_end_of_24_00_means_midnight() -> None:
    assert day_of(spec("20:00-24:00 mon"), "2026-11-23", days=2) == "00:00 stopped, 20:00 running, 00:00+1 stopped"
    assert parse_period("", "20:00", "24:00").window == parse_period("", "20:00", "00:00").window


@pytest.mark.parametrize(
    "text", ["24:00", "24:01", "25:00", "12:60", "9", "0900", "9:5", "09:00:00", "noon", "-1:00", "٠٩:٠٠", "09.00"]
)
def test_a_begin_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_period("", text, "18:00")
    assert (refused.value.field, refused.value.part) == ("begintime", text)
    assert refused.value.text() == f"'{text}' is not a time from 00:00 to 23:59"
    assert refused.value.text("ko") == f"'{text}'은(는) 00:00부터 23:59 사이의 시각이 아니에요"


def test_a_time_that_is_no_text_is_refused() -> None:
    with pytest.raises(RuleError, match="endtime: 18 must be text like '09:00'"):
        parse_period("", "09:00", 18)  # type: ignore[arg-type]


@pytest.mark.parametrize(("begin", "end"), [("09:00", "09:00"), ("9:00", "09:00"), ("00:00", "00:00")])
def test_a_period_that_ends_when_it_begins_is_refused(begin: str, end: str) -> None:
    with pytest.raises(RuleError, match=f"endtime: begins and ends at {begin}; leave both out for the whole day"):
        parse_period("", begin, end)


def test_a_schedule_of_an_unknown_zone_or_override_is_refused() -> None:
    for zone in ("Asia/Seol", "", "../etc/passwd", "America"):
        with pytest.raises(RuleError) as refused:
            Schedule("1", "x", zone)
        assert (refused.value.field, refused.value.part) == ("timezone", zone)
    with pytest.raises(RuleError, match="override_status: 'any' is neither 'running' nor 'stopped'"):
        Schedule("1", "x", "UTC", override=Desired.ANY)


@pytest.mark.parametrize(
    ("promise", "periods", "day", "expected"),
    [
        (
            "a window is half-open",
            ["09:00-18:00 mon-fri"],
            "2026-11-23",
            "00:00 stopped, 09:00 running, 18:00 stopped",
        ),
        ("a day that does not match is stopped", ["09:00-18:00 mon-fri"], "2026-11-22", "00:00 stopped"),
        ("neither time given is the whole day", ["all mon"], "2026-11-23", "00:00 running"),
        (
            "a window past midnight belongs to the day it begins on",
            ["22:00-06:00 mon"],
            "2026-11-24",
            "00:00 running, 06:00 stopped",
        ),
        (
            "a window past midnight runs on its day's evening only",
            ["22:00-06:00 mon"],
            "2026-11-23",
            "00:00 stopped, 22:00 running",
        ),
        (
            "the month day of the evening decides about the morning after",
            ["22:00-06:00 ;30"],
            "2026-12-01",
            "00:00 running, 06:00 stopped",
        ),
        (
            "periods are united",
            ["09:00-12:00 mon", "11:00-15:00 mon", "20:00-21:00 mon"],
            "2026-11-23",
            "00:00 stopped, 09:00 running, 15:00 stopped, 20:00 running, 21:00 stopped",
        ),
        (
            "a gap of one minute is closed",
            ["09:00-12:00 *", "12:01-15:00 *"],
            "2026-11-23",
            "00:00 stopped, 09:00 running, 15:00 stopped",
        ),
        (
            "a gap of two minutes stays",
            ["09:00-12:00 *", "12:02-15:00 *"],
            "2026-11-23",
            "00:00 stopped, 09:00 running, 12:00 stopped, 12:02 running, 15:00 stopped",
        ),
        (
            "23:59 meets 00:00 of the next day",
            ["20:00-23:59 *", "00:00-06:00 *"],
            "2026-11-23",
            "00:00 running, 06:00 stopped, 20:00 running",
        ),
        ("one period a day up to 23:59 never stops", ["00:00-23:59 *"], "2026-11-23", "00:00 running"),
        ("no periods at all is stopped", [], "2026-11-23", "00:00 stopped"),
        ("start only leaves the morning as it is", ["09:00- mon"], "2026-11-23", "00:00 any, 09:00 running"),
        ("start only lasts until midnight", ["09:00- mon"], "2026-11-24", "00:00 any"),
        ("stop only stops until midnight", ["-18:00 mon-fri"], "2026-11-23", "00:00 any, 18:00 stopped"),
        ("stop only leaves other days as they are", ["-18:00 mon-fri"], "2026-11-22", "00:00 any"),
        (
            "the end of a window ends a start-only wish of that day",
            ["08:00- mon", "09:00-17:00 mon"],
            "2026-11-23",
            "00:00 any, 08:00 running, 17:00 stopped",
        ),
        (
            "before a one-sided period of the day that has not come yet, windows or not, it is left as it is",
            ["09:00-17:00 mon", "20:00- mon"],
            "2026-11-23",
            "00:00 any, 09:00 running, 17:00 any, 20:00 running",
        ),
        (
            "in a schedule that also has windows, days without one-sided periods are stopped outside of windows",
            ["09:00-17:00 *", "20:00- mon"],
            "2026-11-24",
            "00:00 stopped, 09:00 running, 17:00 stopped",
        ),
        (
            "inside a window a stop-only period does nothing",
            ["09:00-17:00 mon", "-12:00 mon"],
            "2026-11-23",
            "00:00 any, 09:00 running, 17:00 stopped",
        ),
        (
            "with both kinds each wish lasts until the next of the other",
            ["09:00- mon", "-18:00 fri"],
            "2026-11-25",
            "00:00 running",
        ),
        ("with both kinds a weekend stays stopped", ["09:00- mon", "-18:00 fri"], "2026-11-22", "00:00 stopped"),
        (
            "with both kinds a day of both is a window",
            ["09:00- *", "-18:00 *"],
            "2026-11-23",
            "00:00 stopped, 09:00 running, 18:00 stopped",
        ),
        (
            "with both kinds a window between them changes nothing after it",
            ["09:00- mon", "-18:00 fri", "20:00-22:00 wed"],
            "2026-11-25",
            "00:00 running",
        ),
        (
            "with both kinds a window in the stopped days ends stopped",
            ["09:00- mon", "-18:00 fri", "10:00-12:00 sat"],
            "2026-11-28",
            "00:00 stopped, 10:00 running, 12:00 stopped",
        ),
        (
            "of a start and a stop in the same minute running wins",
            ["09:00- *", "-09:00 *"],
            "2026-11-23",
            "00:00 running",
        ),
    ],
)
def test_periods_read(promise: str, periods: list[str], day: str, expected: str) -> None:
    assert day_of(spec(*periods), day) == expected, promise


def test_a_wish_from_years_ago_is_still_in_force() -> None:
    leap = spec("09:00- ;29;feb", "-18:00 ;1;jan")
    assert day_of(leap, "2028-06-01") == "00:00 running"
    assert day_of(leap, "2027-06-01") == "00:00 stopped"


def test_an_override_replaces_the_periods() -> None:
    always = with_(OFFICE, schedule=schedule("09:00-18:00 mon-fri", override=Desired.RUNNING))
    never = with_(OFFICE, schedule=schedule("09:00-18:00 mon-fri", override=Desired.STOPPED))
    assert day_of(always, "2026-11-21") == "00:00 running"
    assert day_of(never, "2026-11-23") == "00:00 stopped"


def test_an_environment_without_schedule_is_left_as_it_is() -> None:
    assert day_of(with_(OFFICE, schedule=None), "2026-11-23") == "00:00 any"
