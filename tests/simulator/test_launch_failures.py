"""Auto scaling groups whose launches fail, and what their scaling activities say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulator import Simulator, SimulatorError

WORDS = "You have requested more vCPU capacity than your current vCPU limit. Launching EC2 instance failed."


def group(aws: Simulator) -> Any:
    """A client, and a group `web` at zero of at most four."""
    client = aws.client("autoscaling")
    client.create_launch_configuration(LaunchConfigurationName="web", ImageId="ami-1", InstanceType="t3.micro")
    client.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=0, MaxSize=4, DesiredCapacity=0,
        AvailabilityZones=["ap-northeast-2a"],
    )  # fmt: skip
    return client


def members(client: Any) -> int:
    return len(client.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"])


def activities(client: Any, name: str = "web") -> list[tuple[str, str]]:
    found = client.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    return [(one["StatusCode"], one.get("StatusMessage", "")) for one in found]


def test_a_group_that_cannot_launch_keeps_its_sizes_and_says_why(aws: Simulator) -> None:
    aws.freeze(datetime(2026, 11, 23, tzinfo=UTC))
    client = group(aws)
    aws.control("POST", "launches", group="web", reason=WORDS)
    client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    assert members(client) == 0
    assert activities(client) == [("Failed", WORDS)]
    said = client.describe_scaling_activities(AutoScalingGroupName="web")["Activities"][0]
    assert said["StartTime"] == datetime(2026, 11, 23, tzinfo=UTC)


def test_once_it_can_the_instances_come_and_the_newest_activity_is_first(aws: Simulator) -> None:
    client = group(aws)
    aws.control("POST", "launches", group="web", reason=WORDS)
    client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    aws.control("POST", "launches", group="web", reason=None)
    assert members(client) == 2
    assert activities(client) == [("Successful", ""), ("Failed", WORDS)]
    assert activities(client, "other") == []


def test_a_group_there_is_not_cannot_fail(aws: Simulator) -> None:
    with pytest.raises(SimulatorError, match="no group nobody"):
        aws.control("POST", "launches", group="nobody", reason=WORDS)


def test_what_fails_survives_a_restart(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    group(first)
    first.control("POST", "launches", group="web", reason=WORDS)
    first.stop()

    second = Simulator(*journal)
    try:
        client = second.client("autoscaling")
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        assert activities(client) == [("Failed", WORDS)]
    finally:
        second.stop()
