"""What a role is allowed, as IAM's policy simulation says it; moto does not simulate policies.

A role that is only registered (`Roles`) may do everything. One that was made through IAM may do what its inline and
attached policies grant; conditions are compared with the values that the caller gives. Nobody is refused a call for it:
that is what faults are for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.roles import ROLE_ARN, Roles

Statement = Mapping[str, Any]


class NoSuchEntityError(ServiceException):
    code = "NoSuchEntity"


class Permissions:
    """A layer that answers SimulatePrincipalPolicy, and GetRole for roles that are only registered."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "iam":
            return go_on(call)
        if call.action == "SimulatePrincipalPolicy":
            return self._simulated(call)
        registered = call.action == "GetRole" and self._registered(call.account, call.parameters["RoleName"])
        return call.success({"Role": registered}) if registered else go_on(call)

    def _simulated(self, call: Call) -> Answer:
        asked = call.parameters
        arn = asked["PolicySourceArn"]
        if arn in self._roles.listed():
            stated: list[Statement] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        else:
            role = _role(arn)
            if role is None:
                return call.failure(NoSuchEntityError(f"The principal {arn} cannot be found."), status=404)
            stated = list(_statements(role))
        context = {one["ContextKeyName"].lower(): one["ContextKeyValues"] for one in asked.get("ContextEntries", ())}
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": thing,
                "EvalDecision": _decision(stated, action, thing, context),
            }
            for action in asked["ActionNames"]
            for thing in asked.get("ResourceArns") or ["*"]
        ]
        return call.success({"EvaluationResults": results, "IsTruncated": False})

    def _registered(self, account: str, name: str) -> dict[str, Any] | None:
        for arn, external_id in self._roles.listed().items():
            found = ROLE_ARN.fullmatch(arn)
            if found and found.group(2) == account and found.group(3) == name:
                wanted = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}
                trust = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": wanted}
                return {
                    "Path": "/",
                    "RoleName": name,
                    "RoleId": "AROASIMULATEDSIMULATE",
                    "Arn": arn,
                    "CreateDate": "2026-01-01T00:00:00Z",
                    "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
                }
        return None


def _role(arn: str) -> Any:
    found = ROLE_ARN.fullmatch(arn)
    if found is None:
        return None
    partition, account, name = found.groups()
    roles = iam_backends[account][partition].roles.values()
    return next((role for role in roles if role.name == name), None)


def _statements(role: Any) -> Iterable[Statement]:
    written = [*role.policies.values(), *(_default(policy) for policy in role.managed_policies.values())]
    for text in written:
        stated = (json.loads(unquote(text)) if isinstance(text, str) else text)["Statement"]
        yield from [stated] if isinstance(stated, Mapping) else stated


def _default(policy: Any) -> Any:
    """The document of a managed policy's version in force."""
    return next(one.document for one in policy.versions if one.is_default)


def _decision(stated: Sequence[Statement], action: str, thing: str, context: Mapping[str, Sequence[str]]) -> str:
    concerned = [one["Effect"] for one in stated if _concerns(one, action, thing, context)]
    if "Deny" in concerned:
        return "explicitDeny"
    return "allowed" if concerned else "implicitDeny"


def _concerns(one: Statement, action: str, thing: str, context: Mapping[str, Sequence[str]]) -> bool:
    return (
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _list(one.get("Action", ())))
        and any(fnmatchcase(thing, pattern) for pattern in _list(one.get("Resource", ())))
        and all(
            any(fnmatchcase(given, wanted) for given in context.get(key.lower(), ()) for wanted in _list(values))
            for conditions in one.get("Condition", {}).values()
            for key, values in conditions.items()
        )
    )


def _list(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
