"""ICS files as days off: what is taken over, what is left out, and what a file that cannot be used leaves as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from environments.models import Calendar, CalendarDay, Environment
from environments.services import calendar_import
from environments.services.calendar_import import read_ics
from environments.services.calendar_texts import CalendarProblem
from tests import factories
from tests.support.ics import event, ics
from tests.support.times import monday

NOW = monday("10:00")
LATER = NOW + timedelta(days=30)


def days(*events: str, head: str = "") -> dict[str, str]:
    return {day.isoformat(): name for day, name in read_ics(ics(*events, head=head), NOW).days.items()}


def problem(content: bytes, **limits: int) -> CalendarProblem:
    with pytest.raises(CalendarProblem) as caught:
        read_ics(content, NOW, **limits)
    english, korean = caught.value.texts["en"], caught.value.texts["ko"]
    assert english.isascii() or "“" in english
    assert any("가" <= letter <= "힣" for letter in korean)
    return caught.value


class TestDays:
    """What of an event becomes a day off."""

    def test_an_all_day_event_is_a_day_off_under_its_name(self) -> None:
        assert days(event("Founding day", "20261124")) == {"2026-11-24": "Founding day"}

    def test_an_event_of_several_days_is_each_of_them_its_end_excluded(self) -> None:
        found = days(event("Retreat", "20261130", "DTEND;VALUE=DATE:20261203"))
        assert list(found) == ["2026-11-30", "2026-12-01", "2026-12-02"]

    def test_recurring_events_are_expanded_over_the_years_that_plans_are_made_for(self) -> None:
        found = days(event("Labour day", "20150501", "RRULE:FREQ=YEARLY"))
        assert list(found) == ["2025-05-01", "2026-05-01", "2027-05-01", "2028-05-01"]

    def test_exceptions_and_further_dates_of_a_series_are_followed(self) -> None:
        rule = ("RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20260501", "RDATE;VALUE=DATE:20260504")
        found = days(event("Labour day", "20250501", *rule))
        assert list(found) == ["2025-05-01", "2026-05-04", "2027-05-01", "2028-05-01"]

    def test_an_occurrence_that_was_moved_is_at_its_new_place_and_a_cancelled_one_is_none(self) -> None:
        content = ics(
            event("Closed", "20260901", "RRULE:FREQ=MONTHLY;COUNT=3", uid="series"),
            event("Closed, moved", "20261005", "RECURRENCE-ID;VALUE=DATE:20261001", uid="series"),
            event("Closed", "20261101", "RECURRENCE-ID;VALUE=DATE:20261101", "STATUS:CANCELLED", uid="series"),
        )
        found = read_ics(content, NOW)
        assert {str(day): name for day, name in found.days.items()} == {
            "2026-09-01": "Closed",
            "2026-10-05": "Closed, moved",
        }
        assert found.left_out == {"cancelled": ["Closed"]}

    def test_meetings_are_no_days_off_and_are_counted_once_each(self) -> None:
        meeting = event("Stand-up", "20261124T090000Z", "DTEND:20261124T091500Z", "RRULE:FREQ=DAILY")
        found = read_ics(ics(meeting, event("Founding day", "20261124")), NOW)
        assert list(found.days) == [date(2026, 11, 24)]
        assert found.left_out == {"timed": ["Stand-up"]}

    def test_an_event_from_midnight_to_midnight_of_its_own_zone_is_a_whole_day(self) -> None:
        whole = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Asia/Seoul:20261124T{}\r\nDTEND;TZID=Asia/Seoul:{}\r\nEND:VEVENT"
        assert list(days(whole.format("000000", "20261126T000000"))) == ["2026-11-24", "2026-11-25"]
        assert list(days(whole.format("000000", "20261124T235900"))) == ["2026-11-24"]
        assert list(days(whole.format("180000", "20261126T090000"))) == ["2026-11-25"]

    def test_times_in_utc_are_judged_in_the_zone_that_the_calendar_names(self) -> None:
        midnight = event("Off", "20261123T150000Z", "DTEND:20261124T150000Z")
        assert list(days(midnight, head="X-WR-TIMEZONE:Asia/Seoul")) == ["2026-11-24"]

    def test_free_time_counts_all_the_same_for_public_calendars_mark_holidays_so(self) -> None:
        assert list(days(event("Holiday", "20261124", "TRANSP:TRANSPARENT"))) == ["2026-11-24"]

    @pytest.mark.parametrize("said", ["Observance", r"기념일\n기념일을 숨기려면", "OBSERVANCE"])
    def test_observances_of_google_s_calendars_are_left_out(self, said: str) -> None:
        observed = event("Valentine's Day", "20270214", f"DESCRIPTION:{said}")
        found = read_ics(ics(observed, event("Holiday", "20261124")), NOW)
        assert found.left_out == {"observance": ["Valentine's Day"]}

    def test_two_events_of_a_day_are_one_day_with_both_names_in_whatever_order_they_come(self) -> None:
        one, other = event("Strike", "20261124"), event("Moving", "20261124")
        assert days(one, other) == days(other, one) == {"2026-11-24": "Moving, Strike"}

    def test_names_are_one_line_of_120_letters_at_the_most(self) -> None:
        (name,) = days(event(f"A  long\\n{'x' * 200}", "20261124")).values()
        assert name.startswith("A long xxx")
        assert len(name) == 120

    def test_a_name_that_is_folded_over_lines_is_put_together(self) -> None:
        folded = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261124\r\nSUMMARY:Found\r\n ing day\r\nEND:VEVENT"
        assert days(folded) == {"2026-11-24": "Founding day"}


class TestProblems:
    """What cannot be used says why, and where, in both languages."""

    @pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"PK\x03\x04\xff", b"END:VCALENDAR"])
    def test_what_is_no_calendar(self, content: bytes) -> None:
        assert problem(content).code == "not_ics"

    def test_another_encoding_than_utf_8(self) -> None:
        assert problem(ics(event("창립", "20261124")).decode().encode("cp949")).code == "encoding"

    @pytest.mark.parametrize(
        ("broken", "line", "part"),
        [
            ("DTSTART;VALUE=DATE:2026xx24", 6, "2026xx24"),
            ("DTSTART;VALUE=DATE:20261124\r\nRRULE:FREQ=SOMETIMES", 7, "SOMETIMES"),
            ("DTSTART;VALUE=DATE:20261124\r\nthis is no line", 7, "this is no line"),
        ],
    )
    def test_a_broken_line_is_named_by_its_number(self, broken: str, line: int, part: str) -> None:
        content = ics(f"BEGIN:VEVENT\r\nUID:1\r\n{broken}\r\nEND:VEVENT")
        said = problem(content).texts["en"]
        assert said.startswith(f"Line {line} cannot be read")
        assert part in said

    def test_what_a_database_would_not_take_is_in_no_sentence_about_it(self) -> None:
        said = problem(ics("BEGIN:VEVENT\r\nUID:1\r\nno\0line\r\nEND:VEVENT")).texts["en"]
        assert said == "Line 6 cannot be read: “no line”."

    def test_a_file_that_breaks_off(self) -> None:
        assert problem(ics(event("x", "20261124"))[:-40]).texts["en"] == (
            "The calendar breaks off: VEVENT, which begins at line 4, has no end."
        )

    def test_an_event_that_ends_before_it_begins_or_has_no_beginning(self) -> None:
        assert problem(ics(event("Off", "20261124", "DTEND;VALUE=DATE:20261120"))).code == "backwards"
        assert problem(ics("BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Off\r\nEND:VEVENT")).code == "no_start"

    def test_no_events_and_none_that_is_a_day_off_with_what_was_left_out(self) -> None:
        assert problem(ics()).code == "no_events"
        meeting = event("Stand-up", "20261124T090000Z", "DTEND:20261124T091500Z")
        said = problem(ics(meeting)).texts
        assert "Left out: not whole days: 1 (Stand-up)." in said["en"]
        assert "제외: 하루 종일이 아님 1개 (Stand-up)." in said["ko"]

    def test_too_many_events(self) -> None:
        assert problem(ics(*(event("x", "20261124") for _ in range(5001)))).code == "too_many"

    def test_a_series_within_a_day_is_left_out_however_often_it_would_recur(self) -> None:
        bombs = [event("Bomb", "19700101", f"RRULE:FREQ={often}") for often in ("SECONDLY", "MINUTELY", "HOURLY")]
        bombs.append(event("Bomb", "19700101", "RRULE:FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60)))))
        found = read_ics(ics(*bombs, event("Founding day", "20261124")), NOW)
        assert list(found.days) == [date(2026, 11, 24)]
        assert found.left_out == {"frequency": ["Bomb"] * 4}

    def test_rules_that_take_for_ever_are_ended_from_outside(self) -> None:
        never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
        assert problem(ics(*(event("x", "20200101", never) for _ in range(50))), seconds=1).code == "too_long"


@pytest.mark.django_db
class TestImport:
    """Into a calendar: everything or nothing, and only what changed has consequences."""

    @pytest.fixture
    def chat(self) -> Environment:
        return factories.environment()

    @pytest.fixture
    def calendar(self, chat: Environment) -> Calendar:
        made = Calendar.objects.create(name="Company", country="KR")
        made.schedules.add(chat.schedule)  # type: ignore[arg-type]
        made.days.create(day=date(2026, 12, 24), name="Party")
        return made

    def load(self, calendar: Calendar, *events: str, content: bytes = b"") -> calendar_import.Report:
        self.judged_later()
        return calendar_import.import_file(
            calendar=calendar, content=content or ics(*events), user=factories.operator(), now=NOW
        )

    def judged_later(self) -> None:
        Environment.objects.update(next_transition_at=LATER)

    def due(self) -> set[str]:
        return set(Environment.objects.due(NOW).values_list("name", flat=True))

    def imported(self, calendar: Calendar) -> dict[str, str]:
        return {str(day.day): day.name for day in calendar.days.filter(origin="ics")}

    def test_a_good_file_replaces_the_imported_days_and_leaves_own_days(self, calendar: Calendar) -> None:
        self.load(calendar, event("Old", "20261124"), event("Kept", "20261125"), event("Named", "20261126"))
        report = self.load(calendar, event("Kept", "20261125"), event("Renamed", "20261126"), event("New", "20261127"))
        assert (report.new, report.changed, report.unchanged, report.removed) == (1, 1, 1, 1)
        assert self.imported(calendar) == {"2026-11-25": "Kept", "2026-11-26": "Renamed", "2026-11-27": "New"}
        assert [day.name for day in calendar.days.filter(origin="own")] == ["Party"]

    def test_it_marks_the_plans_of_the_environments_concerned_and_no_others(self, calendar: Calendar) -> None:
        factories.environment("other", schedule=factories.schedule("Other"))
        self.load(calendar, event("Founding day", "20261124"))
        assert self.due() == {"chat-dev"}

    def test_the_same_file_again_changes_nothing_and_no_plan_is_made_anew(self, calendar: Calendar) -> None:
        self.load(calendar, event("Founding day", "20261124"))
        rows = list(calendar.days.values())
        report = self.load(calendar, event("Founding day", "20261124"))
        assert (report.has_changes, report.unchanged) == (False, 1)
        assert list(calendar.days.values()) == rows
        assert self.due() == set()

    @pytest.mark.parametrize("content", [b"<html>", ics(), ics(event("x", "2026xx24")), b"x" * (1024 * 1024 + 1)])
    def test_a_bad_file_changes_nothing(self, content: bytes, calendar: Calendar) -> None:
        self.load(calendar, event("Founding day", "20261124"))
        before = (Calendar.objects.values().get(), list(CalendarDay.objects.values()))
        with pytest.raises(CalendarProblem):
            self.load(calendar, content=content)
        assert (Calendar.objects.values().get(), list(CalendarDay.objects.values())) == before
        assert self.due() == set()

    def test_an_imported_day_without_a_name_has_that_of_the_calendar(self, calendar: Calendar) -> None:
        self.load(calendar, event("", "20261124"))
        assert self.imported(calendar) == {"2026-11-24": "Company"}

    def test_a_calendar_that_is_read_from_an_address_takes_no_file_besides(self, calendar: Calendar) -> None:
        Calendar.objects.update(ics_url="https://calendar.example/x.ics")
        with pytest.raises(CalendarProblem, match="has_address"):
            self.load(calendar, event("Founding day", "20261124"))

    def test_removing_the_imported_days_leaves_own_days_and_marks_the_plans(self, calendar: Calendar) -> None:
        self.load(calendar, event("Founding day", "20261124"))
        self.judged_later()
        calendar_import.remove_imported(calendar=calendar, user=factories.operator(), now=NOW)
        assert [day.name for day in calendar.days.all()] == ["Party"]
        assert self.due() == {"chat-dev"}

    @pytest.mark.parametrize("who", [factories.viewer, factories.manager])
    def test_who_may_only_look_imports_nothing(self, who: Any, calendar: Calendar) -> None:
        content = ics(event("Founding day", "20261124"))
        for act in (
            lambda: calendar_import.import_file(calendar=calendar, content=content, user=who(), now=NOW),
            lambda: calendar_import.read_now(calendar=calendar, user=who(), now=NOW),
            lambda: calendar_import.remove_imported(calendar=calendar, user=who(), now=NOW),
        ):
            with pytest.raises(PermissionDenied):
                act()
        assert self.imported(calendar) == {}
