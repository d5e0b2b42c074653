"""Calls go wrong as they do at AWS: the real botocore sees the code, the broken connection or the silence it would see
there."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from tests.simulator.stacks import TOPIC, Stacks
from tests.support.simulator import Simulator
from tests.support.waiting import wait_until

Call = Callable[[Any], Any]
# A call of each service the portal talks to, in every protocol AWS speaks.
COSTS = {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Granularity": "DAILY", "Metrics": ["NetCost"]}
CALLS: dict[str, tuple[str, Call]] = {
    "cloudformation": ("DescribeStacks", lambda client: client.describe_stacks()),
    "ec2": ("DescribeInstances", lambda client: client.describe_instances()),
    "rds": ("DescribeDBInstances", lambda client: client.describe_db_instances()),
    "ecs": ("ListClusters", lambda client: client.list_clusters()),
    "autoscaling": ("DescribeAutoScalingGroups", lambda client: client.describe_auto_scaling_groups()),
    "application-autoscaling": (
        "DescribeScalableTargets",
        lambda client: client.describe_scalable_targets(ServiceNamespace="ecs"),
    ),
    "apprunner": ("ListServices", lambda client: client.list_services()),
    "ecr": ("DescribeRepositories", lambda client: client.describe_repositories()),
    "ssm": ("DescribeParameters", lambda client: client.describe_parameters()),
    "sts": ("GetCallerIdentity", lambda client: client.get_caller_identity()),
    "s3": ("ListBuckets", lambda client: client.list_buckets()),
    "cloudwatch": ("DescribeAlarms", lambda client: client.describe_alarms()),
    "ce": ("GetCostAndUsage", lambda client: client.get_cost_and_usage(**COSTS)),
    "pricing": ("DescribeServices", lambda client: client.describe_services()),
    "resourcegroupstaggingapi": ("GetResources", lambda client: client.get_resources()),
    "lambda": ("ListFunctions", lambda client: client.list_functions()),
}
THROTTLES = {
    "cloudformation": ("Throttling", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "rds": ("Throttling", 400),
    "ecs": ("ThrottlingException", 400),
    "autoscaling": ("Throttling", 400),
    "application-autoscaling": ("ThrottlingException", 400),
    "apprunner": ("ThrottlingException", 400),
    "ecr": ("ThrottlingException", 400),
    "ssm": ("ThrottlingException", 400),
    "sts": ("Throttling", 400),
    "s3": ("SlowDown", 503),
    "cloudwatch": ("Throttling", 400),
    "ce": ("LimitExceededException", 400),
    "pricing": ("ThrottlingException", 400),
    "resourcegroupstaggingapi": ("ThrottledException", 429),
    "lambda": ("TooManyRequestsException", 429),
}
DENIALS = {
    "cloudformation": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "ecs": ("AccessDeniedException", 400),
    "apprunner": ("AccessDeniedException", 400),
    "s3": ("AccessDenied", 403),
    "cloudwatch": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
}
ONE_OF_EACH_PROTOCOL = ["cloudformation", "ec2", "ecs", "apprunner", "s3", "lambda", "resourcegroupstaggingapi"]
# Real seconds: as short as a machine with other work still keeps.
PATIENCE_S = 0.2


def answer(aws: Simulator, service: str, **options: Any) -> Any:
    return CALLS[service][1](aws.client(service, **options))


def refused(aws: Simulator, service: str) -> tuple[str, int]:
    """The code and the HTTP status of the error with which a call of this service ends."""
    with pytest.raises(ClientError) as raised:
        answer(aws, service)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def struck(aws: Simulator) -> list[str | None]:
    return [call["fault"] for call in aws.requests()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """botocore does not sleep between its tries; gives what it would have slept."""
    slept: list[float] = []

    class Time:
        sleep = slept.append

    monkeypatch.setattr(botocore.endpoint, "time", Time)
    return slept


# -- each kind, in each protocol ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", THROTTLES)
def test_a_service_throttles_with_its_own_code_and_status(aws: Simulator, service: str) -> None:
    aws.fault("throttle", service=service, action=CALLS[service][0])

    assert refused(aws, service) == THROTTLES[service]


@pytest.mark.parametrize("service", ["cloudformation", "ec2", "ecs", "s3", "lambda", "resourcegroupstaggingapi"])
def test_a_throttled_client_that_tries_again_is_answered(aws: Simulator, service: str, impatient: list[float]) -> None:
    aws.fault("throttle", service=service, times=2)
    answer(aws, service, attempts=3)

    assert struck(aws) == ["throttle", "throttle", None]
    assert len(impatient) == 2


@pytest.mark.parametrize("service", DENIALS)
def test_an_action_is_denied_in_the_words_of_its_service(aws: Simulator, service: str) -> None:
    action = CALLS[service][0]
    aws.fault("denied", service=service, action=action, times=None)

    assert refused(aws, service) == DENIALS[service]
    with pytest.raises(ClientError, match=rf"is not authorized to perform: {service}:{action} on resource"):
        answer(aws, service)


@pytest.mark.parametrize("service", ONE_OF_EACH_PROTOCOL)
def test_an_error_has_the_code_the_message_and_the_status_that_were_asked_for(aws: Simulator, service: str) -> None:
    aws.fault("error", service=service, code="InternalFailure", message="Not today <&>", status=502)
    with pytest.raises(ClientError, match="Not today <&>"):
        answer(aws, service)
    aws.fault("error", service=service, code="InternalFailure", status=502)

    assert refused(aws, service) == ("InternalFailure", 502)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("ec2", "InsufficientInstanceCapacity", 500),
        ("cloudformation", "InternalFailure", 500),
        ("ecs", "ServiceUnavailable", 503),
        ("ecs", "ClusterNotFoundException", 400),
        ("s3", "NoSuchBucket", 404),
        ("lambda", "ResourceNotFoundException", 404),
        ("rds", "InvalidDBInstanceState", 400),
    ],
)
def test_an_error_without_a_status_has_the_one_aws_gives_with_it(
    aws: Simulator, service: str, code: str, status: int
) -> None:
    aws.fault("error", service=service, code=code)

    assert refused(aws, service) == (code, status)


def test_an_error_of_the_model_is_raised_as_its_own_exception(aws: Simulator) -> None:
    ecs = aws.client("ecs")
    aws.fault("error", service="ecs", code="ClusterNotFoundException", message="Cluster not found.")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException, match=r"Cluster not found\."):
        ecs.list_clusters()


@pytest.mark.parametrize("service", ONE_OF_EACH_PROTOCOL)
def test_a_reset_connection_is_closed_without_an_answer(aws: Simulator, service: str) -> None:
    aws.fault("reset", service=service)
    with pytest.raises(ConnectionClosedError):
        answer(aws, service)

    assert [(call["fault"], call["status"], call["done"]) for call in aws.requests()] == [("reset", 0, False)]


def test_a_reset_connection_is_tried_again(aws: Simulator, stacks: Stacks, impatient: list[float]) -> None:
    stacks.create("demo")
    aws.fault("reset", action="DescribeStacks", times=2)
    found = aws.client("cloudformation", attempts=3).describe_stacks()

    assert [stack["StackName"] for stack in found["Stacks"]] == ["demo"]


def test_a_call_that_times_out_is_not_answered_as_long_as_the_client_waits(aws: Simulator) -> None:
    aws.fault("timeout", action="ListClusters", seconds=30)
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        answer(aws, "ecs", patience_s=PATIENCE_S)

    assert PATIENCE_S <= time.monotonic() - began < 5
    assert [(call["fault"], call["status"], call["done"]) for call in aws.requests()] == [("timeout", 0, False)]
    assert answer(aws, "ecs")["clusterArns"] == []


def test_a_call_that_times_out_ends_after_its_seconds_at_the_latest(aws: Simulator) -> None:
    aws.fault("timeout", action="ListClusters", seconds=0.1)
    with pytest.raises(ConnectionClosedError):
        answer(aws, "ecs", patience_s=30)


def test_many_calls_that_hang_keep_nobody_else_waiting_and_are_let_go_when_the_fault_is_taken_back(
    aws: Simulator,
) -> None:
    many = 12
    aws.fault("timeout", service="ecs", times=None, seconds=60)
    with ThreadPoolExecutor(many) as pool:
        hanging = [pool.submit(answer, aws, "ecs", patience_s=60) for _ in range(many)]
        wait_until(lambda: struck(aws) == ["timeout"] * many)
        answer(aws, "ec2")
        assert not any(call.done() for call in hanging)
        aws.clear_faults()

        assert {type(call.exception(timeout=10)) for call in hanging} == {ConnectionClosedError}


def test_a_slow_call_is_done_at_once_and_answered_late(aws: Simulator) -> None:
    aws.fault("slow", action="CreateCluster", seconds=PATIENCE_S)
    began = time.monotonic()
    aws.client("ecs").create_cluster(clusterName="chat")

    assert time.monotonic() - began >= PATIENCE_S
    assert [(call["fault"], call["status"], call["done"]) for call in aws.requests()] == [("slow", 200, True)]


def test_a_slow_call_whose_client_gave_up_was_done_all_the_same(aws: Simulator) -> None:
    aws.fault("slow", action="CreateCluster", seconds=30)
    with pytest.raises(ReadTimeoutError):
        aws.client("ecs", patience_s=PATIENCE_S).create_cluster(clusterName="chat")

    assert len(answer(aws, "ecs")["clusterArns"]) == 1


def test_a_lost_answer_is_of_an_action_that_was_done(aws: Simulator, stacks: Stacks) -> None:
    aws.fault("lost", action="CreateStack")
    with pytest.raises(ConnectionClosedError):
        stacks.create("demo")

    assert stacks.living() == {"demo": "CREATE_COMPLETE"}
    (call,) = aws.requests("cloudformation", "CreateStack")
    assert (call["fault"], call["status"], call["done"]) == ("lost", 0, True)


def test_a_lost_answer_that_was_a_refusal_is_of_an_action_that_was_not_done(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo")
    aws.fault("lost", action="CreateStack")
    with pytest.raises(ConnectionClosedError):
        stacks.create("demo")

    assert [call["done"] for call in aws.requests("cloudformation", "CreateStack")] == [True, False]


def test_a_client_that_tries_again_after_a_lost_answer_creates_nothing_twice_with_its_token(
    aws: Simulator, impatient: list[float]
) -> None:
    aws.fault("lost", action="CreateStack")
    client = aws.client("cloudformation", attempts=2)
    stack_id = client.create_stack(StackName="demo", TemplateBody=TOPIC, ClientRequestToken="once")["StackId"]

    assert [stack["StackId"] for stack in client.describe_stacks()["Stacks"]] == [stack_id]
    assert [(call["fault"], call["done"]) for call in aws.requests(action="CreateStack")] == [
        ("lost", True),
        (None, True),
    ]


@pytest.mark.parametrize("service", ["cloudformation", "ec2", "rds", "sts"])
def test_a_garbled_answer_cannot_be_understood(aws: Simulator, service: str) -> None:
    aws.fault("garbled", service=service)
    with pytest.raises(ResponseParserError):
        answer(aws, service)

    assert [(call["fault"], call["status"], call["done"]) for call in aws.requests()] == [("garbled", 200, True)]


def test_botocore_takes_a_garbled_answer_of_s3_for_a_server_error(aws: Simulator, impatient: list[float]) -> None:
    aws.fault("garbled", service="s3", times=2)

    assert refused(aws, "s3") == ("500", 500)
    assert answer(aws, "s3", attempts=2)["Buckets"] == []


def test_botocore_takes_a_garbled_answer_in_json_for_an_empty_one(aws: Simulator) -> None:
    aws.client("ecs").create_cluster(clusterName="chat")
    aws.fault("garbled", service="ecs")

    assert answer(aws, "ecs").keys() == {"ResponseMetadata"}
