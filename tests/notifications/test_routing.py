"""Who hears of what, without a database."""

from datetime import timedelta

import pytest

from notifications.backoff import LONGEST, backoff
from notifications.routing import Announcement, Listener, Route, Why, route

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


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 640), (8, 900), (500, 900)])
def test_waits_double_up_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert backoff(attempts, jitter=0.5) == timedelta(seconds=seconds)


def test_jitter_spreads_a_wait_by_a_quarter_to_either_side() -> None:
    assert backoff(1, jitter=0) == timedelta(seconds=7.5)
    assert backoff(50, jitter=0.999) < LONGEST * 1.25


def test_a_given_wait_wins_and_is_never_cut_short() -> None:
    assert backoff(9, jitter=0, retry_after=3) == timedelta(seconds=3)
    assert timedelta(seconds=3) < backoff(9, jitter=0.9, retry_after=3) < timedelta(seconds=5)
