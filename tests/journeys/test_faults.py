"""Wherever AWS fails while the chat application is started and stopped: each operation ends in the wished state or as
failed with a reason, and nothing is created or deleted twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, seed
from hypothesis import strategies as st

from environments.models import Environment, Operation, State
from environments.services import operations
from environments.targets import client as clients
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday

from .striking import PASSING, REFUSALS, SEED, SEED_TOLD, Fault, sparing, undone

pytestmark = pytest.mark.django_db
WHY = {"en": "because", "ko": "이유"}
STACK = "ChatAppMasterStack"
# Four seconds a stack: a start takes 16 calls without faults, a stop 34.
ANYWHERE = st.integers(1, 36).map(lambda nth: {"nth": nth})
ACTIONS = ["AssumeRole", "DescribeImages", "CreateStack", "DeleteStack", "DescribeStacks", "GetTemplate"]
AT_AN_ACTION = st.builds(
    lambda action, nth: {"action": action, "nth": nth}, st.sampled_from(ACTIONS), st.integers(1, 3)
)
TIMES = st.integers(1, 4).map(lambda times: {"times": times})
# What is most likely to make something happen twice, or never; hypothesis looks for more when it is asked to.
WORST_AT_START: list[list[Fault]] = [
    [{"kind": "lost", "action": "CreateStack"}],
    [{"kind": "lost", "action": "CreateStack", "times": 4}],
    # The third look at the stack is the one that asks whether the lost creation took place.
    [
        {"kind": "lost", "action": "CreateStack", "times": 3},
        {"kind": "throttle", "action": "DescribeStacks", "nth": 3, "times": 4},
    ],
    [{"kind": "timeout", "seconds": 0.02, "times": 7}, {"kind": "error", "code": "InternalFailure", "nth": 12}],
]
WORST_AT_STOP: list[list[Fault]] = [
    [{"kind": "lost", "action": "DeleteStack"}],
    [{"kind": "lost", "action": "DeleteStack", "times": 4}],
    [{"kind": "reset", "action": "GetTemplate", "times": 3}, {"kind": "lost", "action": "DeleteStack", "times": 3}],
    [{"kind": "throttle", "times": 7}, {"kind": "error", "code": "ServiceUnavailable", "nth": 30}],
]


def some(kinds: list[Fault]) -> st.SearchStrategy[list[Fault]]:
    """One to three faults of these kinds, each at a chosen call, from once to four times in a row."""
    where = ANYWHERE | AT_AN_ACTION
    fault = st.builds(lambda kind, at, times: kind | at | times, st.sampled_from(kinds), where, TIMES)
    return st.lists(fault, min_size=1, max_size=3)


def begin(aws: Any) -> tuple[Environment, Journey]:
    """The chat application's environment, in an AWS where nothing has happened yet."""
    aws.reset()
    aws.seed_reference()
    aws.set_seconds(4)
    clients.forget_clients()
    return factories.chat_app(schedule=None), Journey(aws, monday("10:00"))


def switch(chat: Environment, kind: str, day: Journey, *faults: Fault) -> Operation:
    """The operation, when it has ended, with these faults on its way; none is left afterwards."""
    clients.forget_clients()
    for fault in faults:
        day.aws.fault(**fault)
    operation = operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=day.now)
    day.settle()
    day.aws.clear_faults()
    return Operation.objects.get(pk=operation.pk)


def stacks(aws: Any) -> list[str]:
    """The status of every stack of the chat application's name there ever was."""
    pages = aws.client("cloudformation").get_paginator("list_stacks").paginate()
    return [stack["StackStatus"] for page in pages for stack in page["StackSummaries"] if stack["StackName"] == STACK]


def carried_out(aws: Any, action: str) -> set[str]:
    """The tokens with which AWS has done this: calls with the same one are one to it."""
    calls = aws.requests("cloudformation", action)
    return {call["parameters"]["ClientRequestToken"] for call in calls if call["done"]}


def assert_running_once(aws: Any) -> None:
    assert stacks(aws) == ["CREATE_COMPLETE"]
    assert len(carried_out(aws, "CreateStack")) == 1
    assert Environment.objects.get().state == State.RUNNING


def assert_gone_once(aws: Any) -> None:
    assert stacks(aws) == ["DELETE_COMPLETE"]
    assert len(carried_out(aws, "DeleteStack")) == 1
    assert Environment.objects.get().state == State.STOPPED


def assert_says_why(operation: Operation) -> None:
    assert operation.status == "failed"
    assert operation.error["en"]
    assert operation.error["ko"]
    assert "Daybreak itself" not in operation.error["en"], operation.error_detail


def a_start_gets_over(aws: Any, faults: list[Fault]) -> None:
    chat, day = begin(aws)
    operation = switch(chat, "start", day, *faults)

    assert operation.status == "succeeded", operation.error
    assert_running_once(aws)


def a_stop_gets_over(aws: Any, faults: list[Fault]) -> None:
    chat, day = begin(aws)
    assert switch(chat, "start", day).status == "succeeded"
    operation = switch(chat, "stop", day, *faults)

    assert operation.status == "succeeded", operation.error
    assert_gone_once(aws)


def a_start_says_why_it_fails(aws: Any, faults: list[Fault]) -> None:
    """And one more, when nothing is in its way any longer, does what this one could not."""
    chat, day = begin(aws)
    operation = switch(chat, "start", day, *faults)
    if operation.status != "succeeded":
        assert_says_why(operation)
        assert switch(chat, "start", day).status == "succeeded"

    assert_running_once(aws)


def a_stop_says_why_it_fails(aws: Any, faults: list[Fault]) -> None:
    chat, day = begin(aws)
    assert switch(chat, "start", day).status == "succeeded"
    operation = switch(chat, "stop", day, *faults)
    if operation.status != "succeeded":
        assert_says_why(operation)
        assert switch(chat, "stop", day).status == "succeeded"

    assert_gone_once(aws)


@pytest.mark.parametrize("faults", WORST_AT_START)
def test_a_start_gets_over_the_worst_and_creates_one_stack(hasty_aws: Any, faults: list[Fault]) -> None:
    a_start_gets_over(hasty_aws, faults)


@pytest.mark.parametrize("faults", WORST_AT_STOP)
def test_a_stop_gets_over_the_worst_and_deletes_once(hasty_aws: Any, faults: list[Fault]) -> None:
    a_stop_gets_over(hasty_aws, faults)


@pytest.mark.parametrize("action", ["AssumeRole", "DescribeImages", "CreateStack", "GetTemplate"])
def test_a_start_that_is_not_allowed_something_says_so_and_can_be_tried_again(hasty_aws: Any, action: str) -> None:
    a_start_says_why_it_fails(hasty_aws, [{"kind": "denied", "action": action}])


@pytest.mark.parametrize("action", ["AssumeRole", "GetTemplate", "DeleteStack", "DescribeStackEvents"])
def test_a_stop_that_is_not_allowed_something_says_so_and_can_be_tried_again(hasty_aws: Any, action: str) -> None:
    a_stop_says_why_it_fails(hasty_aws, [{"kind": "denied", "action": action}])


@pytest.mark.torture
@seed(SEED)
@sparing(max_examples=12)
@given(faults=some(PASSING))
def test_a_start_gets_over_what_aws_gets_over_wherever_it_strikes(hasty_aws: Any, faults: list[Fault]) -> None:
    note(SEED_TOLD)
    with undone():
        a_start_gets_over(hasty_aws, faults)


@pytest.mark.torture
@seed(SEED)
@sparing(max_examples=12)
@given(faults=some(PASSING))
def test_a_stop_gets_over_what_aws_gets_over_wherever_it_strikes(hasty_aws: Any, faults: list[Fault]) -> None:
    note(SEED_TOLD)
    with undone():
        a_stop_gets_over(hasty_aws, faults)


@pytest.mark.torture
@seed(SEED)
@sparing(max_examples=12)
@given(faults=some(REFUSALS))
def test_a_start_says_why_it_fails_wherever_aws_refuses(hasty_aws: Any, faults: list[Fault]) -> None:
    note(SEED_TOLD)
    with undone():
        a_start_says_why_it_fails(hasty_aws, faults)


@pytest.mark.torture
@seed(SEED)
@sparing(max_examples=12)
@given(faults=some(REFUSALS))
def test_a_stop_says_why_it_fails_wherever_aws_refuses(hasty_aws: Any, faults: list[Fault]) -> None:
    note(SEED_TOLD)
    with undone():
        a_stop_says_why_it_fails(hasty_aws, faults)
