"""A simulator with a journal holds, after a restart, what it held before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from portal.simulator.clock import Clock
from portal.simulator.journal import Journal
from tests.simulator.stacks import CHAIN, TOPIC, Stacks, parameters
from tests.support.simulator import Simulator

OTHER_ACCOUNT = "222222222222"
MASTER_URL = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
TAGS = parameters(APIServerImageTag="2.14.3", ChatServerImageTag="2.14.3", NotificationServerImageTag="2.14.3")


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """These tests start simulators of their own."""


def of(simulator: Simulator, account: str | None = None) -> Stacks:
    return Stacks(simulator.client("cloudformation", account=account))


def everything(simulator: Simulator) -> dict[str, Any]:
    """All that a demo would notice if it changed over a restart, times included."""
    stacks = of(simulator)
    listed = stacks.client.list_stacks()["StackSummaries"]
    ids = [stack["StackId"] for stack in listed]
    answers = {
        "resources": [stacks.client.describe_stack_resources(StackName=stack_id) for stack_id in ids],
        "machines": simulator.client("ec2").describe_instances(),
        "networks": simulator.client("ec2").describe_vpcs(),
        "clusters": simulator.client("ecs").list_clusters(),
        "balancers": simulator.client("elbv2").describe_load_balancers(),
        "images": simulator.client("ecr").describe_images(repositoryName="chat-chat-http"),
        "objects": simulator.client("s3").list_objects_v2(Bucket="chat-app-templates")["Contents"],
        "bytes": simulator.client("s3").get_object(Bucket="chat-app-templates", Key="bytes")["Body"].read(),
        "roles": simulator.control("GET", "roles"),
        "clock": simulator.control("GET", "clock"),
    }
    told = {"stacks": listed, "events": [stacks.full_events(stack_id) for stack_id in ids], **answers}
    return dict(without_metadata(told))


def without_metadata(answer: Any) -> Any:
    if isinstance(answer, list):
        return [without_metadata(item) for item in answer]
    if isinstance(answer, dict):
        return {key: without_metadata(value) for key, value in answer.items() if key != "ResponseMetadata"}
    return answer


@dataclass
class Restart:
    """What there was before a restart and right after it, and the simulator, in which time goes on."""

    deleted: str
    credentials: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]
    simulator: Simulator


@pytest.fixture(scope="module")
def restart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restart]:
    journal = ("--seed", "reference", "--journal", str(tmp_path_factory.mktemp("state") / "new" / "journal.jsonl"))
    first = Simulator(*journal, "--seconds", "60")
    stacks = of(first)
    deleted = stacks.create("deleted", CHAIN)
    first.advance(60)
    stacks.client.delete_stack(StackName="deleted")
    first.fail_resource("Topic", stack="unlucky", reason="Once.")
    stacks.create("unlucky")
    first.advance(86_400)
    first.fail_resource("Topic", stack="next", reason="Twice.")
    first.set_seconds(100_000, stack="slow")
    of(first, OTHER_ACCOUNT).create("theirs")
    first.register_role(f"arn:aws:iam::{OTHER_ACCOUNT}:role/Portal")
    assumed = first.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/Portal", RoleSessionName="portal"
    )
    first.advance(60)
    first.client("ec2").run_instances(ImageId="ami-1", MinCount=2, MaxCount=2)
    first.client("s3").put_object(Bucket="chat-app-templates", Key="bytes", Body=b"\xff\x00")
    stacks.client.create_stack(StackName="ChatAppMasterStack", TemplateURL=MASTER_URL, Parameters=TAGS)
    stacks.create("slow")
    first.advance(30)
    first.freeze()
    before = everything(first)
    first.stop()
    second = Simulator(*journal, "--seconds", "5")
    yield Restart(deleted, assumed["Credentials"], before, everything(second), second)
    second.stop()


def test_a_restart_forgets_nothing_and_changes_no_id_and_no_time(restart: Restart) -> None:
    for what, was in restart.before.items():
        assert restart.after[what] == was, what


def test_a_stack_that_was_deleted_can_still_be_asked_for(restart: Restart) -> None:
    assert of(restart.simulator).status(restart.deleted) == "DELETE_COMPLETE"


def test_what_was_done_in_another_account_is_there(restart: Restart) -> None:
    assert of(restart.simulator, OTHER_ACCOUNT).living() == {"theirs": "CREATE_COMPLETE"}
    assert "theirs" not in of(restart.simulator).living()


def test_the_credentials_of_a_role_still_lead_into_its_account(restart: Restart) -> None:
    session: Any = boto3.session.Session()
    client = session.client(
        "cloudformation",
        region_name="ap-northeast-2",
        endpoint_url=restart.simulator.url,
        aws_access_key_id=restart.credentials["AccessKeyId"],
        aws_secret_access_key=restart.credentials["SecretAccessKey"],
        aws_session_token=restart.credentials["SessionToken"],
    )

    assert Stacks(client).living() == {"theirs": "CREATE_COMPLETE"}


def test_a_failure_that_happened_has_happened(restart: Restart) -> None:
    assert of(restart.simulator).reason("unlucky", "Topic", "CREATE_FAILED") == "Once."


def test_life_goes_on_from_there(restart: Restart) -> None:
    simulator, stacks = restart.simulator, of(restart.simulator)
    assert stacks.status("ChatAppMasterStack") == "CREATE_IN_PROGRESS"
    stacks.create("next")
    simulator.advance(30)

    # Each stack keeps the duration it began with; those of now take five seconds, and a planned failure is kept, too.
    assert stacks.status("ChatAppMasterStack") == "CREATE_COMPLETE"
    assert stacks.status("slow") == "CREATE_IN_PROGRESS"
    assert stacks.status("next") == "ROLLBACK_COMPLETE"
    assert stacks.reason("next", "Topic", "CREATE_FAILED") == "Twice."


def test_only_what_changed_something_is_written_and_a_reset_clears_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    def written() -> list[str]:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [line.get("action") or line["control"][1] for line in lines]

    simulator = Simulator("--journal", str(path))
    stacks = of(simulator)
    stacks.create("demo")
    stacks.living()
    simulator.client("s3").list_buckets()
    simulator.client("cloudwatch").put_metric_data(Namespace="Chat", MetricData=[{"MetricName": "Users", "Value": 3}])
    with pytest.raises(Exception, match="AlreadyExists"):
        stacks.create("demo")
    assert written() == ["settings", "CreateStack"]

    simulator.reset()
    assert written() == []
    simulator.stop()


def request_line(action: str, name: str, token: str | None = None) -> dict[str, Any]:
    stack = ["123456789012", "ap-northeast-2", name]
    return {"at": "2026-11-21T09:00:00+00:00", "action": action, "stack": stack, "token": token, "body": TOPIC}


def control_line(path: str, **content: Any) -> dict[str, Any]:
    return {"at": "2026-11-21T09:00:00+00:00", "control": ["POST", path], "content": content}


def read_back(path: Path, lines: list[dict[str, Any]], end: str = "") -> list[dict[str, Any]]:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + end)
    return Journal(path, Clock()).read()


def test_a_last_line_that_was_torn_is_left_out(tmp_path: Path) -> None:
    lines = [request_line("CreateStack", "demo")]

    assert read_back(tmp_path / "journal", lines, end='{"at": "2026-11-21T09:00:00+00:00", "seed": "') == lines


def test_what_was_done_to_a_stack_is_dropped_when_it_was_made_anew(tmp_path: Path) -> None:
    former = [request_line("CreateStack", "demo"), request_line("DeleteStack", "demo")]
    other = [request_line("CreateStack", "other"), request_line("DeleteStack", "other")]
    latter = [request_line("CreateStack", "demo"), request_line("UpdateStack", "demo")]

    assert read_back(tmp_path / "journal", [*former, *other, *latter]) == [*other, *latter]


def test_a_creation_that_was_only_repeated_is_not_a_new_stack(tmp_path: Path) -> None:
    once = [request_line("CreateStack", "demo", "token"), request_line("UpdateStack", "demo")]
    repeated = request_line("CreateStack", "demo", "token")

    assert read_back(tmp_path / "journal", [*once, repeated]) == [*once, repeated]


def test_starting_again_and_again_does_not_make_the_journal_longer(tmp_path: Path) -> None:
    start = [control_line("settings", seconds=60), control_line("seed", name="reference")]
    failures = [control_line("failures", logical_id="Topic")] * 2

    assert read_back(tmp_path / "journal", [*start, *failures, *start, *start]) == [*start, *failures]
