"""How often something is run, in words."""

from __future__ import annotations

import pytest
from django.utils import translation
from django_celery_beat.models import CrontabSchedule, IntervalSchedule

from portal.cadence_words import crontab_words, interval_words


@pytest.mark.parametrize(
    ("every", "period", "words"),
    [
        (10, "seconds", "every 10 seconds"),
        (600, "seconds", "every 10 minutes"),
        (60, "seconds", "every minute"),
        (120, "minutes", "every 2 hours"),
        (7, "days", "every 7 days"),
        (90, "seconds", "every 90 seconds"),
    ],
)
def test_an_interval_is_said_in_its_largest_whole_unit(every: int, period: str, words: str) -> None:
    assert interval_words(IntervalSchedule(every=every, period=period)) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "every minute"),
        ({"minute": "3"}, "every hour at minute 3"),
        ({"minute": "5", "hour": "9"}, "every day at 09:05 (UTC)"),
    ],
)
def test_a_usual_crontab_is_said_in_words(fields: dict[str, str], words: str) -> None:
    assert crontab_words(CrontabSchedule(**fields)) == words


def test_an_unusual_crontab_is_never_said_in_a_language_that_is_not_the_readers() -> None:
    mondays = CrontabSchedule(minute="0", hour="9", day_of_week="1")
    assert "Monday" in crontab_words(mondays)
    with translation.override("ko"):
        assert crontab_words(mondays) == "0 9 * * 1 (UTC)"
