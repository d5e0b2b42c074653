"""A calendar's form and page: what operators write, what everybody reads, and which plans follow."""

from __future__ import annotations

import ipaddress
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import Calendar, CalendarDay, Environment
from environments.services.calendar_texts import CalendarProblem
from tests import factories
from tests.support.ics import content, event, ics, serving
from tests.support.times import monday

from .conftest import Enter
from .filling import filled, refusal, rows

pytestmark = pytest.mark.django_db
ADD = "/environments/calendar/add/"
FORM = {"name": "Korea", "country": "KR", "subdivision": "", "ics_url": ""}
NOW = monday("10:00")
LATER = NOW + timedelta(days=30)


def form(*days: dict[str, str], **fields: Any) -> dict[str, Any]:
    return FORM | rows("days", *days) | fields


def day(day: str, name: str, **fields: str) -> dict[str, str]:
    return {"day": day, "kind": "off", "name": name} | fields


def change(calendar: Calendar) -> str:
    return f"/environments/calendar/{calendar.pk}/change/"


def edit(browser: Client, calendar: Calendar, **fields: Any) -> Any:
    """Saves the form as it is, but for these fields."""
    shown = browser.get(change(calendar))
    kept = {name: getattr(calendar, name).values_list("pk", flat=True) for name in ("schedules", "teams")}
    kept["environments"] = calendar.environments.values_list("pk", flat=True)
    sent = rows("days") | filled(shown) | {name: list(ids) for name, ids in kept.items()} | fields
    answer = browser.post(change(calendar), sent)
    assert answer.status_code == 302, refusal(answer)
    return answer


def due() -> set[str]:
    """The environments whose plan is to be judged anew."""
    return set(Environment.objects.due(NOW).values_list("name", flat=True))


@pytest.fixture
def cast() -> dict[str, Environment]:
    """Environments that share nothing, judged a while ago."""
    made = {
        name: factories.environment(name, schedule=factories.schedule(f"Of {name}"), team=factories.team(f"Of {name}"))
        for name in ("one", "two", "other")
    }
    Environment.objects.update(next_transition_at=LATER)
    return made


@pytest.fixture
def calendar(cast: dict[str, Environment]) -> Calendar:
    """Holds for `one`, by its schedule."""
    made = Calendar.objects.create(name="Korea", country="KR")
    made.schedules.add(cast["one"].schedule)  # type: ignore[arg-type]
    return made


class TestForm:
    def test_one_is_written_with_its_own_days_and_what_it_holds_for(
        self, as_operator: Client, cast: dict[str, Environment]
    ) -> None:
        days = (day("2026-12-24", "Party"), day("2026-11-28", "Make-up day", kind="working", as_weekday="0"))
        assert as_operator.post(ADD, form(*days, teams=[cast["one"].team_id])).status_code == 302
        made = Calendar.objects.get()
        assert [str(row) for row in made.days.all()] == ["2026-11-28 Make-up day", "2026-12-24 Party"]
        assert due() == {"one"}

    @pytest.mark.parametrize(
        ("typed", "field", "part"),
        [
            ({"country": "XX"}, "country", "XX"),
            ({"country": "US", "subdivision": "ZZ"}, "subdivision", "Known: AK, AL"),
            ({"ics_url": "ftp://x.example/a.ics"}, "ics_url", "webcal://"),
            ({"ics_url": "https://me:secret@x.example/a.ics"}, "ics_url", "password"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, typed: dict[str, str], field: str, part: str, as_operator: Client
    ) -> None:
        told = refusal(as_operator.post(ADD, form(**typed)))
        assert set(told) == {field}
        assert part in told[field]
        assert not Calendar.objects.exists()

    @pytest.mark.parametrize(
        ("days", "field"),
        [
            ([day("2026-12-24", "Party", kind="working")], "0.as_weekday"),
            ([day("2026-12-24", "Party", as_weekday="0")], "0.as_weekday"),
            ([day("2026-12-24", "Party"), day("2026-12-24", "Again")], "1.day"),
            ([day("2026-02-30", "Never")], "0.day"),
            ([day("2026-12-24", "")], "0.name"),
        ],
    )
    def test_a_wrong_day_is_refused_at_its_field(
        self, days: list[dict[str, str]], field: str, as_operator: Client
    ) -> None:
        assert set(refusal(as_operator.post(ADD, form(*days)))) == {field}
        assert not Calendar.objects.exists()

    def test_days_may_change_places_and_a_day_may_come_where_one_is_deleted(
        self, as_operator: Client, calendar: Calendar
    ) -> None:
        for number, name in enumerate(("A", "B", "C"), start=1):
            calendar.days.create(day=date(2026, 12, number), name=name)
        moved = {"days-0-day": "2026-12-02", "days-1-day": "2026-12-03", "days-2-DELETE": "on"}
        edit(as_operator, calendar, **moved)
        assert [str(row) for row in calendar.days.all()] == ["2026-12-02 A", "2026-12-03 B"]

    def test_countries_are_offered_by_name_in_the_reader_s_language(self, as_operator: Client) -> None:
        for language, name in (("en", "South Korea (KR)"), ("ko", "대한민국 (KR)")):
            html = as_operator.get(ADD, headers={"Accept-Language": language}).content.decode()
            assert f'<option value="KR">{name}</option>' in html

    def test_subdivisions_of_the_chosen_country_are_offered(self, as_operator: Client, calendar: Calendar) -> None:
        asked = as_operator.get("/environments/calendar/subdivisions/?country=US").json()
        assert asked["CA"] == "California"
        assert as_operator.get("/environments/calendar/subdivisions/?country=ZZ").json() == {}
        Calendar.objects.update(country="DE", subdivision="BY")
        assert '<option value="BE">Berlin</option>' in as_operator.get(change(calendar)).content.decode()

    def test_an_address_of_a_calendar_program_is_kept_as_https_and_read_at_once(
        self, as_operator: Client, published: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            as_operator.post(ADD, form(ics_url="webcal://calendar.example/a.ics"))
        assert Calendar.objects.get().ics_url == "https://calendar.example/a.ics"
        assert published == ["environments.tasks.read_calendar"]


class TestPlans:
    """Exactly the plans that a calendar concerned before a change, or concerns after it, are judged anew."""

    @pytest.mark.parametrize("fields", [{"country": "US"}, {"name": "Corea"}], ids=["country", "name"])
    def test_after_an_edit(self, fields: dict[str, str], as_operator: Client, calendar: Calendar) -> None:
        edit(as_operator, calendar, **fields)
        assert due() == {"one"}

    def test_after_a_change_of_its_days(self, as_operator: Client, calendar: Calendar) -> None:
        row = calendar.days.create(day=date(2026, 12, 24), name="Party")
        edit(as_operator, calendar, **{"days-0-day": "2026-12-23"})
        assert due() == {"one"}
        Environment.objects.update(next_transition_at=LATER)
        edit(as_operator, calendar, **{"days-0-DELETE": "on"})
        assert due() == {"one"}
        assert not CalendarDay.objects.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("relation", ["schedules", "teams", "environments"])
    def test_when_it_is_hung_on_something_else(
        self, relation: str, as_operator: Client, calendar: Calendar, cast: dict[str, Environment]
    ) -> None:
        two = cast["two"]
        chosen = {"schedules": two.schedule_id, "teams": two.team_id, "environments": two.pk}[relation]
        edit(as_operator, calendar, **({"schedules": []} | {relation: [chosen]}))
        assert due() == {"one", "two"}

    def test_when_it_is_deleted_on_its_page_or_in_the_list(self, as_operator: Client, calendar: Calendar) -> None:
        as_operator.post(f"/environments/calendar/{calendar.pk}/delete/", {"post": "yes"})
        assert due() == {"one"}
        Environment.objects.update(next_transition_at=LATER)
        again = Calendar.objects.create(name="Again")
        again.environments.add(Environment.objects.get(name="two"))
        action = {"action": "delete_selected", "_selected_action": [again.pk], "post": "yes"}
        as_operator.post("/environments/calendar/", action)
        assert not Calendar.objects.exists()
        assert due() == {"two"}

    def test_not_when_nothing_was_changed_nor_when_only_the_address_was(
        self, as_operator: Client, calendar: Calendar
    ) -> None:
        edit(as_operator, calendar)
        edit(as_operator, calendar, ics_url="https://calendar.example/a.ics")
        assert due() == set()


class TestPage:
    def html(self, browser: Client, calendar: Calendar, language: str = "en") -> str:
        return browser.get(change(calendar), headers={"Accept-Language": language}).content.decode()

    def rows(self, browser: Client, calendar: Calendar, language: str = "en") -> dict[str, Any]:
        answer = browser.get(change(calendar), headers={"Accept-Language": language})
        return {row.iso: row for year in answer.context["years"] for row in year.rows}

    def test_the_days_of_this_year_and_the_next_are_there_in_the_reader_s_language(
        self, as_manager: Client, calendar: Calendar
    ) -> None:
        english, korean = self.rows(as_manager, calendar), self.rows(as_manager, calendar, "ko")
        assert list(english) == sorted(english)
        assert {iso[:4] for iso in english} == {"2026", "2027"}
        assert english["2026-12-25"].name == "Christmas Day"
        assert korean["2026-12-25"].name == "기독탄신일"
        assert english["2026-03-02"].name.startswith("Alternative holiday")
        assert korean["2026-05-25"].name == "부처님오신날 대체 휴일"

    def test_of_several_entries_the_one_that_decides_is_shown_with_what_it_replaces(
        self, as_manager: Client, calendar: Calendar
    ) -> None:
        christmas = date(2026, 12, 25)
        calendar.days.create(day=christmas, name="From a file", origin="ics")
        calendar.days.create(day=christmas, name="Release", kind="working", as_weekday=0)
        row = self.rows(as_manager, calendar)["2026-12-25"]
        assert (row.what, row.name, row.origin) == ("Works as Monday", "Release", "entered here")
        assert row.instead == "instead of Christmas Day (public holiday), From a file (imported)"
        assert "Works as Monday" in self.html(as_manager, calendar)

    def test_one_without_days_says_so_and_what_to_do(self, as_operator: Client, calendar: Calendar) -> None:
        Calendar.objects.update(country="")
        html = self.html(as_operator, calendar)
        assert "No days: every day runs as the schedules say." in html
        assert "Choose a country, add own days, or import an ICS file." in html

    def test_who_only_looks_sees_the_days_but_no_form_no_address_and_nothing_of_other_teams(
        self, enter: Enter, calendar: Calendar, cast: dict[str, Environment]
    ) -> None:
        Calendar.objects.update(ics_url="https://calendar.example/secret.ics")
        calendar.teams.add(cast["two"].team)
        calendar.environments.add(cast["two"])
        viewer = enter(factories.viewer(cast["one"].team))
        html = self.html(viewer, calendar)
        assert "Christmas Day" in html
        assert "calendar.example" in html
        assert [
            word for word in ("secret.ics", "Of two", "Read now", 'type="submit" name="_save"') if word in html
        ] == []
        assert viewer.post(change(calendar), form()).status_code == 403

    def test_a_failed_reading_is_shown_on_its_page_and_in_the_list(
        self, as_manager: Client, calendar: Calendar
    ) -> None:
        texts = CalendarProblem("not_found", status=404).texts
        Calendar.objects.update(ics_url="https://calendar.example/a.ics", ics_error=texts, ics_read_at=NOW)
        for address in (change(calendar), "/environments/calendar/"):
            for language in ("en", "ko"):
                html = as_manager.get(address, headers={"Accept-Language": language}).content.decode()
                assert texts[language] in html
        assert "last read 10:00 (Asia/Seoul)" in self.html(as_manager, calendar)

    def test_the_list_takes_as_many_queries_for_many_as_for_one(
        self, as_operator: Client, calendar: Calendar, cast: dict[str, Environment], django_assert_num_queries: Any
    ) -> None:
        with CaptureQueriesContext(connection) as once:
            as_operator.get("/environments/calendar/")
        for number in range(10):
            Calendar.objects.create(name=f"n{number}").environments.add(*cast.values())
        with django_assert_num_queries(len(once)):
            html = as_operator.get("/environments/calendar/").content.decode()
        assert "n9" in html


class TestImport:
    FILE = ics(event("Founding day", "20261124"), event("Lunch", "20261124T030000Z", "DTEND:20261124T040000Z"))

    def upload(self, browser: Client, calendar: Calendar, content: bytes = FILE, language: str = "en") -> str:
        file = SimpleUploadedFile("company.ics", content)
        address = f"/environments/calendar/{calendar.pk}/import/"
        answer = browser.post(address, {"file": file}, follow=True, headers={"Accept-Language": language})
        return " ".join(str(message) for message in answer.context["messages"]) if answer.context else ""

    def test_a_file_is_taken_over_with_a_report_and_a_line_in_the_history(
        self, as_operator: Client, calendar: Calendar
    ) -> None:
        told = self.upload(as_operator, calendar)
        assert "Days taken over: 1 · renamed: 0 · unchanged: 0 · removed: 0" in told
        assert "Left out: not whole days: 1 (Lunch)." in told
        assert due() == {"one"}
        assert LogEntry.objects.filter(object_id=str(calendar.pk), change_message__contains="taken over").exists()
        assert "Nothing changed: its days were there already (1)." in self.upload(as_operator, calendar)

    def test_a_bad_file_says_what_is_wrong_in_the_reader_s_language(
        self, as_operator: Client, calendar: Calendar
    ) -> None:
        told = self.upload(as_operator, calendar, b"<html>")
        assert told == "Nothing was changed. This is no ICS calendar: it does not begin with BEGIN:VCALENDAR."
        assert "ICS 달력이 아니에요" in self.upload(as_operator, calendar, b"<html>", "ko")
        assert as_operator.post(f"/environments/calendar/{calendar.pk}/import/").status_code == 302
        assert not calendar.days.exists()

    @pytest.mark.parametrize("verb", ["import", "read", "clear"])
    def test_viewers_and_managers_import_nothing_and_looking_does_nothing(
        self, verb: str, enter: Enter, as_operator: Client, calendar: Calendar
    ) -> None:
        calendar.days.create(day=date(2026, 11, 24), name="Founding day", origin="ics")
        address = f"/environments/calendar/{calendar.pk}/{verb}/"
        for person in (factories.viewer(), factories.manager()):
            file = SimpleUploadedFile("company.ics", ics(event("New", "20261125")))
            assert enter(person).post(address, {"file": file}).status_code == 403
        assert as_operator.get(address).status_code == 405
        assert [row.name for row in calendar.days.all()] == ["Founding day"]

    def test_read_now_reads_the_address_and_says_what_came_of_it(
        self, as_operator: Client, calendar: Calendar, settings: Settings
    ) -> None:
        settings.CALENDAR_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]
        answers = {"/a.ics": content(self.FILE)}
        with serving(answers) as address:
            Calendar.objects.update(ics_url=f"{address}/a.ics")
            read = f"/environments/calendar/{calendar.pk}/read/"
            html = as_operator.post(read, follow=True).content.decode()
            assert "Days taken over: 1" in html
            del answers["/a.ics"]
            html = as_operator.post(read, follow=True).content.decode()
        assert "Nothing was changed. The address answers 404" in html
        assert "The days that were read before still hold." in html

    def test_imported_days_can_be_removed(self, as_operator: Client, calendar: Calendar) -> None:
        self.upload(as_operator, calendar)
        Environment.objects.update(next_transition_at=LATER)
        as_operator.post(f"/environments/calendar/{calendar.pk}/clear/")
        assert not calendar.days.exists()
        assert due() == {"one"}

    def test_editing_keeps_what_was_imported(self, as_operator: Client, calendar: Calendar) -> None:
        self.upload(as_operator, calendar)
        edit(as_operator, calendar, name="Corea")
        assert [row.name for row in calendar.days.all()] == ["Founding day"]
        calendar.refresh_from_db()
        assert calendar.ics_read_at == NOW
