"""When something must have called or reported, and what its silence means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules import RuleError
from environments.rules.expecting import (
    Rhythm,
    Verdict,
    Window,
    next_due,
    occurrences,
    parse_windows,
    past,
    verdict,
)
from tests.support.examples import examples
from tests.support.times import SEOUL as KST
from tests.support.times import monday

SEOUL = "Asia/Seoul"
TEN = timedelta(minutes=10)
HOURLY = Rhythm(SEOUL, TEN, every=timedelta(hours=1))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def windows(text: str, zone: str = SEOUL, grace: timedelta = TEN) -> Rhythm:
    return Rhythm(zone, grace, windows=parse_windows(text))


TWICE = windows("06:00-10:00, 18:00-22:00")


def test_windows_are_read_as_people_write_them() -> None:
    assert parse_windows("06:00-10:00, 18:00-22:00") == (Window(360, 600), Window(1080, 1320))
    assert parse_windows(" 6:00 – 10:00;18:00~24:00; ") == (Window(360, 600), Window(1080, 1440))
    weekday, saturday = parse_windows("mon-fri 06:00-10:00; sat 08:00-12:00")
    assert weekday.weekdays is not None
    assert weekday.weekdays.mask == 0b0011111
    assert saturday.weekdays is not None
    assert saturday.weekdays.mask == 0b0100000
    assert parse_windows("22:00-02:00") == (Window(1320, 1560),)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        (" ; ", ""),
        ("06:00", "06:00"),
        ("06:00-25:00", "25:00"),
        ("06:00-06:00", "06:00-06:00"),
        ("mornings", "mornings"),
        ("mon-fry 06:00-10:00", "mon-fry"),
        ("06:00-10:00, sat 08:00-12:00", "sat 08:00-12:00"),
        ("06:00-10:00,", ""),
        ("06:00-10:00-12:00", "06:00-10:00-12:00"),
    ],
)
def test_what_does_not_parse_is_refused_naming_the_part(text: str, part: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_windows(text)
    assert (refused.value.field, refused.value.part) == ("windows", part)
    assert refused.value.text("ko") != refused.value.text("en")


def test_a_job_is_up_until_its_next_call_is_due_then_late_then_missed() -> None:
    heard = [monday("09:00")]

    def said(clock: str) -> tuple[str, datetime]:
        found = verdict(HOURLY, since=LONG_AGO, heard=heard, now=monday(clock))
        return found.state, found.judge_at

    assert said("09:59") == ("up", monday("10:00"))
    assert said("10:00") == ("late", monday("10:10"))
    assert said("10:09") == ("late", monday("10:10"))
    assert said("10:10") == ("missed", monday("11:10"))
    assert said("11:10") == ("missed", monday("12:10"))


def test_its_words_say_since_when_and_by_when_with_the_zone() -> None:
    late = verdict(HOURLY, since=LONG_AGO, heard=[monday("09:00")], now=monday("10:05"))
    assert late.reason["en"] == "Not heard of since 09:00; expected by 10:00 (Asia/Seoul)."
    assert late.reason["ko"] == "09:00 이후 소식이 없어요. 10:00(Asia/Seoul)까지 왔어야 해요."
    missed = verdict(TWICE, since=LONG_AGO, heard=[], now=monday("10:30"))
    assert missed.reason["en"] == "Nothing came between 06:00 and 10:00 (Asia/Seoul)."


def test_sleep_counts_for_nothing_a_first_call_is_due_one_interval_after_waking() -> None:
    woke = monday("09:00")
    before = verdict(HOURLY, since=woke, heard=[woke - timedelta(hours=15)], now=monday("09:59"))
    assert (before.state, before.judge_at) == ("starting", monday("10:00"))
    assert verdict(HOURLY, since=woke, heard=[woke - timedelta(hours=15)], now=monday("10:00")).state == "late"
    assert verdict(HOURLY, since=woke, heard=[], now=monday("09:59")).state == "unknown"


def test_what_was_missed_is_told_by_when_it_should_have_come_however_late_it_is_judged() -> None:
    hourly = verdict(HOURLY, since=LONG_AGO, heard=[monday("09:00")], now=monday("12:30"), owed_from=monday("10:00"))
    assert hourly.missed == (monday("10:00"), monday("11:00"), monday("12:00"))

    evening, three_days = windows("20:00-24:00"), timedelta(days=3)
    late = verdict(
        evening, since=monday("00:00"), heard=[], now=monday("12:00") + three_days, owed_from=monday("12:00")
    )
    assert [at.astimezone(KST).day for at in late.missed] == [monday("12:00").day + number for number in range(3)]


def test_each_further_interval_without_a_call_is_one_more_that_is_missed_and_counted_once() -> None:
    def missed(clock: str, owed: str) -> int:
        found = verdict(HOURLY, since=LONG_AGO, heard=[monday("09:00")], now=monday(clock), owed_from=monday(owed))
        return len(found.missed)

    assert missed("10:10", "10:10") == 1
    assert missed("11:10", "11:10") == 1
    assert missed("13:30", "10:10") == 4  # nobody judged for hours
    assert missed("10:05", "10:00") == 0


@pytest.mark.parametrize(
    ("clock", "heard", "state", "judge"),
    [
        ("05:00", [], "unknown", "10:00"),
        ("09:59", [], "unknown", "10:00"),
        ("10:00", [], "late", "10:10"),
        ("10:10", [], "missed", "22:00"),
        ("10:30", ["07:00"], "up", "22:00"),
        ("10:05", ["06:00"], "up", "22:00"),
        ("10:05", ["05:59"], "late", "10:10"),
        ("12:00", ["11:00"], "up", "22:00"),
        ("22:00", ["07:00"], "late", "22:10"),
        ("22:15", ["07:00", "18:00"], "up", "tue 10:00"),
    ],
)
def test_one_report_is_expected_in_each_window(clock: str, heard: list[str], state: str, judge: str) -> None:
    since = monday("00:00")
    at_judge = monday(judge.removeprefix("tue ")) + timedelta(days=judge.startswith("tue "))
    found = verdict(TWICE, since=since, heard=[monday(each) for each in heard], now=monday(clock))
    assert (found.state, found.judge_at) == (state, at_judge)


def test_a_missed_window_is_counted_once_and_a_report_within_its_grace_still_counts() -> None:
    def missed(heard: list[str], clock: str, owed: str) -> int:
        times = [monday(each) for each in heard]
        return len(verdict(TWICE, since=monday("00:00"), heard=times, now=monday(clock), owed_from=monday(owed)).missed)

    assert missed([], "10:10", "10:10") == 1
    assert missed(["10:09"], "10:10", "10:10") == 0
    assert missed(["10:11"], "10:12", "10:10") == 1
    assert missed([], "22:10", "22:00") == 1
    assert missed([], "22:10", "10:10") == 2
    assert missed(["19:00"], "22:10", "10:10") == 1


def test_of_a_window_at_least_half_must_lie_after_its_environment_came_up() -> None:
    morning = windows("06:00-10:00")
    assert verdict(morning, since=monday("06:07"), heard=[], now=monday("10:00")).state == "late"
    assert verdict(morning, since=monday("08:01"), heard=[], now=monday("10:00")).state == "unknown"


def test_a_window_past_midnight_belongs_to_the_day_it_begins_on() -> None:
    night = windows("mon 22:00-02:00")
    found = next(occurrences(night, monday("12:00")))
    assert found == (monday("22:00"), monday("02:00") + timedelta(days=1))
    tuesday = timedelta(days=1)
    assert verdict(night, since=LONG_AGO, heard=[], now=monday("01:59") + tuesday).judge_at == monday("02:00") + tuesday
    assert verdict(night, since=monday("00:00"), heard=[], now=monday("02:00") + tuesday).state == "late"
    said = verdict(night, since=monday("00:00"), heard=[monday("01:00") + tuesday], now=monday("02:00") + tuesday)
    assert said.state == "up"


def test_a_window_in_the_gap_of_summer_time_begins_at_the_first_instant_after_it() -> None:
    newyork = windows("02:30-04:00", "America/New_York")
    found = next(occurrences(newyork, datetime(2026, 3, 8, 5, tzinfo=UTC)))
    assert found == (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC))


def test_a_window_that_lies_in_the_gap_as_a_whole_does_not_happen_that_day() -> None:
    newyork = windows("02:10-02:50", "America/New_York")
    first, second = islice(occurrences(newyork, datetime(2026, 3, 7, 5, tzinfo=UTC)), 2)
    assert first.begin == datetime(2026, 3, 7, 7, 10, tzinfo=UTC)
    assert second.begin == datetime(2026, 3, 9, 6, 10, tzinfo=UTC)


def test_a_time_that_comes_twice_means_its_first_occurrence() -> None:
    newyork = windows("01:30-03:00", "America/New_York")
    found = next(occurrences(newyork, datetime(2026, 11, 1, 4, tzinfo=UTC)))
    assert found == (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 8, tzinfo=UTC))


def test_the_next_call_is_due_one_interval_on_or_at_the_end_of_the_next_window_that_waits() -> None:
    assert next_due(HOURLY, since=LONG_AGO, last_at=monday("09:00"), now=monday("09:30")) == monday("10:00")
    assert next_due(TWICE, since=LONG_AGO, last_at=None, now=monday("07:00")) == monday("10:00")
    assert next_due(TWICE, since=LONG_AGO, last_at=monday("06:30"), now=monday("07:00")) == monday("22:00")


def test_a_rare_window_is_found_and_none_at_all_still_has_a_next_look() -> None:
    fifth = windows("mon#5 06:00-07:00")
    assert next(occurrences(fifth, datetime(2026, 11, 1, tzinfo=KST))).begin == datetime(2026, 11, 30, 6, tzinfo=KST)
    nothing = Rhythm(SEOUL, TEN)
    assert verdict(nothing, since=LONG_AGO, heard=[], now=monday("09:00")).judge_at == monday("09:00") + timedelta(1)


ZONES = ["Asia/Seoul", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "UTC"]
DAYS = ["", "mon-fri ", "sat,sun ", "mon#1 ", "friL ", "wed "]


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    zone = draw(st.sampled_from(ZONES))
    grace = timedelta(minutes=draw(st.integers(0, 600)))
    if draw(st.booleans()):
        return Rhythm(zone, grace, every=timedelta(minutes=draw(st.integers(1, 3000))))
    groups = []
    for _ in range(draw(st.integers(1, 3))):
        begin, end = draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True))
        clock = "{:02}:{:02}-{:02}:{:02}".format(*divmod(begin * 15, 60), *divmod(end * 15, 60))
        groups.append(draw(st.sampled_from(DAYS)) + clock)
    return Rhythm(zone, grace, windows=parse_windows("; ".join(groups)))


MINUTES = st.integers(0, 60 * 24 * 400).map(lambda minute: LONG_AGO + timedelta(minutes=minute))


@examples(50)
@given(rhythms(), MINUTES, MINUTES, st.lists(MINUTES, max_size=3))
def test_every_verdict_says_when_it_is_judged_next_and_holds_until_then(
    rhythm: Rhythm, first: datetime, second: datetime, calls: list[datetime]
) -> None:
    since, now = sorted([first, second])
    heard = [at for at in calls if at <= now]

    def judged(moment: datetime) -> Verdict:
        return verdict(rhythm, since=since, heard=heard, now=moment)

    found = judged(now)
    assert found.judge_at > now
    assert found.state in {"unknown", "starting", "up", "late", "missed"}
    just_before = max(now, found.judge_at - timedelta(seconds=1))
    assert judged(just_before).state == found.state


@examples(30)
@given(rhythms(), MINUTES)
def test_the_past_and_the_coming_windows_are_the_same_ones_in_order(rhythm: Rhythm, start: datetime) -> None:
    end = start + timedelta(days=40)
    coming = [one for one in occurrences(rhythm, start) if one.end <= end]
    gone = [one for one in past(rhythm, end, start - timedelta(days=2)) if one.end > start]
    assert coming == sorted(gone, key=lambda one: (one.end, one.begin))
    assert gone == sorted(gone, key=lambda one: (one.end, one.begin), reverse=True)


@examples(30)
@given(rhythms(), MINUTES, st.integers(1, 5000))
def test_judged_whenever_it_is_due_it_misses_as_many_as_judged_once_at_the_end(
    rhythm: Rhythm, since: datetime, minutes: int
) -> None:
    end = since + timedelta(minutes=minutes)
    one = verdict(rhythm, since=since, heard=[], now=end, owed_from=since).missed
    now, each = since, list[datetime]()
    while True:
        due = verdict(rhythm, since=since, heard=[], now=now).judge_at
        if due > end:
            break
        each += verdict(rhythm, since=since, heard=[], now=due, owed_from=due).missed
        now = due
    assert tuple(each) == one == tuple(sorted(one))
