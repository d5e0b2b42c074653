"""Alarms: in their latest state, given to their checks, and trouble only while the environment should be up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from environments import alarms as door
from environments.models import Alarm, AlarmCheck, CheckState, Environment, State, Target, Ticket
from environments.services import alarms, health
from notifications import intake
from notifications.models import Arrival, Event
from tests import factories
from tests.support.sns import alarm

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 0, 5, tzinfo=UTC)
FIRST, SECOND, THIRD = (f"2026-11-23T01:0{minute}:00.000+0000" for minute in (0, 1, 2))


@pytest.fixture
def check() -> AlarmCheck:
    """Of an environment that runs, with an instance as its target."""
    chat = factories.environment(schedule=None, state=State.RUNNING, state_since=NOW - timedelta(hours=1))
    identifier = "i-0123456789abcdef0, i-0fedcba9876543210"
    Target.objects.create(
        environment=chat, kind="ec2", identifier=identifier, account=factories.account(), region=factories.REGION
    )
    return AlarmCheck.objects.create(environment=chat, name="alarms")


def hear(text: str, *, key: str = "", at: datetime = NOW) -> str:
    """What became of a message of SNS."""
    row = intake.accept(door=door.DOOR, key=key, payload={"Message": text}, now=at)
    intake.judge_due(now=at)
    return Arrival.objects.get(pk=row.pk).outcome if row else "not taken in"


def state() -> str:
    return AlarmCheck.objects.get().state


def reason(language: str = "en") -> str:
    return str(AlarmCheck.objects.get().reason[language])


def sleep(chat: Environment, to: State, now: datetime = NOW) -> None:
    Environment.objects.filter(pk=chat.pk).update(state=to, wish="stopped" if to == State.STOPPED else "running")
    health.environments_moved([chat.pk], now=now)


def test_a_check_is_down_while_one_of_its_alarms_rings_and_says_which_and_why(check: AlarmCheck) -> None:
    assert hear(alarm()) == "taken"
    assert state() == CheckState.DOWN
    assert reason().startswith("Alarm chat-dev-cpu: Threshold Crossed")
    assert reason("ko").startswith("경보 chat-dev-cpu")

    assert hear(alarm("OK", at=SECOND)) == "taken"
    assert state() == CheckState.UP


def test_it_is_up_again_only_when_the_last_one_is_quiet(check: AlarmCheck) -> None:
    hear(alarm())
    hear(alarm(name="chat-dev-disk", at=SECOND, dimensions={"InstanceId": "i-0fedcba9876543210"}))
    assert "Also ringing: chat-dev-disk" in reason()

    hear(alarm("OK", at=SECOND))
    assert (state(), "chat-dev-disk" in reason()) == (CheckState.DOWN, True)
    hear(alarm("INSUFFICIENT_DATA", name="chat-dev-disk", at=THIRD, dimensions={"InstanceId": "i-0fedcba9876543210"}))
    assert state() == CheckState.UP


def test_an_older_change_that_comes_later_moves_nothing(check: AlarmCheck) -> None:
    hear(alarm("OK", at=SECOND))

    assert hear(alarm("ALARM", at=FIRST)) == "older"
    assert (state(), Alarm.objects.get().state) == (CheckState.UP, "OK")


def test_within_one_batch_the_newest_change_counts(check: AlarmCheck) -> None:
    for change, at in (("OK", FIRST), ("OK", THIRD), ("ALARM", SECOND)):
        intake.accept(door=door.DOOR, payload={"Message": alarm(change, at=at)}, now=NOW)
    intake.judge_due(now=NOW)

    assert state() == CheckState.UP
    assert list(Arrival.objects.order_by("pk").values_list("outcome", flat=True)) == ["taken", "taken", "older"]


def test_the_same_message_twice_is_one_event(check: AlarmCheck) -> None:
    assert hear(alarm(), key="m1") == "taken"
    assert hear(alarm(), key="m1") == "not taken in"
    assert hear(alarm(), key="m2") == "same"

    assert Event.objects.filter(kind="check.down").count() == 1


def test_what_rings_while_it_sleeps_is_no_trouble_and_counts_when_it_wakes(check: AlarmCheck) -> None:
    sleep(check.environment, State.STOPPED)
    assert hear(alarm()) == "taken"
    assert state() == CheckState.ASLEEP
    assert not Event.objects.filter(kind="check.down").exists()

    sleep(check.environment, State.RUNNING, NOW + timedelta(hours=8))
    assert alarms.name_the_ringing(now=NOW + timedelta(hours=8)) == 1
    assert (state(), reason().startswith("Alarm chat-dev-cpu")) == (CheckState.DOWN, True)
    assert alarms.name_the_ringing(now=NOW + timedelta(hours=8)) == 0


def test_what_was_quiet_again_before_it_wakes_never_was_trouble(check: AlarmCheck) -> None:
    sleep(check.environment, State.STOPPED)
    hear(alarm())
    hear(alarm("OK", at=SECOND))
    sleep(check.environment, State.RUNNING)

    assert state() == CheckState.UP
    assert not Ticket.objects.exists()


def test_what_rings_while_it_comes_up_is_no_trouble_yet(check: AlarmCheck) -> None:
    sleep(check.environment, State.STARTING)
    hear(alarm())
    assert state() == CheckState.STARTING


def test_a_check_that_is_switched_off_stays_as_it_is(check: AlarmCheck) -> None:
    AlarmCheck.objects.update(is_on=False)
    hear(alarm())
    assert state() == CheckState.UNKNOWN
    assert Alarm.objects.get().check_row_id == check.pk


def test_what_belongs_to_nobody_is_kept_and_given_to_the_check_that_wants_it_later(check: AlarmCheck) -> None:
    assert hear(alarm(name="staging-cpu", dimensions={"InstanceId": "i-1"})) == "taken"
    assert Alarm.objects.get().check_row is None

    AlarmCheck.objects.update(pattern="staging-*")
    assert alarms.match_all(now=NOW) == 1
    assert state() == CheckState.DOWN


def test_whatever_was_missed_is_set_right_now_and_then_and_what_sleeps_is_left_alone(check: AlarmCheck) -> None:
    hear(alarm())
    AlarmCheck.objects.update(state=CheckState.UP)
    assert alarms.match_all(now=NOW) == 1
    assert state() == CheckState.DOWN

    for to, seen in ((State.STOPPED, CheckState.ASLEEP), (State.STARTING, CheckState.STARTING)):
        sleep(check.environment, to)
        Alarm.objects.update(state="OK")
        assert alarms.match_all(now=NOW) == 0
        assert state() == seen


def test_machines_that_a_tag_filter_found_before_are_known(check: AlarmCheck) -> None:
    Target.objects.update(identifier="tag:env=dev", memory={"ran": ["i-0123456789abcdef0"], "down": True})
    hear(alarm())
    assert state() == CheckState.DOWN


@pytest.mark.parametrize("text", ["hello", json.dumps({"AlarmName": "x", "NewStateValue": "ALARM"})])
def test_what_is_no_alarm_or_none_that_can_be_understood_is_noted(text: str, check: AlarmCheck) -> None:
    assert hear(text) in {"other", "unreadable"}
    assert state() == CheckState.UNKNOWN


def test_a_storm_costs_as_many_queries_as_a_few(
    check: AlarmCheck, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries: Any
) -> None:
    def storm(count: int, at: str) -> list[Any]:
        from environments.rules.alarm_messages import read

        return [read(alarm(name=f"a{n}", at=at), NOW) for n in range(count)]

    with django_assert_max_num_queries(30) as few:
        alarms.take(storm(3, FIRST), now=NOW)
    alarms.take(storm(60, FIRST), now=NOW)
    with django_assert_max_num_queries(len(few)):
        alarms.take(storm(60, SECOND), now=NOW)
