"""What a delete of a stack would destroy: its templates read, nested ones too.

It fails closed: what is not known to keep nothing (`template_types`) is asked about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from .template_types import KEEPS, is_harmless

NESTED = "AWS::CloudFormation::Stack"
INSTANCE = "AWS::EC2::Instance"
LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
# The device that an instance starts from is named so: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/
# device_naming.html
ROOT_DEVICES = frozenset({"/dev/sda1", "/dev/xvda", "/dev/sda", "xvda"})

UNKNOWN, DISKS, ROOT_DISK = "unknown", "disks", "root_disk"
"""Why something is listed that is no store of data itself: its type is not known; it has volumes of its own beside
the one that it starts from; it has only that one, and is named where there is something to accept anyway."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource that a delete destroys for good. `path` names the stacks from the root down; `why` is empty for types
    that keep data, else UNKNOWN, DISKS or ROOT_DISK."""

    path: str
    logical_id: str
    type: str
    policy: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delete would destroy, and the fingerprint of exactly these templates and this list."""

    fingerprint: str
    findings: tuple[Finding, ...]

    def rows(self) -> list[dict[str, str]]:
        return [asdict(finding) for finding in self.findings]


def judge(cloudformation: Any, stack: str) -> Verdict:
    """Read the stack's template and those of its nested stacks; list what would be lost.

    botocore's errors pass through. A template changed in any way has another fingerprint. Calls: two a stack.
    """
    templates = dict(_templates(cloudformation, stack, path=""))
    findings = [one for path, template in templates.items() for one in _findings(path, template)]
    if all(one.why == ROOT_DISK for one in findings):
        findings = []
    # The list counts as well: a portal that has learnt of more types asks again.
    listed = [(one.path, one.logical_id, one.why) for one in findings]
    canonical = json.dumps([templates, listed], sort_keys=True, default=str)
    return Verdict(hashlib.sha256(canonical.encode()).hexdigest(), tuple(findings))


def why_lost(resource: Mapping[str, Any], siblings: Mapping[str, Mapping[str, Any]] | None = None) -> str | None:
    """Why deleting the resource loses data, as in `Finding.why`; None when it does not, or it is kept or snapshotted.

    `siblings` are the resources of its template, by their logical ids.
    """
    policy, kind = resource.get("DeletionPolicy"), resource.get("Type")
    # A policy that is no plain word (an intrinsic function) cannot be judged here: it counts as lost.
    if isinstance(policy, str) and policy in KEEPING:
        return None
    return keeps_data(resource, siblings) if isinstance(kind, str) else UNKNOWN


def keeps_data(resource: Mapping[str, Any], siblings: Mapping[str, Mapping[str, Any]] | None = None) -> str | None:
    """Whether there is data in it, whatever its policies: as `why_lost`."""
    kind, there = str(resource.get("Type")), siblings or {}
    if kind == INSTANCE:
        return _disks(resource, there)
    if kind == "AWS::RDS::DBInstance" and _is_member(resource, there):
        return None
    if kind in KEEPS:
        return ""
    return None if is_harmless(kind) else UNKNOWN


def resources_of(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The resources of a template by their logical ids, also those in loops, which keep their loop under `Fn::ForEach`.

    What is no resource at all is one of a type that nobody knows.
    """
    return dict(_flat(template.get("Resources") or {}))


def _flat(section: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, made in section.items():
        loop = made if isinstance(made, list) and name.startswith("Fn::ForEach") else []
        if loop and isinstance(loop[-1], Mapping):
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
            for inner, resource in _flat(loop[-1]):
                over = [*loop[:-1], resource.get("Fn::ForEach", [])]
                yield inner, {**resource, "Fn::ForEach": over}
        else:
            yield name, made if isinstance(made, Mapping) else {"Type": name, "Fn::ForEach": made}


def _findings(path: str, template: Mapping[str, Any]) -> Iterator[Finding]:
    there = resources_of(template)
    for name, resource in there.items():
        why = why_lost(resource, there)
        if why is not None:
            yield Finding(path, name, str(resource.get("Type", "")), str(resource.get("DeletionPolicy", "")), why)


def _is_member(resource: Mapping[str, Any], siblings: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a database instance certainly is one of a cluster, which is what counts then.

    A parameter may be empty, and a condition may take the cluster away: such a one may stand alone.
    """
    match (resource.get("Properties") or {}).get("DBClusterIdentifier"):
        case str() as name:
            return bool(name)
        case {"Ref": str() as name}:
            return siblings.get(name, {}).get("Type") == "AWS::RDS::DBCluster"
    return False


def _disks(instance: Mapping[str, Any], siblings: Mapping[str, Mapping[str, Any]]) -> str:
    """What is lost with an instance: more than the disk that it starts from, only that, or what nobody can tell."""
    properties = instance.get("Properties") or {}
    sources, launch = [properties], properties.get("LaunchTemplate")
    if launch:
        match launch:
            case {"LaunchTemplateId": {"Ref": str() as name}} | {"LaunchTemplateName": {"Ref": str() as name}}:
                made = siblings.get(name, {})
            case _:
                made = {}
        if made.get("Type") != LAUNCH_TEMPLATE:
            return UNKNOWN
        sources.append((made.get("Properties") or {}).get("LaunchTemplateData") or {})
    mappings = [source.get("BlockDeviceMappings") or [] for source in sources]
    return DISKS if any(_is_data(one) for mapping in mappings for one in _listed(mapping)) else ROOT_DISK


def _listed(mapping: Any) -> list[Any]:
    return mapping if isinstance(mapping, list) else [mapping]


def _is_data(device: Any) -> bool:
    """Whether a device is a volume of its own that goes with the instance. What cannot be read is one."""
    if not isinstance(device, Mapping) or not isinstance(device.get("DeviceName"), str):
        return True
    volume = device.get("Ebs")
    if device["DeviceName"] in ROOT_DEVICES or not volume:
        return False
    return not (isinstance(volume, Mapping) and str(volume.get("DeleteOnTermination", "")).lower() == "false")


def _templates(cloudformation: Any, stack: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = body if isinstance(body, Mapping) else parse_template(body)
    yield path, template
    kept = {name for name, r in resources_of(template).items() if str(r.get("DeletionPolicy")) in KEEPING}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for row in (row for page in pages for row in page["StackResourceSummaries"]):
        # A nested stack that is itself retained survives with all that is in it.
        if row["ResourceType"] == NESTED and row.get("PhysicalResourceId") and row["LogicalResourceId"] not in kept:
            below = f"{path}/{row['LogicalResourceId']}".strip("/")
            yield from _templates(cloudformation, row["PhysicalResourceId"], below)


# The fast loader is built on libyaml, which a platform's wheel may lack.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """YAML with CloudFormation's short forms (!Ref, !Sub …), whose values do not matter here."""


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {suffix: loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_scalar(node)} if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _short_form)


def parse_template(body: str) -> Mapping[str, Any]:
    """Parse a template in JSON or YAML. Raises ValueError, saying where, when it is neither or has no resources."""
    try:
        template = yaml.load(body, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(template, Mapping) or not isinstance(template.get("Resources"), Mapping):
        raise ValueError("no Resources section")  # noqa: TRY004 (the text is what is wrong)
    return template
