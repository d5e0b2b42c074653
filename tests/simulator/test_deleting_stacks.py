"""Deleted stacks, and stacks that must not be deleted."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import CHAIN, TOPIC, Stacks, refusal, template, topic
from tests.support.simulator import Simulator


@pytest.fixture
def gone(stacks: Stacks) -> str:
    """The id of a stack named `gone` that was made and deleted."""
    stack_id = stacks.create("gone")
    stacks.status("gone")
    stacks.client.delete_stack(StackName="gone")
    assert stacks.living() == {}
    return stack_id


def test_a_deleted_stack_no_longer_exists_by_name(gone: str, stacks: Stacks) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.describe("gone")

    assert refusal(refused.value) == ("ValidationError", "Stack with id gone does not exist")


def test_a_deleted_stack_is_still_described_by_its_id(gone: str, stacks: Stacks) -> None:
    found = stacks.describe(gone)

    assert (found["StackName"], found["StackStatus"]) == ("gone", "DELETE_COMPLETE")
    assert "DeletionTime" in found


def test_the_events_of_a_deleted_stack_can_be_read_by_its_id_only(gone: str, stacks: Stacks) -> None:
    assert stacks.events(gone)[-1] == ("gone", "DELETE_COMPLETE")
    with pytest.raises(ClientError) as refused:
        stacks.events("gone")

    assert refusal(refused.value) == ("ValidationError", "Stack [gone] does not exist")


def test_a_deleted_stack_is_listed_but_not_described_with_the_living(gone: str, stacks: Stacks) -> None:
    listed = stacks.client.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]

    assert [stack["StackId"] for stack in listed] == [gone]
    assert stacks.living() == {}


def test_a_stack_of_the_same_name_is_another_stack(gone: str, stacks: Stacks) -> None:
    again = stacks.create("gone")

    assert again != gone
    assert stacks.describe("gone")["StackId"] == again
    assert stacks.status(gone) == "DELETE_COMPLETE"


def test_deleting_what_does_not_exist_succeeds(stacks: Stacks) -> None:
    assert stacks.client.delete_stack(StackName="never")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_deleting_a_stack_that_is_being_deleted_changes_nothing(aws: Simulator, stacks: Stacks) -> None:
    stack_id = stacks.create("demo")
    stacks.status("demo")
    aws.set_seconds(60)
    stacks.client.delete_stack(StackName="demo")
    aws.advance(15)
    stacks.client.delete_stack(StackName="demo")
    aws.advance(15)

    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert stacks.events(stack_id).count(("demo", "DELETE_IN_PROGRESS")) == 1


def test_deleting_a_stack_that_is_being_made_cancels_its_making(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stack_id = stacks.create("demo")
    aws.advance(30)
    stacks.client.delete_stack(StackName="demo")
    aws.advance(30)

    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert aws.client("sns").list_topics()["Topics"] == []


def test_a_protected_stack_is_not_deleted(stacks: Stacks) -> None:
    stacks.create("demo", EnableTerminationProtection=True)
    with pytest.raises(ClientError) as refused:
        stacks.client.delete_stack(StackName="demo")

    assert refusal(refused.value) == (
        "ValidationError",
        "Stack [demo] cannot be deleted while TerminationProtection is enabled",
    )


def test_protection_can_be_switched(stacks: Stacks) -> None:
    stacks.create("demo", EnableTerminationProtection=True)
    stacks.client.update_termination_protection(StackName="demo", EnableTerminationProtection=False)
    assert stacks.describe("demo")["EnableTerminationProtection"] is False

    stacks.client.delete_stack(StackName="demo")
    assert stacks.living() == {}


def test_a_retained_resource_outlives_its_stack(aws: Simulator, stacks: Stacks) -> None:
    kept = {**topic(TopicName="kept"), "DeletionPolicy": "Retain"}
    stack_id = stacks.create("demo", template({"Kept": kept, "Topic": topic()}))
    stacks.status("demo")
    stacks.client.delete_stack(StackName="demo")

    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert ("Kept", "DELETE_SKIPPED") in stacks.events(stack_id)
    assert [t["TopicArn"].rpartition(":")[2] for t in aws.client("sns").list_topics()["Topics"]] == ["kept"]


def test_a_stack_whose_export_is_in_use_stays(stacks: Stacks) -> None:
    exporter = template({"Topic": topic()}, Outputs={"Name": {"Value": "x", "Export": {"Name": "shared"}}})
    importer = template({"Topic": topic(TopicName={"Fn::ImportValue": "shared"})})
    stacks.create("exporter", exporter)
    stacks.create("importer", importer)
    assert stacks.living() == {"exporter": "CREATE_COMPLETE", "importer": "CREATE_COMPLETE"}

    stacks.client.delete_stack(StackName="exporter")
    assert stacks.status("exporter") == "CREATE_COMPLETE"
    assert "Cannot delete export shared as it is in use by importer" in stacks.describe("exporter")["StackStatusReason"]

    stacks.client.delete_stack(StackName="importer")
    assert stacks.living() == {"exporter": "CREATE_COMPLETE"}
    stacks.client.delete_stack(StackName="exporter")
    assert stacks.living() == {}


def test_resources_may_only_be_retained_by_name_after_a_failed_deletion(stacks: Stacks) -> None:
    stacks.create("demo", TOPIC)
    with pytest.raises(ClientError, match="DELETE_FAILED"):
        stacks.client.delete_stack(StackName="demo", RetainResources=["Topic"])


def test_what_is_deleted_already_cannot_be_retained(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", CHAIN)
    stacks.status("demo")
    aws.fail_resource("First", operation="delete")
    stacks.client.delete_stack(StackName="demo")
    assert stacks.status("demo") == "DELETE_FAILED"
    with pytest.raises(ClientError, match="DELETE_COMPLETE state"):
        stacks.client.delete_stack(StackName="demo", RetainResources=["First", "Third"])
    stacks.client.delete_stack(StackName="demo", RetainResources=["First"])
    assert stacks.living() == {}
