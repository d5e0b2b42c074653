"""A resource that fails takes its stack back, and says why."""

from __future__ import annotations

import pytest

from tests.simulator.stacks import CHAIN, MASTER, Stacks, template, topic
from tests.support.simulator import Simulator

WHY = "The maximum number of addresses has been reached."


def test_a_failed_creation_is_rolled_back(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Second", reason=WHY)
    stacks.create("demo", CHAIN)

    assert stacks.status("demo") == "ROLLBACK_COMPLETE"
    assert stacks.events("demo") == [
        ("demo", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_FAILED"),
        ("demo", "ROLLBACK_IN_PROGRESS"),
        ("Second", "DELETE_COMPLETE"),
        ("First", "DELETE_IN_PROGRESS"),
        ("First", "DELETE_COMPLETE"),
        ("demo", "ROLLBACK_COMPLETE"),
    ]


def test_the_events_say_which_resource_failed_and_why(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Second", reason=WHY)
    stacks.create("demo", CHAIN)

    assert stacks.reason("demo", "Second", "CREATE_FAILED") == WHY
    assert stacks.reason("demo", "demo", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Second]. Rollback requested by user."
    )


def test_what_was_made_before_the_failure_is_gone_afterwards(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Second")
    stacks.create("demo", CHAIN)

    assert stacks.status("demo") == "ROLLBACK_COMPLETE"
    assert aws.client("sns").list_topics()["Topics"] == []


def test_what_was_under_way_beside_it_is_cancelled(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    aws.fail_resource("Topic", reason=WHY)
    stacks.create("demo", template({"Database": "AWS::DocDB::DBInstance", "Topic": topic()}))
    aws.advance(60)

    assert stacks.reason("demo", "Database", "CREATE_FAILED") == "Resource creation cancelled"
    assert stacks.reason("demo", "demo", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Topic, Database]. Rollback requested by user."
    )


def test_the_rollback_takes_time_too(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    aws.fail_resource("Third")
    stacks.create("demo", CHAIN)

    aws.advance(60)
    assert stacks.status("demo") == "ROLLBACK_IN_PROGRESS"
    aws.advance(20)
    assert stacks.status("demo") == "ROLLBACK_COMPLETE"


def test_a_failure_is_used_up_unless_it_is_meant_to_repeat(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Topic")
    assert [stacks.create(name) and stacks.status(name) for name in "abc"] == [
        "ROLLBACK_COMPLETE",
        "CREATE_COMPLETE",
        "CREATE_COMPLETE",
    ]

    aws.fail_resource("Topic", times=None)
    assert [stacks.create(name) and stacks.status(name) for name in "de"] == ["ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"]
    aws.clear_failures()
    stacks.create("f")
    assert stacks.status("f") == "CREATE_COMPLETE"


def test_a_failure_can_be_of_a_type_and_of_one_stack(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource(resource_type="AWS::SNS::Topic", stack="unlucky")
    for name in ("lucky", "unlucky"):
        stacks.create(name)

    assert stacks.living() == {"lucky": "CREATE_COMPLETE", "unlucky": "ROLLBACK_COMPLETE"}


def test_a_failure_in_a_nested_stack_reaches_the_root(aws: Simulator, templates: object, stacks: Stacks) -> None:
    aws.fail_resource("Server", reason=WHY, stack="no such stack")
    aws.fail_resource("Network", resource_type="AWS::SNS::Topic", reason=WHY, stack="master")
    stacks.create("master", MASTER)

    assert stacks.status("master") == "ROLLBACK_COMPLETE"
    child = next(
        e["PhysicalResourceId"] for e in stacks.full_events("master") if "/master-Network-" in e["PhysicalResourceId"]
    )
    assert stacks.reason("master", "Network", "CREATE_FAILED") == (
        f"Embedded stack {child} was not successfully created: The following resource(s) failed to create: [Network]."
    )
    assert stacks.reason(child, "Network", "CREATE_FAILED") == WHY
    assert stacks.status(child) == "DELETE_COMPLETE"


def test_disabled_rollback_leaves_the_failed_stack_as_it_is(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Second")
    stacks.create("demo", CHAIN, DisableRollback=True)

    assert stacks.status("demo") == "CREATE_FAILED"
    assert stacks.resources("demo") == {"First": "CREATE_COMPLETE", "Second": "CREATE_FAILED"}


def test_on_failure_delete_takes_the_stack_away(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Second")
    stack_id = stacks.create("demo", CHAIN, OnFailure="DELETE")

    assert stacks.living() == {}
    assert stacks.status(stack_id) == "DELETE_COMPLETE"


def test_a_stack_that_was_rolled_back_can_be_deleted_and_made_anew(aws: Simulator, stacks: Stacks) -> None:
    aws.fail_resource("Topic")
    stacks.create("demo")
    assert stacks.status("demo") == "ROLLBACK_COMPLETE"
    stacks.client.delete_stack(StackName="demo")
    stacks.create("demo")

    assert stacks.status("demo") == "CREATE_COMPLETE"


def test_a_resource_that_cannot_be_deleted_holds_the_stack_and_what_it_needs(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", CHAIN)
    aws.fail_resource("Second", operation="delete", reason=WHY)
    stacks.client.delete_stack(StackName="demo")

    assert stacks.status("demo") == "DELETE_FAILED"
    assert stacks.describe("demo")["StackStatusReason"].strip() == (
        "The following resource(s) failed to delete: [Second]."
    )
    assert stacks.reason("demo", "Second", "DELETE_FAILED") == WHY
    assert stacks.resources("demo") == {
        "First": "CREATE_COMPLETE",
        "Second": "DELETE_FAILED",
        "Third": "DELETE_COMPLETE",
    }


def test_a_deletion_that_failed_can_be_tried_again(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", CHAIN)
    aws.fail_resource("Second", operation="delete")
    stacks.client.delete_stack(StackName="demo")
    assert stacks.status("demo") == "DELETE_FAILED"

    stacks.client.delete_stack(StackName="demo")
    assert stacks.living() == {}


@pytest.mark.parametrize("how", [{"RetainResources": ["Second"]}, {"DeletionMode": "FORCE_DELETE_STACK"}])
def test_what_cannot_be_deleted_can_be_left_behind(aws: Simulator, stacks: Stacks, how: dict[str, object]) -> None:
    stacks.create("demo", CHAIN)
    aws.fail_resource("Second", operation="delete", times=None)
    stacks.client.delete_stack(StackName="demo")
    assert stacks.status("demo") == "DELETE_FAILED"

    stacks.client.delete_stack(StackName="demo", **how)
    assert stacks.living() == {}


def test_a_failed_deletion_in_a_nested_stack_reaches_the_root(
    aws: Simulator, templates: object, stacks: Stacks
) -> None:
    stacks.create("master", MASTER)
    child = stacks.physical_ids("master")["Network"]
    aws.fail_resource("Network", resource_type="AWS::SNS::Topic", operation="delete", reason=WHY)
    stacks.client.delete_stack(StackName="master")

    assert stacks.status("master") == "DELETE_FAILED"
    assert stacks.status(child) == "DELETE_FAILED"
    assert stacks.reason("master", "Network", "DELETE_FAILED").strip() == (
        f"Embedded stack {child} was not successfully deleted: The following resource(s) failed to delete: [Network]."
    )


def test_a_bucket_that_is_not_empty_cannot_be_deleted(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", template({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}}))
    assert stacks.status("demo") == "CREATE_COMPLETE"
    aws.client("s3").put_object(Bucket="full", Key="something", Body=b"x")
    stacks.client.delete_stack(StackName="demo")

    assert stacks.status("demo") == "DELETE_FAILED"
    assert "not empty" in stacks.reason("demo", "Bucket", "DELETE_FAILED")


def test_a_name_that_is_taken_fails_the_resource(aws: Simulator, stacks: Stacks) -> None:
    aws.client("s3").create_bucket(Bucket="taken", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    stacks.create("demo", template({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "taken"}}}))

    assert stacks.status("demo") == "ROLLBACK_COMPLETE"
    assert "BucketAlreadyExists" in stacks.reason("demo", "Bucket", "CREATE_FAILED")
