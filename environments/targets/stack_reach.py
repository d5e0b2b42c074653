"""What keeps data in a stack and would be touched by other values of its parameters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from environments.aws.template_guard import NESTED, STATEFUL, Finding, parse_template

SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)\}")


def reached(cloudformation: Any, stack: str, changed: Collection[str], path: str = "") -> list[Finding]:
    """Resources that keep data (`template_guard.STATEFUL`) and name one of these parameters, or a condition made of
    one; in nested stacks too, where the value is passed on.

    An update may replace such a resource by an empty one, whatever its policies keep of the old. botocore's errors pass
    through. Calls: one for the stack, two for each nested stack that a value is passed on to.
    """
    body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = body if isinstance(body, Mapping) else parse_template(body)
    names = _with_conditions(template, set(changed))
    found: list[Finding] = []
    below: dict[str, set[str]] = {}
    for logical_id, resource in (template.get("Resources") or {}).items():
        kind = resource.get("Type", "")
        if kind == NESTED:
            given: Mapping[str, Any] = (resource.get("Properties") or {}).get("Parameters") or {}
            if passed := {name for name, value in given.items() if _names(value) & names}:
                below[logical_id] = passed
        elif kind in STATEFUL and _names(resource) & names:
            found.append(Finding(path, logical_id, kind, str(resource.get("DeletionPolicy", ""))))
    for logical_id, physical_id in _nested(cloudformation, stack, below):
        inside = f"{path}/{logical_id}".strip("/")
        found += reached(cloudformation, physical_id, below[logical_id], inside)
    return found


def _nested(cloudformation: Any, stack: str, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    if not wanted:
        return
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for row in page["StackResourceSummaries"]:
            if row["LogicalResourceId"] in wanted and row.get("PhysicalResourceId"):
                yield row["LogicalResourceId"], row["PhysicalResourceId"]


def _with_conditions(template: Mapping[str, Any], names: set[str]) -> set[str]:
    """The names, and those of all conditions that are made of them, also by way of other conditions."""
    conditions = {name: _names(made) for name, made in (template.get("Conditions") or {}).items()}
    while more := {name for name, made in conditions.items() if made & names} - names:
        names = names | more
    return names


def _names(node: Any) -> set[str]:
    """Every word of a part of a template that may be a name: whole texts, and what is substituted in them."""
    match node:
        case Mapping():
            return set().union(*(_names(value) for value in node.values()))
        case list():
            return set().union(*(_names(value) for value in node))
        case str():
            return {node, *SUBSTITUTED.findall(node)}
    return set()
