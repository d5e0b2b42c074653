"""Stacks within stacks: wired by outputs, named and listed as AWS does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import BASE, MASTER, Stacks, nested, refusal, template
from tests.support.simulator import Simulator


@pytest.fixture
def master(templates: Any, stacks: Stacks) -> str:
    return stacks.create("master", MASTER)


def children(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """The nested stacks of master by their logical id."""
    ids = stacks.physical_ids("master")
    return {name: stacks.describe(stack_id) for name, stack_id in ids.items()}


def test_an_output_of_one_nested_stack_is_a_parameter_of_the_next(master: str, stacks: Stacks) -> None:
    assert stacks.status("master") == "CREATE_COMPLETE"
    assert stacks.outputs("master") == {"ServerName": "server-on-network"}


def test_a_nested_stack_is_named_after_its_parent_and_logical_id(master: str, stacks: Stacks) -> None:
    name = children(stacks)["Network"]["StackName"]

    assert re.fullmatch(r"master-Network-[A-Z0-9]{12}", name)


def test_a_nested_stack_knows_its_parent_and_its_root(master: str, stacks: Stacks) -> None:
    found = children(stacks)

    assert {child["ParentId"] for child in found.values()} == {master}
    assert {child["RootId"] for child in found.values()} == {master}
    assert "ParentId" not in stacks.describe("master")


def test_the_root_of_a_stack_two_levels_down_is_the_outermost(templates: Any, stacks: Stacks) -> None:
    middle = template({"Inner": nested("network.json")})
    templates.put_object(Bucket="templates", Key="middle.json", Body=middle)
    outer_id = stacks.create("outer", template({"Middle": nested("middle.json")}))

    middle_id = stacks.physical_ids("outer")["Middle"]
    inner = stacks.describe(stacks.physical_ids(middle_id)["Inner"])
    assert (inner["ParentId"], inner["RootId"]) == (middle_id, outer_id)


def test_nested_stacks_are_listed_beside_their_parent(master: str, stacks: Stacks) -> None:
    names = {child["StackName"] for child in children(stacks).values()}

    assert set(stacks.living()) == {"master"} | names
    assert {s["StackName"] for s in stacks.client.list_stacks()["StackSummaries"]} == {"master"} | names


def test_parent_and_child_have_events_of_their_own(master: str, stacks: Stacks) -> None:
    network = children(stacks)["Network"]["StackName"]

    assert ("Network", "CREATE_COMPLETE") in stacks.events("master")
    assert stacks.events(network) == [
        (network, "CREATE_IN_PROGRESS"),
        ("Network", "CREATE_IN_PROGRESS"),
        ("Network", "CREATE_COMPLETE"),
        (network, "CREATE_COMPLETE"),
    ]


def test_the_seconds_are_those_of_the_whole_tree(aws: Simulator, templates: Any, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("master", MASTER)

    aws.advance(30)
    assert stacks.resources("master") == {"Network": "CREATE_COMPLETE", "Server": "CREATE_IN_PROGRESS"}
    aws.advance(29)
    assert stacks.status("master") == "CREATE_IN_PROGRESS"
    aws.advance(1)
    assert stacks.status("master") == "CREATE_COMPLETE"


def test_deleting_the_parent_deletes_its_children_backwards(aws: Simulator, master: str, stacks: Stacks) -> None:
    ids = stacks.physical_ids("master")
    aws.set_seconds(60)
    stacks.client.delete_stack(StackName="master")

    aws.advance(15)
    assert stacks.resources("master") == {"Network": "DELETE_IN_PROGRESS", "Server": "DELETE_COMPLETE"}
    aws.advance(15)
    assert stacks.living() == {}
    assert {stacks.status(stack_id) for stack_id in ids.values()} == {"DELETE_COMPLETE"}


def test_a_stack_can_be_deleted_while_its_children_are_being_made(
    aws: Simulator, templates: Any, stacks: Stacks
) -> None:
    aws.set_seconds(60)
    master = stacks.create("master", MASTER)
    aws.advance(40)
    stacks.client.delete_stack(StackName="master")
    aws.advance(60)

    assert stacks.living() == {}
    assert stacks.reason(master, "Server", "CREATE_FAILED") == "Resource creation cancelled"


@pytest.mark.parametrize(
    "url",
    [
        "https://templates.s3.ap-northeast-2.amazonaws.com/network.json",
        "https://templates.s3.amazonaws.com/network.json",
        "https://templates.s3-ap-northeast-2.amazonaws.com/network.json",
        "https://s3.ap-northeast-2.amazonaws.com/templates/network.json",
        "https://s3.amazonaws.com/templates/network.json",
        "https://s3-ap-northeast-2.amazonaws.com/templates/network.json",
    ],
)
def test_a_template_is_found_by_every_form_of_its_url(templates: Any, stacks: Stacks, url: str) -> None:
    stacks.client.create_stack(StackName="network", TemplateURL=url)

    assert stacks.outputs("network") == {"Address": "network"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"{BASE}/absent.json", "S3 error: The specified key does not exist."),
        ("https://absent.s3.amazonaws.com/network.json", "S3 error: The specified bucket does not exist"),
        ("https://example.com/network.json", "TemplateURL must be a supported URL."),
    ],
)
def test_a_template_that_is_not_there_is_a_validation_error(
    templates: Any, stacks: Stacks, url: str, words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.client.create_stack(StackName="network", TemplateURL=url)

    code, message = refusal(refused.value)
    assert code == "ValidationError"
    assert message.startswith(words)


def test_a_nested_template_that_is_not_there_fails_the_resource(templates: Any, stacks: Stacks) -> None:
    stacks.create("master", template({"Absent": nested("absent.json")}))

    assert stacks.status("master") == "ROLLBACK_COMPLETE"
    assert stacks.reason("master", "Absent", "CREATE_FAILED").startswith("S3 error: The specified key does not exist.")


def test_an_output_the_nested_stack_does_not_have_fails_what_needs_it(templates: Any, stacks: Stacks) -> None:
    wired = nested("server.json", Address={"Fn::GetAtt": "Network.Outputs.Absent"})
    stacks.create("master", template({"Network": nested("network.json"), "Server": wired}))

    assert stacks.status("master") == "ROLLBACK_COMPLETE"
    assert "Output 'Absent' not found in stack" in stacks.reason("master", "Server", "CREATE_FAILED")
