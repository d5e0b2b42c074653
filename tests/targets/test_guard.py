"""A delete never loses data that nobody has accepted to lose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from environments.aws import template_guard
from environments.targets import cloudformation_texts
from environments.targets.base import TargetError, Wait

from .driving import REF, STATEFUL, Stack, chat

# --------------------------------------------------------------------------------------------------------------


def test_the_guard_stops_a_delete_that_would_lose_data_and_lists_it(aws: Any, stack: Stack) -> None:
    guarded = Stack(aws, replace(REF, options={"template_body": STATEFUL}))
    guarded.run("start")
    with pytest.raises(TargetError) as refused:
        guarded.run("stop")
    assert [f["logical_id"] for f in refused.value.memo["findings"]] == ["Table"]
    assert "Table (AWS::DynamoDB::Table)" in refused.value.texts["en"]
    assert aws.requests(action="DeleteStack") == []


def test_once_accepted_the_same_template_is_deleted_and_a_changed_one_asks_again(aws: Any, stack: Stack) -> None:
    guarded = Stack(aws, replace(REF, options={"template_body": STATEFUL}))
    guarded.run("start")
    with pytest.raises(TargetError) as refused:
        guarded.run("stop")
    accepted = frozenset({refused.value.memo["fingerprint"]})
    changed = STATEFUL.replace("TableName: t", "TableName: u")
    aws.client("cloudformation").update_stack(StackName="demo", TemplateBody=changed)
    guarded.move(60)
    guarded.ref = replace(guarded.ref, accepted=accepted)
    with pytest.raises(TargetError) as again:
        guarded.run("stop")
    guarded.ref = replace(guarded.ref, accepted=frozenset({again.value.memo["fingerprint"]}))
    assert guarded.run("stop")[-1].startswith("demo is gone after")


def test_a_template_changed_between_the_guard_and_the_delete_is_judged_again(aws: Any, stack: Stack) -> None:
    stack.run("start")
    stack.memo = {}
    stack.perform("stop", "look")
    stack.perform("stop", "guard")
    aws.client("cloudformation").update_stack(StackName="demo", TemplateBody=STATEFUL)
    assert isinstance(stack.perform("stop", "delete"), Wait)
    stack.move(60)
    with pytest.raises(TargetError) as refused:
        stack.perform("stop", "delete")
    assert [f["logical_id"] for f in refused.value.memo["findings"]] == ["Table"]
    assert aws.requests(action="DeleteStack") == []


def test_the_guard_reads_nested_stacks(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    made = Stack(aws, chat(aws))
    made.run("start")
    verdict = template_guard.judge(aws.client("cloudformation"), "ChatAppMasterStack")
    assert verdict.findings == ()
    s3 = aws.client("s3")
    body = s3.get_object(Bucket="chat-app-templates", Key="chat-app/database.yaml")["Body"].read().decode()
    s3.put_object(
        Bucket="chat-app-templates", Key="chat-app/database.yaml", Body=body.replace("Snapshot", "Delete").encode()
    )
    made.run("stop")
    made.run("start")
    changed = template_guard.judge(aws.client("cloudformation"), "ChatAppMasterStack")
    assert changed.fingerprint != verdict.fingerprint
    assert {(f.path, f.type) for f in changed.findings} == {
        ("Database", "AWS::DocDB::DBCluster"),
        ("Database", "AWS::ElastiCache::CacheCluster"),
        ("ECSCluster", "AWS::EC2::Instance"),
    }


CLUSTER = {"Type": "AWS::RDS::DBCluster"}
LAUNCH = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"BlockDeviceMappings": []}}}
MEMBER = {"Ref": "Cluster"}
MAYBE = {"Fn::If": ["C", {"Ref": "Cluster"}, {"Ref": "AWS::NoValue"}]}
ROOT = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40}}]
DATA = [*ROOT, {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 500}}]
STAYS = [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}]
LAUNCHED = {"LaunchTemplateId": {"Ref": "Launch"}, "Version": "1"}


def made(kind: str, policy: Any = "", **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties} | ({"DeletionPolicy": policy} if policy else {})


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (made("AWS::RDS::DBInstance"), ""),
        (made("AWS::RDS::DBInstance", "Snapshot"), None),
        (made("AWS::RDS::DBInstance", {"Fn::If": ["C", "Retain", "Delete"]}), ""),
        (made("AWS::RDS::DBInstance", DBClusterIdentifier="c"), None),
        (made("AWS::RDS::DBInstance", DBClusterIdentifier=MEMBER), None),
        (made("AWS::RDS::DBInstance", DBClusterIdentifier={"Ref": "Parameter"}), ""),
        (made("AWS::RDS::DBInstance", DBClusterIdentifier=MAYBE), ""),
        (made("AWS::S3::Bucket", "Delete"), ""),
        (made("AWS::S3::Bucket", "RetainExceptOnCreate"), None),
        (made("AWS::Logs::LogGroup"), ""),
        (made("AWS::SQS::Queue"), ""),
        (made("AWS::Lambda::Function"), None),
        (made("AWS::ECS::Service"), None),
        (made("AWS::EC2::VPC"), None),
        (made("AWS::EC2::NewThing"), "unknown"),
        (made("AWS::CloudFormation::StackSet"), "unknown"),
        (made("Custom::Migration"), "unknown"),
        (made("MongoDB::Atlas::Cluster"), "unknown"),
        (made("MongoDB::Atlas::Cluster", "Retain"), None),
        ({"Properties": {}}, "unknown"),
        (made("AWS::EC2::Instance"), "root_disk"),
        (made("AWS::EC2::Instance", BlockDeviceMappings=ROOT), "root_disk"),
        (made("AWS::EC2::Instance", BlockDeviceMappings=STAYS), "root_disk"),
        (made("AWS::EC2::Instance", BlockDeviceMappings=DATA), "disks"),
        (made("AWS::EC2::Instance", BlockDeviceMappings={"Fn::If": ["C", DATA, ROOT]}), "disks"),
        (made("AWS::EC2::Instance", LaunchTemplate=LAUNCHED), "root_disk"),
        (made("AWS::EC2::Instance", LaunchTemplate={"LaunchTemplateId": "lt-1"}), "unknown"),
    ],
)
def test_what_is_not_known_to_keep_nothing_counts_as_lost(resource: dict[str, Any], why: str | None) -> None:
    assert template_guard.why_lost(resource, {"Cluster": CLUSTER, "Launch": LAUNCH}) == why


class Templates:
    """A stack and its template, without an AWS around it."""

    def __init__(self, resources: dict[str, Any]) -> None:
        self.template = {"Resources": resources}

    def get_template(self, **asked: str) -> dict[str, Any]:
        return {"TemplateBody": self.template}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **asked: str) -> list[Any]:
        return []


def test_a_root_disk_is_listed_only_where_there_is_something_to_accept_anyway() -> None:
    machine = {"Machine": made("AWS::EC2::Instance")}
    assert template_guard.judge(Templates(machine), "demo").findings == ()
    both = template_guard.judge(Templates(machine | {"Table": made("AWS::DynamoDB::Table")}), "demo")
    assert [(one.logical_id, one.why) for one in both.findings] == [("Machine", "root_disk"), ("Table", "")]


def test_what_a_loop_makes_is_looked_at_as_well() -> None:
    loop = ["Name", ["a", "b"], {"Table${Name}": made("AWS::DynamoDB::Table")}]
    verdict = template_guard.judge(Templates({"Fn::ForEach::Tables": loop}), "demo")
    assert [one.logical_id for one in verdict.findings] == ["Table${Name}"]


def test_a_type_that_the_portal_does_not_know_is_said_to_be_one() -> None:
    findings = template_guard.judge(Templates({"Atlas": made("MongoDB::Atlas::Cluster")}), "demo").findings
    said = cloudformation_texts.would_lose("demo", findings)["en"]
    assert "Atlas (MongoDB::Atlas::Cluster, may hold data: the portal does not know this type)" in said
