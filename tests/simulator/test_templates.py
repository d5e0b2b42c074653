"""Templates: what is refused, in AWS's words, and what the intrinsic functions give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import TOPIC, Stacks, parameters, refusal, template, topic
from tests.support.simulator import Simulator

TRUST = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
ROLE = {"Type": "AWS::IAM::Role", "Properties": TRUST}
NAMED_ROLE = {"Type": "AWS::IAM::Role", "Properties": {**TRUST, "RoleName": "mine"}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"Resources": {', "Template format error: JSON not well-formed. (line 1, column 16)"),
        ("Resources:\n  Topic: }", "Template format error: YAML not well-formed. (line 2, column 10)"),
        ("just words", "Template format error: unsupported structure."),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        (TOPIC.replace("Resources", "Ressources"), "Invalid template property or properties [Ressources]"),
        (
            template({"Topic": {"Properties": {}}}),
            "Template format error: [/Resources/Topic] Every Resources object must contain a Type member.",
        ),
        (template({"Topic": "Topic"}), "Template format error: Unrecognized resource types: [Topic]"),
        (
            template({"Topic": topic(TopicName={"Ref": "Absent"})}),
            "Template format error: Unresolved resource dependencies [Absent] in the Resources block of the template",
        ),
        (
            template({"Topic": topic(TopicName={"Fn::Sub": "${Absent}-x"})}),
            "Template format error: Unresolved resource dependencies [Absent] in the Resources block of the template",
        ),
        (
            template({"Topic": topic(TopicName={"Fn::GetAtt": ["Absent", "Arn"]})}),
            "Template error: instance of Fn::GetAtt references undefined resource Absent",
        ),
        (
            template({"Topic": topic()}, Outputs={"X": {"Value": {"Ref": "Absent"}}}),
            "Template format error: Unresolved resource dependencies [Absent] in the Outputs block of the template",
        ),
        (
            template({"Topic": {**topic(), "DependsOn": "Absent"}}),
            "Template format error: Unresolved resource dependencies [Absent] in the Resources block of the template",
        ),
        (
            template({"A": {**topic(), "DependsOn": "B"}, "B": topic(TopicName={"Ref": "A"})}),
            "Circular dependency between resources: [A, B]",
        ),
    ],
)
def test_a_template_with_a_fault_is_refused(stacks: Stacks, body: str, words: str) -> None:
    for ask in (lambda: stacks.create("demo", body), lambda: stacks.client.validate_template(TemplateBody=body)):
        with pytest.raises(ClientError) as refused:
            ask()
        assert refusal(refused.value) == ("ValidationError", words)
    assert stacks.living() == {}


@pytest.mark.parametrize(
    ("definition", "given", "words"),
    [
        ({"Type": "String"}, {}, "Parameters: [P] must have values"),
        ({"Type": "String"}, {"P": "x", "Q": "y"}, "Parameters: [Q] do not exist in the template"),
        ({"Type": "Number"}, {"P": "many"}, "Parameter 'P' must be a number."),
        ({"Type": "Number", "MaxValue": 3}, {"P": "4"}, "Parameter 'P' must be a number not greater than 3"),
        (
            {"Type": "String", "AllowedValues": ["a", "b"]},
            {"P": "c"},
            "Parameter 'P' must be one of AllowedValues: [a, b]",
        ),
        (
            {"Type": "String", "AllowedPattern": "v[0-9]+"},
            {"P": "latest"},
            "Parameter 'P' failed to satisfy constraint: must match pattern v[0-9]+",
        ),
        ({"Type": "String", "MinLength": 1}, {"P": ""}, "Parameter 'P' must contain at least 1 characters"),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            {"P": "/absent"},
            "Unable to fetch parameters [/absent] from parameter store for this account.",
        ),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(
    stacks: Stacks, definition: dict[str, Any], given: dict[str, str], words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.create("demo", template({"T": topic()}, Parameters={"P": definition}), Parameters=parameters(**given))

    assert refusal(refused.value) == ("ValidationError", words)


@pytest.mark.parametrize(
    ("role", "acknowledged", "needed"),
    [
        (ROLE, [], "CAPABILITY_IAM"),
        (NAMED_ROLE, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_a_template_with_roles_asks_for_a_capability(
    stacks: Stacks, role: dict[str, Any], acknowledged: list[str], needed: str
) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.create("demo", template({"Role": role}), Capabilities=acknowledged)
    assert refusal(refused.value) == ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")

    stacks.create("demo", template({"Role": role}), Capabilities=[needed])
    assert stacks.status("demo") == "CREATE_COMPLETE"


def test_a_summary_tells_what_a_template_asks_for(stacks: Stacks) -> None:
    body = template({"Role": ROLE}, Parameters={"P": {"Type": "String", "Default": "x"}}, Description="A role")
    found = stacks.client.get_template_summary(TemplateBody=body)

    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["ResourceTypes"] == ["AWS::IAM::Role"]
    assert found["Description"] == "A role"
    assert [(p["ParameterKey"], p["DefaultValue"]) for p in found["Parameters"]] == [("P", "x")]


def test_a_template_comes_back_as_it_was_given(stacks: Stacks) -> None:
    body = "Resources:\n  Topic: {Type: AWS::SNS::Topic}  # with a comment\n"
    stacks.create("demo", body)

    assert stacks.client.get_template(StackName="demo")["TemplateBody"] == body


def test_a_secret_parameter_is_not_shown(stacks: Stacks) -> None:
    body = template({"T": topic()}, Parameters={"Password": {"Type": "String", "NoEcho": True}})
    stacks.create("demo", body, Parameters=parameters(Password="hunter2"))

    assert stacks.describe("demo")["Parameters"] == parameters(Password="****")


def test_a_parameter_can_be_taken_from_the_parameter_store(aws: Simulator, stacks: Stacks) -> None:
    aws.client("ssm").put_parameter(Name="/tag", Value="2.14.3", Type="String")
    body = template(
        {"T": topic(DisplayName={"Ref": "P"}, TopicName="tag-{{resolve:ssm:/tag}}".replace(".", "-"))},
        Parameters={"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/tag"}},
        Outputs={"P": {"Value": {"Ref": "P"}}},
    )
    stacks.create("demo", body)

    assert stacks.outputs("demo") == {"P": "2.14.3"}
    assert stacks.describe("demo")["Parameters"][0]["ResolvedValue"] == "2.14.3"


FUNCTIONS = """
Parameters:
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  Stage: {Type: String, Default: dev}
Mappings:
  Sizes:
    ap-northeast-2: {dev: small, live: large}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
  IsDev: !Not [!Condition IsLive]
  Either: !Or [!Condition IsLive, !Condition IsDev]
  Both: !And [!Condition IsLive, !Condition IsDev]
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: topic, DisplayName: !If [IsLive, live, !Ref "AWS::NoValue"]}
  OnlyLive:
    Type: AWS::SNS::Topic
    Condition: IsLive
Outputs:
  Hidden: {Condition: Both, Value: x}
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Stage", "dev"),
        ("!Ref List", "a,b,c"),
        ('!Ref "AWS::Region"', "ap-northeast-2"),
        ('!Ref "AWS::AccountId"', "123456789012"),
        ("!Ref Topic", "arn:aws:sns:ap-northeast-2:123456789012:topic"),
        ("!GetAtt Topic.TopicName", "topic"),
        ("!GetAtt [Topic, TopicName]", "topic"),
        ('!Join ["-", [!Ref Stage, x, !Select [1, !Ref List]]]', "dev-x-b"),
        ('!Join ["+", !Split [".", "1.2.3"]]', "1+2+3"),
        ('!Select [2, [a, b, !Sub "${Stage}c"]]', "devc"),
        ('!Sub "${AWS::StackName} ${Stage} ${Topic.TopicName} ${!Stage}"', "demo dev topic ${Stage}"),
        ('!Sub ["${Own}-${Stage}", {Own: !Ref "AWS::Region"}]', "ap-northeast-2-dev"),
        ('!FindInMap [Sizes, !Ref "AWS::Region", !Ref Stage]', "small"),
        ("!If [IsLive, yes, no]", "false"),
        ('!If [Either, "yes", "no"]', "yes"),
        ('!Base64 "hello"', "aGVsbG8="),
        ('!Select [1, !GetAZs ""]', "ap-northeast-2b"),
        ('!Select [1, !Cidr ["10.0.0.0/16", 3, 8]]', "10.0.1.0/24"),
        ("!ToJsonString {a: !Ref Stage}", '{"a":"dev"}'),
        ("{Fn::ToJsonString: {a: [1, 2]}}", '{"a":[1,2]}'),
    ],
)  # fmt: skip
def test_the_functions_give_what_they_give_in_aws(stacks: Stacks, expression: str, value: str) -> None:
    stacks.create("demo", f"{FUNCTIONS}  Value: {{Value: {expression}}}\n")

    assert stacks.outputs("demo") == {"Value": value}
    assert stacks.resources("demo") == {"Topic": "CREATE_COMPLETE"}


def test_a_value_that_can_only_be_known_on_the_way_fails_its_resource(stacks: Stacks) -> None:
    chosen = topic(TopicName={"Fn::Select": [5, {"Fn::Split": [",", {"Fn::GetAtt": "First.TopicName"}]}]})
    stacks.create("demo", template({"First": topic(), "Second": chosen}))

    assert stacks.status("demo") == "ROLLBACK_COMPLETE"
    assert "Fn::Select cannot select nonexistent value at index 5" in stacks.reason("demo", "Second", "CREATE_FAILED")


def test_yaml_and_json_mean_the_same(stacks: Stacks) -> None:
    stacks.create("yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources: {Topic: {Type: 'AWS::SNS::Topic'}}")
    stacks.create("json", json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Topic": topic()}}))

    assert stacks.living() == {"yaml": "CREATE_COMPLETE", "json": "CREATE_COMPLETE"}


def test_a_template_in_the_request_has_a_limit(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        stacks.create("demo", template({"Topic": topic(DisplayName="x" * 52_000)}))
