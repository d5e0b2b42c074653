"""Auto scaling groups: sizes are kept, instances come and go in their time, and what was stopped is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator

GROUP = "chat"


class Group:
    """A group of two machines of at most four, seen and changed as AWS's clients do."""

    def __init__(self, aws: Simulator) -> None:
        self.client, self.ec2 = aws.client("autoscaling"), aws.client("ec2")
        self.client.create_launch_configuration(LaunchConfigurationName=GROUP, ImageId="ami-1", InstanceType="t3.micro")
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=GROUP, LaunchConfigurationName=GROUP, MinSize=1, MaxSize=4, DesiredCapacity=2,
            AvailabilityZones=["ap-northeast-2a"],
        )  # fmt: skip

    def described(self) -> dict[str, Any]:
        return dict(self.client.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"][0])

    def sizes(self) -> tuple[int, int, int]:
        found = self.described()
        return found["MinSize"], found["MaxSize"], found["DesiredCapacity"]

    def states(self) -> list[str]:
        return [member["LifecycleState"] for member in self.described()["Instances"]]

    def members(self) -> list[str]:
        return [member["InstanceId"] for member in self.described()["Instances"]]

    def machines(self) -> dict[str, str]:
        found = [machine for one in self.ec2.describe_instances()["Reservations"] for machine in one["Instances"]]
        return {machine["InstanceId"]: machine["State"]["Name"] for machine in found}

    def update(self, **sizes: int) -> None:
        self.client.update_auto_scaling_group(AutoScalingGroupName=GROUP, **sizes)

    def suspend(self, *processes: str) -> None:
        self.client.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=list(processes))

    def resume(self, *processes: str) -> None:
        self.client.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=list(processes))


@pytest.fixture
def group(aws: Simulator) -> Group:
    """In it, each change takes 30 seconds."""
    made = Group(aws)
    aws.set_transition_seconds(30)
    return made


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code, words = refusal(caught.value)
    assert code == "ValidationError"
    return words


def test_instances_appear_and_go_in_time(aws: Simulator, group: Group) -> None:
    first = group.members()
    group.update(DesiredCapacity=3)
    assert group.states() == ["InService", "InService", "Pending"]
    assert sorted(group.machines().values()) == ["pending", "running", "running"]
    aws.advance(30)
    assert group.states() == ["InService"] * 3

    group.update(MinSize=0, MaxSize=0, DesiredCapacity=0)
    assert (group.sizes(), group.states()) == ((0, 0, 0), ["Terminating"] * 3)
    assert set(group.machines().values()) == {"shutting-down"}
    aws.advance(30)
    assert (group.states(), set(group.machines().values())) == ([], {"terminated"})
    group.update(MinSize=1, MaxSize=4, DesiredCapacity=2)
    aws.advance(30)
    assert group.states() == ["InService", "InService"]
    assert not set(group.members()) & set(first)


def test_without_time_they_are_there_at_once(aws: Simulator) -> None:
    group = Group(aws)
    group.update(DesiredCapacity=4)
    assert group.states() == ["InService"] * 4
    group.update(MinSize=0, DesiredCapacity=0)
    assert group.states() == []


def test_a_second_change_counts_those_that_are_still_pending(aws: Simulator, group: Group) -> None:
    group.update(DesiredCapacity=3)
    group.update(DesiredCapacity=4)
    aws.advance(30)

    assert group.states() == ["InService"] * 4
    assert len(group.machines()) == 4


@pytest.mark.parametrize(
    ("sizes", "capacity"), [({"MinSize": 3}, 3), ({"MinSize": 0, "MaxSize": 0}, 0), ({"MaxSize": 1}, 1)]
)
def test_new_sizes_take_the_desired_capacity_with_them(group: Group, sizes: dict[str, int], capacity: int) -> None:
    group.update(**sizes)

    assert group.sizes()[2] == capacity


def test_a_capacity_outside_the_sizes_is_refused(group: Group) -> None:
    update, capacity = group.client.update_auto_scaling_group, group.client.set_desired_capacity
    name = {"AutoScalingGroupName": GROUP}

    assert refused(update, **name, DesiredCapacity=5) == (
        "Desired capacity:5 must be between the specified min size:1 and max size:4"
    )
    assert refused(update, **name, MinSize=5) == "Max bound, 4, must be greater than or equal to min bound, 5"
    assert refused(capacity, **name, DesiredCapacity=5) == (
        "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup."
    )
    assert refused(capacity, **name, DesiredCapacity=0) == (
        "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup."
    )
    assert (group.sizes(), len(group.members())) == ((1, 4, 2), 2)


@pytest.mark.parametrize("action", ["update_auto_scaling_group", "suspend_processes", "resume_processes"])
def test_a_group_there_is_not_cannot_be_changed(group: Group, action: str) -> None:
    assert "AutoScalingGroup name not found" in refused(getattr(group.client, action), AutoScalingGroupName="nobody")


def test_what_is_suspended_is_listed_and_does_not_happen_until_it_is_resumed(aws: Simulator, group: Group) -> None:
    group.suspend("Launch", "Terminate")
    assert [one["ProcessName"] for one in group.described()["SuspendedProcesses"]] == ["Launch", "Terminate"]
    group.update(DesiredCapacity=4)
    group.update(DesiredCapacity=1)
    assert (group.sizes(), group.states()) == ((1, 4, 1), ["InService", "InService"])

    group.resume("Terminate")
    aws.advance(30)
    assert group.states() == ["InService"]
    group.update(DesiredCapacity=3)
    assert group.states() == ["InService"]
    group.resume()
    aws.advance(30)
    assert (group.states(), group.described()["SuspendedProcesses"]) == (["InService"] * 3, [])


def test_an_instance_that_is_stopped_is_replaced(aws: Simulator, group: Group) -> None:
    stopped, other = group.members()
    group.ec2.stop_instances(InstanceIds=[stopped])
    assert group.states() == ["InService", "InService"]
    aws.advance(30)
    members = {member["InstanceId"]: member for member in group.described()["Instances"]}
    assert (members[stopped]["LifecycleState"], members[stopped]["HealthStatus"]) == ("Terminating", "Unhealthy")
    aws.advance(30)

    assert (len(group.members()), other in group.members(), stopped in group.members()) == (2, True, False)
    assert group.states() == ["InService", "InService"]
    assert group.machines()[stopped] == "terminated"


def test_an_instance_that_is_stopped_is_left_alone_while_replacing_is_suspended(aws: Simulator, group: Group) -> None:
    stopped = group.members()[0]
    group.suspend("ReplaceUnhealthy")
    group.ec2.stop_instances(InstanceIds=[stopped])
    aws.advance(300)
    assert group.described()["Instances"][0]["HealthStatus"] == "Unhealthy"
    assert group.machines()[stopped] == "stopped"

    group.resume("ReplaceUnhealthy")
    aws.advance(60)
    assert group.machines()[stopped] == "terminated"


def test_an_instance_that_is_terminated_is_replaced_unless_the_capacity_goes_down(aws: Simulator, group: Group) -> None:
    first, second = group.members()
    group.client.terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=True)
    aws.advance(30)
    assert (group.sizes(), group.members()) == ((1, 4, 1), [second])

    terminate = group.client.terminate_instance_in_auto_scaling_group
    words = refused(terminate, InstanceId=second, ShouldDecrementDesiredCapacity=True)
    assert words.startswith("Currently, desiredSize equals minSize (1).")
    group.ec2.terminate_instances(InstanceIds=[second])
    aws.advance(30)
    assert (group.states(), second in group.members()) == (["InService"], False)
    words = refused(terminate, InstanceId=second, ShouldDecrementDesiredCapacity=False)
    assert words == f"Instance Id not found - No managed instance found for instance ID: {second}"


def test_a_group_that_is_deleted_takes_its_instances_along_whatever_is_suspended(aws: Simulator, group: Group) -> None:
    group.suspend()
    group.client.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    aws.advance(30)

    assert group.client.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert set(group.machines().values()) == {"terminated"}


def test_groups_are_described_in_pages(group: Group) -> None:
    for number in range(4):
        group.client.create_auto_scaling_group(
            AutoScalingGroupName=f"other-{number}", LaunchConfigurationName=GROUP, MinSize=0, MaxSize=0,
            AvailabilityZones=["ap-northeast-2a"],
        )  # fmt: skip

    pages = group.client.get_paginator("describe_auto_scaling_groups").paginate(MaxRecords=2)
    assert [len(page["AutoScalingGroups"]) for page in pages] == [2, 2, 1]
    refused(group.client.describe_auto_scaling_groups, MaxRecords=200)


def test_groups_with_all_that_is_on_its_way_survive_a_restart(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    group = Group(first)
    first.freeze()
    first.set_transition_seconds(30)
    group.update(DesiredCapacity=4)
    group.suspend("Launch", "AZRebalance", "HealthCheck")
    group.update(DesiredCapacity=3)
    before = group.described(), group.machines()
    first.stop()

    second = Simulator(*journal)
    try:
        group.client, group.ec2 = second.client("autoscaling"), second.client("ec2")
        assert (group.described(), group.machines()) == before
        second.advance(30)
        assert group.states() == ["InService"] * 3
    finally:
        second.stop()
