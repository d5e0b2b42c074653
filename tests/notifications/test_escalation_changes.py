"""Who is asked when people sleep, leave, come, or are no more."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from notifications import contacts, escalations, fanout
from notifications.models import Channel, Contact, ContactGroup, Event
from notifications.routing import Announcement, Why

from .conftest import MONDAY, later, say
from .escalating import END, arrives, channel, fail, on_call, told
from .people import contact, group, jihun, minseo, room, rule, utc

pytestmark = pytest.mark.django_db
__all__ = ["channel", "on_call"]


ANNOUNCED = Announcement("environment.failed", "error", {})


def test_a_group_that_is_changed_meanwhile_is_taken_as_it_is(on_call: ContactGroup, channel: Channel) -> None:
    event = fail()
    on_call.places.filter(contact__name="Jihun Lee").update(after=30)
    assert escalations.sweep(later(minutes=5)) == 1
    assert told(event) == ["Minseo Kim"]
    escalations.sweep(later(minutes=30))
    assert told(event) == ["Minseo Kim", "Jihun Lee"]


class TestQuietHours:
    NIGHT = utc(23, "14:00")
    """23:00 in Seoul."""
    MORNING = utc(23, "22:30")
    """07:30 there, the next day."""

    @pytest.fixture
    def asleep(self, channel: Channel) -> Contact:
        return minseo(channel=channel, quiet_from=time(22), quiet_until=time(7, 30))

    def late(self, severity: str = "warning") -> Event:
        return say("The nightly copy is late", kind="check.late", severity=severity, now=self.NIGHT, thread="check-1")

    def night(self) -> None:
        for minute in range(0, int((self.MORNING - self.NIGHT).total_seconds() // 60), 5):
            escalations.sweep(self.NIGHT + timedelta(minutes=minute))

    def test_the_next_one_who_is_awake_is_asked_at_once(self, asleep: Contact, channel: Channel) -> None:
        rule("All", groups=[group("On call", asleep, jihun(channel=channel))], event_kinds=["check.late"])
        times = {one.contact.name: one.not_before for one in self.late().deliveries.all() if one.contact}
        assert times == {"Jihun Lee": self.NIGHT, "Minseo Kim": self.MORNING}

    def test_nothing_is_in_vain_before_they_were_asked(self, asleep: Contact, channel: Channel) -> None:
        other = contact("Sora Han", "sora@example.com", channel=channel, quiet_from=time(22), quiet_until=time(7, 30))
        rule("All", groups=[group("On call", asleep, other)], event_kinds=["check.late"])
        event = self.late()
        self.night()
        assert (event.escalations.get().end, told(event)) == ("", ["Minseo Kim"])
        escalations.sweep(self.MORNING)
        assert escalations.sweep(self.MORNING + timedelta(minutes=5)) == 1
        assert told(event) == ["Minseo Kim", "Sora Han"]
        arrives(event)
        escalations.sweep(self.MORNING + timedelta(minutes=19))
        assert event.escalations.get().end == ""
        escalations.sweep(self.MORNING + timedelta(minutes=20))
        assert event.escalations.get().end == END.EXHAUSTED

    def test_errors_wake_them(self, asleep: Contact, channel: Channel) -> None:
        rule("All", groups=[group("On call", asleep, jihun(channel=channel))], event_kinds=["check.late"])
        assert [one.not_before for one in self.late("error").deliveries.all()] == [self.NIGHT]

    def test_who_is_to_get_it_in_a_digest_is_asked_by_name_all_the_same(self, channel: Channel) -> None:
        who = minseo(channel=channel, digest="daily")
        rule("Digest", people=[who], event_kinds=["check.late"])
        rule("All", groups=[group("On call", who, jihun(channel=channel))], event_kinds=["check.late"])
        event = self.late()
        first = event.deliveries.get()
        assert (first.why, first.not_before) == (Why.ESCALATED, self.NIGHT)
        escalations.sweep(self.NIGHT + timedelta(minutes=5))
        assert told(event) == ["Minseo Kim", "Jihun Lee"]


class TestAGroupThatChanges:
    @pytest.fixture
    def three(self, channel: Channel) -> ContactGroup:
        made = group("On call", minseo(channel=channel), jihun(channel=channel), contact("Boss", "b@example.com"))
        rule("Failures", groups=[made], severities=["error"])
        return made

    @pytest.mark.parametrize("gone", ["taken out", "erased"])
    def test_whoever_follows_one_who_left_is_asked(self, three: ContactGroup, gone: str) -> None:
        event, who = fail(), Contact.objects.get(name="Minseo Kim")
        if gone == "erased":
            contacts.erase(who, later(minutes=1))
        else:
            three.places.filter(contact=who).delete()
        for minute in (5, 10):
            escalations.sweep(later(minutes=minute))
        assert [one for one in told(event) if one != "Minseo Kim"] == ["Jihun Lee", "Boss"]
        assert event.escalations.get().end == ""

    def test_in_a_further_round_as_well(self, three: ContactGroup) -> None:
        ContactGroup.objects.update(rounds=2)
        event = fail()
        for minute in (5, 10, 25):
            escalations.sweep(later(minutes=minute))
        three.places.filter(contact__name="Minseo Kim").delete()
        for minute in (30, 35):
            escalations.sweep(later(minutes=minute))
        reminded = [name for one in Event.objects.filter(kind=escalations.AGAIN).order_by("pk") for name in told(one)]
        assert reminded == ["Minseo Kim", "Jihun Lee", "Boss"]
        assert told(event) == ["Minseo Kim", "Jihun Lee", "Boss"]
        escalations.sweep(later(minutes=50))
        assert event.escalations.get().end == END.EXHAUSTED

    def test_a_group_that_is_gone_asks_nobody_and_undoes_nothing(self, three: ContactGroup) -> None:
        fanout.book()
        three.delete()
        assert fanout.book().matching(ANNOUNCED, MONDAY)[0].groups, "the rules are still as they were kept"
        event = fail(at=later(seconds=5))
        assert not event.escalations.exists()

    def test_so_do_channels_and_people_that_are_gone(self, channel: Channel) -> None:
        place, who = room(), minseo(channel=channel)
        rule("Failures", to=[place], people=[who], severities=["error"])
        fanout.book()
        place.delete()
        who.delete()
        assert fanout.book().matching(ANNOUNCED, MONDAY)[0].contacts, "the rules are still as they were kept"
        assert not fail().deliveries.exists()
