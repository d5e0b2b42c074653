"""A CloudFormation template, checked as CloudFormation checks it before it does anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from portal.simulator.cloudformation import documents, graph
from portal.simulator.cloudformation.errors import InsufficientCapabilities, ValidationError

NESTED_STACK = "AWS::CloudFormation::Stack"
SECTIONS = {
    "AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Hooks", "Mappings", "Metadata", "Outputs",
    "Parameters", "Resources", "Rules", "Transform",
}  # fmt: skip
PSEUDO_PARAMETERS = {
    "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
    "AWS::StackName", "AWS::URLSuffix",
}  # fmt: skip
# IAM types, with the property that gives a name of one's own (which asks for CAPABILITY_NAMED_IAM).
IAM_TYPES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}


@dataclass(frozen=True)
class Template:
    """A template's text and its parts. Parts are as written: intrinsics are not evaluated here."""

    text: str
    document: Mapping[str, Any] = field(compare=False)

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, text: str) -> "Template":
        """Raises ValidationError with CloudFormation's text for what is wrong with the template itself.

        Templates do not change, so the same text gives the same object.
        """
        template = cls(text, documents.load(text))
        template._check_structure()
        template._check_references()
        _ = template.graph
        return template

    @property
    def description(self) -> str | None:
        return self.document.get("Description")

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        return self.document.get("Resources") or {}

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        return self.document.get("Parameters") or {}

    @property
    def conditions(self) -> Mapping[str, Any]:
        return self.document.get("Conditions") or {}

    @property
    def mappings(self) -> Mapping[str, Any]:
        return self.document.get("Mappings") or {}

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        return self.document.get("Outputs") or {}

    @property
    def transforms(self) -> list[str]:
        declared = self.document.get("Transform") or []
        return [declared] if isinstance(declared, str) else list(declared)

    @cached_property
    def graph(self) -> graph.Graph:
        return graph.build(self.resources)

    @cached_property
    def iam_resources(self) -> list[str]:
        return [name for name, definition in self.resources.items() if definition["Type"] in IAM_TYPES]

    @cached_property
    def capabilities(self) -> list[str]:
        """The capabilities whoever creates this stack has to acknowledge."""
        needed = []
        if self.iam_resources:
            named = any(
                (own_name := IAM_TYPES[self.resources[name]["Type"]])
                and own_name in (self.resources[name].get("Properties") or {})
                for name in self.iam_resources
            )
            needed.append("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        if any(transform != "AWS::LanguageExtensions" for transform in self.transforms):
            needed.append("CAPABILITY_AUTO_EXPAND")
        return needed

    def demand(self, acknowledged: list[str]) -> None:
        """Raise InsufficientCapabilities unless all this template needs is acknowledged."""
        held = set(acknowledged)
        if "CAPABILITY_NAMED_IAM" in held:
            held.add("CAPABILITY_IAM")
        if lacking := [name for name in self.capabilities if name not in held]:
            raise InsufficientCapabilities(f"Requires capabilities : [{', '.join(lacking)}]")

    def _check_structure(self) -> None:
        if unknown := [str(section) for section in self.document if section not in SECTIONS]:
            raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
        if not self.resources or not isinstance(self.resources, dict):
            raise ValidationError("Template format error: At least one Resources member must be defined.")
        for section in ("Parameters", "Conditions", "Mappings", "Outputs"):
            content = self.document.get(section, {})
            if content is None:
                raise ValidationError(f"[/{section}] 'null' values are not allowed in templates")
            if not isinstance(content, dict):
                raise ValidationError(f"Template format error: [/{section}] Every {section} object must be an object.")
        for name, definition in self.resources.items():
            if not isinstance(definition, dict):
                raise ValidationError(f"Template format error: [/Resources/{name}] Every Resources object must be an "
                                      "object.")  # fmt: skip
            if not str(name).isalnum():
                raise ValidationError(f"Template format error: Resource name {name} is non alphanumeric.")
            if not isinstance(definition.get("Type"), str):
                raise ValidationError(
                    f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
                )
            if not definition["Type"].startswith(("AWS::", "Custom::", "Alexa::")) and definition["Type"].count("::") < 2:
                raise ValidationError(f"Template format error: Unrecognized resource types: [{definition['Type']}]")
            if isinstance(definition.get("Properties", {}), dict) is False:
                raise ValidationError(f"Template format error: [/Resources/{name}/Properties] must be an object.")
        for name, definition in self.parameters.items():
            if not isinstance(definition, dict) or "Type" not in definition:
                raise ValidationError(
                    f"Template format error: Every Parameters object must contain a Type member. ({name})"
                )
        for name, definition in self.outputs.items():
            if not isinstance(definition, dict) or definition.get("Value") is None:
                raise ValidationError(
                    f"Template format error: Every Outputs member must contain a Value object. ({name})"
                )

    def _check_references(self) -> None:
        names = self.resources.keys() | self.parameters.keys() | PSEUDO_PARAMETERS
        blocks = {"Resources": [d.get("Properties", {}) for d in self.resources.values()],
                  "Outputs": [{k: v for k, v in d.items() if k != "Condition"} for d in self.outputs.values()],
                  "Conditions": list(self.conditions.values())}  # fmt: skip
        for block, parts in blocks.items():
            unknown: set[str] = set()
            for name, attribute in graph.references(parts):
                if attribute is not None and name not in self.resources:
                    raise ValidationError(
                        f"Template error: instance of Fn::GetAtt references undefined resource {name}"
                    )
                if name not in names:
                    unknown.add(name)
            if unknown:
                raise ValidationError(
                    f"Template format error: Unresolved resource dependencies [{', '.join(sorted(unknown))}] in the "
                    f"{block} block of the template"
                )
        for name, definition in self.resources.items():
            needs = definition.get("DependsOn", [])
            for need in [needs] if isinstance(needs, str) else needs:
                if need not in self.resources:
                    raise ValidationError(
                        f"Template format error: Unresolved resource dependencies [{need}] in the Resources block of "
                        "the template"
                    )
            condition = definition.get("Condition")
            if condition is not None and condition not in self.conditions:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {condition} in the Resources block of the "
                    f"template ({name})"
                )
