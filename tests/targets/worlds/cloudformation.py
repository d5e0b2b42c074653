from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT, TEMPLATE


class Stacks:
    by_tag = False

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.cloudformation = aws.client("cloudformation")

    def running(self, name: str, template: str = TEMPLATE) -> TargetRef:
        self.cloudformation.create_stack(StackName=name, TemplateBody=template)
        self.aws.advance(60)
        return self.reference(name, {"template_body": template})

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        raise NotImplementedError("a stack is created by its name")

    def missing(self) -> TargetRef:
        return self.reference("missing", {"template_body": "Resources: {}"})

    def is_running(self, name: str) -> bool:
        return self.statuses().get(name) == "CREATE_COMPLETE"

    def is_stopped(self, name: str) -> bool:
        return name not in self.statuses()

    def wrong(self) -> TargetRef:
        return self.reference("no_such-name!", {})

    def inventory(self) -> dict[str, Any]:
        return {
            name: status.endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")) for name, status in self.statuses().items()
        }

    def changes(self) -> list[str]:
        found = self.aws.requests(service="cloudformation")
        return [one["action"] for one in found if one["action"] in {"CreateStack", "UpdateStack", "DeleteStack"}]

    def reference(self, name: str, options: dict[str, Any] | None = None) -> TargetRef:
        return TargetRef(
            "cloudformation",
            name,
            ACCOUNT,
            "ap-northeast-2",
            {"template_body": TEMPLATE} if options is None else options,
        )

    def statuses(self) -> dict[str, str]:
        return {s["StackName"]: s["StackStatus"] for s in self.cloudformation.describe_stacks()["Stacks"]}
