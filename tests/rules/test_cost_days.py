"""Days of running and what they cost: the whole, whatever the cuts of midnights, changes of the clock and prices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from environments.rules.cost_days import Part, amounts, days_found, wall_days
from environments.rules.costs import Amount, Rate, cost, running

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEGIN = datetime(2026, 3, 20, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 25), date(2026, 4, 7)
# A usual day, those on which the clock changes, and a clock that is not whole hours off.
CHANGING = [
    ("Asia/Seoul", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 4, 4)),
    ("Asia/Kathmandu", date(2026, 3, 29)),
]
# Clocks that go forward, back, by half an hour, at midnight, and never, within these two weeks.
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut", "America/Santiago", "Asia/Seoul", "Asia/Kathmandu"]


def test_each_hour_of_the_clock_on_the_wall_has_its_minutes() -> None:
    (day,) = wall_days("Asia/Seoul", FIRST, FIRST)
    spans = [(day.begin + 9 * HOUR, day.begin + 10.5 * HOUR), (day.begin + 23.75 * HOUR, day.end + HOUR)]
    (found,) = days_found([day], [Part(None, spans)], day.end + HOUR)
    assert {hour: minutes for hour, minutes in enumerate(found.minutes) if minutes} == {9: 60, 10: 30, 23: 15}
    assert found.seconds == 1.75 * 3600


@pytest.mark.parametrize(
    ("zone", "on", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), {2: 0}),  # forward from 02:00 to 03:00
        ("Europe/Berlin", date(2026, 10, 25), {2: 120}),  # back from 03:00 to 02:00
        ("Australia/Lord_Howe", date(2026, 4, 5), {1: 90}),  # back by half an hour
        ("Asia/Beirut", date(2026, 3, 29), {0: 0}),  # forward at midnight
        ("America/Santiago", date(2026, 4, 4), {23: 120}),  # back at midnight
        ("Asia/Kathmandu", date(2026, 3, 29), {}),
    ],
)
def test_where_the_clock_changes_an_hour_is_missing_or_longer(zone: str, on: date, expected: dict[int, int]) -> None:
    (day,) = wall_days(zone, on, on)
    (found,) = days_found([day], [Part(None, [(day.begin, None)])], day.end)
    assert dict(enumerate(found.minutes)) == dict.fromkeys(range(24), 60) | expected
    assert found.seconds == sum(found.minutes) * 60


def test_a_date_that_the_zone_has_leapt_over_is_no_day() -> None:
    days = wall_days("Pacific/Apia", date(2011, 12, 29), date(2011, 12, 31))
    assert [day.day.day for day in days] == [29, 31]


def test_today_says_what_each_hour_adds_by_what_runs_now() -> None:
    (day,) = wall_days("Asia/Seoul", FIRST, FIRST)
    rates = [
        Rate("instance", Decimal("0.10"), "USD", BEGIN),
        Rate("volume", Decimal("0.01"), "USD", BEGIN, always=True),
        Rate("of yesterday", Decimal(9), "USD", BEGIN, end=day.begin),
        Rate("of tomorrow", Decimal(9), "USD", day.end),
    ]
    now = day.begin + 10 * HOUR
    stopped = Part(2, [(now - HOUR, now)], rates)
    (found,) = days_found([day], [Part(1, [(now - HOUR, None)], rates), stopped], now)
    assert found.known_until == now
    assert [(key, one.an_hour, one.always_an_hour) for key, one in found.costs.items()] == [
        ((1, "USD"), Decimal("0.11"), Decimal("0.11")),
        ((2, "USD"), Decimal("0.01"), Decimal("0.11")),
    ]
    assert {(one.estimate, one.always_on) for one in found.costs.values()} == {(Decimal("0.2"), Decimal("1.1"))}
    (closed,) = days_found([day], [stopped], day.end)
    assert (closed.costs[2, "USD"].an_hour, closed.costs[2, "USD"].always_an_hour) == (Decimal(0), Decimal(0))


def test_while_a_thing_was_not_there_it_cost_what_it_ran_and_saved_nothing() -> None:
    (day,) = wall_days("Asia/Seoul", FIRST, FIRST)
    came, went = day.begin + 6 * HOUR, day.begin + 20 * HOUR
    rates = [
        Rate("instance", Decimal(1), "USD", BEGIN, absent=((BEGIN, came), (went, None))),
        Rate("volume", Decimal("0.1"), "USD", BEGIN, always=True, absent=((BEGIN, came),)),
    ]
    ran = Part(None, [(day.begin + 2 * HOUR, day.begin + 8 * HOUR)], rates)
    (found,) = days_found([day], [ran], day.end)
    # Four hours before it came, fourteen while it was there; what is billed always is billed always.
    cost_of_day = found.costs[None, "USD"]
    assert (cost_of_day.estimate, cost_of_day.always_on) == (6 + Decimal("2.4"), 18 + Decimal("2.4"))
    (later,) = days_found([day], [ran], went + HOUR)
    assert (later.costs[None, "USD"].an_hour, later.costs[None, "USD"].always_an_hour) == (Decimal("0.1"),) * 2


moments = st.integers(0, 25 * 86400 * 10).map(lambda n: BEGIN + timedelta(seconds=n / 10))
midnights = st.sampled_from([day.begin for zone in ZONES for day in wall_days(zone, FIRST, LAST)])
lines = st.builds(
    Rate,
    label=st.sampled_from("abc"),
    unit_price=st.decimals(0, 10, places=6),
    currency=st.sampled_from(["USD", "KRW"]),
    begin=moments | midnights,
    quantity=st.decimals(0, 9, places=3),
    always=st.booleans(),
    hours=st.sampled_from([1, 730]),
    end=st.none() | midnights,
    absent=st.just(()) | st.tuples(st.tuples(moments, st.none() | moments)),
)
parts = st.builds(
    Part,
    account=st.sampled_from([1, 2]),
    spans=st.lists(st.tuples(moments, st.none() | moments), max_size=6),
    rates=st.lists(lines, max_size=5),
)


@given(those=st.lists(parts, max_size=4), zone=st.sampled_from(ZONES), now=moments)
def test_the_sum_of_the_days_is_intervals_times_rates_within_half_a_millionth_a_day(
    those: list[Part], zone: str, now: datetime
) -> None:
    days = wall_days(zone, FIRST, LAST)
    found = days_found(days, those, now)
    begin, end = days[0].begin, min(max(now, days[0].begin), days[-1].end)
    whole: dict[tuple[int | None, str], Amount] = {}
    for part in those:
        for currency, amount in cost(part.spans, part.rates, begin, end).items():
            key = part.account, currency
            whole[key] = whole.get(key, Amount()) + amount
    assert whole == amounts(those, begin, end)
    for key, amount in whole.items():
        rows = [day.costs[key] for day in found if key in day.costs]
        allowed = Fraction(len(rows), 2 * 10**6)
        assert abs(sum(Fraction(row.estimate) for row in rows) - amount.estimate) <= allowed
        assert abs(sum(Fraction(row.always_on) for row in rows) - amount.always_on) <= allowed
        assert all(0 <= row.estimate <= row.always_on for row in rows)
    ran = running([span for part in those for span in part.spans], begin, end)
    assert abs(sum(day.seconds for day in found) - ran.total_seconds()) <= len(found) / 2
    assert all(abs(sum(day.minutes) - day.seconds / 60) <= 12.01 for day in found)


seconds = st.integers(0, 26 * 36000).map(lambda n: timedelta(seconds=n / 10))


@given(spans=st.lists(st.tuples(seconds, seconds), max_size=8), on=st.sampled_from(CHANGING), now=seconds)
@example(
    spans=[(timedelta(), timedelta(seconds=40)), (HOUR, HOUR + timedelta(seconds=20))], on=CHANGING[0], now=HOUR * 9
)
@example(spans=[(n * HOUR, n * HOUR + timedelta(seconds=59)) for n in range(24)], on=CHANGING[-1], now=HOUR * 26)
def test_the_minutes_of_each_hour_are_its_running_time_to_within_half_a_minute(
    spans: list[tuple[timedelta, timedelta]], on: tuple[str, date], now: timedelta
) -> None:
    (day,) = wall_days(on[0], on[1], on[1])
    ran = [(day.begin + min(span), day.begin + max(span)) for span in spans]
    until = min(day.begin + now, day.end)
    (found,) = days_found([day], [Part(None, ran)], until)
    by_hour = [timedelta()] * 24
    at = day.begin
    while at < until:  # all of these clocks have whole quarters of an hour
        hour = at.astimezone(ZoneInfo(on[0])).hour
        by_hour[hour] += running(ran, at, min(at + HOUR / 4, until))
        at += HOUR / 4
    assert all(abs(minutes * MINUTE - time) <= MINUTE / 2 for minutes, time in zip(found.minutes, by_hour, strict=True))
    whole = running(ran, day.begin, until)
    assert abs(sum(found.minutes) * MINUTE - whole) <= MINUTE / 2 * sum(1 for time in by_hour if time % MINUTE)
    assert abs(found.seconds - whole.total_seconds()) <= 0.5


@given(those=st.lists(parts, max_size=3), zone=st.sampled_from(ZONES), now=moments, later=moments)
def test_a_day_that_is_over_is_the_same_whenever_it_is_looked_at_and_whatever_beside(
    those: list[Part], zone: str, now: datetime, later: datetime
) -> None:
    """So that one day can be made anew without the others. What is open at `now` still runs then."""
    days = wall_days(zone, FIRST, LAST)
    now, later = sorted([now, later])
    known = {day.day: day for day in days_found(days, those, now)}
    for day in days:
        if day.end <= now:
            assert days_found([day], those, later) == [known[day.day]]
