"""Only roles that exist can be assumed, and only with the external id they ask for."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator

ROLE = "arn:aws:iam::222222222222:role/Portal"


def assume(aws: Simulator, role: str = ROLE, **more: str) -> dict[str, Any]:
    return dict(aws.client("sts").assume_role(RoleArn=role, RoleSessionName="portal", **more)["Credentials"])


def client_of(aws: Simulator, service: str, credentials: dict[str, Any]) -> Any:
    session: Any = boto3.session.Session()
    return session.client(
        service,
        region_name="ap-northeast-2",
        endpoint_url=aws.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


@pytest.mark.parametrize("more", [{}, {"ExternalId": "wrong"}])
def test_a_role_is_refused_without_its_external_id(aws: Simulator, more: dict[str, str]) -> None:
    aws.register_role(ROLE, "secret")
    with pytest.raises(ClientError) as refused:
        assume(aws, **more)

    code, message = refusal(refused.value)
    assert code == "AccessDenied"
    assert message == (
        "User: arn:aws:sts::123456789012:user/moto is not authorized to perform: sts:AssumeRole on resource: " + ROLE
    )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_role_is_assumed_with_its_external_id(aws: Simulator) -> None:
    aws.register_role(ROLE, "secret")

    assert assume(aws, ExternalId="secret")["AccessKeyId"].startswith("ASIA")


def test_a_role_that_asks_for_none_is_assumed_with_any(aws: Simulator) -> None:
    aws.register_role(ROLE)

    assert assume(aws)
    assert assume(aws, ExternalId="whatever")


@pytest.mark.parametrize("role", [ROLE, "arn:aws:iam::123456789012:user/someone", "arn:aws:iam::1:role/short-account"])
def test_what_is_no_known_role_is_refused(aws: Simulator, role: str) -> None:
    with pytest.raises(ClientError) as refused:
        assume(aws, role)

    assert refusal(refused.value)[0] == "AccessDenied"


def test_a_role_made_through_iam_asks_for_what_its_trust_policy_says(aws: Simulator) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "from-the-policy"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": condition}
    aws.client("iam", account="222222222222").create_role(
        RoleName="Portal",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )

    assert assume(aws, ExternalId="from-the-policy")
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        assume(aws, ExternalId="guessed")


def test_accounts_do_not_see_each_other(aws: Simulator) -> None:
    aws.register_role(ROLE)
    theirs = client_of(aws, "cloudformation", assume(aws))
    theirs.create_stack(StackName="theirs", TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')

    assert theirs.describe_stacks()["Stacks"][0]["StackId"].split(":")[4] == "222222222222"
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []
    assert client_of(aws, "sts", assume(aws)).get_caller_identity()["Account"] == "222222222222"


def test_regions_do_not_see_each_other(aws: Simulator) -> None:
    aws.client("cloudformation", region="us-east-1").create_stack(
        StackName="there", TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    )

    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []
