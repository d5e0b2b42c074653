"""“Today” is that of the plan's zone, whatever zone the portal itself has: it is five on Monday morning in Seoul, and
still Sunday by UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from environments.models import Calendar, DayException, Environment, Schedule
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .filling import filled, refusal
from .overriding import LIST, MONDAY, PAGE, made, named, send, told, words

pytestmark = pytest.mark.django_db

SUNDAY = "2026-11-22"


@pytest.fixture(autouse=True)
def five_in_the_morning(settings: Settings) -> Iterator[None]:
    settings.TIME_ZONE = "UTC"
    with time_machine.travel(monday("05:00"), tick=False):
        yield


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


def states(browser: Client) -> list[str]:
    """The last column of the list of exceptions."""
    html = browser.get(LIST).content.decode()
    cells = re.findall(r'<td class="[^"]*field-in_force[^"]*"[^>]*>(.*?)</td>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in cells]


def test_the_form_begins_with_the_day_of_the_chosen_plan_or_of_the_first_one(
    as_manager: Client, chat: Environment
) -> None:
    for query in ("", f"?scope={named(chat)}", f"?scope={named(chat.team)}", "?scope=environment:0"):
        assert f'name="first" required min="" value="{MONDAY}"' in as_manager.get(f"{LIST}add/{query}").content.decode()


def test_what_was_for_sunday_is_over_in_seoul_and_not_in_new_york(as_manager: Client, chat: Environment) -> None:
    made(chat, first=SUNDAY, now=monday("00:00").replace(day=20))
    assert states(as_manager) == ["over"]
    (row,) = DayException.objects.all()
    assert "over" in words(as_manager.get(f"{LIST}{row.pk}/change/").content.decode())
    Schedule.objects.update(timezone="America/New_York")
    assert states(as_manager) == ["in force"]


def test_what_was_ended_says_whether_it_was_removed_or_replaced(as_manager: Client, chat: Environment) -> None:
    send(as_manager, chat, first=MONDAY, reason="first")
    with time_machine.travel(monday("05:01"), tick=False):
        send(as_manager, chat, first=MONDAY, reason="second")
    assert states(as_manager) == ["in force", "replaced"]
    row = DayException.objects.in_force().get()
    with time_machine.travel(monday("05:02"), tick=False):
        as_manager.post(f"{PAGE}exceptions/remove/", {"batch": str(row.batch)})
        assert states(as_manager) == ["removed", "replaced"]
        korean = as_manager.get(LIST, headers={"Accept-Language": "ko"}).content.decode()
    assert "삭제됨" in korean
    assert "대체됨" in korean


def test_a_last_day_is_compared_with_the_day_where_the_environment_s_plan_is_made(
    as_operator: Client, chat: Environment
) -> None:
    address = f"/environments/environment/{chat.pk}/change/"
    form = filled(as_operator.get(address))
    assert "This day has passed." in refusal(as_operator.post(address, form | {"expires_on": SUNDAY}))["expires_on"]
    assert as_operator.post(address, form | {"expires_on": MONDAY}).status_code == 302
    Environment.objects.update(schedule=None, timezone="America/New_York", expires_on=None)
    form = filled(as_operator.get(address))
    assert as_operator.post(address, form | {"expires_on": SUNDAY}).status_code == 302


def test_a_pause_is_offered_from_tomorrow_on(as_manager: Client, chat: Environment) -> None:
    html = as_manager.get(PAGE).content.decode()
    assert 'min="2026-11-24"' in html
    assert 'value="2026-11-30"' in html


def test_around_new_year_a_date_is_said_without_its_year_when_it_is_of_this_one(
    enter: Enter, chat: Environment
) -> None:
    with time_machine.travel(monday("05:00").replace(month=12, day=31, hour=20), tick=False):  # 2027 in Seoul
        browser = enter(factories.manager())
        assert told(send(browser, chat, first="2027-01-04")) == "chat-dev, Mon 4 Jan: Off all day."
        assert "Mon 4 Jan 2027" not in words(browser.get(PAGE).content.decode())


def test_a_calendar_says_when_it_was_read_where_its_people_are(as_operator: Client, chat: Environment) -> None:
    calendar = Calendar.objects.create(name="Company", ics_url="https://a.example/b.ics", ics_read_at=monday("04:30"))
    address = f"/environments/calendar/{calendar.pk}/change/"
    assert "last read 19:30 (UTC)" in as_operator.get(address).content.decode()
    calendar.teams.add(chat.team)
    assert "last read Mon 04:30 (Asia/Seoul)" in as_operator.get(address).content.decode()
    calendar.schedules.add(factories.schedule("Berlin", timezone="Europe/Berlin"))
    assert "last read 20:30 (Europe/Berlin)" in as_operator.get(address).content.decode()
