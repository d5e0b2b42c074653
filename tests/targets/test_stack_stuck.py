"""A stack that cannot be deleted: what holds it, and the delete that leaves exactly that behind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from environments.targets import stack_stuck
from environments.targets.base import TargetError
from environments.targets.stack_stuck_texts import REMEDIES, cause

from .driving import REF, Stack

NOT_EMPTY = "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)"
CHILD = {
    "Resources": {
        "Group": {"Type": "AWS::SNS::Topic"},
        "Interface": {"Type": "AWS::SNS::Topic", "DependsOn": "Group"},
    }
}


def stuck_after(stack: Stack) -> TargetError:
    with pytest.raises(TargetError) as failed:
        stack.run("stop")
    return failed.value


def leave(stack: Stack, error: TargetError) -> list[str]:
    """A new stop that was told to leave behind all that could be."""
    accepted = stack_stuck.accepted(error.memo["stuck"])
    stack.runs += 1
    stack.memo = {stack_stuck.RETAIN: accepted}
    said: list[str] = []
    stack.began = stack.now
    for step in ("look", "guard", "delete", "wait"):
        for _ in range(100):
            outcome = stack.perform("stop", step)
            said.append(outcome.detail["en"])
            if not hasattr(outcome, "delay"):
                break
            stack.move(outcome.delay.total_seconds())
    return said


@pytest.fixture
def nested(aws: Any, stack: Stack) -> Stack:
    """A stack with a topic and two nested stacks, all up."""
    s3 = aws.client("s3")
    where = {"LocationConstraint": "ap-northeast-2"}
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration=where)
    s3.put_object(Bucket="templates", Key="child.json", Body=json.dumps(CHILD).encode())
    child = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://templates.s3.ap-northeast-2.amazonaws.com/child.json"},
    }
    body = json.dumps({"Resources": {"Top": {"Type": "AWS::SNS::Topic"}, "Net": child, "Web": child}})
    made = Stack(aws, replace(REF, options={"template_body": body}))
    made.run("start")
    return made


def test_each_resource_is_named_with_its_stack_its_reason_and_what_can_be_done(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason=NOT_EMPTY)
    (row,) = stuck_after(stack).memo["stuck"]
    assert (row["stack"], row["logical_id"], row["type"]) == ("demo", "Topic", "AWS::SNS::Topic")
    assert (row["reason"], row["cause"], row["offer"]) == (NOT_EMPTY, "not_empty", "retain")
    assert row["physical_id"].startswith("arn:aws:sns:")
    assert row["stack_id"].startswith("arn:aws:cloudformation:")


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        (NOT_EMPTY, "not_empty"),
        ("The repository with name 'x' cannot be deleted because it still contains images", "not_empty"),
        ("Network interface eni-1 is currently in use.", "in_use"),
        ("resource sg-1 has a dependent object (Service: Ec2, Error Code: DependencyViolation)", "dependency"),
        ("User: x is not authorized to perform: ec2:DeleteVpc", "denied"),
        ("Cannot delete protected DB Instance, please disable deletion protection and try again.", "protected"),
        ("Internal failure", "other"),
    ],
)
def test_awss_words_are_told_in_plain_ones(words: str, meaning: str) -> None:
    assert cause(words) == meaning
    assert set(REMEDIES[meaning]) == {"en", "ko"}


def test_a_delete_leaves_behind_what_was_accepted_and_nothing_else(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use.", times=None)
    error = stuck_after(stack)
    assert leave(stack, error)[-1].startswith("demo is gone after")
    (plain, kept) = stack.aws.requests(action="DeleteStack")
    assert "RetainResources" not in plain["parameters"]
    assert kept["parameters"]["RetainResources"] == ["Topic"]
    assert len(stack.aws.client("sns").list_topics()["Topics"]) == 1


def test_what_can_be_deleted_by_now_in_another_life_of_the_stack_is_not_left_behind(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use.")
    error = stuck_after(stack)
    assert stack.run("stop")[-1].startswith("demo is gone after")
    stack.run("start")
    assert leave(stack, error)[-1].startswith("demo is gone after")
    assert not any("RetainResources" in call["parameters"] for call in stack.aws.requests(action="DeleteStack"))
    assert stack.aws.client("sns").list_topics()["Topics"] == []


def test_resources_of_nested_stacks_are_left_behind_there_before_the_whole_goes(nested: Stack) -> None:
    nested.aws.fail_resource("Interface", operation="delete", reason="It is currently in use.", times=None)
    nested.aws.fail_resource("Top", operation="delete", reason="It is currently in use.", times=None)
    error = stuck_after(nested)
    found = {(row["path"], row["logical_id"], row["offer"]) for row in error.memo["stuck"]}
    assert found == {("Net", "Interface", "retain"), ("Web", "Interface", "retain"), ("", "Top", "retain")}

    nested.aws.forget_requests()
    said = leave(nested, error)
    assert any("Deleting the nested stack demo-Net-" in words for words in said)
    assert said[-1].startswith("demo is gone after")
    calls = [call["parameters"] for call in nested.aws.requests(action="DeleteStack")]
    assert [call["RetainResources"] for call in calls] == [["Interface"], ["Interface"], ["Top"]]
    assert len({call["ClientRequestToken"] for call in calls}) == 3
    assert len(nested.aws.client("sns").list_topics()["Topics"]) == 3, "the three that nobody could delete"


def test_one_that_is_stuck_on_something_else_then_says_so_and_leaves_nothing_more_behind(nested: Stack) -> None:
    nested.aws.fail_resource("Interface", operation="delete", reason="It is in use.", times=None)
    error = stuck_after(nested)
    nested.aws.fail_resource("Group", operation="delete", reason="Something else.", times=None)
    with pytest.raises(TargetError, match=r"Group .AWS::SNS::Topic.: Something else"):
        leave(nested, error)


def test_a_lost_answer_deletes_no_nested_stack_twice(nested: Stack) -> None:
    nested.aws.fail_resource("Interface", operation="delete", reason="It is in use.", stack="demo", times=None)
    error = stuck_after(nested)
    nested.aws.forget_requests()
    nested.memo = {stack_stuck.RETAIN: stack_stuck.accepted(error.memo["stuck"])}
    nested.runs += 1
    nested.perform("stop", "look")
    before = dict(nested.memo)
    nested.perform("stop", "delete")
    nested.memo = before
    outcome = nested.perform("stop", "delete", retried=True)
    assert "Deleting the nested stack" in outcome.detail["en"]
    assert len(nested.aws.requests(action="DeleteStack")) == 1


def test_a_stack_that_others_import_from_is_said_at_once_with_their_names(stack: Stack) -> None:
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    shared = body | {"Outputs": {"Name": {"Value": "x", "Export": {"Name": "shared"}}}}
    importing = {
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::ImportValue": "shared"}}}}
    }
    exporter = Stack(stack.aws, replace(REF, options={"template_body": json.dumps(shared)}))
    exporter.run("start")
    stack.aws.client("cloudformation").create_stack(StackName="importer", TemplateBody=json.dumps(importing))
    exporter.move(60)
    with pytest.raises(TargetError, match=r"in use by importer. Stop the stacks that import from it first"):
        exporter.run("stop")
    assert exporter.status() == "CREATE_COMPLETE"


def test_where_resources_may_not_be_listed_the_events_say_why(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use.")
    for step in ("look", "guard", "delete"):
        stack.perform("stop", step)
    stack.move(60)
    stack.aws.fault("denied", service="cloudformation", action="ListStackResources", times=None)
    with pytest.raises(TargetError, match="It is in use") as failed:
        stack.perform("stop", "wait")
    assert failed.value.memo["stuck"] == []
