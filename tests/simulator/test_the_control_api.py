"""The control API: small JSON, refusals with words, and a reset that leaves nothing."""

from __future__ import annotations

import pytest

from tests.simulator.stacks import Stacks
from tests.support.simulator import Simulator, SimulatorError


def test_a_reset_forgets_everything(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    aws.set_seconds(90, stack="demo")
    aws.set_transition_seconds(5)
    aws.fail_resource("Topic")
    aws.register_role("arn:aws:iam::123456789012:role/Someone")
    stacks.create("demo")
    aws.client("sqs").create_queue(QueueName="left")
    aws.reset()

    assert aws.requests() == []
    assert stacks.client.list_stacks()["StackSummaries"] == []
    assert aws.client("sqs").list_queues().get("QueueUrls", []) == []
    assert aws.control("GET", "failures") == {"failures": []}
    assert aws.control("GET", "roles") == {"roles": {}}
    assert aws.control("GET", "settings") == {"seconds": 0, "seconds_by_stack": {}, "transition_seconds": 0}


def test_what_was_planned_before_a_reset_does_not_happen_after_it(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo")
    aws.reset()
    aws.advance(60)

    assert stacks.living() == {}


def test_planned_failures_are_listed_and_taken_back_one_by_one(aws: Simulator) -> None:
    aws.fail_resource("A", reason="first")
    aws.fail_resource("B", operation="delete", times=None)
    first, second = aws.control("GET", "failures")["failures"]
    assert (first["logical_id"], first["reason"], first["times"]) == ("A", "first", 1)
    assert (second["logical_id"], second["operation"], second["times"]) == ("B", "delete", None)

    aws.control("DELETE", f"failures?id={first['id']}")
    assert [failure["logical_id"] for failure in aws.control("GET", "failures")["failures"]] == ["B"]


def test_an_override_for_one_stack_can_be_taken_back(aws: Simulator) -> None:
    aws.set_seconds(60, stack="demo")
    aws.set_seconds(None, stack="demo")

    assert aws.control("GET", "settings")["seconds_by_stack"] == {}


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("failures", {"operation": "explode", "logical_id": "A"}, "operation is create, update or delete"),
        ("failures", {"reason": "why not"}, "name a logical_id or a resource_type"),
        ("failures", {"logical": "A"}, "unexpected keyword argument 'logical'"),
        ("settings", {"seconds": -1}, "-1 is negative"),
        ("settings", {"minutes": 1}, "unknown: minutes"),
        ("roles", {"arn": "Portal"}, "is not the ARN of a role"),
        ("seed", {"name": "other"}, "no seed 'other'; there are: reference, demo"),
        ("nowhere", {"a": 1}, "POST /_simulator/nowhere does not exist"),
    ],
)
def test_a_mistake_is_refused_with_words(aws: Simulator, path: str, content: dict[str, object], words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        aws.control("POST", path, **content)


def test_an_action_that_is_not_simulated_is_refused_at_once(aws: Simulator) -> None:
    with pytest.raises(Exception, match="NotImplemented"):
        aws.client("amplify").list_apps()
    with pytest.raises(Exception, match="InvalidAction"):
        aws.client("cloudformation").list_types()
