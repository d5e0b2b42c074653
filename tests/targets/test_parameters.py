"""Where the values of parameters come from: what is taken, what is asked how often, what is refused in which words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from environments.aws import ecr, parameters
from environments.targets.base import ParameterRef, TargetError

from .driving import REF, Stack
from .test_redeploy import parameters_of, push

SECRET = "correct-horse-battery"
TEMPLATE = """
Parameters:
  Tag: {Type: String, Default: none}
  Vpc: {Type: String, Default: none}
  Password: {Type: String, Default: first, AllowedPattern: "[a-z-]+"}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Tag}}
"""
NETWORK = """
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs: {VpcId: {Value: vpc-1}, Zone: {Value: a}}
"""


def resolve(*wanted: ParameterRef, known: dict[str, Any] | None = None) -> parameters.Resolution:
    return parameters.resolve(replace(REF, parameters=wanted), known or {})


def value(source: str, text: str, **more: str) -> str:
    return resolve(ParameterRef("P", source, text, **more)).values["P"]


@pytest.fixture
def tagged(stack: Stack) -> Any:
    for tag in ("v1.0.0", "release-7", "v1.1.0", "nightly", "v1.2.0-debug"):
        push(stack.aws, tag)
    return stack.aws


@pytest.mark.parametrize(
    ("pattern", "excluded", "tag"),
    [
        ("", "", "v1.2.0-debug"),
        ("v*", "", "v1.2.0-debug"),
        ("v*", "*-debug", "v1.1.0"),
        ("release-*", "", "release-7"),
        ("release-*, v1.0.?", "", "release-7"),
        ("", "*-debug, nightly", "v1.1.0"),
        ("v[0-9].0.*", "", "v1.0.0"),
    ],
)
def test_the_newest_tag_like_the_pattern_and_not_excluded_is_taken(
    tagged: Any, pattern: str, excluded: str, tag: str
) -> None:
    assert value("ecr", "app", pattern=pattern, excluded=excluded) == tag


def test_of_several_tags_on_one_image_only_those_that_may_be_taken_count() -> None:
    images = [{"imageTags": ["latest", "1.2.3", "prod-9"], "imagePushedAt": datetime(2026, 11, 1, tzinfo=UTC)}]
    assert ecr.choose(images, "app", ecr.Wanted.of("prod-*", "")).tag == "prod-9"
    assert ecr.choose(images, "app", ecr.Wanted.of("", "1.*")).tag == "prod-9"


def test_when_no_tag_matches_repository_pattern_and_what_is_there_are_named(tagged: Any) -> None:
    with pytest.raises(TargetError) as refused:
        value("ecr", "app", pattern="stable-*", excluded="*-debug")
    said = refused.value.texts["en"]
    assert "No tag in “app” is like “stable-*” but not “*-debug”." in said
    assert "v1.2.0-debug, nightly, v1.1.0" in said
    assert "stable-*" in refused.value.texts["ko"]


def test_one_repository_is_read_once_whatever_the_patterns(tagged: Any) -> None:
    tagged.forget_requests()
    found = resolve(
        ParameterRef("A", "ecr", "app", "v*", "*-debug"),
        ParameterRef("B", "ecr", "app", "release-*"),
        ParameterRef("C", "ecr", "app", "release-*"),
    )
    assert found.values == {"A": "v1.1.0", "B": "release-7", "C": "release-7"}
    assert len(tagged.requests(action="DescribeImages")) == 1


def test_what_was_asked_earlier_in_the_operation_is_not_asked_again(tagged: Any) -> None:
    parameter = ParameterRef("A", "ecr", "app", "v*", "*-debug")
    first = resolve(parameter)
    push(tagged, "v1.3.0")
    tagged.forget_requests()
    again = resolve(replace(parameter, name="B"), known=json.loads(json.dumps(first.memo()))["found"])
    assert again.values == {"B": "v1.1.0"}, "all targets of an operation take the same image"
    assert tagged.requests() == []


def test_an_ssm_parameter_gives_its_value_by_name_version_and_label(stack: Stack) -> None:
    ssm = stack.aws.client("ssm")
    ssm.put_parameter(Name="/chat/tag", Value="1.0", Type="String")
    ssm.put_parameter(Name="/chat/tag", Value="2.0", Type="String", Overwrite=True)
    ssm.put_parameter(Name="zones", Value="a,b", Type="StringList")
    assert value("ssm", "/chat/tag") == "2.0"
    assert value("ssm", "/chat/tag:1") == "1.0"
    assert value("ssm", "zones") == "a,b"


def test_a_missing_ssm_parameter_is_named_with_account_and_region(stack: Stack) -> None:
    with pytest.raises(TargetError) as refused:
        value("ssm", "/chat/nothing")
    assert "“/chat/nothing” does not exist in ap-northeast-2 of account development" in refused.value.texts["en"]
    assert not refused.value.retryable


def test_an_encrypted_value_reaches_the_stack_and_is_kept_and_shown_nowhere(stack: Stack) -> None:
    stack.aws.client("ssm").put_parameter(Name="/chat/db", Value=SECRET, Type="SecureString")
    wanted = (ParameterRef("Password", "ssm", "/chat/db"),)
    made = Stack(stack.aws, replace(REF, options={"template_body": TEMPLATE}, parameters=wanted))
    said = made.run("start")
    assert "Password is encrypted (SSM /chat/db)" in said
    assert parameters_of(made.aws)["Password"] == SECRET
    assert SECRET not in json.dumps([said, made.memo])


def test_an_encrypted_value_is_not_told_by_a_refusal_of_aws_either(stack: Stack) -> None:
    stack.aws.client("ssm").put_parameter(Name="/chat/db", Value=SECRET, Type="SecureString")
    wanted = (ParameterRef("Password", "ssm", "/chat/db"),)
    made = Stack(stack.aws, replace(REF, options={"template_body": TEMPLATE}, parameters=wanted))
    message = f"Parameter 'Password' must not be {SECRET}"
    made.aws.fault("error", action="CreateStack", code="ValidationError", message=message, status=400)
    with pytest.raises(TargetError) as refused:
        made.run("start")
    assert SECRET not in f"{refused.value.texts} {refused.value.raw}"
    assert "must not be ****" in refused.value.raw


def test_the_output_of_another_stack_gives_its_value_with_one_look_a_stack(stack: Stack) -> None:
    stack.aws.client("cloudformation").create_stack(StackName="chat-network", TemplateBody=NETWORK)
    stack.aws.advance(60)
    stack.aws.forget_requests()
    found = resolve(
        ParameterRef("Vpc", "output", "chat-network.VpcId"), ParameterRef("Zone", "output", "chat-network.Zone")
    )
    assert found.values == {"Vpc": "vpc-1", "Zone": "a"}
    assert found.said["en"] == "Vpc vpc-1 (output chat-network.VpcId); Zone a (output chat-network.Zone)"
    assert len(stack.aws.requests(action="DescribeStacks")) == 1


def test_a_missing_stack_and_a_missing_output_are_named(stack: Stack) -> None:
    with pytest.raises(TargetError, match="the stack chat-network is not up in ap-northeast-2 of account development"):
        value("output", "chat-network.VpcId")
    stack.aws.client("cloudformation").create_stack(StackName="chat-network", TemplateBody=NETWORK)
    with pytest.raises(TargetError, match="is not there yet") as refused:
        value("output", "chat-network.SubnetId")
    assert refused.value.retryable
    stack.aws.advance(60)
    with pytest.raises(TargetError, match=r"has no output “SubnetId”\. It has: VpcId, Zone\.") as refused:
        value("output", "chat-network.SubnetId")
    assert not refused.value.retryable


def test_a_right_that_is_missing_is_named(stack: Stack) -> None:
    stack.aws.fault("denied", service="ssm", times=None)
    with pytest.raises(TargetError, match="GetParameter"):
        value("ssm", "/chat/tag")


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        (ParameterRef("P", "ecr", ""), "value"),
        (ParameterRef("P", "ecr", "Chat_App"), "value"),
        (ParameterRef("P", "ecr", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/chat:1"), "value"),
        (ParameterRef("P", "ecr", "chat", "v*, a b"), "pattern"),
        (ParameterRef("P", "ecr", "chat", "", "*debug;"), "excluded"),
        (ParameterRef("P", "fixed", "x", "v*"), "pattern"),
        (ParameterRef("P", "ssm", "/chat/tag", "", "x"), "excluded"),
        (ParameterRef("P", "ssm", ""), "value"),
        (ParameterRef("P", "ssm", "chat/tag"), "value"),
        (ParameterRef("P", "ssm", "/chat tag"), "value"),
        (ParameterRef("P", "output", "chat-network"), "value"),
        (ParameterRef("P", "output", "chat-network.Vpc-Id"), "value"),
        (ParameterRef("P", "output", "1network.VpcId"), "value"),
    ],
)
def test_what_cannot_be_a_source_is_refused_at_entry_naming_the_field(parameter: ParameterRef, field: str) -> None:
    problems = parameters.problems(parameter)
    assert set(problems) == {field}
    assert set(problems[field]) == {"en", "ko"}


@pytest.mark.parametrize(
    "parameter",
    [
        ParameterRef("P", "fixed", ""),
        ParameterRef("P", "ecr", "team/chat-http", "v*, release-[0-9]?", "*-debug"),
        ParameterRef("P", "ssm", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
        ParameterRef("P", "ssm", "tag:prod"),
        ParameterRef("P", "ssm", "arn:aws:ssm:ap-northeast-2:123456789012:parameter/chat/tag"),
        ParameterRef("P", "output", "chat-network.VpcId"),
    ],
)
def test_what_can_be_a_source_is_taken(parameter: ParameterRef) -> None:
    assert parameters.problems(parameter) == {}
