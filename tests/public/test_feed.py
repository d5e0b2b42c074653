"""The address of a calendar feed: what calendar programs get, and what nobody gets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment, Period, PlanFeed, Schedule, Team
from environments.services import feed_texts, feeds
from portal.logs import MaskingFormatter
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db

NOW = monday("10:00")


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def feed(scope: Environment | Team, author: User | None = None, language: str = "en") -> str:
    """The path of a new feed."""
    _row, secret = feeds.make(scope=scope, author=author or factories.viewer(), language=language, now=NOW)
    return f"/feeds/{secret}.ics"


def read(path: str) -> Any:
    """The feed, as a calendar program understands it."""
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.content.decode())


def events(path: str) -> list[Any]:
    return sorted(read(path).walk("VEVENT"), key=lambda event: (event["DTSTART"].dt, str(event["SUMMARY"])))


def times(path: str) -> list[tuple[datetime, datetime]]:
    return [(event["DTSTART"].dt, event["DTEND"].dt) for event in events(path)]


def test_a_calendar_program_reads_the_running_hours_from_today_to_five_weeks_ahead() -> None:
    path = feed(factories.environment())
    found = times(path)
    assert found[0] == (monday("09:00"), monday("18:00")), "what was so before, today's plan does not say"
    assert found[-1][0] >= monday("09:00") + timedelta(weeks=5)
    assert all(begin.tzinfo is UTC or begin.utcoffset() == timedelta(0) for begin, _end in found)


def test_an_event_says_what_runs_why_and_where_to_look_and_does_not_make_anybody_busy() -> None:
    event = events(feed(factories.environment()))[0]
    assert event["SUMMARY"] == "chat-dev running"
    assert "schedule Office hours Seoul" in event["DESCRIPTION"]
    assert str(event["URL"]).endswith("/env/chat-dev/")
    assert event["TRANSP"] == "TRANSPARENT"


def test_it_speaks_the_language_that_it_was_made_in() -> None:
    event = events(feed(factories.environment(), language="ko"))[0]
    assert event["SUMMARY"] == "chat-dev 실행"
    assert "일정 Office hours Seoul" in event["DESCRIPTION"]


def test_the_calendar_has_a_name_and_says_how_often_to_look() -> None:
    calendar = read(feed(factories.environment()))
    assert calendar["X-WR-CALNAME"] == "chat-dev: running hours"
    assert calendar["X-PUBLISHED-TTL"] == "PT1H"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in calendar.to_ical()
    assert calendar["VERSION"] == "2.0"


def test_whatever_people_write_arrives_as_they_wrote_it_in_lines_that_are_short_enough() -> None:
    here = factories.environment("chat, dev; \\n x", slug="chat-dev")
    reason = "데모: 고객, 그리고; \\ 역슬래시 😀 " * 4
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason=reason.strip())
    path = feed(here, language="ko")
    [today] = [event for event in events(path) if event["DTSTART"].dt == monday("09:00")]
    assert today["SUMMARY"] == "chat, dev; \\n x 실행"
    assert reason.strip() in today["DESCRIPTION"]
    assert feed_texts.escaped("a\x00b\r\nc") == "ab\\nc"
    raw = Client().get(path).content
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75


def test_every_event_has_an_identity_of_its_own_that_stays() -> None:
    path = feed(factories.environment())
    before = [str(event["UID"]) for event in events(path)]
    assert len(set(before)) == len(before)
    with time_machine.travel(on("tuesday", "10:00"), tick=False):
        after = [str(event["UID"]) for event in events(path)]
    assert set(after) >= set(before[1:])


def test_running_for_days_on_end_is_one_event() -> None:
    week = Schedule.objects.create(name="Whole weeks", timezone="Asia/Seoul")
    Period.objects.create(schedule=week, begin_time="09:00", weekdays="mon")
    Period.objects.create(schedule=week, end_time="18:00", weekdays="fri")
    found = times(feed(factories.environment(schedule=week)))
    assert (monday("09:00"), on("friday", "18:00")) in found


def test_a_hold_that_prolongs_a_day_prolongs_its_event_and_says_why() -> None:
    here = factories.environment()
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="client demo")
    [today] = [event for event in events(feed(here)) if event["DTSTART"].dt == monday("09:00")]
    assert today["DTEND"].dt == monday("22:00")
    assert "schedule Office hours Seoul\nhold by manager (client demo)\n" in today["DESCRIPTION"]


def test_a_day_that_somebody_takes_off_has_no_event() -> None:
    here = factories.environment()
    DayException.objects.create(
        environment=here,
        kind="off",
        day=date(2026, 11, 24),
        reason="team day",
        author=factories.manager(),
        created_at=NOW,
    )
    assert on("tuesday", "09:00") not in [begin for begin, _end in times(feed(here))]


def test_running_without_end_is_cut_where_the_feed_ends() -> None:
    always = Schedule.objects.create(name="Always", override="running")
    [(begin, end)] = times(feed(factories.environment(schedule=always)))
    assert begin == datetime(2026, 11, 23, tzinfo=UTC)
    assert end == datetime(2026, 12, 29, tzinfo=UTC)


def test_a_team_s_feed_shows_its_environments_and_those_of_no_other_team() -> None:
    factories.environment("chat-dev")
    factories.environment("chat-staging")
    factories.environment("payments", team=factories.team("Payments"))
    path = feed(factories.team(), factories.operator())
    assert {str(event["SUMMARY"]) for event in events(path)} == {"chat-dev running", "chat-staging running"}


def test_a_plan_that_cannot_be_read_is_said_and_does_not_hide_the_others() -> None:
    factories.environment("chat-dev")
    spoilt = factories.schedule("Spoilt")
    factories.environment("broken", schedule=spoilt)
    Period.objects.filter(schedule=spoilt).update(weekdays="someday")
    path = feed(factories.team())
    assert {str(event["SUMMARY"]) for event in events(path)} == {"chat-dev running"}
    assert "broken: " in read(path)["X-WR-CALDESC"]


def test_reading_again_what_has_not_changed_is_answered_in_a_word() -> None:
    here = factories.environment()
    path = feed(here)
    first = Client().get(path)
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        again = Client().get(path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        factories.hold(here, until=monday("22:00"))
        changed = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_what_calendar_programs_send_that_unpack_works_too() -> None:
    path = feed(factories.environment())
    packed = Client().get(path, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    again = Client().get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_it_is_for_its_reader_alone_and_leaves_no_cookie() -> None:
    answer = Client().get(feed(factories.environment()))
    assert answer["Cache-Control"] == "private, max-age=900"
    assert not answer.cookies


def test_it_is_only_read() -> None:
    path = feed(factories.environment())
    head = Client().head(path)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)(path).status_code == 405


@pytest.mark.parametrize(
    "path", ["/feeds/x.ics", "/feeds/%00.ics", "/feeds/" + "A" * 5000 + ".ics", "/feeds/%F0%9F%98%80.ics"]
)
def test_an_unknown_address_is_not_found_in_plain_words(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/plain")
    assert b"There is no calendar at this address" in answer.content


def test_revoked_is_not_found() -> None:
    author = factories.viewer()
    path = feed(factories.environment(), author)
    feeds.revoke(feed_id=PlanFeed.objects.get().pk, user=author, now=NOW)
    assert Client().get(path).status_code == 404


def test_whose_author_is_gone_or_has_left_the_team_is_not_found() -> None:
    author = factories.viewer()
    here = factories.environment()
    paths = [feed(here, author), feed(here.team, author)]
    here.team.members.remove(author)
    assert [Client().get(path).status_code for path in paths] == [404, 404]
    here.team.members.add(author)
    assert [Client().get(path).status_code for path in paths] == [200, 200]
    User.objects.filter(pk=author.pk).update(is_active=False)
    assert [Client().get(path).status_code for path in paths] == [404, 404]


def test_an_environment_that_moves_to_another_team_takes_its_feed_away() -> None:
    here = factories.environment()
    path = feed(here)
    Environment.objects.filter(pk=here.pk).update(team=factories.team("Payments"))
    assert Client().get(path).status_code == 404


def test_reading_often_is_noted_once_in_a_while() -> None:
    path = feed(factories.environment())
    Client().get(path)
    with CaptureQueriesContext(connection) as queries:
        Client().get(path)
    assert [one["sql"] for one in queries if one["sql"].startswith("UPDATE")] == []
    assert PlanFeed.objects.get().last_read_at == NOW


def test_a_feed_of_many_environments_takes_as_many_queries_as_one_of_few() -> None:
    factories.environment("chat-0")
    path = feed(factories.team(), factories.viewer())
    Client().get(path)
    with CaptureQueriesContext(connection) as few:
        Client().get(path)
    for number in range(1, 40):
        here = factories.environment(f"chat-{number}")
        if number % 10 == 0:
            factories.hold(here, until=monday("22:00"), author=factories.manager())
    with CaptureQueriesContext(connection) as many:
        assert b"chat-39 running" in Client().get(path).content
    assert len(many) <= len(few)


def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    path = feed(factories.environment())
    PlanFeed.objects.update(revoked_at=NOW)
    with caplog.at_level(logging.DEBUG, "django"):
        Client().get(path)
        Client().post(path)
    lines = [
        MaskingFormatter("%(message)s").format(record) for record in caplog.records if "feeds" in record.getMessage()
    ]
    assert lines
    assert [line for line in lines if path.split("/")[-1] in line] == []
