"""What CloudFormation is asked with, from what the operator entered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import StepContext, TargetRef


def deletion(ref: TargetRef, stack_id: str, context: StepContext) -> dict[str, Any]:
    """What `DeleteStack` is asked with."""
    role = {"RoleARN": ref.options["role_arn"]} if ref.options.get("role_arn") else {}
    return {"StackName": stack_id, "ClientRequestToken": context.token} | role


def creation(ref: TargetRef, parameters: Mapping[str, str], token: str) -> dict[str, Any]:
    """What `CreateStack` is asked with."""
    options = ref.options
    wanted: dict[str, Any] = {
        "StackName": ref.identifier,
        "ClientRequestToken": token,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())],
        "Capabilities": list(options.get("capabilities") or []),
        "Tags": [{"Key": k, "Value": str(v)} for k, v in sorted((options.get("tags") or {}).items())],
        "EnableTerminationProtection": bool(options.get("termination_protection")),
    }
    if options.get("template_url"):
        wanted["TemplateURL"] = options["template_url"]
    else:
        wanted["TemplateBody"] = options.get("template_body", "")
    if options.get("role_arn"):
        wanted["RoleARN"] = options["role_arn"]
    return wanted
