"""Every AWS call is written down, so that a test can say what was asked, and how often."""

from __future__ import annotations

import contextlib

from botocore.exceptions import ClientError

from tests.simulator.stacks import TOPIC, Stacks
from tests.support.simulator import ACCESS_KEY, Simulator


def test_a_call_is_recorded_with_all_that_matters(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo", Parameters=[], Tags=[{"Key": "team", "Value": "chat"}])
    (call,) = aws.requests("cloudformation", "CreateStack")

    assert call["parameters"] == {
        "StackName": "demo",
        "TemplateBody": TOPIC,
        "Parameters": [],
        "Tags": [{"Key": "team", "Value": "chat"}],
    }
    assert (call["account"], call["region"], call["access_key"]) == ("123456789012", "ap-northeast-2", ACCESS_KEY)
    assert (call["n"], call["status"], call["at"]) == (1, 200, aws.now().isoformat())


def test_calls_are_numbered_in_order_and_can_be_chosen(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo")
    stacks.status("demo")
    aws.client("ec2").describe_vpcs()

    assert [(call["n"], call["action"]) for call in aws.requests()] == [
        (1, "CreateStack"),
        (2, "DescribeStacks"),
        (3, "DescribeVpcs"),
    ]
    assert [call["service"] for call in aws.requests(service="ec2")] == ["ec2"]
    assert [call["n"] for call in aws.requests(action="DescribeStacks")] == [2]


def test_a_refused_call_is_recorded_too(aws: Simulator, stacks: Stacks) -> None:
    with contextlib.suppress(ClientError):
        stacks.describe("absent")

    assert [call["status"] for call in aws.requests()] == [400]


def test_services_of_every_protocol_are_recorded_by_their_names(aws: Simulator) -> None:
    aws.client("s3", region="us-east-1").create_bucket(Bucket="things")
    aws.client("s3").put_object(Bucket="things", Key="a/b", Body=b"content")
    aws.client("ecs").create_cluster(clusterName="chat")
    aws.client("lambda").list_functions()
    aws.client("cloudwatch").put_metric_data(Namespace="Chat", MetricData=[{"MetricName": "Users", "Value": 3}])
    aws.client("elbv2").describe_load_balancers()
    aws.client("ses").list_identities()

    assert [(call["service"], call["action"]) for call in aws.requests()] == [
        ("s3", "CreateBucket"),
        ("s3", "PutObject"),
        ("ecs", "CreateCluster"),
        ("lambda", "ListFunctions"),
        ("cloudwatch", "PutMetricData"),
        ("elbv2", "DescribeLoadBalancers"),
        ("ses", "ListIdentities"),
    ]
    put = aws.requests("s3", "PutObject")[0]["parameters"]
    assert (put["Bucket"], put["Key"]) == ("things", "a/b")
    assert aws.requests("ecs")[0]["parameters"] == {"clusterName": "chat"}


def test_the_record_can_be_forgotten(aws: Simulator, stacks: Stacks) -> None:
    stacks.create("demo")
    aws.forget_requests()

    assert aws.requests() == []
    assert stacks.living() == {"demo": "CREATE_COMPLETE"}


def test_control_requests_are_not_recorded(aws: Simulator) -> None:
    aws.advance(1)

    assert aws.requests() == []
