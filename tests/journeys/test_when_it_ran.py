"""Spans equal what ran: days of an environment of instances and a group, and of a stack, beside the record of AWS."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Interval, Operation, State, Target
from environments.services import intervals, operations
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday, on
from tests.targets.worlds.auto_scaling_group import Groups
from tests.targets.worlds.ec2 import Instances

pytestmark = pytest.mark.django_db
REGION = "ap-northeast-2"
WHY = {"en": "because", "ko": "이유"}
# An instance takes twenty seconds; the portal looks again within as many.
SOON = timedelta(minutes=1)


def _spans(identifier: str) -> list[tuple[datetime, datetime | None, str, str]]:
    rows = Interval.objects.filter(target_name=identifier).order_by("began_at")
    return list(rows.values_list("began_at", "ended_at", "began_by", "ended_by"))


def _finished(kind: str) -> datetime:
    row = Operation.objects.filter(kind=kind).latest("created_at")
    assert row.status == "succeeded"
    assert row.finished_at is not None
    return row.finished_at


def _go(day: Journey, *clocks: str) -> None:
    for clock in clocks:
        day.go_to(monday(clock))


def test_a_day_of_instances_and_a_group(chat_aws: Any) -> None:
    day = Journey(chat_aws, monday("08:00"))
    chat_aws.set_transition_seconds(20)
    machines, groups = Instances(chat_aws), Groups(chat_aws)
    machines.launch("worker", {"env": "dev"})
    groups.create("web")
    day.now = chat_aws.now()
    office = factories.environment("office", next_transition_at=day.now, state=State.RUNNING)
    for kind, identifier in (("ec2", "tag:env=dev"), ("auto_scaling_group", "web")):
        Target.objects.create(
            environment=office, kind=kind, identifier=identifier, account=factories.account(), region=REGION
        )
    first_look = day.now
    day.go_to(monday("18:30"))
    stopped = _finished("stop")
    assert monday("18:00") < stopped < monday("18:00") + SOON

    # In the night somebody needs a machine for two hours, past the portal.
    _go(day, "22:00", "22:02")
    machines.ec2.start_instances(InstanceIds=[machines.ids["worker"]])
    _go(day, "22:05", "23:57", "23:59")
    machines.ec2.stop_instances(InstanceIds=[machines.ids["worker"]])
    day.go_to(on("tuesday", "00:02"))

    code = "InsufficientInstanceCapacity"
    chat_aws.fault("error", service="ec2", action="StartInstances", code=code, status=400, times=3)
    day.go_to(on("tuesday", "09:30"))

    by_day, by_night, next_day = _spans("tag:env=dev")
    assert by_day[0] == first_look
    assert by_day[1] is not None
    assert monday("18:00") < by_day[1] <= stopped
    assert by_day[2:] == ("scan", "operation")
    # Seen at the look at 22:05; of the end AWS itself says when it was.
    assert by_night == (monday("22:05"), monday("23:59"), "scan", "scan")
    assert next_day[1:] == (None, "operation", "")
    assert on("tuesday", "09:00") < next_day[0] < _finished("start")
    group = _spans("web")
    assert [span[2] for span in group] == ["scan", "operation"]
    assert on("tuesday", "09:00") <= group[1][0] < on("tuesday", "09:00") + SOON
    told = intervals.ran(environments=[office], begin=monday("00:00"), end=on("wednesday", "00:00"), now=day.now)
    assert told[office.pk][1:] == [by_night[:2], (min(next_day[0], group[1][0]), day.now)]


def test_a_stack_ran_from_its_creation_until_it_was_gone_and_one_that_failed_until_it_was_seen_gone(
    chat_aws: Any,
) -> None:
    chat, day = factories.chat_app(schedule=None), Journey(chat_aws, monday("10:00"))

    def ask(kind: str) -> None:
        operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=day.now)
        day.settle()

    ask("start")
    created = Operation.objects.get().steps.get(name="create").started_at
    day._move(monday("12:00"))
    ask("stop")
    name = Target.objects.get().identifier
    assert _spans(name) == [(created, _finished("stop"), "operation", "operation")]

    day._move(monday("14:00"))
    chat_aws.fault("error", service="cloudformation", action="CreateStack", code="AccessDenied", status=403)
    ask("start")
    assert Environment.objects.get().state == State.FAILED_TO_START
    assert len(_spans(name)) == 1
