"""How answers are said, in English and Korean (DESIGN section 2, item 9; the words of the interface)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from environments.rules import Desired, Hold, Reason, explain, explain_many
from environments.rules.wording import when, with_zone
from tests.rules.support import OFFICE, at, calendar, day_off, exception, hold, schedule, spec, with_

DAY = "2026-11-23"


@pytest.mark.parametrize(
    ("now", "english", "korean"),
    [
        (f"{DAY} 10:00", "Running until 18:00: schedule Office hours", "18:00까지 실행: 일정 Office hours"),
        (f"{DAY} 08:00", "Stopped until 09:00: schedule Office hours", "09:00까지 중지: 일정 Office hours"),
        (f"{DAY} 18:00", "Stopped until Tue 09:00: schedule Office hours", "화요일 09:00까지 중지: 일정 Office hours"),
    ],
)
def test_an_answer_says_state_time_and_reason(now: str, english: str, korean: str) -> None:
    assert explain(OFFICE, at(now)).text("en") == english
    assert explain(OFFICE, at(now)).text("ko") == korean
    assert explain(OFFICE, at(now)).text("ko-KR") == korean


@pytest.mark.parametrize(
    ("now", "english", "korean"),
    [
        (f"{DAY} 10:00", "until 18:00 · Office hours", "18:00까지 · Office hours"),
        (f"{DAY} 20:00", "until Tue 09:00 · Office hours", "화요일 09:00까지 · Office hours"),
        ("2026-11-21 14:32", "until Mon 09:00 · weekend", "월요일 09:00까지 · 주말"),
        ("2026-11-22 23:59", "until Mon 09:00 · weekend", "월요일 09:00까지 · 주말"),
        ("2026-11-20 20:00", "until Mon 09:00 · Office hours", "월요일 09:00까지 · Office hours"),
    ],
)
def test_the_line_under_a_state_is_short(now: str, english: str, korean: str) -> None:
    assert explain(OFFICE, at(now)).short("en") == english
    assert explain(OFFICE, at(now)).short("ko") == korean


def test_a_saturday_between_two_shifts_is_no_weekend() -> None:
    always_open = spec("09:00-18:00 *")
    assert explain(always_open, at("2026-11-21 20:00")).short() == "until Sun 09:00 · Office hours"


@pytest.mark.parametrize(
    ("desired", "english", "short", "korean"),
    [
        (
            "running",
            "Running until released: hold by Kim (demo)",
            "until released · Kim: demo",
            "해제할 때까지 실행: 유지, Kim (demo)",
        ),
        (
            "stopped",
            "Stopped until released: hold by Kim (demo)",
            "until released · Kim: demo",
            "해제할 때까지 중지: 유지, Kim (demo)",
        ),
    ],
)
def test_a_hold_without_end_lasts_until_released(desired: str, english: str, short: str, korean: str) -> None:
    why = explain(
        with_(OFFICE, holds=(hold(desired, f"{DAY} 09:30", None, author="Kim", reason="demo"),)), at(f"{DAY} 10:00")
    )
    assert (why.text(), why.short(), why.text("ko")) == (english, short, korean)


@pytest.mark.parametrize(
    ("now", "held", "english", "korean"),
    [
        (
            f"{DAY} 17:30",
            hold("running", f"{DAY} 17:00", "2026-11-24 09:00", author="Kim", reason="demo"),
            "Running until Tue 18:00: hold by Kim (demo) until Tue 09:00, then schedule Office hours",
            "화요일 18:00까지 실행: 화요일 09:00까지 유지, Kim (demo), 이후 일정 Office hours",
        ),
        (
            f"{DAY} 12:30",
            hold("stopped", f"{DAY} 12:00", f"{DAY} 20:00", author="Kim"),
            "Stopped until Tue 09:00: hold by Kim until 20:00, then schedule Office hours",
            "화요일 09:00까지 중지: 20:00까지 유지, Kim, 이후 일정 Office hours",
        ),
        (
            f"{DAY} 17:30",
            hold("running", f"{DAY} 17:00", f"{DAY} 22:00", author="Kim"),
            "Running until 22:00: hold by Kim",
            "22:00까지 실행: 유지, Kim",
        ),
    ],
)
def test_a_hold_is_no_reason_for_what_goes_on_after_its_end(now: str, held: Hold, english: str, korean: str) -> None:
    why = explain(with_(OFFICE, holds=(held,)), at(now))
    assert (why.text(), why.text("ko")) == (english, korean)


def test_a_hold_that_ends_is_not_until_released_though_the_plan_goes_on_with_the_same() -> None:
    always = with_(OFFICE, schedule=schedule("all *", override=Desired.RUNNING))
    ends = hold("running", f"{DAY} 12:00", f"{DAY} 22:00", author="Kim")
    why = explain(with_(always, holds=(ends,)), at(f"{DAY} 12:30"))
    then = "schedule Office hours, set to always running"
    assert why.text() == f"Running, no change ahead: hold by Kim until 22:00, then {then}"
    assert (why.short(), why.short("ko")) == ("Kim, then Office hours", "Kim, 이후 Office hours")


def test_what_follows_a_hold_is_not_called_held() -> None:
    """Where the plan leaves things as they are, what a hold switched on is stopped at its end."""
    stops = spec("-18:00 fri")
    held = with_(stops, holds=(hold("running", "2026-11-27 12:00", "2026-11-27 15:00", author="Kim"),))
    assert explain(held, at("2026-11-27 13:00")).text() == "Running until 15:00: hold by Kim"
    after = explain(held, at("2026-11-27 15:30"))
    assert "end of the hold by Kim" in after.text()
    assert "released" not in after.text()


def test_the_line_under_a_state_names_what_takes_over_from_a_hold() -> None:
    over_night = hold("running", f"{DAY} 17:00", "2026-11-24 09:00", author="Kim", reason="demo")
    why = explain(with_(OFFICE, holds=(over_night,)), at(f"{DAY} 17:30"))
    assert why.short() == "until Tue 18:00 · Kim: demo, then Office hours"
    assert why.short("ko") == "화요일 18:00까지 · Kim: demo, 이후 Office hours"


def test_of_two_holds_the_newer_says_when_the_older_takes_over() -> None:
    older = hold("running", f"{DAY} 17:00", f"{DAY} 23:00", author="Kim", id="older")
    newer = hold("running", f"{DAY} 17:10", f"{DAY} 19:00", author="Lee", id="newer")
    why = explain(with_(OFFICE, holds=(older, newer)), at(f"{DAY} 17:30"))
    assert why.text() == "Running until 23:00: hold by Lee until 19:00, then hold by Kim"


def test_many_instants_at_once_tell_the_end_of_a_hold_as_one_by_one() -> None:
    older = hold("running", f"{DAY} 17:00", "2026-11-24 23:00", author="Kim", id="older")
    newer = hold("running", f"{DAY} 17:10", "2026-11-24 12:00", author="Lee", id="newer")
    held = with_(OFFICE, holds=(older, newer))
    instants = [at(f"{DAY} 00:30") + timedelta(hours=passed) for passed in range(72)]
    many = explain_many(held, instants)
    assert many == [explain(held, instant) for instant in instants]
    assert at("2026-11-24 12:00") in {why.reason_until for why in many}


def test_the_end_of_a_hold_is_said_in_the_reader_s_zone_too() -> None:
    over_night = hold("running", f"{DAY} 17:00", "2026-11-24 09:00", author="Kim")
    why = explain(with_(OFFICE, holds=(over_night,)), at(f"{DAY} 17:30"))
    said = "Running until Tue 09:00: hold by Kim until Tue 00:00, then schedule Office hours"
    assert why.text(timezone="UTC") == said


def test_what_never_changes_says_no_time() -> None:
    always = explain(with_(OFFICE, schedule=schedule("all *", override=Desired.RUNNING)), at(f"{DAY} 10:00"))
    assert always.text() == "Running, no change ahead: schedule Office hours, set to always running"
    assert always.text("ko") == "계속 실행: 일정 Office hours, 항상 실행"
    assert always.short() == "Office hours"
    manual = explain(with_(OFFICE, schedule=None), at(f"{DAY} 10:00"))
    assert manual.text() == "Left as it is, no change ahead: no schedule"
    assert manual.text("ko") == "계속 현재 상태 유지: 일정 없음"


def test_times_can_be_said_in_the_reader_s_zone() -> None:
    why = explain(OFFICE, at(f"{DAY} 10:00"))
    assert why.text(timezone="UTC") == "Running until 09:00: schedule Office hours"
    assert why.short(timezone="America/New_York") == "until Mon 04:00 · Office hours"


@pytest.mark.parametrize(
    ("instant", "english", "korean"),
    [
        ("2026-11-23 18:00", "18:00", "18:00"),
        ("2026-11-23 18:00:30", "18:00:30", "18:00:30"),
        ("2026-11-24 00:00", "Tue 00:00", "화요일 00:00"),
        ("2026-11-22 09:00", "Sun 09:00", "일요일 09:00"),
        ("2026-11-29 09:00", "Sun 09:00", "일요일 09:00"),
        ("2026-11-30 09:00", "Mon 30 Nov 09:00", "11월 30일(월) 09:00"),
        ("2027-01-04 09:00", "Mon 4 Jan 2027 09:00", "2027년 1월 4일(월) 09:00"),
    ],
)
def test_a_time_names_its_day_when_that_is_not_today(instant: str, english: str, korean: str) -> None:
    now = at(f"{DAY} 10:00")
    assert when(at(instant), now, "Asia/Seoul") == english
    assert when(at(instant), now, "Asia/Seoul", "ko") == korean


def test_a_range_of_dates_and_missing_names_read_well() -> None:
    away = exception("off", DAY, "2026-11-27", reason="team trip")
    why = explain(with_(OFFICE, exceptions=(away,)), at(f"{DAY} 10:00"))
    assert why.reason.text() == "exception of 2026-11-23 to 2026-11-27 (team trip)"
    assert why.reason.text("ko") == "2026-11-23~2026-11-27 예외 (team trip)"
    nameless = explain(with_(OFFICE, exceptions=(exception("off", DAY),)), at(f"{DAY} 10:00"))
    assert (nameless.short(), nameless.short("ko")) == ("until Tue 09:00 · exception", "화요일 09:00까지 · 예외")


def test_a_holiday_without_a_korean_name_keeps_its_own() -> None:
    closed = with_(OFFICE, calendars=(calendar(day_off(DAY, "Founders' day")),))
    assert explain(closed, at(f"{DAY} 10:00")).short("ko") == "화요일 09:00까지 · Founders' day"


def test_a_reason_can_be_stored_and_said_again() -> None:
    reason = explain(OFFICE, at(f"{DAY} 10:00")).reason
    again = Reason(reason.code, dict(reason.params))
    assert again == reason
    assert again.text("ko") == "일정 Office hours"
    assert hash(again) == hash(reason)


@pytest.mark.parametrize("now", [f"{DAY} 17:30", f"{DAY} 18:30", "2026-11-20 20:00", "2026-11-10 20:00"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_end_of_an_answer_is_told_with_its_zone(now: str, lang: str) -> None:
    """Whatever its day: today, this week, later, in another year."""
    for end in (f"{DAY} 19:00", "2026-11-27 19:00", "2026-12-24 19:00", "2027-01-04 19:00"):
        kept = hold("running", "2026-11-09 12:00", end, author="Kim", reason="until 10:00, then lunch")
        found = explain(with_(OFFICE, holds=(kept,)), at(now))
        assert found.until is not None
        time = when(found.until, found.at, "Asia/Seoul", lang)
        said = found.text(lang)
        assert with_zone(said, "Asia/Seoul", lang) == said.replace(time, f"{time} (Asia/Seoul)", 1)


def test_the_end_of_a_hold_is_told_with_its_zone_where_nothing_changes_after_it() -> None:
    always = with_(OFFICE, schedule=schedule("all *", override=Desired.RUNNING))
    ends = hold("running", f"{DAY} 12:00", f"{DAY} 22:00", author="Kim", reason="demo until 15:00, then lunch")
    why = explain(with_(always, holds=(ends,)), at(f"{DAY} 12:30"))
    assert " until 22:00 (Asia/Seoul), then " in with_zone(why.text(), "Asia/Seoul")
    assert "계속 실행: 22:00 (Asia/Seoul)까지 유지" in with_zone(why.text("ko"), "Asia/Seoul", "ko")


@pytest.mark.parametrize(
    "said",
    [
        "Running until released: hold by Kim (10:00 demo)",
        "Running, no change ahead: schedule Until 10:00, then more",
        "Redeploy by Kim: until 10:00",
        "해제할 때까지 실행: 유지, Kim (10:00까지 회의)",
        "Kim 님의 재배포: 10:00까지 ",
    ],
)
def test_what_names_no_end_gets_no_zone_whatever_people_have_written(said: str) -> None:
    assert [with_zone(said, "Asia/Seoul", lang) for lang in ("en", "ko")] == [said, said]
