"""What the day fields of a period mean, and what is refused with which words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from environments.rules import RuleError, desired_at, parse_period
from tests.rules.support import at, schedule

MONDAYS_OF_NOVEMBER_2026 = [2, 9, 16, 23, 30]


def days_in(month: str, weekdays: str = "", monthdays: str = "", months: str = "") -> list[int]:
    """The days of a month (like "2026-11") on which a period with these fields runs at noon."""
    fields = f"{weekdays};{monthdays};{months}"
    always = schedule(f"all {fields}")
    first = date.fromisoformat(f"{month}-01")
    days = [first + timedelta(days=n) for n in range(31)]
    return [day.day for day in days if day.month == first.month and desired_at(always, at(f"{day} 12:00")) == "running"]


@pytest.mark.parametrize(
    ("weekdays", "days"),
    [
        ("mon", MONDAYS_OF_NOVEMBER_2026),
        ("Monday", MONDAYS_OF_NOVEMBER_2026),
        ("MON", MONDAYS_OF_NOVEMBER_2026),
        ("0", MONDAYS_OF_NOVEMBER_2026),
        (" mon ", MONDAYS_OF_NOVEMBER_2026),
        ("6", [1, 8, 15, 22, 29]),
        ("mon-wed", [2, 3, 4, 9, 10, 11, 16, 17, 18, 23, 24, 25, 30]),
        ("mon - tue", [2, 3, 9, 10, 16, 17, 23, 24, 30]),
        ("sat-mon", [1, 2, 7, 8, 9, 14, 15, 16, 21, 22, 23, 28, 29, 30]),
        ("mon-mon", MONDAYS_OF_NOVEMBER_2026),
        ("sat, sun", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("mon/3", [1, 2, 5, 8, 9, 12, 15, 16, 19, 22, 23, 26, 29, 30]),
        ("fri/2", [1, 6, 8, 13, 15, 20, 22, 27, 29]),
        ("mon-fri/4", [2, 6, 9, 13, 16, 20, 23, 27, 30]),
        ("fri-mon/2", [1, 6, 8, 13, 15, 20, 22, 27, 29]),
        ("mon#1", [2]),
        ("mon#5", [30]),
        ("tue#5", []),
        ("0#2,fri#3", [9, 20]),
        ("friL", [27]),
        ("mondayL", [30]),
        ("4l", [27]),
        ("L", [1, 8, 15, 22, 29]),
        ("*/3", [1, 2, 5, 8, 9, 12, 15, 16, 19, 22, 23, 26, 29, 30]),
    ],
)
def test_weekdays_mean(weekdays: str, days: list[int]) -> None:
    assert days_in("2026-11", weekdays) == days


@pytest.mark.parametrize(
    ("monthdays", "days"),
    [
        ("1", [1]),
        ("1-5,15", [1, 2, 3, 4, 5, 15]),
        ("01-02", [1, 2]),
        ("L", [30]),
        ("29-L", [29, 30]),
        ("31-L", []),
        ("15W", [16]),
        ("14W", [13]),
        ("1W", [2]),
        ("29W", [30]),
        ("31W", []),
        ("1/7", [1, 8, 15, 22, 29]),
        ("1/15", [1, 16]),
        ("1-31/10", [1, 11, 21]),
        ("20-L/5", [20, 25, 30]),
        ("*/10", [1, 11, 21]),
        ("?", list(range(1, 31))),
    ],
)
def test_month_days_mean(monthdays: str, days: list[int]) -> None:
    assert days_in("2026-11", monthdays=monthdays) == days


def test_the_nearest_weekday_stays_in_its_month() -> None:
    assert days_in("2026-08", monthdays="1W") == [3]
    assert days_in("2026-05", monthdays="31W") == [29]
    assert days_in("2026-02", monthdays="30W") == []


@pytest.mark.parametrize(
    ("months", "running"),
    [
        ("jan", [1]),
        ("January", [1]),
        ("1", [1]),
        ("mar, jul", [3, 7]),
        ("apr-jun", [4, 5, 6]),
        ("nov-feb", [1, 2, 11, 12]),
        ("11-2", [1, 2, 11, 12]),
        ("jan/3", [1, 4, 7, 10]),
        ("1/12", [1]),
        ("feb-dec/5", [2, 7, 12]),
        ("*", list(range(1, 13))),
    ],
)
def test_months_mean(months: str, running: list[int]) -> None:
    assert [month for month in range(1, 13) if days_in(f"2026-{month:02}", months=months)] == running


def test_all_given_fields_must_match() -> None:
    assert days_in("2026-11", "fri", "13", "nov") == [13]
    assert days_in("2026-11", "fri", "12", "nov") == []
    assert days_in("2026-11", "fri", "13", "dec") == []


def test_a_list_means_the_same_as_its_text() -> None:
    assert parse_period(weekdays=["mon", "wed-fri"]) == parse_period(weekdays="mon,wed-fri")


def test_a_blank_field_and_a_star_mean_every_day() -> None:
    assert parse_period(weekdays="", monthdays=" ", months=None) == parse_period(
        weekdays="*", monthdays="?", months="*"
    )


@pytest.mark.parametrize(
    ("field", "text", "part", "words"),
    [
        ("weekdays", "mon,funday", "funday", "'funday' is not a day of the week"),
        ("weekdays", "7", "7", "'7': numbers go from 0-6"),
        ("weekdays", "mon tue", "mon tue", "'mon tue' is not a day of the week"),
        ("weekdays", "mon-", "mon-", "'mon-' is not a day of the week"),
        ("weekdays", "mon#6", "mon#6", "'mon#6': a month has #1 to #5 of a weekday"),
        ("weekdays", "mon#0", "mon#0", "'mon#0': a month has #1 to #5 of a weekday"),
        ("weekdays", "mon/0", "mon/0", "'mon/0': the step after '/' must be a number from 1 up"),
        ("weekdays", "mon/x", "mon/x", "'mon/x': the step after '/' must be a number from 1 up"),
        ("weekdays", "mon,,tue", "", "a part between commas is empty"),
        ("weekdays", "mon-fri-sun", "mon-fri-sun", "'mon-fri-sun' is not a day of the week"),
        ("weekdays", "L-mon", "L-mon", "'L-mon' is not a day of the week"),
        ("weekdays", "월", "월", "'월' is not a day of the week"),
        ("weekdays", "٣", "٣", "'٣' is not a day of the week"),
        ("monthdays", "0", "0", "'0': numbers go from 1-31"),
        ("monthdays", "32", "32", "'32': numbers go from 1-31"),
        ("monthdays", "mon", "mon", "'mon' is not a day of the month"),
        ("monthdays", "28-3", "28-3", "'28-3' runs backwards; write '28-L,1-3' for days around the end of the month"),
        ("monthdays", "L-3", "L-3", "'L-3' is not a day of the month"),
        ("monthdays", "LW", "LW", "'LW' is not a day of the month"),
        ("monthdays", "W", "W", "'W' is not a day of the month"),
        ("months", "13", "13", "'13': numbers go from 1-12"),
        ("months", "0", "0", "'0': numbers go from 1-12"),
        ("months", "L", "L", "'L' is not a month"),
        ("months", "jan-", "jan-", "'jan-' is not a month"),
    ],
)
def test_what_does_not_parse_is_refused_naming_the_field_and_the_part(
    field: str, text: str, part: str, words: str
) -> None:
    with pytest.raises(RuleError) as refused:
        parse_period(**{field: text})
    assert (refused.value.field, refused.value.part) == (field, part)
    assert refused.value.text("en") == words
    assert str(refused.value) == f"{field}: {words}"
    assert refused.value.text("ko") != words


@pytest.mark.parametrize("given", [[], [1], 5, {"mon": 1}, [["mon"]], True])
def test_what_is_no_text_is_refused(given: object) -> None:
    with pytest.raises(RuleError, match=r"weekdays: .* must be text or a list of texts"):
        parse_period(weekdays=given)  # type: ignore[arg-type]
