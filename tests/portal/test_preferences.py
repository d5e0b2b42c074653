"""In whose language and by whose clock a page is: what people choose is kept with their account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.admin.displays import also
from notifications import contacts
from notifications.models import Contact
from notifications.outbox import publish
from portal.models import Preference
from portal.moments import reader_zone, reading_in, stamp
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(monday("10:00"), tick=False):
        yield


@pytest.fixture
def person() -> User:
    return factories.manager()


@pytest.fixture
def browser(person: User) -> Client:
    """Theirs, which asks for English."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(person)
    return client


def language_of(answer: Any) -> str:
    return str(answer["Content-Language"])


def test_a_language_once_chosen_comes_before_what_the_browser_asks_for_on_every_device(
    browser: Client, person: User
) -> None:
    assert language_of(browser.get("/preferences/")) == "en"
    assert browser.post("/preferences/", {"language": "ko", "timezone": ""}).status_code == 302
    assert language_of(browser.get("/")) == "ko"
    other = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert language_of(other.get("/login/")) == "en"
    other.force_login(person)
    assert language_of(other.get("/")) == "ko"


def test_the_switch_of_the_menu_is_kept_with_the_account_and_as_my_browser_undoes_it(
    browser: Client, person: User
) -> None:
    Preference.objects.create(user=person, timezone="Europe/Berlin")
    browser.post("/i18n/setlang/", {"language": "ko", "next": "/"})
    assert Preference.objects.values_list("language", "timezone").get() == ("ko", "Europe/Berlin")
    assert language_of(browser.get("/")) == "ko"
    browser.post("/preferences/", {"language": "", "timezone": "Europe/Berlin"})
    assert language_of(browser.get("/")) == "en"


def test_who_has_not_signed_in_switches_the_language_of_their_browser_alone() -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert client.get("/i18n/setlang/?language=ko").status_code == 405
    client.post("/i18n/setlang/", {"language": "ko", "next": "/login/"})
    assert language_of(client.get("/login/")) == "ko"
    assert not Preference.objects.exists()


@pytest.mark.parametrize(("form", "part"), [({"timezone": "Mars/Olympus"}, "Mars/Olympus"), ({"language": "xx"}, "xx")])
def test_what_is_no_language_and_no_zone_is_refused_by_name_and_nothing_is_kept(
    browser: Client, form: dict[str, str], part: str
) -> None:
    answer = browser.post("/preferences/", {"language": "ko", "timezone": "Asia/Seoul", **form})
    assert answer.status_code == 400
    assert f"{part} is not one of the available choices" in answer.content.decode()
    assert not Preference.objects.exists()


def test_the_same_moment_is_shown_by_the_readers_clock_as_well_on_the_environments_page(
    browser: Client, person: User
) -> None:
    factories.chat_app("chat-dev", "ChatStack")
    own = "= 10:00 Europe/Berlin"
    assert own not in browser.get("/env/chat-dev/").content.decode()
    browser.post("/preferences/", {"language": "", "timezone": "Europe/Berlin"})
    page = browser.get("/env/chat-dev/").content.decode()
    assert "stops 18:00" in page
    assert own in page
    assert reader_zone() == ""


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ("", ""),
        ("Asia/Tokyo", ""),  # another name of the same time
        ("Europe/Berlin", "= 10:00 Europe/Berlin"),
        ("Pacific/Auckland", "= 22:00 Pacific/Auckland"),
        ("America/New_York", "= Mon 04:00 America/New_York"),
        ("Pacific/Kiritimati", "= 23:00 Pacific/Kiritimati"),
    ],
)
def test_the_second_line_names_the_day_and_says_nothing_where_both_clocks_agree(mine: str, words: str) -> None:
    with reading_in(mine):
        assert also(monday("18:00"), "Asia/Seoul", monday("10:00")) == words
        assert also(None, "Asia/Seoul", monday("10:00")) == ""


def test_a_zone_that_this_machine_does_not_know_stops_no_page(browser: Client, person: User) -> None:
    Preference.objects.create(user=person, timezone="Asia/Atlantis")
    assert browser.get("/").status_code == 200


def test_the_preference_costs_no_query_of_its_own(browser: Client, person: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/preferences/").status_code == 200
        return len(queries)

    without = cost()
    Preference.objects.create(user=person, language="ko", timezone="Asia/Seoul")
    assert cost() == without


def test_managers_read_the_events_of_their_teams_by_their_own_clock_and_no_others(
    browser: Client, person: User
) -> None:
    Preference.objects.create(user=person, timezone="Asia/Seoul")
    for team in ("Chat", "Payments"):
        labels = {"environment": f"{team}-dev", "team": team}
        publish(kind="environment.ready", severity="info", labels=labels, title=f"{team} up", now=timezone.now())
    told = browser.get("/notifications/event/").content.decode()
    assert "23 Nov 2026 10:00 (Asia/Seoul)" in told
    assert "Chat up" in told
    assert "Payments up" not in told
    assert browser.get("/notifications/delivery/").status_code == 403


def test_a_log_says_day_time_and_zone_by_the_portals_clock_for_those_who_chose_none() -> None:
    assert stamp(monday("10:00")) == "23 Nov 2026 01:00 (UTC)"
    assert stamp(None) == "–"


def test_the_zone_that_somebody_chose_is_their_clock_in_messages_too(browser: Client, person: User) -> None:
    before = browser.get("/preferences/").content.decode()
    assert "go by the clock of UTC" in before
    assert before.count('name="timezone"') == 1
    entry = contacts.contact_of(person)
    browser.post("/preferences/", {"language": "", "timezone": "Europe/Berlin"})
    entry.refresh_from_db()
    assert entry.timezone == "Europe/Berlin"
    assert "go by your clock, Europe/Berlin" in browser.get("/preferences/").content.decode()


def test_choosing_no_zone_leaves_the_clock_of_messages_and_makes_nobody_an_entry(browser: Client, person: User) -> None:
    browser.post("/preferences/", {"language": "", "timezone": "Europe/Berlin"})
    assert not Contact.objects.exists()
    assert contacts.contact_of(User.objects.get(pk=person.pk)).timezone == "Europe/Berlin"
    browser.post("/preferences/", {"language": "", "timezone": ""})
    assert Contact.objects.get().timezone == "Europe/Berlin"


def test_keeping_messages_leaves_their_clock(browser: Client, person: User) -> None:
    browser.post("/preferences/", {"language": "", "timezone": "Europe/Berlin"})
    browser.post("/preferences/messages/", {"language": "en", "digest": "", "is_on": "on", "timezone": "Asia/Seoul"})
    assert Contact.objects.get().timezone == "Europe/Berlin"
