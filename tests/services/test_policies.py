"""Schedules that spare what ran before its period began: it is not stopped at the end, unless people want it to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from environments.models import Environment, Operation, Scan, Schedule, State, Target, Wish
from environments.services import exceptions, holds, schedules, status
from environments.targets.base import Seen
from notifications.models import Event
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(scripted: Any) -> Environment:
    """Stopped by the plan on Sunday; somebody has started it outside of the portal since."""
    made = factories.environment(
        "chat",
        state=State.STOPPED,
        wish=Wish.STOPPED,
        judged_at=on("monday", "00:00"),
        next_transition_at=monday("09:00"),
    )
    Target.objects.create(
        environment=made, kind="scripted", identifier="chat", account=factories.account(), region=factories.REGION
    )
    step_of(factories.operation(made, "stop", at=on("monday", "00:00")))
    Schedule.objects.update(retain_running=True)
    scripted.seen["chat"] = Seen.RUNNING
    return made


def step_of(operation: Operation) -> None:
    """The mark of an operation that really changed something."""
    factories.step(operation, "announce", position=1)


def look(now: datetime) -> None:
    status.scan_due(now=now)
    for scan in Scan.objects.filter(started_at=now):
        status.scan(scan_id=scan.pk, now=now)


def tick(now: datetime, *, really: bool = False) -> Operation | None:
    """What the tick does at a moment; an operation that it asks for is done at once."""
    schedules.enforce_due(now=now)
    asked = Operation.objects.unfinished().first()
    if asked:
        state = State.RUNNING if asked.kind == "start" else State.STOPPED
        Environment.objects.filter(pk=asked.environment_id).update(state=state, state_since=now)
        Operation.objects.filter(pk=asked.pk).update(status="succeeded", started_at=now, finished_at=now)
        if really:
            step_of(asked)
    return asked


def _exception(of: Environment, kind: str, minute: int | None, *, now: datetime) -> None:
    wanted = exceptions.Wanted(kind, date(2026, 11, 23), date(2026, 11, 23), minute, "maintenance")
    exceptions.place(scope=of, wanted=wanted, author=factories.manager(), now=now)


def retained() -> bool:
    return Environment.objects.get().retained


def test_what_ran_before_the_period_is_not_stopped_at_its_end_and_that_is_no_drift(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    assert retained()
    assert tick(monday("18:00")) is None
    look(monday("18:05"))
    after = Environment.objects.get()
    assert (after.state, after.wish, after.retained, after.drift_since) == (State.RUNNING, Wish.STOPPED, True, None)
    assert Event.objects.count() == 1, "of the start outside, at eight"


def test_it_is_spared_day_after_day_until_it_is_seen_stopped(chat: Environment, scripted: Any) -> None:
    look(monday("08:00"))
    for day in ("monday", "tuesday"):
        tick(on(day, "09:00"))
        assert tick(on(day, "18:00")) is None
    scripted.seen.clear()
    look(on("tuesday", "20:00"))
    assert not retained()
    tick(on("wednesday", "09:00"), really=True)
    stop = tick(on("wednesday", "18:00"))
    assert stop is not None
    assert stop.kind == "stop"


def test_what_the_schedule_itself_started_it_stops(chat: Environment, scripted: Any) -> None:
    scripted.seen.clear()
    look(monday("08:00"))
    tick(monday("09:00"), really=True)
    assert not retained()
    stop = tick(monday("18:00"))
    assert stop is not None
    assert stop.kind == "stop"


def test_what_a_hold_started_before_the_period_the_schedule_stops_at_its_end(chat: Environment, scripted: Any) -> None:
    scripted.seen.clear()
    look(monday("07:00"))
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=monday("09:00"), author=factories.manager(), now=monday("08:00")
    )
    tick(monday("08:00"), really=True)
    tick(monday("09:00"))
    assert not retained()
    assert tick(monday("18:00")) is not None


def test_without_the_policy_it_is_stopped(chat: Environment) -> None:
    Schedule.objects.update(retain_running=False)
    look(monday("08:00"))
    tick(monday("09:00"))
    assert not retained()
    assert tick(monday("18:00")) is not None


def test_a_policy_that_is_taken_back_during_the_period_counts_at_its_end(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    Schedule.objects.update(retain_running=False)
    assert tick(monday("18:00")) is not None


def test_an_environment_that_was_added_within_the_period_is_stopped_at_its_end(chat: Environment) -> None:
    Environment.objects.update(judged_at=None, wish=Wish.ANY, state=State.RUNNING, next_transition_at=monday("10:00"))
    tick(monday("10:00"))
    assert not retained()


def test_an_exception_stops_it_although_it_ran_before(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    _exception(chat, "stop", 17 * 60, now=monday("10:00"))
    stop = tick(monday("17:00"))
    assert stop is not None
    assert (stop.trigger, retained()) == ("exception", False)


def test_an_exception_made_after_the_period_stops_what_was_spared(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    tick(monday("18:00"))
    _exception(chat, "off", None, now=monday("19:00"))
    stop = tick(monday("19:00"))
    assert stop is not None
    assert (stop.trigger, retained()) == ("exception", False)


def test_a_stop_by_hand_is_done_also_after_the_period(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    tick(monday("18:00"))
    holds.place(
        environment=chat,
        desired=Wish.STOPPED,
        until=holds.Until.NEXT_CHANGE,
        author=factories.manager(),
        now=monday("19:00"),
    )
    assert Operation.objects.unfinished().get().kind == "stop"
    assert not retained()


def test_who_keeps_it_on_takes_it_over_and_the_end_of_that_stops_it(chat: Environment) -> None:
    look(monday("08:00"))
    tick(monday("09:00"))
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=monday("20:00"), author=factories.manager(), now=monday("17:00")
    )
    assert not retained()
    assert tick(monday("20:00")) is not None
