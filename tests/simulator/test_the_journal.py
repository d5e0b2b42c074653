"""A simulator with a journal holds, after a restart, what it held before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.stacks import CHAIN, TOPIC, Stacks, template, topic
from tests.support.simulator import Simulator

Start = Callable[..., Simulator]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.jsonl"


@pytest.fixture
def start(journal: Path) -> Iterator[Start]:
    """Start a simulator on the journal, after ending the one before."""
    running: list[Simulator] = []

    def start_again(*arguments: str) -> Simulator:
        while running:
            running.pop().stop()
        running.append(Simulator("--journal", str(journal), *arguments))
        return running[0]

    yield start_again
    while running:
        running.pop().stop()


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """These tests start simulators of their own."""


def of(simulator: Simulator) -> Stacks:
    return Stacks(simulator.client("cloudformation"))


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def everything(simulator: Simulator) -> Any:
    """All that a demo would notice if it changed over a restart, times included."""
    stacks = of(simulator)
    listed = stacks.client.list_stacks()["StackSummaries"]
    ids = [stack["StackId"] for stack in listed]
    return {
        "stacks": listed,
        "described": [stacks.describe(stack_id) for stack_id in ids],
        "resources": [stacks.client.describe_stack_resources(StackName=stack_id)["StackResources"] for stack_id in ids],
        "events": [stacks.full_events(stack_id) for stack_id in ids],
        "machines": simulator.client("ec2").describe_instances()["Reservations"],
        "networks": simulator.client("ec2").describe_vpcs()["Vpcs"],
        "services": simulator.client("ecs").list_clusters()["clusterArns"],
        "images": simulator.client("ecr").describe_images(repositoryName="chat-chat-http")["imageDetails"],
        "objects": simulator.client("s3").list_objects_v2(Bucket="chat-app-templates")["KeyCount"],
    }


def test_a_restart_forgets_nothing_and_changes_no_id(start: Start) -> None:
    simulator = start("--seed", "reference", "--seconds", "60")
    simulator.freeze()
    stacks = of(simulator)
    stacks.client.create_stack(
        StackName="ChatAppMasterStack",
        TemplateURL="https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml",
        Parameters=[
            {"ParameterKey": f"{server}ServerImageTag", "ParameterValue": "2.14.3"}
            for server in ("API", "Chat", "Notification")
        ],
    )
    simulator.advance(30)
    simulator.client("ec2").run_instances(ImageId="ami-1", MinCount=2, MaxCount=2)
    simulator.client("s3").put_object(Bucket="chat-app-templates", Key="bytes", Body=b"\xff\x00", Metadata={"a": "b"})
    before = everything(simulator)

    simulator = start("--seed", "reference", "--seconds", "60")
    assert everything(simulator) == before
    found = simulator.client("s3").get_object(Bucket="chat-app-templates", Key="bytes")
    assert (found["Body"].read(), found["Metadata"]) == (b"\xff\x00", {"a": "b"})
    assert simulator.control("GET", "clock")["frozen"] is True


def test_what_would_have_finished_meanwhile_has_finished(start: Start) -> None:
    simulator = start("--seconds", "1")
    of(simulator).create("demo", CHAIN)
    simulator.freeze()
    assert of(simulator).status("demo") == "CREATE_IN_PROGRESS"
    simulator.advance(100)
    simulator.unfreeze()

    assert of(start()).status("demo") == "CREATE_COMPLETE"


def test_each_stack_keeps_the_duration_it_began_with(start: Start) -> None:
    simulator = start("--seconds", "1000")
    of(simulator).create("slow")
    simulator = start("--seconds", "0")
    of(simulator).create("quick")

    assert of(simulator).living() == {"slow": "CREATE_IN_PROGRESS", "quick": "CREATE_COMPLETE"}
    assert of(start()).living() == {"slow": "CREATE_IN_PROGRESS", "quick": "CREATE_COMPLETE"}


def test_a_moved_clock_stays_moved(start: Start) -> None:
    simulator = start()
    simulator.advance(86_400)
    before = simulator.now()

    assert 0 <= (start().now() - before).total_seconds() < 60


def test_a_failure_that_happened_is_told_again_and_one_still_planned_is_kept(start: Start) -> None:
    simulator = start()
    simulator.fail_resource("Topic", reason="Once.")
    of(simulator).create("unlucky")
    assert of(simulator).status("unlucky") == "ROLLBACK_COMPLETE"
    simulator.fail_resource("Topic", reason="Twice.")

    simulator = start()
    assert of(simulator).reason("unlucky", "Topic", "CREATE_FAILED") == "Once."
    of(simulator).create("next")
    assert of(simulator).reason("next", "Topic", "CREATE_FAILED") == "Twice."


def test_changes_in_another_account_are_made_there_again(start: Start) -> None:
    simulator = start()
    simulator.client("cloudformation", account="222222222222").create_stack(StackName="theirs", TemplateBody=TOPIC)

    simulator = start()
    assert Stacks(simulator.client("cloudformation", account="222222222222")).living() == {"theirs": "CREATE_COMPLETE"}
    assert of(simulator).living() == {}


def test_only_what_changed_something_is_written(start: Start, journal: Path) -> None:
    simulator = start()
    written = len(lines(journal))
    of(simulator).living()
    simulator.client("s3").list_buckets()
    simulator.client("cloudwatch").put_metric_data(Namespace="Chat", MetricData=[{"MetricName": "Users", "Value": 3}])
    with pytest.raises(Exception, match="AlreadyExists"):
        for _ in range(2):
            of(simulator).create("demo")

    assert [line["action"] for line in lines(journal)[written:]] == ["CreateStack"]


def test_a_last_line_that_was_torn_is_left_out(start: Start, journal: Path) -> None:
    of(start()).create("demo")
    start()
    with journal.open("a") as file:
        file.write('{"at": "2026-11-21T09:00:00+00:00", "seed": "')

    assert of(start()).living() == {"demo": "CREATE_COMPLETE"}
    assert lines(journal)


def test_a_stack_that_was_made_anew_is_told_only_once(start: Start, journal: Path) -> None:
    simulator = start()
    for _ in range(5):
        of(simulator).create("demo")
        assert of(simulator).status("demo") == "CREATE_COMPLETE"
        of(simulator).client.delete_stack(StackName="demo")
        assert of(simulator).living() == {}
    last = of(simulator).create("demo", template({"Topic": topic(DisplayName="last")}))
    of(simulator).create("other")

    simulator = start()
    assert of(simulator).describe("demo")["StackId"] == last
    assert of(simulator).living() == {"demo": "CREATE_COMPLETE", "other": "CREATE_COMPLETE"}
    assert [line["action"] for line in lines(journal) if "stack" in line] == ["CreateStack", "CreateStack"]


def test_a_stack_deleted_last_can_still_be_asked_for(start: Start) -> None:
    simulator = start()
    stack_id = of(simulator).create("demo")
    of(simulator).status("demo")
    of(simulator).client.delete_stack(StackName="demo")

    assert of(start()).status(stack_id) == "DELETE_COMPLETE"


def test_a_reset_empties_the_journal(start: Start, journal: Path) -> None:
    simulator = start()
    of(simulator).create("demo")
    simulator.reset()

    assert lines(journal) == []
    assert of(start()).living() == {}


def test_starting_again_and_again_does_not_make_the_journal_longer(start: Start, journal: Path) -> None:
    start("--seed", "reference", "--seconds", "60")
    first = len(lines(journal))
    for _ in range(2):
        start("--seed", "reference", "--seconds", "60")

    assert len(lines(journal)) <= first + 2
