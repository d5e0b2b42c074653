"""What a redeploy would touch of a stack is followed wherever a value goes: better one refusal too many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from environments.targets.stack_reach import reached

DATABASE = {"Type": "AWS::RDS::DBInstance"}
TAG = {"Ref": "Tag"}


class Templates:
    """Stacks by their ids, each with its template; a nested stack's id is its logical id."""

    def __init__(self, root: Mapping[str, Any], **nested: Mapping[str, Any]) -> None:
        self.templates = {"root": root, **nested}

    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        return {"TemplateBody": self.templates[StackName]}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **asked: str) -> list[Any]:
        rows = [{"LogicalResourceId": name, "PhysicalResourceId": name} for name in self.templates]
        return [{"StackResourceSummaries": rows}]


def found(root: Mapping[str, Any], **nested: Mapping[str, Any]) -> list[str]:
    return [f"{one.path}/{one.logical_id}".strip("/") for one in reached(Templates(root, **nested), "root", {"Tag"})]


def only(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def made(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def nested(condition: str = "", **properties: Any) -> dict[str, Any]:
    return made("AWS::CloudFormation::Stack", **properties) | ({"Condition": condition} if condition else {})


WITH_DATA = only(Db=DATABASE, Topic=made("AWS::SNS::Topic"))
NAMED = {"Parameters": {"Name": {}}, **only(Db=made("AWS::RDS::DBInstance", DBName={"Ref": "Name"}))}
SAYS = {"Parameters": {"T": {}}, **only(X=made("AWS::SNS::Topic")), "Outputs": {"Name": {"Value": {"Ref": "T"}}}}
TASK = made("AWS::ECS::TaskDefinition", Image={"Fn::Sub": "repo:${Tag}"})


@pytest.mark.parametrize(
    ("root", "below", "expected"),
    [
        (only(Db=made("AWS::RDS::DBInstance", EngineVersion={"Fn::Sub": ["${V}", {"V": TAG}]})), {}, ["Db"]),
        (
            {"Conditions": {"C": {"Fn::Equals": [TAG, "x"]}}, **only(Data=nested("C", TemplateURL="u"))},
            {"Data": WITH_DATA},
            ["Data/Db"],
        ),
        (only(Data=nested(TemplateURL={"Fn::Sub": "https://s3/${Tag}.yaml"})), {"Data": WITH_DATA}, ["Data/Db"]),
        (only(Data=nested(Parameters={"Name": TAG})), {"Data": NAMED}, ["Data/Db"]),
        (
            only(
                Data=nested(Parameters={"Name": {"Fn::GetAtt": ["App", "Outputs.Name"]}}),
                App=nested(Parameters={"T": TAG}),
            ),
            {"Data": NAMED, "App": SAYS},
            ["Data/Db"],
        ),
        (
            only(
                Db=made("AWS::RDS::DBInstance", DBSubnetGroupName={"Ref": "Net"}),
                Net=made("AWS::RDS::DBSubnetGroup", DBSubnetGroupName=TAG),
            ),
            {},
            ["Db"],
        ),
        ({"Resources": {"Fn::ForEach::Dbs": ["I", TAG, {"Db${I}": DATABASE}]}}, {}, ["Db${I}"]),
        (only(Atlas=made("MongoDB::Atlas::Cluster", Version=TAG)), {}, ["Atlas"]),
        # What is calm: the same words as plain texts, tags, images, and what runs the images' code.
        (only(Db=made("AWS::RDS::DBInstance", DBName="Tag")), {}, []),
        (only(Task=TASK, Service=made("AWS::ECS::Service", TaskDefinition={"Ref": "Task"}), Db=DATABASE), {}, []),
        (only(Data=nested(Tags=[{"Key": "version", "Value": TAG}])), {"Data": WITH_DATA}, []),
        (
            only(
                Code=made("AWS::Lambda::Function", Code={"ImageUri": TAG}),
                Bucket=made("AWS::S3::Bucket", NotificationConfiguration={"Fn::GetAtt": ["Code", "Arn"]}),
                Migration=made("Custom::Migration", Version=TAG),
            ),
            {},
            [],
        ),
    ],
)
def test_a_value_is_followed_to_what_keeps_data(
    root: dict[str, Any], below: dict[str, Any], expected: list[str]
) -> None:
    assert found(root, **below) == expected
