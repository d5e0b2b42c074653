"""Who hears of what, without a database."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.backoff import LONGEST, backoff
from notifications.routing import Announcement, Listener, Route, RuleBook, RuleFacts, Why, route

FAILED = Announcement("environment.failed", "error", {"environment": "chat-dev"})


def test_a_channel_without_kinds_hears_everything() -> None:
    assert route(FAILED, [Listener(1)]) == (Route(1, Why.EVERYTHING),)


def test_a_channel_with_kinds_hears_those() -> None:
    asks = Listener(1, event_kinds=frozenset({"environment.failed"}))
    asks_other = Listener(2, event_kinds=frozenset({"environment.ready"}))
    assert route(FAILED, [asks, asks_other]) == (Route(1, Why.LISTED),)


def test_a_channel_that_is_off_hears_nothing() -> None:
    assert route(FAILED, [Listener(1, enabled=False)]) == ()


def test_the_same_channel_twice_is_told_once() -> None:
    assert route(FAILED, [Listener(1), Listener(1)]) == (Route(1, Why.EVERYTHING),)


def test_a_channel_that_writes_to_people_hears_of_nothing_by_itself() -> None:
    assert route(FAILED, [Listener(1, address="email")]) == ()


class TestRules:
    def matches(self, at: str = "2026-11-27 12:00", **facts: Any) -> bool:
        """Whether a rule with these facts is about the failure, at a time of the clocks in Seoul (a Friday)."""
        moment = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Asia/Seoul"))
        return bool(RuleBook([RuleFacts(1, "One", **({"zone": "Asia/Seoul"} | facts))]).matching(FAILED, moment))

    def test_what_a_rule_leaves_open_is_any(self) -> None:
        assert self.matches()

    @pytest.mark.parametrize(
        ("name", "theirs", "others"),
        [
            ("kinds", "environment.failed", "environment.ready"),
            ("severities", "error", "info"),
            ("environments", "chat-dev", "shop-dev"),
            ("weekdays", 4, 5),
        ],
    )
    def test_what_it_names_must_be_so(self, name: str, theirs: Any, others: Any) -> None:
        for named, found in (({theirs}, True), ({theirs, others}, True), ({others}, False)):
            facts: dict[str, Any] = {name: frozenset(named)}
            assert self.matches(**facts) == found

    def test_an_event_without_a_team_is_of_no_team(self) -> None:
        assert not self.matches(teams=frozenset({"Chat"}))

    @pytest.mark.parametrize(
        ("at", "within"),
        [
            ("2026-11-27 21:59", False),
            ("2026-11-27 22:00", True),
            ("2026-11-28 05:59", True),
            ("2026-11-28 06:00", False),
            ("2026-11-28 22:00", False),
            ("2026-11-27 05:00", False),
        ],
    )
    def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(self, at: str, within: bool) -> None:
        friday_night = {"hours": (time(22), time(6)), "weekdays": frozenset({4})}
        assert self.matches(at, **friday_night) == within

    def test_hours_are_half_open(self) -> None:
        office = {"hours": (time(9), time(18))}
        found = [self.matches(f"2026-11-27 {at}", **office) for at in ("08:59", "09:00", "17:59", "18:00")]
        assert found == [False, True, True, False]

    def test_they_are_found_in_their_order_whatever_they_are_about(self) -> None:
        kinds = [
            frozenset(),
            frozenset({FAILED.kind}),
            frozenset({"other"}),
            frozenset(),
            frozenset({FAILED.kind, "a"}),
        ]
        book = RuleBook(RuleFacts(number, str(number), kinds=of) for number, of in enumerate(kinds))
        found = book.matching(FAILED, datetime(2026, 11, 27, tzinfo=ZoneInfo("UTC")))
        assert [rule.rule_id for rule in found] == [0, 1, 3, 4]


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 640), (8, 900), (500, 900)])
def test_waits_double_up_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert backoff(attempts, jitter=0.5) == timedelta(seconds=seconds)


def test_jitter_spreads_a_wait_by_a_quarter_to_either_side() -> None:
    assert backoff(1, jitter=0) == timedelta(seconds=7.5)
    assert backoff(50, jitter=0.999) < LONGEST * 1.25


def test_a_given_wait_that_is_longer_wins_and_is_never_cut_short() -> None:
    assert backoff(1, jitter=0, retry_after=40) == timedelta(seconds=40)
    assert timedelta(seconds=40) < backoff(1, jitter=0.9, retry_after=40) < timedelta(seconds=42)


@pytest.mark.parametrize("asked", [0, 3])
def test_a_given_wait_that_is_shorter_does_not_hurry_us(asked: float) -> None:
    assert backoff(9, jitter=0.5, retry_after=asked) == backoff(9, jitter=0.5) == timedelta(seconds=900)


@pytest.mark.parametrize("asked", [3601, 1e300])
def test_a_given_wait_is_an_hour_at_most(asked: float) -> None:
    assert backoff(1, jitter=0, retry_after=asked) == timedelta(hours=1)
