"""A CloudFormation template, checked as CloudFormation checks it before it does anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from portal.simulator.cloudformation import checks, documents, graph
from portal.simulator.cloudformation.errors import InsufficientCapabilitiesError

NESTED_STACK = "AWS::CloudFormation::Stack"
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
        document = documents.load(text)
        checks.check(document)
        template = cls(text, document)
        _ = template.graph  # which refuses circles
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

    def demand(self, acknowledged: Sequence[str]) -> None:
        """Raise InsufficientCapabilitiesError unless all this template needs is acknowledged."""
        held = set(acknowledged)
        if "CAPABILITY_NAMED_IAM" in held:
            held.add("CAPABILITY_IAM")
        if lacking := [name for name in self.capabilities if name not in held]:
            raise InsufficientCapabilitiesError(f"Requires capabilities : [{', '.join(lacking)}]")
