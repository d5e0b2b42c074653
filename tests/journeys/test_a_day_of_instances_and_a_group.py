"""A day of an environment of tagged instances and an auto scaling group, through schedule, workers and drift scans."""

from __future__ import annotations

from typing import Any

import botocore.endpoint
import pytest
from botocore.config import Config

from environments.models import Environment, Operation, State, Target
from environments.services import operations
from environments.targets import client as clients
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday, on
from tests.targets.worlds.auto_scaling_group import Groups
from tests.targets.worlds.ec2 import Instances

pytestmark = pytest.mark.django_db
REGION = "ap-northeast-2"
DEV = {"env": "dev"}
WHY = {"en": "because", "ko": "이유"}
CALLS = ["DescribeInstances", "StartInstances", "StopInstances", "DescribeAutoScalingGroups", "UpdateAutoScalingGroup"]


@pytest.fixture
def day(chat_aws: Any) -> Journey:
    """09:00 on a Monday, and a region where each change takes 20 seconds."""
    journey = Journey(chat_aws, monday("09:00"))
    chat_aws.set_transition_seconds(20)
    return journey


@pytest.fixture
def machines(day: Journey) -> Instances:
    world = Instances(day.aws)
    for name in ("working", "resting"):
        world.launch(name, DEV)
    Groups(day.aws).create("web")
    day.now = day.aws.now()
    return world


@pytest.fixture
def office(machines: Instances) -> Environment:
    made = factories.environment("office", next_transition_at=monday("08:00"), state=State.RUNNING)
    for order, (kind, identifier) in enumerate((("ec2", "tag:env=dev"), ("auto_scaling_group", "web")), start=1):
        Target.objects.create(
            environment=made, kind=kind, identifier=identifier, account=factories.account(), region=REGION, order=order
        )
    return made


@pytest.fixture
def hasty(day: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 tries as often as ever, but no real time passes between its tries."""

    class Time:
        sleep = staticmethod(lambda _: None)

    monkeypatch.setattr(botocore.endpoint, "time", Time)
    as_often = Config(retries={"mode": "standard", "total_max_attempts": 3})
    monkeypatch.setattr(clients, "CONFIG", clients.CONFIG.merge(as_often))
    clients.forget_clients()


def groups_of(day: Journey) -> Groups:
    """A look at the groups that are there already."""
    groups = Groups.__new__(Groups)
    groups.aws, groups.client = day.aws, day.aws.client("autoscaling")
    return groups


def state(of: Environment) -> str:
    return Environment.objects.get(pk=of.pk).state


def test_the_evening_stops_all_and_the_morning_brings_back_what_ran(
    day: Journey, machines: Instances, office: Environment
) -> None:
    groups = groups_of(day)
    day.go_to(monday("15:00"))
    machines.ec2.stop_instances(InstanceIds=[machines.ids["resting"]])  # on purpose, by somebody
    day.go_to(monday("18:10"))
    assert state(office) == State.STOPPED
    assert (machines.is_stopped("working"), groups.is_stopped("web")) == (True, True)
    assert [target.memory["down"] for target in Target.objects.all()] == [True, True]

    code = "InsufficientInstanceCapacity"
    machines.aws.fault("error", service="ec2", action="StartInstances", code=code, status=400, times=3)
    day.go_to(on("tuesday", "09:30"))
    assert state(office) == State.RUNNING
    assert (machines.is_running("working"), groups.is_running("web")) == (True, True)
    assert machines.is_stopped("resting")
    assert [target.memory["down"] for target in Target.objects.all()] == [False, False]
    assert set(Operation.objects.values_list("status", flat=True)) == {"succeeded"}


@pytest.mark.torture
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost"},
        {"kind": "reset"},
        {"kind": "throttle"},
        {"kind": "garbled"},
        {"kind": "error", "code": "InternalFailure"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_whatever_call_fails_for_a_while_the_wish_comes_true_and_what_was_off_stays_off(
    fault: dict[str, Any], hasty: None, day: Journey, machines: Instances, office: Environment
) -> None:
    Environment.objects.update(schedule=None)
    machines.ec2.stop_instances(InstanceIds=[machines.ids["resting"]])
    day.aws.advance(60)
    for kind, expected in (("stop", State.STOPPED), ("start", State.RUNNING)):
        for action in CALLS:
            # Four in a row are more than boto3's three tries: then it is the portal's turn.
            day.aws.fault(action=action, times=4, nth=2 if action.startswith("Describe") else 1, **fault)
        operations.request(environment=office, kind=kind, trigger="hold", reason=WHY, now=day.now)
        day.settle()
        day.aws.clear_faults()
        assert state(office) == expected
    assert machines.is_running("working")
    assert machines.is_stopped("resting")
    assert groups_of(day).is_running("web")
