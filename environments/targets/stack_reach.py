"""What keeps data in a stack and would be touched by other values of its parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from environments.aws.template_guard import DISKS, NESTED, UNKNOWN, Finding, keeps_data, parse_template, resources_of
from environments.aws.template_references import condition, references

# What changes in place, so that what is made with the resource sees nothing of it; by type. Source: “Update requires”
# of each property in the template reference. Of any other change, what is made with the resource may change too.
IN_PLACE: Mapping[str, frozenset[str]] = {
    "AWS::AppRunner::Service": frozenset({"InstanceConfiguration", "SourceConfiguration"}),
    "AWS::AutoScaling::AutoScalingGroup": frozenset(
        {"DesiredCapacity", "LaunchConfigurationName", "LaunchTemplate", "MaxSize", "MinSize"}
    ),
    "AWS::EC2::SecurityGroup": frozenset({"SecurityGroupEgress", "SecurityGroupIngress"}),
    "AWS::ECS::Service": frozenset({"DesiredCount", "TaskDefinition"}),
    "AWS::IAM::Role": frozenset({"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "Policies"}),
    "AWS::Lambda::Alias": frozenset({"Description", "FunctionVersion"}),
    "AWS::Lambda::Function": frozenset(
        {"Code", "Description", "Environment", "Handler", "ImageConfig", "Layers", "MemorySize", "Runtime", "Timeout"}
    ),
    "AWS::StepFunctions::StateMachine": frozenset({"Definition", "DefinitionString", "DefinitionSubstitutions"}),
}
# Code of the template's own author, which is meant to run with each new value.
OWN_CODE = ("Custom::", "AWS::CloudFormation::CustomResource")


def reached(cloudformation: Any, stack: str, changed: Collection[str]) -> list[Finding]:
    """Resources that keep data (`template_guard.keeps_data`) and are made with one of these parameters: directly, by a
    condition or by way of other resources; in nested stacks, where the value is passed on, where one is kept or taken
    from another address because of it, and where it comes back as another nested stack's output.

    An update may replace such a resource by an empty one, whatever its policies keep of the old. botocore's errors pass
    through. Calls: one for the stack, two at the most for each nested stack.
    """
    return _spread(_Reader(cloudformation), stack, set(changed), "")[0]


class _Reader:
    """Templates and nested stacks as AWS has them, each asked for once."""

    def __init__(self, cloudformation: Any) -> None:
        self._cloudformation = cloudformation
        self._templates: dict[str, Mapping[str, Any]] = {}
        self._nested: dict[str, dict[str, str]] = {}

    def template(self, stack: str) -> Mapping[str, Any]:
        if stack not in self._templates:
            body = self._cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
            self._templates[stack] = body if isinstance(body, Mapping) else parse_template(body)
        return self._templates[stack]

    def nested(self, stack: str, logical_id: str) -> str:
        """The id of a nested stack; empty where there is none now, and so nothing in it."""
        if stack not in self._nested:
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
            rows = (row for page in pages for row in page["StackResourceSummaries"])
            self._nested[stack] = {row["LogicalResourceId"]: row.get("PhysicalResourceId") or "" for row in rows}
        return self._nested[stack].get(logical_id, "")


def _spread(reader: _Reader, stack: str, names: set[str], path: str) -> tuple[list[Finding], set[str]]:
    """What these names reach in a stack, and which of its outputs are made with them."""
    template = reader.template(stack)
    there = resources_of(template)
    while True:
        names = names | _conditions(template, names)
        found: list[Finding] = []
        more: set[str] = set()
        for logical_id, resource in there.items():
            if resource.get("Type") == NESTED:
                inside, passed_on = _nested(reader, stack, logical_id, resource, names, path)
                found += inside
                more |= passed_on
                continue
            if references({**resource, "DependsOn": []}) & names:
                found += _finding(there, logical_id, path)
            if references(_decisive(resource)) & names:
                more.add(logical_id)
        if more <= names:
            outputs = template.get("Outputs") or {}
            return found, {name for name, made in outputs.items() if references(made) & names}
        names = names | more


def _nested(
    reader: _Reader, stack: str, logical_id: str, resource: Mapping[str, Any], names: set[str], path: str
) -> tuple[list[Finding], set[str]]:
    """What the names reach in a nested stack, and what of it carries them on."""
    properties: Mapping[str, Any] = resource.get("Properties") or {}
    given = properties.get("Parameters") or {}
    passed = {name for name, value in given.items() if references(value) & names}
    decides = {**resource, "Properties": properties.get("TemplateURL", ""), "DependsOn": [], "Metadata": {}}
    # A mapping that is itself made by a function names no parameters.
    whole = references(decides) & names or any(name.startswith("Fn::") for name in given if name in passed)
    if not (passed or whole):
        return [], set()
    physical_id, inside = reader.nested(stack, logical_id), f"{path}/{logical_id}".strip("/")
    if whole:
        return list(_everything(reader, physical_id, inside)) if physical_id else [], {logical_id}
    if not physical_id:
        return [], set()
    found, outputs = _spread(reader, physical_id, passed, inside)
    return found, {f"{logical_id}.Outputs.{name}" for name in outputs}


def _everything(reader: _Reader, stack: str, path: str) -> Iterator[Finding]:
    """All that keeps data in a stack that may be taken away as a whole."""
    there = resources_of(reader.template(stack))
    for logical_id, resource in there.items():
        if resource.get("Type") == NESTED:
            if physical_id := reader.nested(stack, logical_id):
                yield from _everything(reader, physical_id, f"{path}/{logical_id}".strip("/"))
        else:
            yield from _finding(there, logical_id, path)


def _finding(there: Mapping[str, Mapping[str, Any]], logical_id: str, path: str) -> Iterator[Finding]:
    resource = there[logical_id]
    kind, why = str(resource.get("Type", "")), keeps_data(resource, there)
    if why in {"", DISKS} or (why == UNKNOWN and not kind.startswith(OWN_CODE)):
        yield Finding(path, logical_id, kind, str(resource.get("DeletionPolicy", "")), why)


def _decisive(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those parts of a resource by which what others see of it may change: tags never, some properties of some types
    not either."""
    calm = IN_PLACE.get(str(resource.get("Type")), frozenset())
    properties = resource.get("Properties") or {}
    kept = {name: value for name, value in properties.items() if name != "Tags" and name not in calm}
    return {
        "Properties": kept,
        "Condition": resource.get("Condition", ""),
        "Fn::ForEach": resource.get("Fn::ForEach", []),
    }


def _conditions(template: Mapping[str, Any], names: set[str]) -> set[str]:
    """Conditions that are made of the names, also by way of other conditions."""
    made_of = {condition(name): references(made) for name, made in (template.get("Conditions") or {}).items()}
    found: set[str] = set()
    while more := {name for name, made in made_of.items() if made & (names | found)} - found:
        found |= more
    return found
