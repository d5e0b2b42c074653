from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT

REGION = "ap-northeast-2"
CHANGING = {"UpdateAutoScalingGroup", "SetDesiredCapacity", "SuspendProcesses", "ResumeProcesses"}


class Groups:
    by_tag = True

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("autoscaling")
        self.client.create_launch_configuration(
            LaunchConfigurationName="machines", ImageId="ami-1", InstanceType="t3.micro"
        )

    def running(self, name: str) -> TargetRef:
        self.create(name)
        return self.reference(name)

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        for name in names:
            self.create(name, tags)
        self.create("other", {"env": "test"})
        return self.reference("tag:" + ",".join(f"{key}={value}" for key, value in tags.items()))

    def missing(self) -> TargetRef:
        return self.reference("missing")

    def is_running(self, name: str) -> bool:
        return self.sizes(name) == (1, 2, 4) and self.states(name) == ["InService", "InService"]

    def is_stopped(self, name: str) -> bool:
        return self.sizes(name) == (0, 0, 0) and not self.states(name)

    def wrong(self) -> TargetRef:
        return self.reference("two words", default_sizes="4/1/2")

    def inventory(self) -> dict[str, Any]:
        names = [one["AutoScalingGroupName"] for one in self.client.describe_auto_scaling_groups()["AutoScalingGroups"]]
        return {name: (self.sizes(name), self.states(name)) for name in names}

    def changes(self) -> list[str]:
        return [one["action"] for one in self.aws.requests(service="autoscaling") if one["action"] in CHANGING]

    def create(self, name: str, tags: Mapping[str, str] | None = None, sizes: tuple[int, int, int] = (1, 2, 4)) -> None:
        """A group (min, desired, max) whose instances are in service by the time this returns."""
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=name, LaunchConfigurationName="machines", AvailabilityZones=["ap-northeast-2a"],
            MinSize=sizes[0], DesiredCapacity=sizes[1], MaxSize=sizes[2],
            Tags=[{"Key": k, "Value": v, "PropagateAtLaunch": True} for k, v in (tags or {}).items()],
        )  # fmt: skip
        self.aws.advance(60)

    def resize(self, name: str, low: int, wanted: int, high: int) -> None:
        self.client.update_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=low, MaxSize=high, DesiredCapacity=wanted
        )
        self.aws.advance(60)

    def described(self, name: str) -> dict[str, Any]:
        found = self.client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        return dict(found[0])

    def sizes(self, name: str) -> tuple[int, int, int]:
        found = self.described(name)
        return found["MinSize"], found["DesiredCapacity"], found["MaxSize"]

    def states(self, name: str) -> list[str]:
        return [one["LifecycleState"] for one in self.described(name)["Instances"]]

    def members(self, name: str) -> list[str]:
        return [one["InstanceId"] for one in self.described(name)["Instances"]]

    def reference(self, identifier: str, **options: Any) -> TargetRef:
        return TargetRef("auto_scaling_group", identifier, ACCOUNT, REGION, options)
