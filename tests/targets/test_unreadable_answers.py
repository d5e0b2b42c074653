"""What AWS does not tell, or tells in pieces: an operation goes on with what it knows, and no secret leaks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import ResponseParserError

from environments.targets.base import TargetError
from environments.targets.client import client, forget_clients

from .driving import Stack, chat


@pytest.mark.parametrize("action", ["ListStackResources", "DescribeStackEvents", "GetTemplate"])
def test_a_start_goes_on_when_its_progress_may_not_be_read(stack: Stack, action: str) -> None:
    stack.aws.fault("denied", action=action, times=None)
    said = stack.run("start")
    assert said[-1].startswith("demo is up after")
    assert stack.status() == "CREATE_COMPLETE"


def test_a_stop_goes_on_when_its_progress_may_not_be_read(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fault("denied", action="DescribeStackEvents", times=None)
    assert stack.run("stop")[-1].startswith("demo is gone after")


def test_a_broken_answer_is_asked_for_again_and_its_text_goes_nowhere(
    aws: Any, caplog: pytest.LogCaptureFixture
) -> None:
    forget_clients()
    aws.seed_reference()
    aws.fault("garbled", action="AssumeRole")
    ref = chat(aws)
    with pytest.raises(TargetError) as refused:
        client("cloudformation", ref.account, ref.region)
    forget_clients()
    assert refused.value.retryable
    assert refused.value.raw == "ResponseParserError"
    assert refused.value.__cause__ is None
    assert "SecretAccessKey" not in caplog.text


def test_half_an_answer_of_a_service_that_could_speak_another_protocol_is_none_either(aws: Any) -> None:
    """botocore names the first protocol of a service, and speaks the first that it can."""
    forget_clients()
    aws.seed_reference()
    tagging = client("resourcegroupstaggingapi", chat(aws).account, "ap-northeast-2")
    aws.fault("garbled", action="GetResources", times=None)
    with pytest.raises(ResponseParserError):
        tagging.get_resources()
    forget_clients()
