"""ECS services in long lists, and with a scalable target that keeps their count in its range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/chat/api",
    "ScalableDimension": "ecs:service:DesiredCount",
}
ALL_SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}


class Service:
    """A service of two tasks, and its scalable target."""

    def __init__(self, aws: Simulator) -> None:
        self.ecs, self.scaling = aws.client("ecs"), aws.client("application-autoscaling")
        container = {"name": "api", "image": "api", "memory": 128}
        self.ecs.create_cluster(clusterName="chat")
        self.ecs.register_task_definition(family="api", containerDefinitions=[container])
        self.create("api", 2)

    def create(self, name: str, count: int) -> None:
        self.ecs.create_service(cluster="chat", serviceName=name, taskDefinition="api", desiredCount=count)

    def update(self, count: int) -> None:
        self.ecs.update_service(cluster="chat", service="api", desiredCount=count)

    def counts(self) -> tuple[int, int, int]:
        """How many tasks are desired, running and pending."""
        found = self.ecs.describe_services(cluster="chat", services=["api"])["services"][0]
        return found["desiredCount"], found["runningCount"], found["pendingCount"]

    def register(self, **wanted: Any) -> None:
        self.scaling.register_scalable_target(**TARGET, **wanted)

    def target(self) -> dict[str, Any]:
        return dict(self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0])


@pytest.fixture
def service(aws: Simulator) -> Service:
    """For it, each change takes 30 seconds."""
    made = Service(aws)
    aws.set_transition_seconds(30)
    return made


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code, words = refusal(caught.value)
    return code, words


def test_services_are_listed_ten_at_a_time(service: Service) -> None:
    for number in range(22):
        service.create(f"other-{number}", 0)

    paginator = service.ecs.get_paginator("list_services")
    assert [len(page["serviceArns"]) for page in paginator.paginate(cluster="chat")] == [10, 10, 3]
    large = paginator.paginate(cluster="chat", PaginationConfig={"PageSize": 100})
    assert [len(page["serviceArns"]) for page in large] == [23]
    for made_up in ({"maxResults": 101}, {"nextToken": "made-up"}):
        assert refused(service.ecs.list_services, cluster="chat", **made_up)[0] == "InvalidParameterException"


def test_at_most_ten_services_are_described_at_once(service: Service) -> None:
    many = [f"other-{number}" for number in range(11)]
    described = service.ecs.describe_services(cluster="chat", services=["api", *many[:9]])

    assert [one["serviceName"] for one in described["services"]] == ["api"]
    assert {one["reason"] for one in described["failures"]} == {"MISSING"}
    assert refused(service.ecs.describe_services, cluster="chat", services=many) == (
        "InvalidParameterException",
        "service names can have at most 10 items.",
    )
    assert refused(service.ecs.describe_services, cluster="chat", services=[])[0] == "InvalidParameterException"


def test_a_target_tells_which_scaling_is_suspended(service: Service) -> None:
    service.register(MinCapacity=1, MaxCapacity=4)
    assert service.target()["SuspendedState"] == dict.fromkeys(ALL_SUSPENDED, False)
    service.register(SuspendedState=ALL_SUSPENDED)
    assert service.target()["SuspendedState"] == ALL_SUSPENDED
    service.register(MinCapacity=2)
    assert service.target()["SuspendedState"] == ALL_SUSPENDED
    service.register(SuspendedState={"DynamicScalingInSuspended": True})
    assert service.target()["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    assert (service.target()["MinCapacity"], service.target()["MaxCapacity"]) == (2, 4)


@pytest.mark.parametrize(("low", "high", "count"), [(3, 5, 3), (0, 1, 1), (1, 4, 2)])
def test_registering_a_target_brings_the_count_into_its_range(
    aws: Simulator, service: Service, low: int, high: int, count: int
) -> None:
    service.register(MinCapacity=low, MaxCapacity=high)
    assert service.counts() == (2, 2, 0)
    aws.advance(30)
    assert service.counts()[0] == count
    aws.advance(30)
    assert service.counts() == (count, count, 0)


def test_a_service_that_is_stopped_without_suspending_its_target_comes_back(aws: Simulator, service: Service) -> None:
    service.register(MinCapacity=1, MaxCapacity=4)
    service.update(0)
    assert service.counts() == (0, 2, 0)
    aws.advance(60)
    assert service.counts() == (1, 1, 0)


def test_a_service_whose_target_is_suspended_stays_stopped_until_it_is_resumed(
    aws: Simulator, service: Service
) -> None:
    service.register(MinCapacity=1, MaxCapacity=4)
    service.register(SuspendedState=ALL_SUSPENDED)
    service.update(0)
    aws.advance(3600)
    assert service.counts() == (0, 0, 0)
    service.register(SuspendedState=dict.fromkeys(ALL_SUSPENDED, False))
    aws.advance(60)
    assert service.counts() == (1, 1, 0)


def test_a_target_that_is_suspended_or_gone_by_then_changes_nothing(aws: Simulator, service: Service) -> None:
    service.register(MinCapacity=1, MaxCapacity=4)
    service.update(0)
    service.register(SuspendedState=ALL_SUSPENDED)
    aws.advance(60)
    assert service.counts() == (0, 0, 0)
    service.register(SuspendedState=dict.fromkeys(ALL_SUSPENDED, False))
    service.scaling.deregister_scalable_target(**TARGET)
    aws.advance(60)
    assert service.counts() == (0, 0, 0)


def test_only_scaling_out_is_suspended_where_only_that_is_said(aws: Simulator, service: Service) -> None:
    service.register(MinCapacity=1, MaxCapacity=3, SuspendedState={"DynamicScalingOutSuspended": True})
    service.update(0)
    aws.advance(60)
    assert service.counts() == (0, 0, 0)
    service.update(5)
    aws.advance(60)
    assert service.counts() == (3, 3, 0)


def test_targets_and_what_they_do_survive_a_restart(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    service = Service(first)
    first.freeze()
    first.set_transition_seconds(30)
    service.register(MinCapacity=3, MaxCapacity=4)
    before = service.target()
    first.stop()

    second = Simulator(*journal)
    try:
        service.ecs, service.scaling = second.client("ecs"), second.client("application-autoscaling")
        assert service.target() == before
        second.advance(60)
        assert service.counts() == (3, 3, 0)
    finally:
        second.stop()
