"""What hours of use say: the least schedule that cuts nothing that was used, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules import Desired, Schedule, parse_period
from environments.rules.advice import Kind, Proposal, Silence, Why, clock, judge
from environments.rules.advice_lines import Line
from environments.rules.advice_slots import SLOT, Hour, Limits

SEOUL, KATHMANDU, KOLKATA = (ZoneInfo(f"Asia/{name}") for name in ("Seoul", "Kathmandu", "Kolkata"))
TODAY = date(2026, 11, 23)  # a Monday
FIRST = TODAY - timedelta(days=14)
LIMITS = Limits()
BUSY, IDLE = Decimal(40), Decimal(1)
Used = Callable[[datetime], bool]


def hours(ran: Used, busy: Used, zone: ZoneInfo = SEOUL) -> list[Hour]:
    """Two weeks: the hours in which it ran, busy or not, each asked about by its wall clock."""
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=zone).astimezone(UTC).replace(minute=0)
    walls = ((at := begin + timedelta(hours=n), at.astimezone(zone)) for n in range(14 * 24))
    return [Hour(at, BUSY if busy(wall) else IDLE, 1000) for at, wall in walls if ran(wall)]


def between(first: int, last: int, days: Iterable[int] = range(5)) -> Used:
    return lambda wall: first <= wall.hour < last and wall.weekday() in days


def said(
    those: list[Hour], schedule: Schedule | None = None, zone: ZoneInfo = SEOUL, since: date = date(2026, 1, 1)
) -> Proposal | Silence:
    always = schedule is None or schedule.override is Desired.RUNNING
    known = datetime(since.year, since.month, since.day, tzinfo=zone)
    return judge(those, schedule=schedule, zone=zone, today=TODAY, since=known, always=always, limits=LIMITS)


def proposed(those: list[Hour], schedule: Schedule | None = None, zone: ZoneInfo = SEOUL) -> Proposal:
    found = said(those, schedule, zone)
    assert isinstance(found, Proposal), found
    return found


def why(those: list[Hour], schedule: Schedule | None = None, since: date = date(2026, 1, 1)) -> Why:
    found = said(those, schedule, since=since)
    assert isinstance(found, Silence), found
    return found.why


def office(begin: str = "07:00", end: str = "22:00", days: str = "mon-fri") -> Schedule:
    return Schedule("1", "Office", "Asia/Seoul", (parse_period(begintime=begin, endtime=end, weekdays=days),))


def always(_wall: datetime) -> bool:
    return True


def never(_wall: datetime) -> bool:
    return False


def words(found: Proposal) -> list[str]:
    return [f"{one.weekdays} {clock(one.begin or 0)}-{clock(one.end or 1440)}".strip() for one in found.lines]


def test_what_nobody_used_in_any_hour_is_to_stay_off() -> None:
    found = proposed(hours(between(9, 18), never), office("09:00", "18:00"))
    assert (found.kind, found.lines) == (Kind.IDLE, ())
    numbers = found.evidence
    assert (numbers.days, numbers.ran, numbers.busy, numbers.cpu, numbers.network) == (14, 90, 0, IDLE, 1000)
    assert numbers.week[0][9] == (0, 2)
    assert numbers.week[5][9] == (0, 0)


@pytest.mark.parametrize(
    ("cpu", "network", "kind"), [("4.99", 4_999_999, True), ("5", 0, False), ("0", 5_000_000, False)]
)
def test_one_hour_at_a_threshold_is_use(cpu: str, network: int, kind: bool) -> None:
    those = hours(between(9, 18), never)
    those[30] = Hour(those[30].begin, Decimal(cpu), network)
    found = said(those, office("09:00", "18:00"))
    assert (isinstance(found, Proposal) and found.kind is Kind.IDLE) is kind


def test_a_schedule_is_brought_to_its_use_with_half_an_hour_on_each_side() -> None:
    found = proposed(hours(between(7, 22), between(10, 17)), office())
    assert found.kind is Kind.LONGER
    assert found.lines == (Line(9 * 60 + 30, 17 * 60 + 30, source=0),)


def test_one_late_day_in_ten_does_not_keep_the_evenings_and_two_do() -> None:
    once = hours(between(7, 22), lambda wall: between(10, 17)(wall) or (wall.day, wall.hour) == (12, 20))
    assert proposed(once, office()).lines[0].end == 17 * 60 + 30
    twice = hours(between(7, 22), lambda wall: between(10, 17)(wall) or (wall.day in (12, 17) and wall.hour == 20))
    assert proposed(twice, office()).lines[0].end == 21 * 60 + 30


def test_late_days_count_together_whatever_the_hour_of_each() -> None:
    late = {(12, 18), (17, 20)}
    those = hours(between(7, 22), lambda wall: between(10, 17)(wall) or (wall.day, wall.hour) in late)
    assert proposed(those, office()).lines[0].end == 19 * 60 + 30


def test_an_hour_that_ran_on_few_days_is_judged_by_these() -> None:
    ran = lambda wall: between(7, 19)(wall) or (wall.day in (10, 11, 12) and wall.hour < 22)  # noqa: E731
    those = hours(ran, lambda wall: between(10, 17)(wall) or (wall.day, wall.hour) == (12, 20))
    assert proposed(those, office()).lines[0].end == 21 * 60 + 30


def test_a_period_that_is_not_used_at_all_goes_and_days_of_the_month_stay_as_they_are() -> None:
    schedule = Schedule("1", "Office", "Asia/Seoul", (
        parse_period(begintime="07:00", endtime="22:00", weekdays="mon-fri"),
        parse_period(begintime="09:00", endtime="13:00", weekdays="sat,sun"),
    ))  # fmt: skip
    ran = lambda wall: between(7, 22)(wall) or between(9, 13, (5, 6))(wall)  # noqa: E731
    assert proposed(hours(ran, between(8, 20)), schedule).lines == (Line(450, 1230, source=0),)


def test_a_shift_past_midnight_is_cut_on_the_day_on_which_it_begins() -> None:
    nights = Schedule("1", "Nights", "Asia/Seoul", (parse_period(begintime="18:00", endtime="06:00"),))
    ran = lambda wall: wall.hour >= 18 or wall.hour < 6  # noqa: E731
    found = proposed(hours(ran, lambda wall: wall.hour in (22, 23, 0, 1)), nights)
    assert words(found) == ["21:30-02:30"]


def test_nights_and_weekends_of_what_runs_always_are_proposed_to_be_off() -> None:
    found = proposed(hours(always, between(9, 18)))
    assert found.kind is Kind.ALWAYS_ON
    assert words(found) == ["mon-fri 08:30-18:30"]
    on_saturdays = lambda wall: between(9, 18)(wall) or between(10, 12, (5,))(wall)  # noqa: E731
    assert words(proposed(hours(always, on_saturdays))) == ["mon-fri 08:30-18:30", "sat 09:30-12:30"]


def test_what_is_proposed_once_is_not_proposed_again_when_it_is_in_force() -> None:
    use = between(9, 18)
    (line,) = proposed(hours(always, use)).lines
    assert line.begin
    assert line.end
    new = office(clock(line.begin), clock(line.end), line.weekdays)
    # An hour of which it ran for half counts.
    assert why(hours(between(8, 19), use), new) is Why.USED


@pytest.mark.parametrize("zone", [KOLKATA, KATHMANDU])
def test_zones_that_are_not_whole_hours_from_utc_lose_no_use(zone: ZoneInfo) -> None:
    found = proposed(hours(always, between(9, 18), zone), zone=zone)
    (line,) = found.lines
    assert line.begin is not None
    assert line.end is not None
    # Hours of measurement are UTC's: those that begin within 09:00 to 18:00 reach up to an hour beyond.
    assert 8 * 60 <= line.begin <= 9 * 60
    assert 18 * 60 + 30 <= line.end <= 19 * 60 + 30


def test_why_there_is_no_advice_is_said() -> None:
    use = between(9, 18)
    run = hours(use, use)
    assert judge([], schedule=None, zone=SEOUL, today=TODAY, since=None, always=True, limits=LIMITS) == Silence(
        Why.NEVER_RAN
    )
    assert why(run, office(), since=FIRST + timedelta(days=1)) is Why.TOO_NEW
    assert why(run[:18], office()) is Why.RAN_LITTLE
    assert why(run, office("09:00", "18:00")) is Why.USED
    assert why(run) is Why.BY_HAND
    one_sided = Schedule("1", "Evening", "Asia/Seoul", (parse_period(endtime="20:00"),))
    assert why(run, one_sided) is Why.ONE_SIDED
    stopped = Schedule("1", "Off", "Asia/Seoul", (), Desired.STOPPED)
    assert why(run, stopped) is Why.OFF_ALREADY
    assert why(hours(always, always)) is Why.USED


def test_what_nobody_measured_is_never_taken_for_idle() -> None:
    run = hours(between(9, 18), never)
    some = [Hour(one.begin) if number % 8 == 0 else one for number, one in enumerate(run)]
    assert why(some, office("09:00", "18:00")) is Why.UNMEASURED
    last = [Hour(one.begin) if one.begin.astimezone(SEOUL).hour == 21 else one
            for one in hours(between(7, 22), between(10, 17))]  # fmt: skip
    assert proposed(last, office()).lines[0].end == 22 * 60


@st.composite
def weeks(draw: st.DrawFn) -> list[Hour]:
    """Two weeks of what ran always or on working days, with use that has a habit and exceptions from it."""
    first, last = sorted(draw(st.tuples(st.integers(0, 23), st.integers(0, 23))))
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    odd = draw(st.sets(st.integers(0, 14 * 24 - 1), max_size=25))
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=SEOUL).astimezone(UTC)
    made = []
    for number in range(14 * 24):
        wall = (begin + timedelta(hours=number)).astimezone(SEOUL)
        usual = between(first, last + 1, days)(wall)
        made.append(Hour(begin + timedelta(hours=number), BUSY if usual != (number in odd) else IDLE))
    return made


@given(weeks(), st.integers(0, 23), st.integers(1, 24))
def test_what_is_proposed_never_cuts_an_hour_that_was_busy_on_more_than_one_in_ten_of_its_days(
    those: list[Hour], begin: int, length: int
) -> None:
    end = min(begin + length, 24)
    schedule = office(f"{begin:02}:00", f"{end:02}:00")
    run = [one for one in those if between(begin, end)(one.begin.astimezone(SEOUL))]
    for found, groups in ((said(run, schedule), [range(5)]), (said(those), [range(5), (5,), (6,)])):
        if not isinstance(found, Proposal) or found.kind is Kind.IDLE:
            continue
        kept = kept_slots(found)
        judged_of = run if found.kind is Kind.LONGER else those
        for group in groups:
            assert not [slot for slot in often(judged_of, group) if slot not in kept]


def kept_slots(found: Proposal) -> set[tuple[int, int]]:
    """Weekday and half hour."""
    kept = set()
    for line in found.lines:
        period = parse_period(weekdays=line.weekdays or "mon-fri")
        assert period.weekdays is not None
        first, last = (line.begin or 0) // SLOT, (1440 if line.end is None else line.end) // SLOT
        on = [day for day in range(7) if period.weekdays.in_month(0, 31) >> day & 1]
        kept |= {(day, slot) for day in on for slot in range(first, last)}
    return kept


def often(those: list[Hour], group: Iterable[int]) -> set[tuple[int, int]]:
    """Half hours that were busy on more than one in ten of the group's days, on the weekdays on which they were."""
    days: dict[int, list[tuple[int, bool]]] = {}
    for one in those:
        wall = one.begin.astimezone(SEOUL)
        if wall.weekday() in group:
            for slot in (wall.hour * 2, wall.hour * 2 + 1):
                days.setdefault(slot, []).append((wall.weekday(), one.is_busy(LIMITS)))
    return {
        (weekday, slot)
        for slot, known in days.items()
        if sum(busy for _, busy in known) * 10 > len(known)
        for weekday, busy in known
        if busy
    }


# -- weekdays on which nobody is there --------------------------------------------------------------------------------


def test_saturdays_on_which_nobody_was_there_go_and_the_other_days_are_shortened() -> None:
    found = proposed(hours(between(7, 22, range(6)), between(10, 17)), office(days="mon-sat"))
    assert found.kind is Kind.LONGER
    assert found.lines == (Line(9 * 60 + 30, 17 * 60 + 30, "mon-fri", source=0),)
    assert found.unused == (5,)


def test_idle_saturdays_go_where_nothing_else_is_to_be_shortened() -> None:
    found = proposed(hours(between(9, 18, range(6)), between(9, 18)), office("09:00", "18:00", "mon-sat"))
    assert found.lines == (Line(9 * 60, 18 * 60, "mon-fri", source=0),)


def test_one_used_hour_on_one_of_the_saturdays_keeps_them() -> None:
    use = lambda wall: between(9, 18)(wall) or (wall.day, wall.hour) == (14, 11)  # noqa: E731
    assert why(hours(between(9, 18, range(6)), use), office("09:00", "18:00", "mon-sat")) is Why.USED


def test_a_saturday_that_was_not_measured_may_have_been_used() -> None:
    those = [
        Hour(one.begin) if one.begin.astimezone(SEOUL).day == 14 else one
        for one in hours(between(9, 18, range(6)), between(9, 18))
    ]
    assert why(those, office("09:00", "18:00", "mon-sat")) is Why.USED


def test_of_a_single_saturday_nothing_is_concluded() -> None:
    ran = lambda wall: between(9, 18, range(6))(wall) and wall.day != 14  # noqa: E731
    assert why(hours(ran, between(9, 18)), office("09:00", "18:00", "mon-sat")) is Why.USED


def test_a_weekday_in_the_middle_and_one_of_every_day_go_too() -> None:
    found = proposed(hours(between(9, 18, range(7)), between(9, 18, (0, 1, 3, 4))), office("09:00", "18:00", ""))
    assert found.lines[0].weekdays == "mon,tue,thu,fri"
    assert found.unused == (2, 5, 6)


def test_some_weekdays_of_a_month_stay_as_they_are_written() -> None:
    those = hours(between(9, 18, range(6)), lambda wall: wall.weekday() == 1)
    assert why(those, office("09:00", "18:00", "tue#2,tue#3,sat#2,sat#3")) is Why.USED


def test_a_weekday_that_another_period_still_has_is_not_said_to_go() -> None:
    schedule = Schedule("1", "Office", "Asia/Seoul", (
        parse_period(begintime="07:00", endtime="12:00", weekdays="mon-sat"),
        parse_period(begintime="13:00", endtime="22:00", weekdays="mon-sat"),
    ))  # fmt: skip
    ran = lambda wall: wall.weekday() < 6 and (7 <= wall.hour < 12 or 13 <= wall.hour < 22)  # noqa: E731
    use = lambda wall: between(8, 22)(wall) or (wall.weekday() == 5 and wall.hour == 14)  # noqa: E731
    found = proposed(hours(ran, use), schedule)
    assert [one.weekdays for one in found.lines] == ["mon-fri", ""]
    assert found.unused == ()
