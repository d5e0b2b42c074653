"""Calendars: public holidays in both languages, and own days on top."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments import rules
from environments.models import Calendar, CalendarDay, Environment
from environments.services import calendars
from environments.services.calendar_countries import countries
from environments.services.calendar_days import entries
from environments.services.specs import spec_of
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)


def _calendar(**hangs_on: Any) -> Calendar:
    made = Calendar.objects.create(name="Korea", country="KR")
    for relation, thing in hangs_on.items():
        getattr(made, relation).add(thing)
    return made


def _explain(chat: Environment, at: Any) -> rules.Explanation:
    planned = Environment.objects.with_plan(NOW).get(pk=chat.pk)
    return rules.explain(spec_of(planned, at), at)


def test_substitute_holidays_of_korea_are_days_off_with_their_names_in_both_languages() -> None:
    chat = factories.environment()
    _calendar(schedules=chat.schedule)
    for day, korean in [("2026-03-02", "삼일절 대체 휴일"), ("2026-05-25", "부처님오신날 대체 휴일")]:
        from datetime import datetime

        found = _explain(chat, datetime.fromisoformat(f"{day}T10:00:00+09:00"))
        assert found.desired == "stopped"
        assert korean in found.text("ko")
        assert "Alternative holiday" in found.text("en")


@pytest.mark.parametrize("relation", ["schedules", "teams", "environments"])
def test_it_hangs_on_a_schedule_a_team_or_an_environment(relation: str) -> None:
    chat = factories.environment()
    calendar = _calendar(**{relation: {"schedules": chat.schedule, "teams": chat.team, "environments": chat}[relation]})
    CalendarDay.objects.create(calendar=calendar, day=TUESDAY, name="Founding day")
    found = _explain(chat, on("tuesday", "10:00"))
    assert found.desired == "stopped"
    assert "Founding day" in found.text("en")


def test_a_saturday_that_works_as_monday_is_judged_as_monday() -> None:
    chat = factories.environment()
    calendar = _calendar(schedules=chat.schedule)
    CalendarDay.objects.create(calendar=calendar, day=SATURDAY, kind="working", as_weekday=0, name="Make-up day")
    assert _explain(chat, on("saturday", "10:00")).desired == "running"
    assert _explain(chat, on("saturday", "19:00")).desired == "stopped"


def test_what_people_typed_wins_over_what_was_imported_and_over_the_public_holiday() -> None:
    chat = factories.environment()
    calendar = _calendar(schedules=chat.schedule)
    christmas = date(2026, 12, 25)
    CalendarDay.objects.create(calendar=calendar, day=christmas, kind="off", name="From a file", origin="ics")
    CalendarDay.objects.create(calendar=calendar, day=christmas, kind="working", as_weekday=4, name="Release")
    from datetime import datetime

    assert _explain(chat, datetime.fromisoformat("2026-12-25T10:00:00+09:00")).desired == "running"


def test_a_country_and_a_subdivision_that_do_not_exist_are_refused_with_those_that_do() -> None:
    with pytest.raises(ValidationError, match="“XX” is not a country code"):
        Calendar(name="x", country="XX").full_clean()
    with pytest.raises(ValidationError, match=r"“ZZ” is none of US\. Known: .*CA"):
        Calendar(name="x", country="US", subdivision="ZZ").full_clean()


def test_plans_with_calendars_and_exceptions_take_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    def read() -> None:
        for chat in Environment.objects.with_plan(NOW):
            rules.explain(spec_of(chat, NOW), NOW)

    calendar = _calendar()
    for n in range(10):
        chat = factories.environment(f"env-{n}")
        calendar.environments.add(chat)
    calendar.teams.add(chat.team)
    calendar.schedules.add(chat.schedule)  # type: ignore[arg-type]
    with django_assert_num_queries(14):
        read()


def test_it_concerns_environments_by_their_schedule_their_team_or_directly_each_once() -> None:
    by_schedule = factories.environment("a", team=factories.team("A"))
    by_team = factories.environment("b", schedule=factories.schedule("B"), team=factories.team("B"))
    directly = factories.environment("c", schedule=None, team=factories.team("C"))
    factories.environment("d", schedule=factories.schedule("D"), team=factories.team("D"))
    calendar = _calendar(schedules=by_schedule.schedule, teams=by_team.team, environments=directly)
    calendar.environments.add(by_schedule)
    assert calendars.concerned([calendar.pk]) == {by_schedule.pk, by_team.pk, directly.pk}


def test_the_days_of_a_year_are_in_order_with_the_entry_that_decides_last() -> None:
    calendar = _calendar()
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 12, 25), name="From a file", origin="ics")
    CalendarDay.objects.create(calendar=calendar, day=SATURDAY, kind="working", as_weekday=0, name="Make-up day")
    found = {entry.day: entry for entry in entries(calendar, 2026, NOW)}
    assert list(found) == sorted(found)
    assert found[SATURDAY].deciding.kind is rules.DayKind.WORKING
    christmas = found[date(2026, 12, 25)]
    assert christmas.deciding.name_en == "From a file"
    assert [day.name_ko for day in christmas.replaced] == ["기독탄신일"]


def test_every_country_has_a_name_in_both_languages_and_is_in_the_order_of_the_names() -> None:
    for language, korea in (("en", "South Korea"), ("ko", "대한민국")):
        named = countries(language)
        assert named["KR"] == korea
        assert [code for code, name in named.items() if name == code] == []
        assert len(named) >= 250
    assert list(countries("en"))[:3] == ["AF", "AX", "AL"]
    assert next(iter(countries("ko").values())) == "가나"


def test_subdivisions_are_those_that_the_form_takes() -> None:
    for code in ("US", "DE", "GB", "ES"):
        for part in calendars.subdivisions(code):
            Calendar(name="x", country=code, subdivision=part).clean()
    assert calendars.subdivisions("KR") == calendars.subdivisions("") == calendars.subdivisions("../x") == {}
