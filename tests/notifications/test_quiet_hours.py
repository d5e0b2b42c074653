"""Quiet hours: what is no error waits for their end, by the reader's clock, or is not sent at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Contact, Delivery, Event
from notifications.offers import Choice, Offer
from notifications.outbox import send_again
from notifications.quiet import instant, quiet_until, zone_of
from notifications.routing import Why

from .conftest import say
from .people import mail, minseo, rule, utc

SEOUL, BERLIN, NEW_YORK = zone_of("Asia/Seoul"), zone_of("Europe/Berlin"), zone_of("America/New_York")
NIGHT = (time(22), time(7, 30))
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class TestTheClock:
    @pytest.mark.parametrize(
        ("local", "end"),
        [
            ("23 21:59", None),
            ("23 22:00", "24 07:30"),
            ("24 00:00", "24 07:30"),
            ("24 07:29", "24 07:30"),
            ("24 07:30", None),
        ],
    )
    def test_a_night_is_half_open_and_ends_the_next_day(self, local: str, end: str | None) -> None:
        at = datetime.strptime(f"2026-11-{local}", "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)
        until = quiet_until(at, *NIGHT, SEOUL)
        assert (until.astimezone(SEOUL).strftime("%d %H:%M") if until else None) == end

    def test_hours_within_a_day_end_on_it(self) -> None:
        assert quiet_until(utc(23, "04:00"), time(12), time(14), SEOUL) == utc(23, "05:00")
        assert quiet_until(utc(23, "05:00"), time(12), time(14), SEOUL) is None

    def test_the_same_time_twice_is_no_quiet_hours(self) -> None:
        assert quiet_until(utc(23, "04:00"), time(13), time(13), SEOUL) is None

    def test_a_night_of_summer_time_is_an_hour_shorter_and_one_of_winter_time_an_hour_longer(self) -> None:
        assert quiet_until(utc(28, "21:00", month=3), *NIGHT, BERLIN) == utc(29, "05:30", month=3)
        assert quiet_until(utc(24, "20:00", month=10), *NIGHT, BERLIN) == utc(25, "06:30", month=10)

    def test_an_end_that_no_clock_shows_is_the_first_moment_after_the_gap(self) -> None:
        # In Berlin 02:30 does not happen on 29 March; 03:00 of summer time is 01:00 in UTC.
        assert instant(date(2026, 3, 29), time(2, 30), BERLIN) == utc(29, "01:00", month=3)
        assert quiet_until(utc(28, "23:30", month=3), time(22), time(2, 30), BERLIN) == utc(29, "01:00", month=3)

    def test_an_end_that_comes_twice_is_over_the_first_time(self) -> None:
        # In New York 01:30 happens twice on 1 November: at 05:30 and at 06:30 in UTC.
        assert quiet_until(utc(1, "05:29"), time(22), time(1, 30), NEW_YORK) == utc(1, "05:30")
        assert quiet_until(utc(1, "06:15"), time(22), time(1, 30), NEW_YORK) is None

    @given(
        at=st.integers(0, 365 * 86_400).map(lambda seconds: NEW_YEAR + timedelta(seconds=seconds)),
        begin=st.times(),
        end=st.times(),
        zone=st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    )
    def test_whatever_waits_comes_out_of_quiet_hours_within_a_day(
        self, at: datetime, begin: time, end: time, zone: str
    ) -> None:
        there = zone_of(zone)
        until = quiet_until(at, begin, end, there)
        if until is None:
            return
        assert at < until <= at + timedelta(hours=25)
        assert quiet_until(until, begin, end, there) is None


def test_a_zone_that_is_not_known_here_is_taken_for_utc() -> None:
    assert zone_of("Mars/Base").key == "UTC"
    assert zone_of("../etc/passwd").key == "UTC"


@pytest.mark.django_db
class TestMessages:
    LATE = utc(23, "14:00")
    """23:00 in Seoul."""
    MORNING = utc(23, "22:30")
    """07:30 there, the next day."""

    @pytest.fixture(autouse=True)
    def who(self) -> Contact:
        sleeper = minseo(channel=mail(gather_seconds=10), quiet_from=NIGHT[0], quiet_until=NIGHT[1])
        rule("All", people=[sleeper])
        return sleeper

    def owed(self, **values: Any) -> Delivery:
        return say(**({"now": self.LATE} | values)).deliveries.get()

    def test_what_is_no_error_waits_for_their_end(self) -> None:
        delivery = self.owed()
        assert (delivery.not_before, delivery.deadline_at) == (self.MORNING, self.MORNING + timedelta(hours=24))

    def test_what_has_waited_comes_in_one_message(self) -> None:
        first, second = self.owed(), self.owed(labels={"environment": "other"}, now=utc(23, "15:00"))
        assert first.bundle == second.bundle != ""

    def test_errors_come_at_once_and_wait_for_nothing_that_waits(self) -> None:
        waiting, error = self.owed(), self.owed(severity="error")
        assert error.not_before <= self.LATE + timedelta(seconds=10)
        assert Delivery.objects.claimable(self.LATE + timedelta(minutes=1)).get() == error
        assert set(Delivery.objects.claimable(self.MORNING)) >= {waiting}

    def test_by_day_nothing_waits(self) -> None:
        assert self.owed(now=utc(23, "03:00")).not_before <= utc(23, "03:01")

    def test_what_is_no_news_any_more_in_the_morning_is_dropped_and_says_so(self, woken: list[int]) -> None:
        dropped = self.owed(until=self.MORNING)
        assert dropped.status == Delivery.Status.DROPPED
        assert dropped.last_error["en"] == (
            "It would have come in their quiet hours, and after those it is no news any more."
        )
        assert not Delivery.objects.claimable(self.MORNING).exists()
        assert dropped.pk not in woken

    def test_what_still_is_news_is_tried_until_it_is_not(self) -> None:
        until = self.MORNING + timedelta(minutes=5)
        kept = self.owed(until=until)
        assert (kept.status, kept.not_before, kept.deadline_at) == (Delivery.Status.PENDING, self.MORNING, until)

    def test_what_is_over_already_is_dropped(self) -> None:
        dropped = self.owed(severity="error", until=self.LATE)
        assert (dropped.status, dropped.last_error["en"]) == ("dropped", "It is no news any more.")

    def test_a_warning_of_the_last_seconds_does_not_gather(self) -> None:
        kept = self.owed(severity="error", until=self.LATE + timedelta(seconds=9))
        assert (kept.status, kept.not_before, kept.bundle) == (Delivery.Status.PENDING, self.LATE, "")

    def test_what_asks_for_something_is_a_message_of_its_own(self) -> None:
        offer = Offer("keep_on", "1", (Choice("1h", "Keep on 1 h"),))
        assert self.owed(offer=offer).bundle == ""
        assert self.owed(offer=offer, now=utc(23, "03:00")).bundle == ""

    def test_it_is_not_sent_again_when_it_is_no_news_any_more(self) -> None:
        until = self.MORNING + timedelta(minutes=5)
        kept = self.owed(until=until)
        Delivery.objects.update(status=Delivery.Status.FAILED)
        assert not send_again(delivery=kept, now=until)
        assert send_again(delivery=kept, now=until - timedelta(minutes=1))
        kept.refresh_from_db()
        assert kept.deadline_at == until

    def test_whom_it_concerns_is_asleep_as_well(self, who: Contact) -> None:
        event: Event = say(now=self.LATE, concerned=[who.pk], kind="environment.stop_comes", severity="warning")
        assert [one.not_before for one in event.deliveries.all()] == [self.MORNING]
        assert Why.CONCERNED not in {one.why for one in event.deliveries.all()}
