"""The environment's page: its next seven days as bars, and its next ten changes, each with why and who."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import (
    Calendar,
    CalendarDay,
    DayException,
    Environment,
    Hold,
    Interval,
    Pause,
    Period,
    Schedule,
)
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter

pytestmark = pytest.mark.django_db


def page(browser: Client, language: str = "en") -> str:
    answer = browser.get("/env/chat-dev/", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def week(browser: Client, language: str = "en") -> list[str]:
    """The rows of the week, as words: date, what the bar says, and what stands beside it."""
    rows = page(browser, language).split('<li class="db-week-day">')[1:]
    return [words(row.split("</li>")[0]) for row in rows]


def changes(browser: Client, language: str = "en") -> list[str]:
    html = page(browser, language).split('aria-labelledby="changes"')[1].split("</section>")[0]
    return [words(row.split("</li>")[0]) for row in html.split("<li>")[1:]]


def words(html: str) -> str:
    html = re.sub(r"<title>.*?</title>|<text.*?</text>", " ", html)
    html = re.sub(r'aria-label="([^"]*)"[^>]*>', r">[\1]", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def exception(of: Environment, kind: str, day: date, **fields: object) -> None:
    values = {"reason": "team day", "author": factories.manager(), "created_at": monday("09:00")} | fields
    DayException.objects.create(environment=of, kind=kind, day=day, **values)


def test_the_week_begins_today_and_has_a_bar_a_day(as_manager: Client) -> None:
    factories.environment()
    rows = week(as_manager)
    assert [row.split(" [")[0] for row in rows] == [
        *("Mon 23 today", "Tue 24", "Wed 25", "Thu 26", "Fri 27", "Sat 28", "Sun 29"),
    ]
    assert rows[1] == "Tue 24 [planned 09:00–18:00]"
    assert rows[5] == "Sat 28 [not running]"


def test_what_makes_a_day_another_stands_beside_its_bar_with_who(as_manager: Client) -> None:
    here = factories.environment()
    exception(here, "off", date(2026, 11, 25))
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="client demo")
    off = Calendar.objects.create(name="Company")
    off.teams.add(here.team)
    CalendarDay.objects.create(calendar=off, day="2026-11-27", kind="off", name="Founding day")
    rows = week(as_manager)
    assert rows[0].endswith("held 10:00–22:00 · manager: client demo")
    assert rows[2].endswith("exception: off all day · manager: team day")
    assert rows[4] == "Fri 27 [day off: Founding day] day off: Founding day"


def test_a_pause_and_the_last_day_are_said(as_manager: Client) -> None:
    here = factories.environment()
    Pause.objects.create(
        environment=here,
        starts_at=monday("10:00"),
        until=on("wednesday", "00:00"),
        reason="load test",
        author=factories.manager(),
        created_at=monday("10:00"),
    )
    Environment.objects.filter(pk=here.pk).update(expires_on=date(2026, 11, 26))
    rows = week(as_manager)
    assert rows[1].endswith("paused all day · manager: load test")
    assert rows[4].endswith("expired after 2026-11-26")


def ran(here: Environment, begin: datetime, end: datetime | None = None) -> None:
    target = factories.stack(here, f"Stack {begin:%d %H:%M}")
    Interval.objects.create(
        environment=here,
        target=target,
        target_name=target.identifier,
        began_at=begin,
        began_by=Interval.Evidence.OPERATION,
        ended_at=end,
        ended_by=Interval.Evidence.OPERATION if end else "",
    )


def test_what_really_ran_today_lies_on_the_plan(as_manager: Client) -> None:
    ran(factories.environment(), monday("09:03"))
    rows = week(as_manager)
    assert "[planned 09:00–18:00, ran 09:03–now]" in rows[0]
    assert "ran" not in rows[1]


def test_the_last_seven_days_show_what_was_planned_and_what_ran_and_for_how_long(as_manager: Client) -> None:
    here = factories.environment()
    exception(here, "off", date(2026, 11, 20))
    DayException.objects.update(created_at=monday("09:00") - timedelta(days=5))
    hold = factories.hold(
        here, starts_at=monday("17:00") - timedelta(days=5), until=monday("20:00") - timedelta(days=5)
    )
    Hold.objects.update(ended_at=hold.until)
    ran(here, monday("09:03") - timedelta(days=4), monday("17:58") - timedelta(days=4))
    html = as_manager.get("/env/chat-dev/week/?days=last").content.decode()
    rows = [words(row.split("</li>")[0]) for row in html.split('<li class="db-week-day">')[1:]]
    assert [row.split(" [")[0] for row in rows] == [
        *("Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22", "Mon 23 today"),
    ]
    assert rows[0] == "Tue 17 [planned 09:00–18:00]"
    assert rows[1] == "Wed 18 [planned 09:00–17:00, held 17:00–20:00] held 17:00–20:00 · hold"
    assert rows[2] == "Thu 19 [planned 09:00–18:00, ran 09:03–17:58] ran 8 h 55 min"
    assert "exception: off all day" in rows[3]
    assert "Last seven days" in html.split('id="week"')[1].split("</h2>")[0]


def test_the_changes_say_when_what_why_and_who(as_manager: Client) -> None:
    here = factories.environment()
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="client demo")
    found = changes(as_manager)
    assert len(found) == 10
    assert found[0] == "22:00 stops end of the hold · manager: client demo"
    assert found[1] == "tomorrow 09:00 starts Office hours Seoul"


def test_in_korean_the_reasons_are_korean(as_manager: Client) -> None:
    factories.hold(factories.environment(), until=monday("22:00"), author=factories.manager(), reason="고객 데모")
    assert "유지 종료 · manager: 고객 데모" in changes(as_manager, "ko")[0]


def test_without_a_schedule_it_says_who_switches_it(as_manager: Client) -> None:
    factories.environment(schedule=None)
    assert "Nothing planned: it is started and stopped by hand." in page(as_manager)
    assert week(as_manager)[0] == "Mon 23 today [left as it is all day]"


def test_a_plan_that_never_changes_says_so_and_why(as_manager: Client) -> None:
    factories.environment(schedule=Schedule.objects.create(name="Always", override="running"))
    assert "No change ahead." in page(as_manager)
    assert "schedule Always, set to always running" in page(as_manager)


def test_a_schedule_that_cannot_be_read_says_what_is_wrong_instead_of_a_week(as_manager: Client) -> None:
    Period.objects.filter(schedule=factories.environment().schedule).update(weekdays="someday")
    html = page(as_manager)
    assert "db-week-day" not in html
    assert "Its schedule cannot be read: " in html.split('id="week"')[1].split("</section>")[0]


def test_the_zone_is_named_and_that_of_the_schedule_where_it_is_another(as_manager: Client) -> None:
    factories.environment(timezone="Europe/London")
    html = page(as_manager)
    assert "Europe/London" in html.split('id="week"')[1].split("</h2>")[0]
    assert "are those of Asia/Seoul" in html
    assert week(as_manager)[1] == "Tue 24 [planned 00:00–09:00]"


def test_the_day_on_which_the_clock_changes_is_drawn_in_its_own_length(as_manager: Client) -> None:
    daily = factories.schedule("Daily", timezone="America/New_York", begin_time="09:00", end_time="18:00")
    factories.environment(schedule=daily, timezone="")
    with time_machine.travel("2026-10-31T16:00:00Z", tick=False):
        drawn = page(as_manager).split('<li class="db-week-day">')[2]
    assert 'x="28%"' in drawn
    assert 'x="40%"' in drawn


def test_the_page_takes_as_many_queries_whatever_is_planned(enter: Enter) -> None:
    here = factories.environment()
    ran(here, monday("09:03"))
    exception(here, "off", date(2026, 11, 30))
    browser = enter(factories.manager())
    browser.get("/env/chat-dev/")
    with CaptureQueriesContext(connection) as few:
        page(browser)
    for day in range(23, 30):
        exception(here, "off", date(2026, 11, day))
        ran(here, monday("09:03") - timedelta(days=30 - day), monday("18:00") - timedelta(days=30 - day))
    with CaptureQueriesContext(connection) as many:
        page(browser)
    assert len(many) == len(few)
