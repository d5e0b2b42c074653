"""What CloudFormation checks in a template before it does anything. Each raises ValidationError, in its words."""

from collections.abc import Iterator, Mapping
from typing import Any

from portal.simulator.cloudformation import graph
from portal.simulator.cloudformation.errors import ValidationError

SECTIONS = {
    "AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Hooks", "Mappings", "Metadata", "Outputs",
    "Parameters", "Resources", "Rules", "Transform",
}  # fmt: skip
PSEUDO_PARAMETERS = {
    "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId",
    "AWS::StackName", "AWS::URLSuffix",
}  # fmt: skip
VENDORS = ("AWS::", "Alexa::", "Custom::")
Document = Mapping[str, Any]


def check(document: Document) -> None:
    _check_sections(document)
    for name, resource in document["Resources"].items():
        _check_resource(name, resource)
    _check_members(document, "Parameters", "Type", "Every Parameters object must contain a Type member.")
    _check_members(document, "Outputs", "Value", "Every Outputs member must contain a Value object")
    _check_names(document)
    _check_explicit_names(document)


def _check_sections(document: Document) -> None:
    if unknown := [str(section) for section in document if section not in SECTIONS]:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for section in ("Parameters", "Conditions", "Mappings", "Outputs"):
        content = document.get(section, {})
        if content is None:
            raise ValidationError(f"[/{section}] 'null' values are not allowed in templates")
        if not isinstance(content, dict):
            raise ValidationError(f"Template format error: {section} must be an object.")
    resources = document.get("Resources")
    if not resources or not isinstance(resources, dict):
        raise ValidationError("Template format error: At least one Resources member must be defined.")


def _check_resource(name: str, resource: Any) -> None:
    if resource is None:
        raise ValidationError(f"[/Resources/{name}] 'null' values are not allowed in templates")
    if not str(name).isalnum():
        raise ValidationError(f"Template format error: Resource name {name} is non alphanumeric.")
    kind = resource.get("Type") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    # AWS and vendors of extensions have three words: `Datadog::Monitors::Monitor`.
    if not kind.startswith(VENDORS) and kind.count("::") != 2:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{kind}]")
    if not isinstance(resource.get("Properties") or {}, dict):
        raise ValidationError(f"Template format error: [/Resources/{name}/Properties] must be an object.")


def _check_members(document: Document, section: str, member: str, words: str) -> None:
    for definition in document.get(section, {}).values():
        if not isinstance(definition, dict) or definition.get(member) is None:
            raise ValidationError(f"Template format error: {words}")


def _check_names(document: Document) -> None:
    """All that is referred to in properties, outputs and conditions exists."""
    resources = document["Resources"]
    names = resources.keys() | document.get("Parameters", {}).keys() | PSEUDO_PARAMETERS
    for block, parts in _blocks(document):
        unknown = set()
        for name, attribute in graph.references(parts):
            if attribute is not None and name not in resources:
                raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
            if name not in names:
                unknown.add(name)
        if unknown:
            raise _unresolved(unknown, block)


def _blocks(document: Document) -> Iterator[tuple[str, list[Any]]]:
    yield "Resources", [definition.get("Properties") for definition in document["Resources"].values()]
    yield "Outputs", [[output["Value"], output.get("Export")] for output in document.get("Outputs", {}).values()]
    yield "Conditions", list(document.get("Conditions", {}).values())


def _check_explicit_names(document: Document) -> None:
    """DependsOn names resources, Condition names conditions."""
    resources, conditions = document["Resources"], document.get("Conditions", {})
    for definition in resources.values():
        needs = definition.get("DependsOn", [])
        if unknown := set([needs] if isinstance(needs, str) else needs) - resources.keys():
            raise _unresolved(unknown, "Resources")
        condition = definition.get("Condition")
        if condition is not None and condition not in conditions:
            raise ValidationError(
                f"Template format error: Unresolved condition dependency {condition} in the Resources block of the "
                "template"
            )


def _unresolved(names: set[str], block: str) -> ValidationError:
    return ValidationError(
        f"Template format error: Unresolved resource dependencies [{', '.join(sorted(names))}] in the {block} block of "
        "the template"
    )
