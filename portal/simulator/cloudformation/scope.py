"""What the names in a stack's template mean."""

from collections.abc import Mapping
from typing import Any

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.intrinsics import evaluate
from portal.simulator.cloudformation.stacks import Shelf, Stack


class StackScope:
    """Names of one stack: its parameters, pseudo parameters, resources, conditions and what others export."""

    def __init__(self, stack: Stack, shelf: Shelf) -> None:
        self._stack = stack
        self._shelf = shelf
        self._conditions: dict[str, bool] = {}

    @property
    def region(self) -> str:
        return self._stack.region

    @property
    def mappings(self) -> Mapping[str, Any]:
        return self._stack.template.mappings

    def reference(self, name: str) -> Any:
        stack = self._stack
        if name in stack.values:
            return stack.values[name]
        if name.startswith("AWS::"):
            return self._pseudo()[name]
        resource = stack.resources.get(name)
        if resource is None or not resource.physical_id:
            raise ResourceError(
                f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the "
                "template"
            )
        return resource.physical_id

    def attribute(self, name: str, attribute: str) -> Any:
        resource = self._stack.resources.get(name)
        if resource is None or not resource.physical_id:
            raise ResourceError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
        if resource.is_stack:
            child = self._shelf.find(resource.physical_id)
            for output in child.outputs:
                if attribute == f"Outputs.{output['OutputKey']}":
                    return output["OutputValue"]
            raise ResourceError(f"Template error: Output '{attribute.removeprefix('Outputs.')}' not found in stack "
                                 f"'{child.id}'")  # fmt: skip
        return resource.backing.attribute(attribute) if resource.backing else None

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            self._conditions[name] = bool(evaluate(self._stack.template.conditions[name], self))
        return self._conditions[name]

    def imported(self, name: str) -> str:
        exporter = self._shelf.exporter(name)
        if exporter is None:
            raise ResourceError(f"No export named {name} found.")
        self._stack.imports.add(name)
        return exporter.exports[name]

    def _pseudo(self) -> dict[str, Any]:
        stack = self._stack
        china = stack.region.startswith("cn-")
        return {
            "AWS::AccountId": stack.account,
            "AWS::NotificationARNs": stack.notification_arns,
            "AWS::Partition": "aws-cn" if china else "aws",
            "AWS::Region": stack.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
        }
