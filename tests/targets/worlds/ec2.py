from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT

REGION = "ap-northeast-2"
NOBODY = "i-0123456789abcdef0"
CHANGING = {"StartInstances", "StopInstances", "TerminateInstances", "RunInstances"}


class Instances:
    by_tag = True

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.ec2 = aws.client("ec2")
        self.ids: dict[str, str] = {}

    def running(self, name: str) -> TargetRef:
        self.launch(name)
        return self.reference(self.ids[name])

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        for name in names:
            self.launch(name, tags)
        self.launch("other", {"env": "test"})
        return self.reference("tag:" + ",".join(f"{key}={value}" for key, value in tags.items()))

    def missing(self) -> TargetRef:
        return self.reference(NOBODY)

    def is_running(self, name: str) -> bool:
        return self.states()[self.ids[name]] == "running"

    def is_stopped(self, name: str) -> bool:
        return self.states()[self.ids[name]] == "stopped"

    def wrong(self) -> TargetRef:
        return self.reference("web-1")

    def inventory(self) -> dict[str, Any]:
        return self.states()

    def changes(self) -> list[str]:
        return [one["action"] for one in self.aws.requests(service="ec2") if one["action"] in CHANGING]

    def launch(self, name: str, tags: Mapping[str, str] | None = None, **more: Any) -> str:
        """A machine that runs by the time this returns; its id is kept under its name."""
        labels = [{"Key": key, "Value": value} for key, value in {"Name": name, **(tags or {})}.items()]
        wanted: dict[str, Any] = {"ImageId": "ami-1", "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1, **more}
        wanted["TagSpecifications"] = [{"ResourceType": "instance", "Tags": labels}]
        self.ids[name] = str(self.ec2.run_instances(**wanted)["Instances"][0]["InstanceId"])
        self.aws.advance(60)
        return self.ids[name]

    def states(self) -> dict[str, str]:
        return {one["InstanceId"]: one["State"]["Name"] for one in self.described()}

    def described(self) -> list[dict[str, Any]]:
        return [one for told in self.ec2.describe_instances()["Reservations"] for one in told["Instances"]]

    def reference(self, identifier: str, **options: Any) -> TargetRef:
        return TargetRef("ec2", identifier, ACCOUNT, REGION, options)
