"""What everybody may read: the state in a word, and when it is back in the words of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from environments.rules.public_words import (
    SAID,
    WORDS,
    Back,
    PublicState,
    Resuming,
    coming_up,
    day_and_clock,
    public_state,
    resuming_text,
    since_text,
    until_text,
)
from tests.support.times import monday, on

SEOUL, NEW_YORK = "Asia/Seoul", "America/New_York"
NOW = monday("07:30")


def both(at: datetime, now: datetime = NOW, zone: str = SEOUL) -> tuple[str, str]:
    return day_and_clock(at, now, zone, "en"), day_and_clock(at, now, zone, "ko")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (monday("09:00"), ("at 9:00 AM", "오전 9시")),
        (monday("13:05"), ("at 1:05 PM", "오후 1시 5분")),
        (monday("12:00"), ("at 12:00 PM", "오후 12시")),
        (on("tuesday", "00:00"), ("tomorrow at 12:00 AM", "내일 오전 0시")),
        (on("tuesday", "09:30"), ("tomorrow at 9:30 AM", "내일 오전 9시 30분")),
        (on("friday", "09:00"), ("on Friday at 9:00 AM", "금요일 오전 9시")),
        (on("monday", "09:00") + timedelta(days=7), ("on Monday, November 30 at 9:00 AM", "11월 30일(월) 오전 9시")),
        (
            on("monday", "09:00") + timedelta(days=42),
            ("on Monday, January 4, 2027 at 9:00 AM", "2027년 1월 4일(월) 오전 9시"),
        ),
        (on("monday", "18:00") - timedelta(days=1), ("yesterday at 6:00 PM", "어제 오후 6시")),
    ],
)
def test_a_time_is_said_with_its_day_when_it_is_not_today(at: datetime, words: tuple[str, str]) -> None:
    assert both(at) == words


def test_today_is_that_of_the_environments_zone() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo(NEW_YORK))
    assert both(late + timedelta(hours=1), late, NEW_YORK)[0] == "tomorrow at 12:30 AM"
    assert both(late + timedelta(hours=1), late, SEOUL)[0] == "at 2:30 PM"


def test_over_a_change_of_the_clocks_the_wall_time_counts_and_not_the_hours_between() -> None:
    saturday = datetime(2026, 10, 31, 20, 0, tzinfo=ZoneInfo(NEW_YORK))
    resumes = datetime(2026, 11, 1, 9, 0, tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)
    assert resumes - saturday == timedelta(hours=14)
    assert both(resumes, saturday, NEW_YORK) == ("tomorrow at 9:00 AM", "내일 오전 9시")


def test_when_it_resumes_is_a_sentence_with_the_zone() -> None:
    planned = Resuming(Back.PLANNED, monday("09:00"))
    assert resuming_text(planned, NOW, SEOUL, "en") == "Resumes at 9:00 AM (Asia/Seoul)."
    assert resuming_text(planned, NOW, SEOUL, "ko") == "오전 9시에 재개해요 (Asia/Seoul)."


def test_without_a_next_start_it_comes_back_when_somebody_starts_it() -> None:
    assert resuming_text(Resuming(Back.BY_HAND), NOW, SEOUL, "en") == "It comes back when somebody starts it."
    assert resuming_text(Resuming(Back.BY_HAND), NOW, SEOUL, "ko") == "누군가 시작하면 재개해요."


def test_what_is_there_and_what_nobody_can_say_is_said_in_no_words() -> None:
    for back in (Back.HERE, Back.UNPLANNED):
        assert resuming_text(Resuming(back), NOW, SEOUL, "en") == resuming_text(Resuming(back), NOW, SEOUL, "ko") == ""


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (monday("07:00"), ("Since 7:00 AM (Asia/Seoul)", "오전 7시부터 (Asia/Seoul)")),
        (
            on("monday", "18:00") - timedelta(days=3),
            ("Since Friday at 6:00 PM (Asia/Seoul)", "금요일 오후 6시부터 (Asia/Seoul)"),
        ),
    ],
)
def test_since_when_it_is_so_is_said_with_the_zone(since: datetime, words: tuple[str, str]) -> None:
    assert (since_text(since, NOW, SEOUL, "en"), since_text(since, NOW, SEOUL, "ko")) == words


def test_until_when_it_stays_on_is_said_with_the_zone() -> None:
    assert until_text(monday("18:00"), NOW, SEOUL, "en") == "until 6:00 PM (Asia/Seoul)"
    assert until_text(on("tuesday", "18:00"), NOW, SEOUL, "ko") == "내일 오후 6시까지 (Asia/Seoul)"


class TestComingUp:
    def text(self, lang: str = "en", *, minutes: int = 7, after: int = 0, planned: datetime | None = None) -> str:
        now = NOW + timedelta(seconds=after)
        found = coming_up(since=NOW, lead=timedelta(minutes=minutes), planned=planned, now=now)
        return resuming_text(found, now, SEOUL, lang)

    def test_it_says_about_how_long_by_its_past_starts(self) -> None:
        assert self.text() == "Ready in about 7 minutes."
        assert self.text("ko", after=150) == "약 5분 뒤에 쓸 수 있어요."
        assert self.text(after=365) == "Ready in about 1 minute."

    def test_past_that_it_takes_longer_than_usual(self) -> None:
        assert self.text(after=420) == "It takes longer than usual."

    def test_it_names_no_minutes_while_nothing_is_known_of_past_starts(self) -> None:
        assert self.text(minutes=0) == "Ready in a few minutes."

    def test_started_ahead_of_its_time_it_resumes_at_that_time(self) -> None:
        assert self.text(planned=monday("09:00")) == "Resumes at 9:00 AM (Asia/Seoul)."


@pytest.mark.parametrize(
    ("state", "wish", "checks", "seen"),
    [
        ("running", "running", [], "up"),
        ("running", "running", ["up", "up"], "up"),
        ("running", "running", ["up", "down"], "down"),
        ("running", "running", ["starting", "up"], "starting"),
        ("starting", "running", ["down"], "starting"),
        ("redeploying", "running", ["down"], "updating"),
        ("stopping", "stopped", [], "stopping"),
        ("stopped", "stopped", ["asleep"], "asleep"),
        ("stopped", "any", [], "asleep"),
        ("stopped", "running", [], "down"),
        ("failed_to_stop", "stopped", [], "not_stopped"),
        ("failed_to_stop", "stopped", ["asleep"], "not_stopped"),
        ("failed_to_stop", "running", [], "not_stopped"),
        ("failed_to_stop", "stopped", ["up", "asleep"], "up"),
        ("failed_to_stop", "running", ["up", "down"], "down"),
        ("failed_to_start", "running", [], "down"),
        ("failed_to_start", "running", ["up"], "up"),
        ("unknown", "running", ["up"], "up"),
        ("unknown", "running", ["down"], "down"),
        ("unknown", "stopped", ["asleep"], "asleep"),
        ("unknown", "any", [], "unknown"),
    ],
)
def test_the_state_is_judged_by_the_environment_and_its_web_addresses(
    state: str, wish: str, checks: list[str], seen: str
) -> None:
    assert public_state(state=state, wish=wish, checks=checks) == seen


def test_each_state_has_its_words_in_both_languages() -> None:
    for texts in (WORDS, SAID):
        assert set(texts) == set(PublicState)
        assert all({"en", "ko"} == set(each) for each in texts.values())
