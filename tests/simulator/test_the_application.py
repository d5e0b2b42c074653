"""What a stack runs answers for itself: up some seconds after the stack is there, down while it moves, else nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from tests.simulator.stacks import Stacks
from tests.support.simulator import Simulator


def health(aws: Simulator, stack: str = "demo") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{aws.url}/_app/{stack}/actuator/health") as answer:
            return answer.status, json.load(answer)["status"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["status"]


def test_it_is_there_with_its_stack_and_up_three_seconds_later(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(20)
    said = [health(aws)]
    stacks.create("demo")
    for seconds in (0, 20, 1, 2):
        aws.advance(seconds)
        said.append(health(aws))
    assert said == [(404, "NOT_FOUND"), (503, "DOWN"), (503, "DOWN"), (503, "DOWN"), (200, "UP")]


def test_it_goes_with_its_stack(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo")
    aws.advance(3)
    assert health(aws) == (200, "UP")
    aws.set_seconds(20)
    stacks.client.delete_stack(StackName="demo")
    assert health(aws) == (503, "DOWN")
    aws.advance(20)
    assert health(aws) == (404, "NOT_FOUND")


def test_nothing_else_is_answered_there(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo")
    aws.advance(3)
    assert health(aws, "other") == (404, "NOT_FOUND")
    assert health(aws, "demo/x") == (404, "NOT_FOUND")
