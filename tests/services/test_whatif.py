"""What a change of a schedule would do, before it is saved."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from environments import rules
from environments.models import Calendar, CalendarDay, DayException, Environment, Pause, Schedule
from environments.services.whatif import Some, WhatIf, what_if
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

NOW = monday("19:00")
HOUR = timedelta(hours=1)
OFFICE = rules.parse_period("", "09:00", "18:00", "mon-fri")
LATE = rules.parse_period("", "09:00", "20:00", "mon-fri")


@pytest.fixture
def office() -> Schedule:
    return factories.schedule()


def changed(office: Schedule | None, *periods: rules.Period, **fields: Any) -> WhatIf:
    """What it would do with these periods: on Monday at 19:00, asked by an operator."""
    proposed = Schedule(**({"name": "Office", "timezone": "Asia/Seoul"} | fields))
    return what_if(schedule=office, proposed=proposed, periods=periods, now=NOW, user=factories.operator())


def names(some: Some) -> list[str]:
    return [environment.name for environment in some.named]


def using(office: Schedule, name: str, **fields: Any) -> Environment:
    """One that stopped at 18:00, as the schedule has it."""
    state = {"state": "stopped", "wish": "stopped", "judged_at": monday("18:00")}
    return factories.environment(name, schedule=office, **(state | fields))


class TestNextWeek:
    def test_is_monday_to_sunday_old_beside_new(self, office: Schedule) -> None:
        found = changed(office, LATE)
        assert [pair.day for pair in found.days] == [date(2026, 11, 30) + timedelta(days=n) for n in range(7)]
        assert [pair.differs for pair in found.days] == [True] * 5 + [False] * 2
        first = found.days[0]
        assert first.old is not None
        assert [s.desired.value for s in first.new.segments] == ["stopped", "running", "stopped"]
        assert (first.old.segments[1].end, first.new.segments[1].end) == (
            monday("18:00") + timedelta(days=7),
            monday("20:00") + timedelta(days=7),
        )

    def test_another_name_is_no_difference(self, office: Schedule) -> None:
        found = changed(office, OFFICE, name="Another")
        assert not found.differs

    def test_another_zone_is_one_drawn_in_its_own_days(self, office: Schedule) -> None:
        found = changed(office, OFFICE, timezone="Europe/Berlin")
        assert found.zone_name == "Europe/Berlin"
        assert found.days[0].old is not None
        assert found.days[0].old.start == found.days[0].new.start
        assert all(pair.differs for pair in found.days[:5])

    def test_a_new_schedule_has_nothing_to_be_compared_with(self) -> None:
        found = changed(None, OFFICE)
        assert [pair.old for pair in found.days] == [None] * 7
        assert (found.month.old, found.month.share, found.concerned) == (None, None, Some(0))

    def test_calendars_and_exceptions_of_the_schedule_count_for_both(self, office: Schedule) -> None:
        calendar = Calendar.objects.create(name="Own")
        calendar.schedules.add(office)
        CalendarDay.objects.create(calendar=calendar, day=date(2026, 12, 1), name="Founding day")
        DayException.objects.create(
            schedule=office, day=date(2026, 12, 2), kind="off", reason="move", created_at=NOW, origin="web"
        )
        found = changed(office, LATE)
        assert [pair.differs for pair in found.days] == [True, False, False, True, True, False, False]


class TestHoursAMonth:
    """December 2026 has 23 days from Monday to Friday."""

    def test_are_those_of_the_next_calendar_month_to_the_minute(self, office: Schedule) -> None:
        month = changed(office, LATE).month
        assert (month.first, month.old, month.new) == (date(2026, 12, 1), 23 * 9 * HOUR, 23 * 11 * HOUR)
        assert month.difference == 46 * HOUR
        assert month.share == pytest.approx(2 / 9)

    def test_holidays_of_the_schedule_are_not_worked(self, office: Schedule) -> None:
        Calendar.objects.create(name="Korea", country="KR").schedules.add(office)
        assert changed(office, LATE).month.new == 22 * 11 * HOUR

    def test_an_override_sets_the_periods_aside(self, office: Schedule) -> None:
        month = changed(office, OFFICE, override="running").month
        assert month.new == 31 * 24 * HOUR

    def test_from_nothing_there_is_no_share(self, office: Schedule) -> None:
        Schedule.objects.update(override="stopped")
        office.refresh_from_db()
        month = changed(office, OFFICE).month
        assert (month.old, month.share) == (timedelta(0), None)

    def test_follow_the_clock_changes_of_the_zone(self) -> None:
        proposed = Schedule(name="Night", timezone="America/New_York")
        night = rules.parse_period("", "00:00", "06:00")
        user = factories.operator()
        before = monday("19:00").replace(month=10, day=20)
        found = what_if(schedule=None, proposed=proposed, periods=[night], now=before, user=user)
        assert found.month.new == 30 * 6 * HOUR + HOUR  # 1 November 2026 has its second hour twice


class TestEnvironments:
    def test_are_counted_and_ten_of_them_named(self, office: Schedule) -> None:
        for number in range(12):
            using(office, f"env-{number:02}")
        factories.environment("other", schedule=factories.schedule("Other"))
        concerned = changed(office, OFFICE).concerned
        assert (concerned.count, names(concerned)[0], len(concerned.named), concerned.more) == (12, "env-00", 10, 2)

    def test_those_outside_of_ones_teams_are_counted_and_not_named(self, office: Schedule) -> None:
        using(office, "chat-dev")
        proposed = Schedule(name="Office", timezone="Asia/Seoul")
        found = what_if(schedule=office, proposed=proposed, periods=[LATE], now=NOW, user=factories.outsider())
        assert (found.concerned.count, names(found.concerned), found.starting) == (1, [], Some(1))

    def test_the_change_would_start_at_once_what_is_stopped_and_would_then_run(self, office: Schedule) -> None:
        using(office, "chat-dev")
        using(office, "kept-on", state="running", wish="running")
        found = changed(office, LATE)
        assert (names(found.starting), names(found.stopping)) == (["chat-dev"], [])

    def test_and_stop_what_runs_but_neither_what_is_new_nor_what_is_spared(self, office: Schedule) -> None:
        office.periods.update(end_time="20:00")
        running = {"state": "running", "wish": "running"}
        using(office, "chat-dev", **running)
        using(office, "just-added", **running | {"judged_at": None})
        using(office, "spared", **running, retained=True)
        assert names(changed(office, OFFICE, retain_running=True).stopping) == ["chat-dev"]

    def test_what_a_hold_an_exception_or_a_pause_decides_stays_as_it_is(self, office: Schedule) -> None:
        using(office, "chat-dev")
        factories.hold(using(office, "held"), "stopped", starts_at=monday("18:30"))
        day_off = using(office, "day-off")
        DayException.objects.create(
            environment=day_off, day=date(2026, 11, 23), kind="off", reason="rest", created_at=NOW, origin="web"
        )
        Pause.objects.create(
            environment=using(office, "paused"),
            starts_at=monday("18:30"),
            until=NOW + timedelta(days=3),
            created_at=NOW,
        )
        found = changed(office, LATE)
        assert (found.concerned.count, names(found.starting)) == (4, ["chat-dev"])

    def test_a_day_off_of_one_team_keeps_only_its_environments_off(self, office: Schedule) -> None:
        using(office, "chat-dev")
        using(office, "chat-qa")
        using(office, "pay-dev", team=factories.team("Payments"))
        calendar = Calendar.objects.create(name="Own")
        calendar.teams.add(factories.team("Payments"))
        CalendarDay.objects.create(calendar=calendar, day=date(2026, 11, 23), name="Team day")
        assert names(changed(office, LATE).starting) == ["chat-dev", "chat-qa"]

    def test_a_thousand_environments_take_as_many_queries_as_one_and_one_evaluation_a_team(
        self, office: Schedule, django_assert_max_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judged: list[Any] = []
        real = rules.desired_at

        def counted(spec: Any, at: datetime) -> rules.Desired:
            judged.append(at)
            return real(spec, at)

        monkeypatch.setattr(rules, "desired_at", counted)
        using(office, "one")
        rows = [
            Environment(
                name=f"e{n}", slug=f"e{n}", team=factories.team(), schedule=office, wish="stopped", state="stopped"
            )
            for n in range(1000)
        ]
        Environment.objects.bulk_create(rows)
        user = factories.operator()
        proposed = Schedule(name="Office", timezone="Asia/Seoul")
        with django_assert_max_num_queries(30):
            found = what_if(schedule=office, proposed=proposed, periods=[LATE], now=NOW, user=user)
        assert (found.starting.count, len(judged)) == (1001, 2)
