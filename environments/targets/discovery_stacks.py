"""CloudFormation stacks that could be targets; and what one that runs tells of how to create it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from environments.aws import template_guard
from environments.aws.template_guard import Finding

from . import discovery_texts as texts
from .base import AccountRef, TargetError, Texts
from .client import client, in_words
from .discovery import Found
from .stack_progress import describe
from .stack_status import Look, look_at, seen_as

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html: TemplateBody
LARGEST_BODY = 51_200
MASKED = "****"
NOT_A_TARGET = {Look.DRAFT: texts.DRAFT, Look.LEAVING: texts.LEAVING}


def stacks(account: AccountRef, region: str) -> Iterator[Found]:
    """All stacks of the region, nested ones too. Calls: one a page."""
    with in_words("cloudformation", "DescribeStacks", account, region):
        pages = client("cloudformation", account, region).get_paginator("describe_stacks").paginate()
        for page in pages:
            yield from map(_stack, page["Stacks"])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to create a running stack again, and what a delete of it would lose.

    `options` as the kind keeps them, without a template where that is too large for a request (`too_large`).
    `hidden` are parameters whose values AWS does not tell, `needed` those of them without a default; `unfit` those that
    cannot be kept as they are.
    """

    options: Mapping[str, Any]
    parameters: Mapping[str, str]
    hidden: tuple[str, ...]
    unfit: tuple[str, ...]
    findings: tuple[Finding, ...]
    too_large: bool
    needed: tuple[str, ...] = ()

    def remarks(self) -> list[Texts]:
        """What it means for who wants to switch it."""
        said = [texts.DELETED]
        said += [texts.would_lose(len(self.findings))] if self.findings else [texts.NO_FINDINGS]
        said += [texts.PROTECTED] if self.options.get("termination_protection") else []
        said += [texts.hidden(self.hidden)] if self.hidden else []
        said += [texts.unfit_parameter(name) for name in self.unfit]
        return said + ([texts.TOO_LARGE] if self.too_large else [])


def recipe(account: AccountRef, region: str, name: str) -> Recipe:
    """Read a stack that exists. Changes nothing. `TargetError` when it is not there or cannot be read.

    Calls: two, and what the guard asks (two a stack, nested ones included).
    """
    with in_words("cloudformation", "GetTemplate", account, region):
        cfn = client("cloudformation", account, region)
        stack = describe(cfn, name)
        if stack is None or look_at(stack["StackStatus"]) in {Look.ABSENT, Look.LEAVING}:
            raise TargetError(texts.gone(name), code="no stack")
        stack_id = stack["StackId"]
        body = cfn.get_template(StackName=stack_id, TemplateStage="Original")["TemplateBody"]
        findings = template_guard.judge(cfn, stack_id).findings
    written = body if isinstance(body, str) else json.dumps(body, indent=2)
    too_large = len(written.encode()) > LARGEST_BODY
    options = {
        "template_body": "" if too_large else written,
        "capabilities": list(stack.get("Capabilities", ())),
        "role_arn": stack.get("RoleARN", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ()) if not tag["Key"].startswith("aws:")},
        "termination_protection": bool(stack.get("EnableTerminationProtection")),
    }
    declared = template_guard.parse_template(written).get("Parameters") or {}
    parameters, hidden, unfit = _parameters(stack, declared)
    needed = tuple(name for name in hidden if "Default" not in (declared.get(name) or {}))
    kept = {key: value for key, value in options.items() if value not in ("", [], {}, False)}
    return Recipe(kept, parameters, hidden, unfit, findings, too_large, needed)


def _stack(told: Mapping[str, Any]) -> Found:
    status, name = told["StackStatus"], told["StackName"]
    root = str(told.get("RootId") or told.get("ParentId") or "").partition(":stack/")[2].partition("/")[0]
    protected = (texts.PROTECTED,) if told.get("EnableTerminationProtection") else ()
    return Found(
        kind="cloudformation",
        identifier=name,
        name=name,
        tags={tag["Key"]: tag["Value"] for tag in told.get("Tags", ())},
        state=seen_as(status),
        details=(texts.status(status), *protected),
        why_not=texts.nested(root) if root else NOT_A_TARGET.get(look_at(status)),
        root=root,
    )


def _parameters(
    stack: Mapping[str, Any], declared: Mapping[str, Any]
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Values that can be kept, names whose values AWS hides, and names that do not fit."""
    values: dict[str, str] = {}
    hidden, unfit = [], []
    for one in stack.get("Parameters", ()):
        name, value = one["ParameterKey"], str(one.get("ParameterValue", ""))
        if _is_hidden(declared.get(name), value):
            hidden.append(name)
        elif not (name.isascii() and name.isalnum()) or len(value) > 4096:
            unfit.append(name)
        else:
            values[name] = value
    return values, tuple(sorted(hidden)), tuple(sorted(unfit))


def _is_hidden(declared: object, value: str) -> bool:
    told = declared.get("NoEcho", "") if isinstance(declared, Mapping) else ""
    return str(told).lower() == "true" or value == MASKED
