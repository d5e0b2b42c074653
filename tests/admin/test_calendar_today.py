"""Today on the calendar is a date of the environments that it shows, whatever the date is where the portal runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from environments.models import Calendar, Environment
from portal.models import Preference
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter
from .overriding import words
from .test_calendar_view import DAY, html_of, row_of

pytestmark = pytest.mark.django_db
SUNDAY, MONDAY = "2026-11-22", "2026-11-23"
YORK = "America/New_York"


@pytest.fixture(autouse=True)
def in_the_night(monday_morning: None) -> Iterator[None]:
    """One o'clock on Monday in Seoul: Sunday for the portal, which is in UTC, and in New York."""
    assert settings.TIME_ZONE == "UTC"
    with time_machine.travel(monday("01:00"), tick=False):
        yield


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


@pytest.fixture
def york(chat: Environment) -> Environment:
    return factories.environment("york", schedule=factories.schedule("New York", timezone=YORK), timezone=YORK)


def today(html: str) -> str:
    """The column that is marked."""
    [marked] = re.findall(r'<th scope="col" class="[^"]*calv-today[^"]*">(.*?)</th>', html, re.DOTALL)
    return words(marked)


@pytest.mark.parametrize("view", ["week", "month"])
def test_today_is_marked_where_it_is_today_for_the_rows(view: str, as_manager: Client, chat: Environment) -> None:
    assert today(html_of(as_manager, view=view)) in {"Mon 23 today", "Mon 23"}


def test_a_day_is_by_default_that_of_the_rows(as_manager: Client, chat: Environment) -> None:
    assert list(row_of(html_of(as_manager, view="day"))) == [MONDAY]


def test_the_zone_is_that_of_the_plan_whose_dates_are_shown(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(timezone=YORK)
    assert list(row_of(html_of(as_manager, view="day"))) == [MONDAY]


def test_of_rows_in_several_zones_it_is_the_reader_s_else_the_portal_s(
    enter: Enter, chat: Environment, york: Environment
) -> None:
    reader = factories.manager()
    browser = enter(reader)
    assert list(row_of(html_of(browser, view="day"))) == [SUNDAY]
    Preference.objects.create(user=reader, timezone="Asia/Tokyo")
    assert list(row_of(html_of(browser, view="day"))) == [MONDAY]


def test_a_filter_that_leaves_one_zone_leaves_its_today(
    as_manager: Client, chat: Environment, york: Environment
) -> None:
    assert list(row_of(html_of(as_manager, view="day", q="chat-dev"))) == [MONDAY]
    assert list(row_of(html_of(as_manager, view="day", q="york"), "york")) == [SUNDAY]


def test_without_rows_and_with_a_zone_that_there_is_not_the_page_is_shown(
    as_manager: Client, chat: Environment
) -> None:
    assert "November 2026" in html_of(as_manager, q="nothing")
    Environment.objects.update(schedule=None, timezone="Asia/Atlantis")
    assert as_manager.get("/calendar/").status_code == 200


@pytest.mark.parametrize("asked", [{}, {"on": SUNDAY}, {"on": MONDAY}])
def test_a_dialog_leads_back_to_the_date_at_which_it_was_opened(
    asked: dict[str, str], as_manager: Client, chat: Environment
) -> None:
    """The portal's date is Sunday: it is named all the same, for the calendar opens at Monday."""
    query = "".join(f"&amp;on={on}" for on in asked.values())
    assert f'href="/calendar/?view=day{query}"' in html_of(as_manager, DAY, view="day", **asked)


def test_a_calendar_s_days_have_passed_where_its_people_are(as_administrator: Client, chat: Environment) -> None:
    held = Calendar.objects.create(name="Company")
    held.teams.add(chat.team)
    for day in (SUNDAY, MONDAY):
        held.days.create(day=day, name=f"Day {day[-2:]}")
    html = as_administrator.get(f"/environments/calendar/{held.pk}/change/").content.decode()
    past = [words(line) for line in re.findall(r'<li class="cal-past">(.*?)</li>', html, re.DOTALL)]
    assert [line[:10] for line in past] == ["Sun 22 Nov"]


def test_a_row_s_next_change_and_its_reason_say_one_moment_in_the_same_words(
    as_manager: Client, chat: Environment
) -> None:
    Environment.objects.update(state="stopped", wish="stopped", judged_at=monday("01:00"))
    row = words(as_manager.get("/").content.decode().split(f'id="row-{chat.pk}"')[1].split("</li>")[0])
    assert "until Mon 09:00 · " in row
    assert "starts Mon 09:00" in row
    with time_machine.travel(on("monday", "20:00"), tick=False):
        row = words(as_manager.get("/").content.decode().split(f'id="row-{chat.pk}"')[1].split("</li>")[0])
        assert "until tomorrow 09:00 · " in row
        assert "starts tomorrow 09:00" in row
