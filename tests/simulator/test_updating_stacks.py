"""An update changes what differs, and puts it back when that fails."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import MASTER, NETWORK, TOPIC, Stacks, parameters, refusal, template, topic
from tests.support.simulator import Simulator

BEFORE = template({"Changed": topic(DisplayName="before"), "Same": topic(), "Removed": topic()})
AFTER = template({"Changed": topic(DisplayName="after"), "Same": topic(), "Added": topic()})
WITH_PARAMETER = template(
    {"Topic": topic(DisplayName={"Ref": "Title"})}, Parameters={"Title": {"Type": "String", "Default": "none"}}
)


def update(stacks: Stacks, body: str | None, **more: Any) -> None:
    what = {"UsePreviousTemplate": True} if body is None else {"TemplateBody": body}
    stacks.client.update_stack(StackName="demo", **what, **more)


def test_an_update_adds_changes_and_removes(stacks: Stacks) -> None:
    stacks.create("demo", BEFORE)
    stacks.status("demo")
    update(stacks, AFTER)

    assert stacks.status("demo") == "UPDATE_COMPLETE"
    assert stacks.resources("demo") == {
        "Changed": "UPDATE_COMPLETE",
        "Same": "CREATE_COMPLETE",
        "Added": "CREATE_COMPLETE",
    }
    assert stacks.events("demo")[-9:] == [
        ("demo", "UPDATE_IN_PROGRESS"),
        ("Changed", "UPDATE_IN_PROGRESS"),
        ("Added", "CREATE_IN_PROGRESS"),
        ("Changed", "UPDATE_COMPLETE"),
        ("Added", "CREATE_COMPLETE"),
        ("demo", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Removed", "DELETE_IN_PROGRESS"),
        ("Removed", "DELETE_COMPLETE"),
        ("demo", "UPDATE_COMPLETE"),
    ]


def test_an_update_takes_its_time(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", TOPIC)
    stacks.status("demo")
    aws.set_seconds(60)
    update(stacks, template({"Topic": topic(DisplayName="new")}))

    aws.advance(59)
    assert stacks.status("demo") == "UPDATE_IN_PROGRESS"
    aws.advance(1)
    assert stacks.status("demo") == "UPDATE_COMPLETE"
    assert "LastUpdatedTime" in stacks.describe("demo")


def test_an_update_that_changes_nothing_is_refused(stacks: Stacks) -> None:
    stacks.create("demo", TOPIC)
    stacks.status("demo")
    with pytest.raises(ClientError) as refused:
        update(stacks, TOPIC)

    assert refusal(refused.value) == ("ValidationError", "No updates are to be performed.")


def test_a_parameter_can_change_alone_or_stay_as_it_was(stacks: Stacks) -> None:
    stacks.create("demo", WITH_PARAMETER, Parameters=parameters(Title="first"))
    stacks.status("demo")
    update(stacks, None, Parameters=parameters(Title="second"))
    assert stacks.describe("demo")["Parameters"] == parameters(Title="second")
    assert stacks.status("demo") == "UPDATE_COMPLETE"

    with pytest.raises(ClientError, match="No updates are to be performed"):
        update(stacks, None, Parameters=[{"ParameterKey": "Title", "UsePreviousValue": True}])


def test_a_stack_that_is_not_settled_cannot_be_updated(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stack_id = stacks.create("demo", TOPIC)
    with pytest.raises(ClientError) as refused:
        update(stacks, AFTER)

    assert refusal(refused.value) == (
        "ValidationError",
        f"Stack:{stack_id} is in CREATE_IN_PROGRESS state and can not be updated.",
    )


def test_a_stack_that_is_being_updated_cannot_be_deleted(aws: Simulator, stacks: Stacks) -> None:
    stack_id = stacks.create("demo", BEFORE)
    stacks.status("demo")
    aws.set_seconds(60)
    update(stacks, AFTER)
    with pytest.raises(ClientError) as refused:
        stacks.client.delete_stack(StackName="demo")

    assert refusal(refused.value) == (
        "ValidationError",
        f"Stack [{stack_id}] cannot be deleted while in status UPDATE_IN_PROGRESS",
    )


def test_a_stack_that_does_not_exist_cannot_be_updated(stacks: Stacks) -> None:
    with pytest.raises(ClientError) as refused:
        update(stacks, AFTER)

    assert refusal(refused.value) == ("ValidationError", "Stack [demo] does not exist")


def test_an_update_that_fails_is_rolled_back(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", BEFORE)
    stacks.status("demo")
    before = stacks.physical_ids("demo")
    aws.fail_resource("Added", reason="No room for it.")
    update(stacks, AFTER)

    assert stacks.status("demo") == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.physical_ids("demo") == before
    assert stacks.reason("demo", "Added", "CREATE_FAILED") == "No room for it."
    assert stacks.reason("demo", "demo", "UPDATE_ROLLBACK_IN_PROGRESS").startswith(
        "The following resource(s) failed to create: [Added]"
    )
    assert stacks.client.get_template(StackName="demo")["TemplateBody"]["Resources"].keys() == before.keys()


def test_a_rollback_that_fails_can_be_continued(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", BEFORE)
    stacks.status("demo")
    aws.fail_resource("Changed", operation="update", times=2)
    update(stacks, AFTER)
    assert stacks.status("demo") == "UPDATE_ROLLBACK_FAILED"

    stacks.client.continue_update_rollback(StackName="demo")
    assert stacks.status("demo") == "UPDATE_ROLLBACK_COMPLETE"


def test_a_task_definition_is_replaced_and_its_service_follows(aws: Simulator, stacks: Stacks) -> None:
    def body(tag: str) -> str:
        container = {"Name": "api", "Image": f"api:{tag}", "Memory": 128}
        task = {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [container]}}
        wanted = {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}, "DesiredCount": 2}
        service = {"Type": "AWS::ECS::Service", "Properties": wanted}
        return template({"Cluster": "AWS::ECS::Cluster", "Task": task, "Service": service})

    stacks.create("demo", body("1"))
    before = stacks.physical_ids("demo")
    update(stacks, body("2"))
    assert stacks.status("demo") == "UPDATE_COMPLETE"
    after = stacks.physical_ids("demo")

    assert after["Task"] != before["Task"]
    assert after["Service"] == before["Service"]
    ecs = aws.client("ecs")
    service = ecs.describe_services(cluster=after["Cluster"], services=[after["Service"]])["services"][0]
    assert service["taskDefinition"] == after["Task"]
    assert service["runningCount"] == 2


def test_a_nested_stack_is_updated_when_its_parameters_are(aws: Simulator, templates: Any, stacks: Stacks) -> None:
    stacks.create("demo", MASTER)
    assert stacks.outputs("demo") == {"ServerName": "server-on-network"}
    templates.put_object(Bucket="templates", Key="network.json", Body=NETWORK.replace('"network"', '"bridge"'))
    update(stacks, None)

    assert stacks.status("demo") == "UPDATE_COMPLETE"
    assert stacks.outputs("demo") == {"ServerName": "server-on-bridge"}
    assert stacks.status(stacks.physical_ids("demo")["Server"]) == "UPDATE_COMPLETE"


def test_a_nested_update_that_fails_puts_all_back(aws: Simulator, templates: Any, stacks: Stacks) -> None:
    stacks.create("demo", MASTER)
    children = stacks.physical_ids("demo")
    templates.put_object(Bucket="templates", Key="network.json", Body=NETWORK.replace('"network"', '"bridge"'))
    aws.fail_resource("Server", resource_type="AWS::SNS::Topic", operation="update", reason="Not today.")
    update(stacks, None)

    assert stacks.status("demo") == "UPDATE_ROLLBACK_COMPLETE"
    assert {stacks.status(child) for child in children.values()} == {"UPDATE_ROLLBACK_COMPLETE"}
    assert stacks.reason("demo", "Server", "UPDATE_FAILED") == (
        f"Embedded stack {children['Server']} was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS "
        "with reason: The following resource(s) failed to update: [Server]."
    )
    assert stacks.outputs("demo") == {"ServerName": "server-on-network"}


def test_a_resource_cannot_become_another_type(stacks: Stacks) -> None:
    stacks.create("demo", TOPIC)
    stacks.status("demo")
    with pytest.raises(ClientError, match="Update of resource type is not permitted"):
        update(stacks, template({"Topic": "AWS::SQS::Queue"}))
