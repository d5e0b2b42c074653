"""A plan read as days and as changes, each with why and who."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from environments import rules
from environments.models import Calendar, CalendarDay, DayException, Environment, Pause, Schedule
from environments.services import plans
from environments.services.specs import spec_of
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db

NOW = monday("10:00")


def spec(environment: Environment, now: datetime = NOW) -> rules.EnvironmentSpec:
    return spec_of(Environment.objects.with_plan(now).get(pk=environment.pk), now)


def told(environment: Environment, count: int = 10) -> list[tuple[str, str, str, str]]:
    """The next changes: when (in Seoul), what, why and who."""
    return [
        (f"{change.at.astimezone(ZoneInfo('Asia/Seoul')):%a %H:%M}", change.desired, change.why("en"), change.who)
        for change in plans.next_changes(spec(environment), NOW, count)
    ]


def exception(of: Environment, kind: str, day: date, minute: int | None = None) -> DayException:
    return DayException.objects.create(
        environment=of,
        kind=kind,
        day=day,
        minute=minute,
        reason="demo",
        author=factories.manager(),
        created_at=NOW,
    )


def test_the_next_ten_changes_come_in_their_order_each_with_why() -> None:
    found = told(factories.environment())
    assert len(found) == 10
    assert found[:3] == [
        ("Mon 18:00", "stopped", "schedule Office hours Seoul", ""),
        ("Tue 09:00", "running", "schedule Office hours Seoul", ""),
        ("Tue 18:00", "stopped", "schedule Office hours Seoul", ""),
    ]


def test_a_change_that_a_person_asked_for_names_them_when_it_begins() -> None:
    here = factories.environment()
    exception(here, "start", date(2026, 11, 24), 7 * 60)
    assert ("Tue 07:00", "running", "exception of 2026-11-24 by manager (demo)", "manager") in told(here)


def test_and_when_it_ends() -> None:
    here = factories.environment()
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="client demo")
    assert told(here)[0] == ("Mon 22:00", "stopped", "end of the hold by manager (client demo)", "manager")


def test_where_a_hold_ends_on_a_day_off_the_end_of_the_hold_is_the_why() -> None:
    here = factories.environment()
    off = Calendar.objects.create(name="Company")
    off.environments.add(here)
    CalendarDay.objects.create(calendar=off, day="2026-11-23", kind="off", name="Founding day")
    factories.hold(here, until=monday("12:00"), author=factories.manager(), reason="client demo")
    assert told(here)[0] == ("Mon 12:00", "stopped", "end of the hold by manager (client demo)", "manager")


def test_the_end_of_a_pause_names_who_paused_it() -> None:
    here = factories.environment()
    fields = {"reason": "load test", "author": factories.manager(), "created_at": NOW}
    Pause.objects.create(environment=here, starts_at=NOW, until=on("tuesday", "12:00"), **fields)
    expected = ("Tue 12:00", "running", "end of: schedule paused by manager (load test)", "manager")
    assert told(here)[0] == expected
    assert plans.next_changes(spec(here), NOW)[0].why("ko") == "종료: 일정 일시 중지, manager (load test)"


def test_the_why_is_there_in_korean() -> None:
    here = factories.environment()
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="고객 데모")
    assert plans.next_changes(spec(here), NOW)[0].why("ko") == "유지 종료, manager (고객 데모)"


def test_a_list_says_it_in_a_few_words() -> None:
    here = factories.environment()
    factories.hold(here, until=monday("22:00"))
    exception(here, "start", date(2026, 11, 24), 7 * 60)
    off = Calendar.objects.create(name="Company")
    off.environments.add(here)
    working = {"kind": "working", "as_weekday": 0, "name": "Make-up day"}
    CalendarDay.objects.create(calendar=off, day="2026-11-28", **working)
    found = [(change.short("en"), change.short("ko")) for change in plans.next_changes(spec(here), NOW, 12)]
    assert found[0] == ("end of the hold", "유지 종료")
    assert found[1] == ("exception · manager: demo", "예외 · manager: demo")
    assert ("Office hours Seoul", "Office hours Seoul") in found
    assert ("working day · Make-up day", "근무일 · Make-up day") in found


def test_an_early_start_says_for_when_it_is_to_be_ready() -> None:
    here = factories.environment(start_early=True, start_lead=12, start_early_cap=30)
    change = next(one for one in plans.next_changes(spec(here), NOW) if one.desired is rules.Desired.RUNNING)
    assert change.at == on("tuesday", "08:48")
    assert change.short("en") == "Office hours Seoul, started early to be ready at 09:00"
    assert change.short("ko") == "Office hours Seoul, 09:00에 준비되도록 미리 시작"


def test_a_change_of_the_reason_alone_is_no_change() -> None:
    here = factories.environment()
    factories.hold(here, until=monday("14:00"), starts_at=monday("09:30"))
    assert told(here, 1)[0][0] == "Mon 18:00"


def test_a_plan_that_never_changes_has_no_changes() -> None:
    by_hand = factories.environment("by-hand", schedule=None)
    always = factories.environment("always", schedule=Schedule.objects.create(name="Always", override="running"))
    assert told(by_hand) == []
    assert told(always) == []


def test_a_change_that_is_years_away_is_found_all_the_same() -> None:
    rare = factories.schedule("Leap", begin_time="09:00", end_time="18:00", monthdays="29", months="feb")
    [only] = plans.next_changes(spec(factories.environment(schedule=rare)), NOW)
    assert only.at == datetime(2028, 2, 29, 9, tzinfo=ZoneInfo("Asia/Seoul"))
    assert only.desired == rules.Desired.RUNNING


def test_seven_days_are_read_with_one_plan_and_begin_and_end_at_their_midnights() -> None:
    days = plans.days_of(spec(factories.environment()), date(2026, 11, 23), 7)
    assert [day.day.day for day in days] == [23, 24, 25, 26, 27, 28, 29]
    assert (days[0].start, days[0].end) == (monday("00:00"), on("tuesday", "00:00"))
    for day in days:
        assert day.segments[0].start == day.start
        assert day.segments[-1].end == day.end


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)])
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is(day: date, hours: int) -> None:
    start, end = plans.bounds(day, "America/New_York")
    assert end - start == timedelta(hours=hours)
