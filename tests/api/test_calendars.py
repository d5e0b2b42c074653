"""Calendars over the API: their days with names and sources, and what they hold for."""

from __future__ import annotations

from datetime import date

import pytest

from environments.models import Calendar, CalendarDay
from tests import factories

from .rest import Program, manager, monday_morning, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "outsider", "viewer"]


@pytest.fixture
def korea() -> Calendar:
    made = Calendar.objects.create(name="Korea", country="KR", ics_url="https://calendars.example.com/secret-token.ics")
    CalendarDay.objects.create(calendar=made, day=date(2026, 12, 24), name="Founding day")
    CalendarDay.objects.create(calendar=made, day=date(2026, 12, 25), name="Shift", kind="working", as_weekday=0)
    CalendarDay.objects.create(calendar=made, day=date(2026, 12, 28), name="Fair", origin="ics")
    return made


def test_a_calendar_says_where_its_days_come_from_and_keeps_the_address_to_itself(
    viewer: Program, korea: Calendar
) -> None:
    [told] = viewer.items("/calendars")
    assert told == {
        "id": korea.pk,
        "name": "Korea",
        "country": "KR",
        "country_name": "South Korea",
        "subdivision": "",
        "own_days": 2,
        "imported_days": 1,
        "imported_from": "calendars.example.com",
        "read": None,
        "problem": "",
    }
    assert "secret-token" not in viewer.ask("get", f"/calendars/{korea.pk}").content.decode()


def test_its_days_have_names_and_sources_and_say_what_they_replace(viewer: Program, korea: Calendar) -> None:
    told = viewer.items(f"/calendars/{korea.pk}/days", **{"from": "2026-12-20", "to": "2027-01-01"})
    assert [(one["day"], one["kind"], one["name"], one["source"]) for one in told] == [
        ("2026-12-24", "off", "Founding day", "own"),
        ("2026-12-25", "working", "Shift", "own"),
        ("2026-12-28", "off", "Fair", "ics"),
        ("2027-01-01", "off", "New Year's Day", "public"),
    ]
    assert (told[1]["as_weekday"], told[1]["replaces"]) == (0, ["Christmas Day"])


def test_holidays_are_named_in_the_readers_language(viewer: Program, korea: Calendar) -> None:
    answer = viewer.client.get(
        f"/api/v1/calendars/{korea.pk}/days",
        query_params={"from": "2027-01-01", "to": "2027-01-01"},
        headers={"Accept-Language": "ko"},
    )
    assert [one["name"] for one in answer.json()["items"]] == ["신정연휴"]


def test_without_a_span_it_is_the_year_that_begins_today(viewer: Program, korea: Calendar) -> None:
    days = [one["day"] for one in viewer.items(f"/calendars/{korea.pk}/days")]
    assert (days[0], days[-1][:7]) == ("2026-12-24", "2027-10")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2020-01-01"}, "from"),
        ({"from": "0001-01-01"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-12-24", "to": "2026-12-23"}, "to"),
        ({"from": "Christmas"}, "from"),
    ],
)
def test_days_that_are_not_known_are_refused(
    asked: dict[str, str], field: str, viewer: Program, korea: Calendar
) -> None:
    assert list(viewer.refused("get", f"/calendars/{korea.pk}/days", **asked)) == [field]


def test_what_it_holds_for_is_named_as_far_as_one_sees_it(viewer: Program, outsider: Program, korea: Calendar) -> None:
    chat, pay = factories.environment(), factories.environment("pay-dev", team=factories.team("Payments"))
    korea.schedules.add(factories.schedule())
    korea.teams.add(pay.team)
    korea.environments.add(chat)
    told = viewer.get(f"/calendars/{korea.pk}")
    assert told["holds_for"] == {
        "schedules": ["Office hours Seoul"],
        "teams": [],
        "environments": ["chat-dev"],
        "others": 1,
    }
    assert told["concerns"] == 1
    theirs = outsider.get(f"/calendars/{korea.pk}")["holds_for"]
    assert (theirs["teams"], theirs["environments"], theirs["others"]) == (["Payments"], [], 1)


def test_what_is_not_there_is_404(viewer: Program) -> None:
    assert viewer.status("get", "/calendars/999") == 404
    assert viewer.status("get", "/calendars/999/days") == 404


def test_who_may_not_see_calendars_is_told_so(korea: Calendar) -> None:
    nobody = factories.person("nobody", "Viewer")
    nobody.groups.clear()
    for path in ("/calendars", f"/calendars/{korea.pk}", f"/calendars/{korea.pk}/days"):
        assert Program(nobody).status("get", path) == 403


def test_thirty_calendars_ask_the_database_no_more_than_three(manager: Program) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            made = Calendar.objects.create(name=f"Calendar {number:02}", country="KR")
            CalendarDay.objects.create(calendar=made, day=date(2026, 12, 24), name="Founding day")
        asked.append(queries(lambda: manager.get("/calendars")))
    assert len(manager.items("/calendars")) == 30
    assert asked[0] == asked[1]
