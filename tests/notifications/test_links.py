"""Links in messages: pressed once, on time; looked at by anybody, they change nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from notifications import links, offer_use, offers
from notifications.models import Contact, Event, OfferUse
from notifications.offers import Choice, Offer

from .linked import NOW, Lamp, browser, lamp, of, offered, path, press, reader

pytestmark = pytest.mark.django_db
__all__ = ["browser", "lamp", "reader"]


class TestAnOffer:
    def test_looking_at_it_says_what_is_true_and_changes_nothing(
        self, lamp: Lamp, reader: Contact, browser: Client
    ) -> None:
        address = of(offered(reader))
        for look in (browser.get, browser.head, browser.get):
            assert look(address).status_code == 200
        page = browser.get(address).content.decode()
        assert "Lamp 7 is off." in page
        assert "costs $1" in page
        assert page.count("<button") == 1
        assert (lamp.done, OfferUse.objects.count()) == ([], 0)

    def test_one_press_does_it_in_the_name_of_its_reader(self, lamp: Lamp, reader: Contact, browser: Client) -> None:
        delivery = offered(reader)
        page = press(browser, of(delivery))
        assert "Lamp 7 is on, says Minseo Kim." in page
        (done,) = lamp.done
        assert (done["subject"], done["choice"], done["contact"], done["who"]) == ("7", "1h", reader, "Minseo Kim")
        assert (done["origin"], done["address"], done["person"]) == ("link", "127.0.0.1", reader.user)
        use = OfferUse.objects.get()
        assert (use.delivery, use.choice, use.address) == (delivery, "1h", "127.0.0.1")
        assert use.outcome["en"] == "Lamp 7 is on, says Minseo Kim."

    def test_pressed_again_it_says_so_and_what_is_true_and_does_nothing(
        self, lamp: Lamp, reader: Contact, browser: Client
    ) -> None:
        delivery = offered(reader)
        press(browser, of(delivery))
        for choice in ("1h", "until"):
            page = press(browser, of(delivery, choice), value="20:00")
            assert "This link has been used already" in page
            assert "Lamp 7 is on." in page
            assert "<button" not in page
        assert len(lamp.done) == 1

    def test_too_late_it_says_so_and_does_nothing(self, lamp: Lamp, reader: Contact, browser: Client) -> None:
        delivery = offered(reader)
        Event.objects.filter(pk=delivery.event_id).update(until=NOW - timedelta(seconds=1))
        page = press(browser, of(delivery))
        assert "It is too late for this" in page
        assert "Lamp 7 is off." in page
        assert (lamp.done, OfferUse.objects.count()) == ([], 0)

    def test_a_refusal_says_why_and_the_link_stays_good(self, lamp: Lamp, reader: Contact, browser: Client) -> None:
        address, lamp.broken = of(offered(reader)), True
        page = press(browser, address)
        assert "The lamp is broken." in page
        assert OfferUse.objects.count() == 0
        lamp.broken = False
        assert "is on, says" in press(browser, address)

    def test_a_choice_may_ask_for_a_time(self, lamp: Lamp, reader: Contact, browser: Client) -> None:
        address = of(offered(reader), "until")
        assert 'type="time"' in browser.get(address).content.decode()
        press(browser, address, value="20:30")
        assert lamp.done[0]["value"] == "20:30"

    def test_it_speaks_its_readers_language(self, lamp: Lamp, reader: Contact, browser: Client) -> None:
        Contact.objects.update(language="ko")
        page = browser.get(of(offered(reader))).content.decode()
        assert '<html lang="ko">' in page
        assert "7번 등" in page

    def test_whoever_is_signed_in_in_that_browser_has_nothing_to_do_with_it(
        self, lamp: Lamp, reader: Contact, browser: Client
    ) -> None:
        Contact.objects.update(user=None)
        browser.force_login(User.objects.create_superuser("administrator"))
        press(browser, of(offered(reader)))
        assert lamp.done[0]["person"].pk is None

    def test_a_person_who_was_switched_off_or_erased_can_do_nothing(
        self, lamp: Lamp, reader: Contact, browser: Client
    ) -> None:
        address = of(offered(reader))
        Contact.objects.update(is_on=False)
        assert browser.get(address).status_code == 404
        reader.delete()
        assert browser.get(address).status_code == 404

    @pytest.mark.django_db(transaction=True)
    def test_of_many_that_press_at_one_moment_one_does_it(self, lamp: Lamp, reader: Contact) -> None:
        delivery, barrier = offered(reader), threading.Barrier(5)

        def race(_number: int) -> str:
            barrier.wait()
            try:
                taken = offer_use.take(delivery_id=delivery.pk, choice="1h", value="", address=None, now=NOW)
                return taken.state if taken else ""
            finally:
                connections.close_all()

        with ThreadPoolExecutor(5) as pool:
            states = sorted(pool.map(race, range(5)))
        assert states == ["done", *["used"] * 4]
        assert len(lamp.done) == 1


class TestAnyLink:
    @pytest.fixture
    def addresses(self, lamp: Lamp, reader: Contact) -> dict[str, str]:
        delivery = offered(reader)
        return {
            "offer": of(delivery),
            "acknowledge": path(links.acknowledge_url(delivery.pk)),
            "leave": path(links.leave_url(reader.pk)),
        }

    def test_altered_or_taken_for_something_else_it_is_a_calm_page(
        self, addresses: dict[str, str], browser: Client
    ) -> None:
        pages = {"offer": "/m/o/", "acknowledge": "/m/a/", "leave": "/m/l/"}
        for name, address in addresses.items():
            token = address.split("/")[3]
            body, _, signature = token.partition(":")
            wrong = [f"{body}x:{signature}", f"{body}:{signature[:-2]}", body, "x" * 2000, "%00", "a:b"]
            others = [prefix for other, prefix in pages.items() if other != name]
            for forged in [f"{pages[name]}{one}/" for one in wrong] + [f"{prefix}{token}/" for prefix in others]:
                for ask in (browser.get, browser.head):
                    assert ask(forged).status_code == 404, forged
        assert "This link does not work" in browser.get("/m/o/nonsense/").content.decode()

    def test_nothing_of_it_is_kept_indexed_or_told_to_others(self, addresses: dict[str, str], browser: Client) -> None:
        for address in (addresses["offer"], addresses["leave"], "/m/o/nonsense/"):
            headers = browser.get(address).headers
            assert "no-store" in headers["Cache-Control"]
            assert "noindex" in headers["X-Robots-Tag"]
            assert headers["Referrer-Policy"] == "same-origin"

    def test_a_press_needs_no_cookie_and_none_of_a_form_as_the_address_is_the_right(
        self, addresses: dict[str, str], browser: Client, lamp: Lamp
    ) -> None:
        assert browser.handler.enforce_csrf_checks
        assert browser.get(addresses["offer"]).status_code == 200
        assert lamp.done == []
        browser.cookies.clear()
        answers = {name: browser.post(one, headers={"Origin": "null"}) for name, one in addresses.items()}
        # Nobody is asked about this event, so that there is nothing to acknowledge.
        assert {name: answer.status_code for name, answer in answers.items()} == {
            "offer": 200,
            "leave": 200,
            "acknowledge": 404,
        }
        assert len(lamp.done) == 1

    def test_no_other_method_is_answered(self, addresses: dict[str, str], browser: Client) -> None:
        assert all(Client().put(address).status_code == 405 for address in addresses.values())

    def test_it_is_the_same_each_time_so_that_a_repeated_message_is_the_same(self, reader: Contact) -> None:
        assert links.leave_url(reader.pk) == links.leave_url(reader.pk)

    def test_without_an_address_of_the_portal_there_are_none(self, settings: Any) -> None:
        settings.BASE_URL = ""
        assert [links.offer_url(1, "1h"), links.acknowledge_url(1), links.leave_url(1)] == ["", "", ""]


def test_a_deed_that_nobody_registered_is_too_late_rather_than_an_error(
    reader: Contact, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address: Callable[[], str] = lambda: of(offered(reader))  # noqa: E731
    kept = address()
    monkeypatch.delitem(offers._deeds, "light")
    assert "It is too late for this" in browser.get(kept).content.decode()


def test_an_offer_needs_choices_with_keys_of_their_own() -> None:
    with pytest.raises(ValueError, match="key of its own"):
        Offer("light", "7", (Choice("1h", "a"), Choice("1h", "b")))
    with pytest.raises(ValueError, match="nothing or a time"):
        Choice("1h", "a", asks="date")
