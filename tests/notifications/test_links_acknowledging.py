"""The links by which somebody says that they look after something, or that they want no more messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from notifications import escalations, links
from notifications.models import Contact, Delivery
from notifications.offers import Refused

from .conftest import say
from .linked import NOW, browser, lamp, offered, path, press, reader
from .people import group, rule

pytestmark = pytest.mark.django_db
__all__ = ["browser", "lamp", "reader"]


class TestAnAcknowledgement:
    @pytest.fixture
    def asked(self, reader: Contact) -> Delivery:
        rule("Failures", groups=[group("On call", reader)])
        return say("chat-dev failed", severity="error", now=NOW).deliveries.get()

    def test_looking_changes_nothing_and_a_press_takes_it_on(self, asked: Delivery, browser: Client) -> None:
        address = path(links.acknowledge_url(asked.pk))
        assert "Nobody looks after it yet." in browser.get(address).content.decode()
        assert asked.event.escalations.get().end == ""
        assert "You look after it." in press(browser, address)
        escalation = asked.event.escalations.get()
        assert (escalation.end, escalation.by, escalation.origin) == ("acknowledged", "Minseo Kim", "link")

    def test_pressed_again_it_says_who_looks_after_it(self, asked: Delivery, browser: Client) -> None:
        address = path(links.acknowledge_url(asked.pk))
        press(browser, address)
        assert "Minseo Kim looks after it since" in press(browser, address)
        assert "<button" not in browser.get(address).content.decode()

    def test_when_it_is_over_it_says_so(self, asked: Delivery, browser: Client) -> None:
        escalations.over(asked.event.thread, NOW)
        assert "It is over by itself" in press(browser, path(links.acknowledge_url(asked.pk)))

    def test_after_a_week_it_says_that_it_is_too_late_and_changes_nothing(
        self, asked: Delivery, browser: Client
    ) -> None:
        long_ago = NOW - timedelta(days=7)
        Delivery.objects.update(not_before=long_ago + timedelta(hours=1))
        address = path(links.acknowledge_url(asked.pk))
        assert "<button" in browser.get(address).content.decode()
        for changes in ({"not_before": long_ago}, {"status": "sent", "sent_at": long_ago, "not_before": NOW}):
            Delivery.objects.update(**changes)
            page = press(browser, address)
            assert "It is too late for this" in page
            assert "The link was good for a week." in page
            assert "Nobody looks after it yet." in page
            assert "<button" not in page
        assert asked.event.escalations.get().end == ""
        # Whoever looks after it is said all the same.
        escalations.acknowledge(event=asked.event, by="Jihun Lee", contact=None, origin="web", now=NOW)
        assert "Jihun Lee looks after it since" in browser.get(address).content.decode()

    def test_one_of_a_matter_that_is_over_leaves_todays_as_it_is(self, asked: Delivery, browser: Client) -> None:
        event, failed = asked.event, {"severity": "error", "thread": "operation-1", "now": NOW}
        first = say("chat-dev failed", **failed)
        first.escalations.update(end="exhausted", ended_at=NOW, next_at=None)
        say("chat-dev runs", now=NOW, thread="operation-1", ends_thread=True)
        today = say("chat-dev failed", **failed)
        page = press(browser, path(links.acknowledge_url(first.deliveries.get().pk)))
        assert "It is over by itself since" in page
        assert "<button" not in page
        assert {one.end for of in (today, event) for one in of.escalations.all()} == {""}
        with pytest.raises(Refused):
            escalations.Acknowledging().do(
                subject=str(first.pk), choice="acknowledge", value="", contact=None, who="X", now=NOW
            )

    def test_of_an_event_that_nobody_is_asked_about_there_is_no_page(self, reader: Contact, browser: Client) -> None:
        delivery = offered(reader)
        assert browser.get(path(links.acknowledge_url(delivery.pk))).status_code == 404

    def test_the_button_of_a_reminder_does_the_same(self, asked: Delivery, browser: Client) -> None:
        event = asked.event
        with_button = escalations.Acknowledging()
        assert str(with_button.standing(subject=str(event.pk), now=NOW)) == "Nobody looks after it yet."
        said = with_button.do(
            subject=str(event.pk), choice="acknowledge", value="", contact=None, who="Jihun Lee", now=NOW
        )
        assert str(said) == "Jihun Lee looks after it."
        with pytest.raises(Refused):
            with_button.do(subject=str(event.pk), choice="acknowledge", value="", contact=None, who="X", now=NOW)


class TestLeaving:
    def test_looking_changes_nothing_and_a_press_stops_messages_and_another_resumes_them(
        self, reader: Contact, browser: Client
    ) -> None:
        address = path(links.leave_url(reader.pk))
        assert "Messages are sent to Minseo Kim." in browser.get(address).content.decode()
        assert "No more messages" in press(browser, address)
        reader.refresh_from_db()
        assert reader.left_at is not None
        assert "Messages are sent to" in press(browser, address, resume="on")
        reader.refresh_from_db()
        assert reader.left_at is None

    def test_mail_programs_stop_them_with_the_one_click_of_rfc_8058(self, reader: Contact, browser: Client) -> None:
        answer = browser.post(path(links.leave_url(reader.pk)), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        reader.refresh_from_db()
        assert reader.left_at is not None

    def test_the_change_stands_in_the_history_as_made_by_a_link(self, reader: Contact, browser: Client) -> None:
        press(browser, path(links.leave_url(reader.pk)))
        last = reader.history.first()
        assert (last.history_origin, last.history_user_id) == ("link", reader.user_id)
