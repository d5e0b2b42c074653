"""The tick: what is due, once, by the present."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Hold, Operation, Period, State, Wish
from environments.services import holds, schedules
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db


def _fresh(environment: Environment) -> Environment:
    return Environment.objects.get(pk=environment.pk)


def test_a_tick_records_the_start_writes_the_wish_and_the_next_change() -> None:
    chat = factories.environment(next_transition_at=monday("09:00"))
    assert schedules.enforce_due(now=monday("09:00")) == 1
    chat = _fresh(chat)
    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger) == ("start", "schedule")
    assert operation.reason == {
        "en": "Running until 18:00: schedule Office hours Seoul",
        "ko": operation.reason["ko"],
    }
    assert "18:00" in operation.reason["ko"]
    assert (chat.wish, chat.next_transition_at, chat.state) == (Wish.RUNNING, monday("18:00"), State.STARTING)


def test_a_tick_leaves_what_is_not_due_alone() -> None:
    factories.environment(next_transition_at=monday("09:01"))
    assert schedules.enforce_due(now=monday("09:00")) == 0
    assert not Operation.objects.exists()


def test_a_second_tick_of_the_same_minute_finds_nothing_more() -> None:
    factories.environment(next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    assert schedules.enforce_due(now=monday("09:00")) == 0
    assert Operation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ticks_and_sweeps_at_the_same_time_record_each_operation_once() -> None:
    for n in range(60):
        factories.environment(f"env-{n}", next_transition_at=monday("09:00"))
    failures: list[BaseException] = []

    def tick() -> None:
        try:
            schedules.enforce_due(now=monday("09:00"))
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Operation.objects.count() == 60
    assert set(Operation.objects.values_list("environment__wish", flat=True)) == {Wish.RUNNING}


def test_a_tick_takes_as_many_queries_for_forty_environments_as_for_one() -> None:
    factories.environment("one", next_transition_at=monday("09:00"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        schedules.enforce_due(now=monday("09:00"))
    for n in range(40):
        factories.environment(f"env-{n}", next_transition_at=on("tuesday", "09:00"))
    with CaptureQueriesContext(connection) as forty:
        schedules.enforce_due(now=on("tuesday", "09:00"))
    assert len(forty) == len(one)


def test_a_change_of_reason_alone_asks_for_nothing() -> None:
    chat = factories.environment(next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    Operation.objects.update(status="succeeded", finished_at=monday("09:05"))
    Environment.objects.update(state=State.RUNNING)
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=monday("12:00"), author=factories.manager(), now=monday("10:00")
    )
    assert _fresh(chat).next_transition_at == monday("12:00")
    schedules.enforce_due(now=monday("12:00"))
    assert Operation.objects.count() == 1
    assert _fresh(chat).next_transition_at == monday("18:00")


def test_without_a_schedule_an_environment_is_left_as_it_is() -> None:
    chat = factories.environment(schedule=None, next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    assert not Operation.objects.exists()
    later = _fresh(chat).next_transition_at
    assert later is not None
    assert later > monday("09:00") + timedelta(days=30)


def test_editing_a_schedule_makes_exactly_its_environments_due_with_one_update(django_assert_num_queries: Any) -> None:
    ours = [factories.environment(f"ours-{n}") for n in range(3)]
    other = factories.environment("other", schedule=factories.schedule("Late", begin_time="12:00", end_time="20:00"))
    with django_assert_num_queries(1):
        assert schedules.plan_changed(schedule=ours[0].schedule, now=monday("10:00")) == 3
    assert [_fresh(e).next_transition_at for e in ours] == [monday("10:00")] * 3
    assert _fresh(other).next_transition_at is None


def test_an_edited_schedule_that_wishes_otherwise_now_is_followed_and_the_same_wish_asks_for_nothing() -> None:
    chat = factories.environment(next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    Operation.objects.update(status="succeeded", finished_at=monday("09:05"))
    Environment.objects.update(state=State.RUNNING)
    period = Period.objects.get()
    period.end_time = "19:00"
    period.save()
    schedules.plan_changed(schedule=period.schedule, now=monday("10:00"))
    schedules.enforce_due(now=monday("10:00"))
    assert Operation.objects.count() == 1
    assert _fresh(chat).next_transition_at == monday("19:00")
    period.begin_time, period.end_time = "12:00", "13:00"
    period.save()
    schedules.plan_changed(schedule=period.schedule, now=monday("10:01"))
    schedules.enforce_due(now=monday("10:01"))
    assert Operation.objects.unfinished().get().kind == "stop"


def test_a_schedule_with_something_unreadable_in_it_does_not_stop_the_tick_for_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = factories.environment(
        "broken", schedule=factories.schedule("Broken", weekdays="someday"), next_transition_at=monday("09:00")
    )
    factories.environment("fine", next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    assert Operation.objects.get().environment.name == "fine"
    assert "someday" in caplog.text
    later = _fresh(broken).next_transition_at
    assert later is not None
    assert later > monday("09:00")


def test_an_environment_in_a_zone_that_does_not_exist_does_not_stop_the_tick_for_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    factories.environment("nowhere", schedule=None, timezone="No/Where", next_transition_at=monday("08:00"))
    factories.environment("fine", next_transition_at=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    assert Operation.objects.get().environment.name == "fine"
    assert "The plan of nowhere cannot be read" in caplog.text


@pytest.mark.parametrize("state", [State.UNKNOWN, State.STOPPED, State.RUNNING])
def test_a_stop_only_schedule_stops_each_evening_whatever_the_portal_believes_it_to_be(state: State) -> None:
    stop_only = factories.schedule("Evening", end_time="18:00", weekdays="mon-fri")
    factories.environment(schedule=stop_only, next_transition_at=monday("17:00"), state=state)
    for day in ("monday", "tuesday"):
        schedules.enforce_due(now=on(day, "17:00"))
        Environment.objects.update(state=state)
        schedules.enforce_due(now=on(day, "18:00"))
        assert Operation.objects.unfinished().get().kind == "stop"
        Operation.objects.update(status="succeeded", finished_at=on(day, "18:05"))


def test_the_plan_hands_an_expired_hold_over_to_the_schedule_and_closes_it() -> None:
    chat = factories.environment(next_transition_at=monday("09:00"))
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=monday("07:00"), author=factories.manager(), now=monday("06:00")
    )
    Operation.objects.update(status="succeeded", finished_at=monday("06:05"))
    Environment.objects.update(state=State.RUNNING)
    schedules.enforce_due(now=monday("07:00"))
    assert Hold.objects.get().ended_at == monday("07:00")
    assert Operation.objects.unfinished().get().kind == "stop"


def test_what_changes_between_reading_and_writing_is_read_anew_instead_of_judged_by_what_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat = factories.environment(next_transition_at=monday("09:00"), wish=Wish.STOPPED, judged_at=monday("00:00"))
    read = schedules._read

    def and_then_somebody_keeps_it_off(rows: Any, now: Any) -> Any:
        monkeypatch.setattr(schedules, "_read", read)
        found = read(rows, now)
        author = factories.manager()
        holds.place(environment=chat, desired=Wish.STOPPED, until=monday("12:00"), author=author, now=now)
        return found

    monkeypatch.setattr(schedules, "_read", and_then_somebody_keeps_it_off)
    schedules.enforce_due(now=monday("09:00"))
    schedules.enforce_due(now=monday("09:00"))
    assert not Operation.objects.filter(kind="start").exists()
    assert (_fresh(chat).wish, _fresh(chat).next_transition_at) == (Wish.STOPPED, monday("12:00"))
