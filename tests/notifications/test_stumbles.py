"""Rows whose work breaks are left alone for a while, and not for ever."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest

from notifications.stumbles import KEPT, Stumbles

from .conftest import MONDAY, later

pytestmark = pytest.mark.django_db


def breaks(stumbles: Stumbles, pk: int, now: datetime = MONDAY) -> None:
    with stumbles.row(pk, now):
        raise ValueError("a defect")


def test_one_that_broke_rests_and_the_others_do_not() -> None:
    stumbles = Stumbles("Row")
    breaks(stumbles, 7)
    with stumbles.row(8, MONDAY):
        pass
    assert stumbles.resting(later(seconds=9)) == [7]
    assert stumbles.resting(later(seconds=10)) == []


def test_it_rests_a_quarter_of_an_hour_at_the_longest() -> None:
    stumbles = Stumbles("Row")
    for _time in range(20):
        breaks(stumbles, 7)
    assert stumbles.resting(later(minutes=14)) == [7]
    assert stumbles.resting(later(minutes=15)) == []


def test_one_that_works_again_begins_anew_and_is_logged_anew(caplog: pytest.LogCaptureFixture) -> None:
    stumbles = Stumbles("Row")
    for _time in range(5):
        breaks(stumbles, 7)
    with stumbles.row(7, MONDAY):
        pass
    assert stumbles.resting(MONDAY) == []
    breaks(stumbles, 7)
    assert stumbles.resting(later(seconds=10)) == []
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 2


def test_what_nobody_came_back_to_is_forgotten_after_a_day(caplog: pytest.LogCaptureFixture) -> None:
    stumbles = Stumbles("Row")
    breaks(stumbles, 7)
    stumbles.resting(MONDAY + KEPT + KEPT)
    breaks(stumbles, 7, MONDAY + KEPT + KEPT)
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 2
