"""Advice: made from what ran and what was used, kept while it holds, applied by operators, and taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from environments.models import Calendar, DayException, Environment, Period, Schedule
from environments.models.advice import Advice, HourlyUse
from environments.models.rate import Rate
from environments.rules.advice import Why
from environments.services import advice, advice_applying, schedules
from environments.services.advice_reading import read
from tests import factories

from .using import NOW, always_on, used

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_days() -> Environment:
    """It runs from 07:00 to 22:00 and is used from 10:00 to 17:00, with others of its schedule."""
    office = factories.schedule("Long days", begin_time="07:00", end_time="22:00", weekdays="mon-fri")
    made = factories.environment(schedule=office)
    factories.environment("other", schedule=office)
    used(made)
    return made


def made(now: datetime = NOW) -> Advice:
    advice.make(now=now)
    return Advice.objects.get(status="open")


def periods(schedule: Schedule | None) -> list[tuple[str, str, str]]:
    return [(p.begin_time, p.end_time, p.weekdays) for p in Period.objects.filter(schedule=schedule)]


# -- what is proposed ------------------------------------------------------------------------------------------------


def test_a_schedule_longer_than_its_use_is_proposed_shorter_with_what_that_saves_a_month(
    long_days: Environment,
) -> None:
    found = made()
    assert (found.environment, found.kind, found.made_at) == (long_days, "longer", NOW)
    assert [(p["begin_time"], p["end_time"], p["weekdays"]) for p in found.proposal["periods"]] == [
        ("09:30", "17:30", "mon-fri")
    ]
    # Twenty working days of 15 and of 8 hours in four weeks, at ten cents an hour, and a month of 730 hours.
    assert found.proposal["hours"] == {"present": 300, "proposed": 160}
    assert found.saving == (Decimal(14) * 730 / 672).quantize(Decimal("0.000001"))
    assert found.currency == "USD"
    assert (found.evidence["busy"], found.evidence["ran"], found.evidence["cpu"]) == (70, 150, "40.00")


def test_what_runs_without_a_schedule_all_the_time_is_proposed_one() -> None:
    always_on(factories.environment(schedule=None))
    found = made()
    assert found.kind == "always_on"
    assert found.proposal["hours"] == {"present": 672, "proposed": 200}
    assert found.proposal["timezone"] == "Asia/Seoul"


def test_what_nobody_uses_is_proposed_to_stay_off(long_days: Environment) -> None:
    HourlyUse.objects.update(cpu=Decimal("4.99"))
    found = made()
    assert (found.kind, found.proposal["override"], found.proposal["periods"]) == ("idle", "stopped", [])
    assert found.proposal["hours"]["proposed"] == 0


def test_days_off_of_its_calendar_are_not_saved_twice(long_days: Environment) -> None:
    holidays = Calendar.objects.create(name="Company")
    holidays.environments.add(long_days)
    holidays.days.create(day=date(2026, 11, 25), name="Founding day")
    assert made().proposal["hours"] == {"present": 285, "proposed": 152}


def test_without_prices_the_saving_is_not_known_and_never_nothing(long_days: Environment) -> None:
    Rate.objects.all().delete()
    found = made()
    assert (found.saving, found.currency, found.evidence["savings"]) == (None, "", {})


def test_currencies_are_told_beside_each_other(long_days: Environment) -> None:
    line = Rate.objects.get()
    line.pk, line.label, line.currency, line.unit_price = None, "there", "KRW", Decimal(100)
    line.save()
    assert made().evidence["savings"] == {"KRW": "15208.333333", "USD": "15.208333"}


def test_thresholds_are_those_of_the_installation(long_days: Environment, settings: Settings) -> None:
    settings.ADVICE_CPU_PERCENT = 50
    assert made().kind == "idle"
    settings.ADVICE_NETWORK_MB = 1
    advice.make(now=NOW)
    assert not Advice.objects.filter(status="open").exists()


def test_too_few_measurements_make_no_advice_and_why_is_said(long_days: Environment) -> None:
    HourlyUse.objects.filter(hour__gte=NOW - timedelta(days=5)).delete()
    assert advice.make(now=NOW) == 0
    (said,) = read(environments=[long_days.pk], now=NOW)
    assert said.why is Why.UNMEASURED


# -- how long it stays -----------------------------------------------------------------------------------------------


def test_made_again_it_is_the_same_advice_and_what_holds_no_more_is_outdated(long_days: Environment) -> None:
    first = made()
    assert made(NOW + timedelta(hours=1)).pk == first.pk
    Period.objects.update(begin_time="09:30", end_time="17:30")
    advice.make(now=NOW)
    first.refresh_from_db()
    assert (first.status, first.ended_at) == ("outdated", NOW)
    assert not Advice.objects.filter(status="open").exists()


def test_what_was_set_aside_comes_back_after_two_months_or_when_it_saves_half_as_much_again(
    long_days: Environment,
) -> None:
    found = made()
    advice_applying.dismiss(advice=found, actor=factories.operator(), reason="demo season", now=NOW)
    assert advice.make(now=NOW) == 0
    Rate.objects.update(unit_price=Decimal("0.14"))
    assert advice.make(now=NOW) == 0
    Rate.objects.update(unit_price=Decimal("0.15"))
    assert made().pk != found.pk
    Rate.objects.update(unit_price=Decimal("0.10"))
    Advice.objects.filter(status="open").delete()
    Advice.objects.update(ended_at=NOW - timedelta(days=60))
    assert made().status == "open"


def test_a_night_takes_the_same_number_of_queries_for_many_environments(
    long_days: Environment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with CaptureQueriesContext(connection) as few:
        advice.make(now=NOW)
    Advice.objects.all().delete()
    for number in range(5):
        used(factories.environment(f"more-{number}", schedule=long_days.schedule))
    with django_assert_num_queries(len(few.captured_queries)):
        assert advice.make(now=NOW) == 6


# -- applied and taken back ------------------------------------------------------------------------------------------


def test_applied_this_environment_alone_gets_a_schedule_of_its_own_at_once(long_days: Environment) -> None:
    office = long_days.schedule
    assert office is not None
    Schedule.objects.filter(pk=office.pk).update(enforced=True)
    holidays = Calendar.objects.create(name="Company")
    holidays.schedules.add(office)
    DayException.objects.create(schedule=office, day=date(2026, 12, 24), kind="off", reason="party", created_at=NOW)
    found = made()
    new = advice_applying.apply(advice=found, actor=factories.operator(), now=NOW)
    long_days.refresh_from_db()
    assert (long_days.schedule, new.name, new.timezone, new.enforced) == (new, "chat-dev: advised", "Asia/Seoul", True)
    assert periods(new) == [("09:30", "17:30", "mon-fri")]
    assert list(new.calendars.all()) == [holidays]
    assert [(e.day, e.reason) for e in new.exceptions.all()] == [(date(2026, 12, 24), "party")]
    assert Environment.objects.get(slug="other").schedule == office
    assert long_days.next_transition_at == NOW
    assert long_days.history.first().history_user == factories.operator()
    found.refresh_from_db()
    assert (found.status, found.ended_by, found.replaced["schedule"]) == ("applied", factories.operator(), office.pk)


def test_idle_environments_are_stopped_by_the_schedule_that_was_applied(long_days: Environment) -> None:
    HourlyUse.objects.update(cpu=Decimal(0))
    noon = NOW + timedelta(hours=8)
    Environment.objects.filter(pk=long_days.pk).update(state="running", wish="running", judged_at=NOW)
    advice_applying.apply(advice=made(), actor=factories.operator(), now=noon)
    schedules.enforce_due(now=noon)
    long_days.refresh_from_db()
    assert (long_days.wish, long_days.state) == ("stopped", "stopping")


def test_what_was_changed_since_is_not_overwritten(long_days: Environment) -> None:
    found = made()
    Period.objects.update(end_time="21:00")
    with pytest.raises(ValidationError, match="changed since"):
        advice_applying.apply(advice=found, actor=factories.operator(), now=NOW)
    assert not Schedule.objects.filter(name__contains="advised").exists()
    found.refresh_from_db()
    assert found.status == "open"


def test_taken_back_it_has_the_schedule_of_before_and_may_be_applied_again(long_days: Environment) -> None:
    office, found, operator = long_days.schedule, made(), factories.operator()
    for _ in range(2):
        advice_applying.apply(advice=found, actor=operator, now=NOW)
        advice_applying.undo(advice=found, actor=operator, now=NOW)
    long_days.refresh_from_db()
    found.refresh_from_db()
    assert (long_days.schedule, found.status, found.ended_at, found.replaced) == (office, "open", None, {})
    assert not Schedule.objects.filter(name__contains="advised").exists()


def test_a_schedule_that_somebody_works_with_stays_when_it_is_taken_back(long_days: Environment) -> None:
    found, operator = made(), factories.operator()
    new = advice_applying.apply(advice=found, actor=operator, now=NOW)
    Environment.objects.filter(slug="other").update(schedule=new)
    advice_applying.undo(advice=found, actor=operator, now=NOW)
    assert Environment.objects.get(slug="other").schedule == new
    assert Environment.objects.get(slug="chat-dev").schedule != new


def test_what_has_another_schedule_by_now_is_not_put_back(long_days: Environment) -> None:
    found, operator = made(), factories.operator()
    advice_applying.apply(advice=found, actor=operator, now=NOW)
    Environment.objects.filter(slug="chat-dev").update(schedule=factories.schedule())
    with pytest.raises(ValidationError, match="another schedule"):
        advice_applying.undo(advice=found, actor=operator, now=NOW)


def test_what_is_applied_or_set_aside_cannot_be_so_once_more(long_days: Environment) -> None:
    found, operator = made(), factories.operator()
    advice_applying.dismiss(advice=found, actor=operator, reason=" later ", now=NOW)
    found.refresh_from_db()
    assert found.evidence["reason"] == "later"
    for act in (
        lambda: advice_applying.apply(advice=found, actor=operator, now=NOW),
        lambda: advice_applying.dismiss(advice=found, actor=operator, reason="", now=NOW),
    ):
        with pytest.raises(ValidationError, match="meanwhile"):
            act()
    advice_applying.undo(advice=found, actor=operator, now=NOW)
    found.refresh_from_db()
    assert (found.status, found.evidence.get("reason")) == ("open", None)


def test_names_are_free_and_short_enough(long_days: Environment) -> None:
    Environment.objects.filter(pk=long_days.pk).update(name="x" * 80)
    Schedule.objects.create(name="x" * 71 + ": advised")
    new = advice_applying.apply(advice=made(), actor=factories.operator(), now=NOW)
    assert new.name == "x" * 69 + ": advised 2"


def test_managers_read_advice_and_operators_act_on_it(long_days: Environment) -> None:
    found = made()
    for person in (factories.manager(), factories.outsider(), factories.viewer()):
        for act in (
            lambda who=person: advice_applying.apply(advice=found, actor=who, now=NOW),
            lambda who=person: advice_applying.dismiss(advice=found, actor=who, reason="", now=NOW),
            lambda who=person: advice_applying.undo(advice=found, actor=who, now=NOW),
        ):
            with pytest.raises(PermissionDenied):
                act()
    assert Advice.objects.get().status == "open"
