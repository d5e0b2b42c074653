"""Whoever chose a zone of their own reads each time of an environment in both; the zone of the first is named too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from environments.admin import own_clock
from environments.admin.displays import also, at_words
from environments.models import Environment, Scan, Target, Wish
from environments.services import exceptions, feeds, holds, pauses
from environments.services.exceptions import Wanted
from environments.services.maintenance_windows import FACTS
from portal.models import Preference
from portal.moments import reading_in
from tests import factories
from tests.support.times import monday, on

from .asking import whole
from .conftest import Enter

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
SEOUL, BERLIN = "Asia/Seoul", "Europe/Berlin"
Read = Callable[..., str]


@pytest.fixture
def chat() -> Environment:
    made = factories.chat_app()
    Environment.objects.update(state="running", wish="running", state_since=monday("09:03"))
    return made


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def read(enter: Enter) -> Read:
    """What a page says to somebody who is in Berlin: all of it, or the part with an id."""
    reader = factories.administrator()
    Preference.objects.create(user=reader, timezone=BERLIN)
    browser = enter(reader)

    def page(address: str = "/env/chat-dev/", part: str = "") -> str:
        html = whole(browser, address)
        if not part:
            return words(html)
        tag = re.search(rf'<(\w+)[^>]* (?:id|aria-labelledby)="{part}"', html)
        assert tag is not None, part
        return words(html[tag.start() :].split(f"</{tag[1]}>")[0])

    return page


def hours(environment: Environment, author: User, first: int, last: int) -> None:
    wanted = [
        Wanted(kind, date(2026, 11, first), date(2026, 11, last), minute, "training")
        for kind, minute in (("start", 7 * 60), ("stop", 20 * 60))
    ]
    exceptions.place(scope=environment, wanted=wanted, author=author, now=NOW)


def test_since_when_it_is_so_is_said_in_both(read: Read, chat: Environment) -> None:
    assert f"Since {SEOUL} 09:03 = 01:03 {BERLIN}" in read()


def test_the_next_changes_are_said_in_both(read: Read, chat: Environment) -> None:
    told = read(part="changes")
    assert told.startswith(f"Next changes {SEOUL}")
    assert f"18:00 = 10:00 {BERLIN} stops" in told
    assert f"tomorrow 09:00 = tomorrow 01:00 {BERLIN} starts" in told


def test_each_of_the_seven_days_says_when_it_runs_in_both(read: Read, chat: Environment) -> None:
    told = read(part="week")
    assert told.startswith(f"Next seven days {SEOUL}")
    assert f"= planned 01:00–10:00 {BERLIN}" in told


def test_operations_and_their_steps_are_said_in_both(read: Read, chat: Environment) -> None:
    factories.step(factories.operation(chat, at=monday("09:00")), "look")
    for minutes in (30, 60):
        factories.operation(chat, at=monday("09:00") - timedelta(minutes=minutes))
    told = read(part="operations")
    assert told.startswith(f"Operations {SEOUL}")
    assert f"09:00 ({SEOUL}) = 01:00 {BERLIN}" in told
    assert "09:00:00 = 01:00:00 Look at what is there" in told
    assert f"08:30 = 00:30 {BERLIN}" in told


def test_what_aws_reports_meanwhile_is_said_in_both(read: Read, chat: Environment) -> None:
    line = {"at": monday("09:58").isoformat(), "status": "CREATE_COMPLETE", "stack": "Database", "resource": "DocDb"}
    operation = factories.operation(chat, status="running", at=monday("09:57"))
    factories.step(operation, "wait", "running", progress={"lines": [line | {"type": "X", "reason": ""}]})
    assert "09:58:00 = 01:58:00 CREATE_COMPLETE" in read(part="operations")


def test_an_exception_s_hours_and_when_it_was_made_are_said_in_both(read: Read, chat: Environment) -> None:
    hours(chat, factories.operator(), 25, 25)
    told = read(part="exceptions")
    assert told.startswith(f"Exceptions {SEOUL}")
    assert f"07:00–20:00 instead of its hours = tomorrow 23:00 – Wed 12:00 {BERLIN}" in told
    assert f"web, 10:00 = 02:00 {BERLIN}" in told


def test_of_hours_on_several_days_the_first_is_said(read: Read, chat: Environment) -> None:
    hours(chat, factories.operator(), 25, 27)
    assert f"the first day = tomorrow 23:00 – Wed 12:00 {BERLIN}" in read(part="exceptions")


def test_all_times_of_exceptions_are_those_of_the_zone_whose_days_they_are_of(
    as_manager: Client, chat: Environment
) -> None:
    Environment.objects.update(timezone="Europe/London")
    hours(chat, factories.operator(), 25, 25)
    section = as_manager.get("/env/chat-dev/").content.decode().split('aria-labelledby="exceptions"')[1]
    assert f"Exceptions {SEOUL}" in words("<" + section.split("</section>")[0])
    assert "web, 10:00" in words(section)


def test_when_an_exception_ended_is_said_in_both(read: Read, chat: Environment) -> None:
    wanted = Wanted("off", date(2026, 11, 25), date(2026, 11, 25), None, "outing")
    made = exceptions.place(scope=chat, wanted=wanted, author=factories.operator(), now=monday("09:00"))
    exceptions.remove(exceptions=made, author=factories.operator(), now=monday("09:30"))
    assert f"removed: operator, 09:30 = 01:30 {BERLIN}" in read(part="exceptions")


def test_a_pause_is_said_in_both(read: Read, chat: Environment) -> None:
    pauses.place(environment=chat, until=on("friday", "00:00"), author=factories.operator(), now=NOW)
    assert f"until Fri 00:00, by operator ({SEOUL}) = Thu 16:00 {BERLIN}" in read()


def test_changes_and_the_ends_that_they_name_are_said_in_both(read: Read, chat: Environment) -> None:
    holds.place(environment=chat, desired=Wish.RUNNING, until=monday("22:00"), author=factories.operator(), now=NOW)
    told = read(part="what-changed")
    assert told.startswith(f"Changes {SEOUL}")
    assert f"10:00 = 02:00 {BERLIN} operator" in told
    assert f"Kept running until 22:00 = 14:00 {BERLIN}" in told
    everywhere = read("/changes/")
    assert "Times are those of UTC" in everywhere  # the portal's own
    assert f"01:00 = 02:00 {BERLIN} operator" in everywhere


def test_feeds_and_windows_of_aws_are_said_in_both(read: Read, chat: Environment) -> None:
    feeds.make(scope=chat, author=User.objects.get(username="administrator"), language="en", now=NOW)
    window = {"databases": [{"id": "chat", "window": "wed:06:38-wed:07:08", "pending": []}]}
    Target.objects.update(memory={FACTS: window})
    assert f"made 10:00 ({SEOUL}) = 02:00 {BERLIN}" in read(part="feeds")
    told = read(part="made-of") + read()
    assert f"Made of {SEOUL}" in told
    assert f"Wed 15:38 to 16:08, each week · = Wed 07:38–08:08 {BERLIN}" in told


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("operation", f"09:00 ({SEOUL}) = 01:00 {BERLIN}"),
        ("hold", f"22:00 ({SEOUL}) = 14:00 {BERLIN}"),
        ("environment", f"18:00 ({SEOUL}) = 10:00 {BERLIN}"),
    ],
)
def test_lists_of_rows_say_their_times_in_both(read: Read, chat: Environment, model: str, told: str) -> None:
    factories.operation(chat, at=monday("09:00"))
    factories.hold(chat, until=monday("22:00"))
    Environment.objects.update(next_transition_at=monday("18:00"))
    assert told in read(f"/environments/{model}/")


def test_the_pages_of_an_exception_and_of_an_account_say_theirs_in_both(read: Read, chat: Environment) -> None:
    wanted = Wanted("off", date(2026, 11, 25), date(2026, 11, 25), None, "outing")
    row = exceptions.place(scope=chat, wanted=wanted, author=factories.operator(), now=NOW)[0]
    told = read(f"/environments/dayexception/{row.pk}/change/")
    assert told.count(f"10:00 ({SEOUL}) = 02:00 {BERLIN}") == 2  # when it was made, and in its history
    account = chat.targets.get().account
    Scan.objects.create(account=account, region="ap-northeast-2", finished_at=monday("09:30"))
    assert f"Seen 00:30 (UTC) = 01:30 {BERLIN}" in read(f"/environments/account/{account.pk}/change/")


def test_who_chose_no_zone_and_who_lives_by_the_same_clock_read_one_line(enter: Enter, chat: Environment) -> None:
    factories.operation(chat, at=monday("09:00"))
    hours(chat, factories.operator(), 25, 25)
    reader = factories.manager()
    browser = enter(reader)
    assert "db-also" not in browser.get("/env/chat-dev/").content.decode()
    Preference.objects.create(user=reader, timezone="Asia/Tokyo")
    assert "db-also" not in browser.get("/env/chat-dev/").content.decode()


def test_a_span_names_its_second_day_only_where_it_is_another_and_follows_the_change_of_clocks() -> None:
    def told(begin: str, end: str) -> str:
        return own_clock.also_span(monday(begin), monday(end), SEOUL, NOW)

    with reading_in(BERLIN):
        assert told("09:00", "18:00") == f"= 01:00–10:00 {BERLIN}"
        assert told("07:00", "18:00") == f"= yesterday 23:00 – 10:00 {BERLIN}"
        summer = monday("09:00") - timedelta(days=60)
        assert own_clock.also_clock(summer, SEOUL) == "= 02:00:00"
    assert told("09:00", "18:00") == ""
    with reading_in("Asia/Tokyo"):
        assert told("09:00", "18:00") == own_clock.also_clock(NOW, SEOUL) == ""


@pytest.mark.parametrize(
    ("clock", "told", "mine"),
    [
        ("yesterday", "Sun 18:00", "Sun 04:00"),
        ("00:30", "Mon 00:30", "Sun 10:30"),
        ("18:00", "Mon 18:00", "Mon 04:00"),
        ("tomorrow", "Tue 09:00", "Mon 19:00"),
    ],
)
def test_while_the_reader_has_another_date_no_day_is_called_today_or_tomorrow(clock: str, told: str, mine: str) -> None:
    """In New York it is Sunday evening, at ten on Monday in Seoul."""
    day = {"yesterday": monday("18:00") - timedelta(days=1), "tomorrow": on("tuesday", "09:00")}
    at = day.get(clock) or monday(clock)
    with reading_in("America/New_York"):
        assert at_words(at, SEOUL, NOW) == told
        assert also(at, SEOUL, NOW) == f"= {mine} America/New_York"


def test_who_chose_no_zone_has_the_portal_s_date() -> None:
    night, morning = monday("01:00"), monday("09:00")
    assert at_words(morning, SEOUL, night) == "Mon 09:00"  # it is Sunday in UTC
    assert at_words(on("tuesday", "09:00"), SEOUL, morning) == "tomorrow 09:00"
    with reading_in("Asia/Tokyo"):
        assert at_words(morning, SEOUL, night) == "09:00"


def test_a_span_names_its_day_while_the_reader_has_another_date() -> None:
    with reading_in("America/New_York"):
        told = own_clock.also_span(monday("15:00"), monday("18:00"), SEOUL, NOW)
    assert told == "= Mon 01:00–04:00 America/New_York"
