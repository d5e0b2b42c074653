"""Digests: everything but errors in one message a day or a week, at a time of the reader's clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from notifications.models import Contact, Delivery
from notifications.offers import Choice, Offer
from notifications.quiet import next_digest, zone_of

from .conftest import say
from .people import mail, minseo, rule, utc

SEOUL, BERLIN = zone_of("Asia/Seoul"), zone_of("Europe/Berlin")


def in_seoul(text: str) -> datetime:
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)


class TestTheClock:
    @pytest.mark.parametrize(
        ("after", "how_often", "comes"),
        [
            ("23 08:59", "daily", "23 09:00"),
            ("23 09:00", "daily", "24 09:00"),
            ("23 08:59", "weekly", "23 09:00"),
            ("23 09:00", "weekly", "30 09:00"),
            ("29 23:00", "weekly", "30 09:00"),
        ],
    )
    def test_it_comes_each_day_or_each_monday(self, after: str, how_often: str, comes: str) -> None:
        assert next_digest(in_seoul(after), how_often, time(9), SEOUL) == in_seoul(comes)

    def test_it_keeps_to_the_clock_when_that_changes(self) -> None:
        first = next_digest(utc(27, "12:00", month=3), "daily", time(8, 30), BERLIN)
        second = next_digest(first, "daily", time(8, 30), BERLIN)
        assert (first, second) == (utc(28, "07:30", month=3), utc(29, "06:30", month=3))

    def test_a_time_that_no_clock_shows_is_the_first_moment_after_the_gap_and_one_that_comes_twice_comes_once(
        self,
    ) -> None:
        assert next_digest(utc(28, "12:00", month=3), "daily", time(2, 30), BERLIN) == utc(29, "01:00", month=3)
        first = next_digest(utc(24, "12:00", month=10), "daily", time(2, 30), BERLIN)
        assert first == utc(25, "00:30", month=10)
        assert next_digest(first, "daily", time(2, 30), BERLIN) == utc(26, "01:30", month=10)


@pytest.mark.django_db
class TestMessages:
    NOON = utc(23, "03:00")
    """In Seoul, on a Monday."""
    TOMORROW = utc(24, "00:00")

    @pytest.fixture(autouse=True)
    def who(self) -> Contact:
        reader = minseo(channel=mail(gather_seconds=10), digest="daily")
        rule("All", people=[reader])
        return reader

    def owed(self, **values: Any) -> Delivery:
        return say(**({"now": self.NOON} | values)).deliveries.get()

    def test_all_of_a_day_is_one_message_at_nine(self) -> None:
        first = self.owed()
        second = self.owed(labels={"environment": "other"}, severity="warning", now=utc(23, "23:00"))
        assert first.not_before == second.not_before == self.TOMORROW
        assert first.bundle == second.bundle != ""
        assert first.deadline_at == self.TOMORROW + timedelta(hours=24)
        # The next day's is another message, even where this one could not be sent.
        assert self.owed(now=self.TOMORROW).bundle != first.bundle

    def test_it_comes_when_its_reader_says(self, who: Contact) -> None:
        Contact.objects.update(digest="weekly", digest_at=time(0, 0))
        assert self.owed().not_before == utc(29, "15:00")

    def test_errors_come_at_once(self) -> None:
        assert self.owed(severity="error").not_before <= self.NOON + timedelta(seconds=10)

    def test_so_does_what_is_news_only_until_then_or_asks_for_something(self) -> None:
        assert self.owed(until=utc(23, "04:00"), severity="warning").not_before <= self.NOON + timedelta(seconds=10)
        asks = self.owed(offer=Offer("keep_on", "1", (Choice("1h", "Keep on 1 h"),)))
        assert asks.not_before == self.NOON

    def test_a_digest_in_quiet_hours_comes_when_they_are_over(self) -> None:
        Contact.objects.update(digest_at=time(6), quiet_from=time(22), quiet_until=time(7, 30))
        first, second = self.owed(), self.owed(now=utc(23, "14:00"))
        assert first.not_before == second.not_before == utc(23, "22:30")
        assert first.bundle == second.bundle
