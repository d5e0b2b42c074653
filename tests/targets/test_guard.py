"""A delete never loses data that nobody has accepted to lose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from environments.aws import template_guard
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
    }


@pytest.mark.parametrize(
    ("resource", "lost"),
    [
        ({"Type": "AWS::RDS::DBInstance"}, True),
        ({"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Snapshot"}, False),
        ({"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": "c"}}, False),
        ({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"}, True),
        ({"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"}, False),
        ({"Type": "AWS::KMS::Key"}, True),
        ({"Type": "AWS::EFS::FileSystem"}, True),
        ({"Type": "AWS::Lambda::Function"}, False),
    ],
)
def test_what_counts_as_lost(resource: dict[str, Any], lost: bool) -> None:
    assert template_guard.is_lost(resource) is lost
