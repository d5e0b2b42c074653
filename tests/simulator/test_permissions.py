"""IAM's policy simulation: what a role would be allowed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/DaybreakPortal"
STACK = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/chat/1"


def decided(aws: Any, role: str, action: str, resource: str = STACK, **context: str) -> str:
    given = [
        {"ContextKeyName": f"aws:ResourceTag/{key}", "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    asked = {"PolicySourceArn": role, "ActionNames": [action], "ResourceArns": [resource], "ContextEntries": given}
    result = aws.client("iam").simulate_principal_policy(**asked)["EvaluationResults"][0]
    assert (result["EvalActionName"], result["EvalResourceName"]) == (action, resource)
    return str(result["EvalDecision"])


def role_with(aws: Any, *statements: dict[str, Any]) -> str:
    iam = aws.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="Made", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_role_policy(RoleName="Made", PolicyName="p", PolicyDocument=json.dumps(document))
    return str(arn)


def test_a_registered_role_may_do_everything(aws: Any) -> None:
    aws.register_role(ROLE)
    assert decided(aws, ROLE, "cloudformation:DeleteStack") == "allowed"
    assert aws.client("iam").get_role(RoleName="DaybreakPortal")["Role"]["Arn"] == ROLE


def test_a_role_made_through_iam_may_do_what_its_policy_grants(aws: Any) -> None:
    allowed = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": STACK.replace("/1", "/*")}
    denied = {"Effect": "Deny", "Action": "cloudformation:UpdateStack", "Resource": "*"}
    role = role_with(aws, allowed, denied)
    assert decided(aws, role, "cloudformation:DeleteStack") == "allowed"
    assert decided(aws, role, "cloudformation:UpdateStack") == "explicitDeny"
    assert decided(aws, role, "cloudformation:DeleteStack", STACK.replace("chat", "other")) == "implicitDeny"


def test_conditions_count(aws: Any) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/env": "dev"}}
    allowed = {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": condition}
    role = role_with(aws, allowed)
    assert decided(aws, role, "ec2:StopInstances", env="dev") == "allowed"
    assert decided(aws, role, "ec2:StopInstances", env="prod") == "implicitDeny"
    assert decided(aws, role, "ec2:StopInstances") == "implicitDeny"


def test_a_principal_that_is_not_there_is_said_not_to_be(aws: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        decided(aws, ROLE, "ec2:StopInstances")
