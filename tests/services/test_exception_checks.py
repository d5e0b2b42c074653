"""Whether an exception can be entered for many environments at once: what counts, and what it costs to find out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments import rules
from environments.models import Calendar, CalendarDay, DayException, Environment
from environments.services import exception_checks, exceptions
from environments.services.exceptions import Wanted
from environments.services.specs import spec_of
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
MONDAY, TUESDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 28)
STOP_ON_SATURDAY = Wanted("stop", SATURDAY, SATURDAY, 18 * 60, "x")


def _place(
    scope: Any, kind: str, first: date, last: date | None = None, minute: int | None = None, author: User | None = None
) -> list[DayException]:
    wanted = Wanted(kind, first, last or first, minute, "client demo")
    return exceptions.place(scope=scope, wanted=wanted, author=author or factories.manager(), now=NOW)


def test_a_team_s_exception_is_refused_only_when_it_fits_none_of_its_environments() -> None:
    chat = factories.environment()
    weekend = factories.schedule("Weekend", begin_time="10:00", end_time="16:00", weekdays="sat")
    with pytest.raises(ValidationError, match="Nothing runs on 2026-11-28"):
        _place(chat.team, "stop", SATURDAY, minute=18 * 60)
    factories.environment("weekend", schedule=weekend)
    assert _place(chat.team, "stop", SATURDAY, minute=18 * 60)


def test_a_team_without_environments_refuses_what_makes_no_sense_all_the_same() -> None:
    empty = factories.team("Empty")
    manager = factories.manager(empty)
    with pytest.raises(ValidationError, match="has passed"):
        _place(empty, "off", date(2026, 11, 1), author=manager)
    with pytest.raises(ValidationError, match="before the first"):
        _place(empty, "off", TUESDAY, MONDAY, author=manager)
    assert not DayException.objects.exists()


def test_one_with_hours_of_its_own_that_day_is_found_among_many() -> None:
    chat = factories.environment()
    for number in range(3):
        own = factories.environment(f"env-{number}")
    with pytest.raises(ValidationError, match="Nothing runs"):
        exceptions.check(scope=chat.team, wanted=STOP_ON_SATURDAY, now=NOW)
    _place(own, "start", SATURDAY, minute=10 * 60)
    exceptions.check(scope=chat.team, wanted=STOP_ON_SATURDAY, now=NOW)


def test_one_with_a_calendar_of_its_own_is_found_among_many() -> None:
    chat = factories.environment()
    for number in range(3):
        own = factories.environment(f"env-{number}")
    with pytest.raises(ValidationError, match="Nothing runs"):
        exceptions.check(scope=chat.team, wanted=STOP_ON_SATURDAY, now=NOW)
    calendar = Calendar.objects.create(name="Saturdays worked")
    CalendarDay.objects.create(calendar=calendar, day=SATURDAY, kind="working", as_weekday=0, name="instead of Monday")
    calendar.environments.add(own)
    exceptions.check(scope=chat.team, wanted=STOP_ON_SATURDAY, now=NOW)
    assert _place(chat.team, "stop", SATURDAY, minute=18 * 60)
    calendar.environments.clear()
    with pytest.raises(ValidationError, match="Nothing runs"):
        exceptions.check(scope=chat.team, wanted=STOP_ON_SATURDAY, now=NOW)


def _cost(act: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_a_year_is_placed_ended_and_brought_back_in_few_queries() -> None:
    chat = factories.environment()
    operator = factories.operator()
    year = Wanted("off", MONDAY, date(2027, 11, 23), None, "moved out")
    placing = _cost(lambda: exceptions.place(scope=chat, wanted=year, author=operator, now=NOW))
    rows = list(DayException.objects.all())
    assert len(rows) == 366
    # SQLite takes an INSERT of a year in pieces, and that of its history too; PostgreSQL in one.
    assert placing <= 40
    # Five of these are the event that tells of it.
    assert _cost(lambda: exceptions.remove(exceptions=rows, author=operator, now=NOW)) <= 21
    assert _cost(lambda: exceptions.restore(exceptions=rows, author=operator, now=NOW)) <= 29
    assert DayException.objects.in_force().count() == 366


def test_an_exception_of_a_schedule_costs_the_same_for_few_environments_and_for_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[Environment] = []

    def counted(environment: Environment, now: datetime) -> rules.EnvironmentSpec:
        built.append(environment)
        return spec_of(environment, now)

    monkeypatch.setattr(exception_checks, "spec_of", counted)
    office, operator = factories.schedule(), factories.operator()
    factories.environment("one", timezone="")

    def place() -> None:
        exceptions.place(scope=office, wanted=Wanted("off", TUESDAY, TUESDAY, None, "x"), author=operator, now=NOW)

    place()
    few = _cost(place)
    built.clear()
    Environment.objects.bulk_create(
        Environment(name=f"env-{n}", slug=f"env-{n}", team=factories.team(), schedule=office) for n in range(200)
    )
    assert _cost(place) == few
    assert len(built) == 1
    # A refusal looks at each different plan once, not at each environment.
    built.clear()
    with pytest.raises(ValidationError):
        exceptions.check(scope=office, wanted=Wanted("stop", SATURDAY, SATURDAY, 1200, "x"), now=NOW)
    assert len(built) == 1
