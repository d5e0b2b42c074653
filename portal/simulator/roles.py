"""Which roles there are to assume, and who may."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from portal.simulator.calls import Answer, Call, Next

ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:.*/)?([^/]+)")


class AccessDeniedError(ServiceException):
    code = "AccessDenied"


class Roles:
    """A layer that refuses AssumeRole for roles that do not exist, or that ask for another external id.

    A role exists when it is registered here, or was made through IAM (then its trust policy's `sts:ExternalId` counts).
    """

    def __init__(self) -> None:
        self._registered: dict[str, str | None] = {}

    def register(self, arn: str, external_id: str | None = None) -> None:
        """Raises ValueError for what is no role's ARN."""
        if not ROLE_ARN.fullmatch(arn):
            raise ValueError(f"{arn!r} is not the ARN of a role")
        self._registered[arn] = external_id

    def listed(self) -> dict[str, str | None]:
        return dict(self._registered)

    def clear(self) -> None:
        self._registered.clear()

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "sts" or call.action != "AssumeRole":
            return go_on(call)
        arn, given = str(call.parameters.get("RoleArn", "")), call.parameters.get("ExternalId")
        if not self._admits(arn, given):
            return call.failure(
                AccessDeniedError(
                    f"User: {caller_arn(call)} is not authorized to perform: sts:AssumeRole on resource: {arn}"
                ),
                status=403,
            )
        return go_on(call)

    def _admits(self, arn: str, given: str | None) -> bool:
        if arn in self._registered:
            return self._registered[arn] in (None, given)
        found = ROLE_ARN.fullmatch(arn)
        if found is None:
            return False
        partition, account, name = found.groups()
        for role in iam_backends[account][partition].roles.values():
            if role.name == name:
                return external_id_of(role.assume_role_policy_document) in (None, given)
        return False


def external_id_of(trust_policy: str | dict[str, Any]) -> str | None:
    """The external id a trust policy demands, if any."""
    policy = json.loads(trust_policy) if isinstance(trust_policy, str) else trust_policy
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
        if wanted:
            return str(wanted[0] if isinstance(wanted, list) else wanted)
    return None


def caller_arn(call: Call) -> str:
    _, arn, _ = sts_backends[call.account]["aws"].get_caller_identity(call.access_key, call.region or "us-east-1")
    return str(arn)
