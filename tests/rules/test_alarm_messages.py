"""Messages of CloudWatch and EventBridge, as AWS documents them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from environments.rules.alarm_messages import AlarmChange, Push, read
from tests.support.sns import alarm

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
DETAIL = {
    "result": "SUCCESS",
    "repository-name": "chat-chat-http",
    "image-digest": "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234",
    "action-type": "PUSH",
    "image-tag": "2.15.0",
}
PUSH = {
    "version": "0",
    "detail-type": "ECR Image Action",
    "source": "aws.ecr",
    "account": "123456789012",
    "time": "2026-11-23T00:59:00Z",
    "region": "ap-northeast-2",
    "detail": DETAIL,
}


def push(**detail: Any) -> str:
    return json.dumps(PUSH | {"detail": DETAIL | detail})


def test_an_alarm_says_what_it_is_where_and_since_when() -> None:
    said = read(alarm(), NOW)

    assert isinstance(said, AlarmChange)
    assert (said.name, said.state, said.account_id) == ("chat-dev-cpu", "ALARM", "123456789012")
    # “Region” is a name for people; the ARN has the region.
    assert said.region == "ap-northeast-2"
    assert said.changed_at == NOW
    assert said.reason.startswith("Threshold Crossed")
    assert said.dimensions == {"InstanceId": ("i-0123456789abcdef0",)}


def test_a_composite_alarm_has_no_trigger() -> None:
    text = json.dumps({k: v for k, v in json.loads(alarm()).items() if k != "Trigger"} | {"AlarmRule": "ALARM(x)"})
    said = read(text, NOW)
    assert isinstance(said, AlarmChange)
    assert (said.metric, said.dimensions) == ("", {})


def test_an_alarm_on_metric_math_watches_all_of_its_metrics() -> None:
    def metric(instance: str) -> dict[str, Any]:
        its = {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Dimensions": [{"name": "InstanceId"}]}
        its["Dimensions"] = [{"name": "InstanceId", "value": instance}]
        return {"Id": instance.replace("-", ""), "MetricStat": {"Metric": its, "Period": 60, "Stat": "Average"}}

    text = alarm(Trigger={"Metrics": [{"Id": "e1", "Expression": "i1+i2"}, metric("i-1"), metric("i-2")]})
    said = read(text, NOW)
    assert isinstance(said, AlarmChange)
    assert said.dimensions == {"InstanceId": ("i-1", "i-2")}
    assert (said.namespace, said.metric) == ("AWS/EC2", "CPUUtilization")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AlarmArn", None),
        ("AlarmArn", "arn:aws:cloudwatch:ap-northeast-2:12:alarm:x"),
        ("AlarmArn", "arn:aws:sns:ap-northeast-2:123456789012:x"),
        ("NewStateValue", "RED"),
        ("NewStateValue", 1),
        ("StateChangeTime", "noon"),
        ("StateChangeTime", None),
        ("AlarmName", ""),
    ],
)
def test_an_alarm_that_cannot_be_understood_names_the_part(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        read(alarm(**{name: value}), NOW)


@pytest.mark.parametrize("trigger", [None, "x", {"Dimensions": "x"}, {"MetricName": 1, "Dimensions": [1, {"name": 2}]}])
def test_a_strange_trigger_is_left_aside(trigger: Any) -> None:
    said = read(alarm(Trigger=trigger), NOW)
    assert isinstance(said, AlarmChange)
    assert said.dimensions == {}


def test_a_push_says_which_image_it_is() -> None:
    said = read(push(), NOW)
    assert isinstance(said, Push)
    assert (said.repository, said.tag, said.account_id) == ("chat-chat-http", "2.15.0", "123456789012")
    assert said.pushed_at == datetime(2026, 11, 23, 0, 59, tzinfo=UTC)


@pytest.mark.parametrize("detail", [{"action-type": "DELETE"}, {"result": "FAILURE"}, {"image-tag": ""}])
def test_what_is_no_new_tag_is_no_push(detail: dict[str, str]) -> None:
    assert read(push(**detail), NOW) is None


def test_a_push_that_cannot_be_understood_names_the_part() -> None:
    with pytest.raises(ValueError, match="repository-name"):
        read(push(**{"repository-name": None}), NOW)


@pytest.mark.parametrize("text", ["", "hello", "[]", "1", "{}", '{"source": "aws.ec2"}', '{"detail": 1}'])
def test_whatever_else_comes_is_something_else(text: str) -> None:
    assert read(text, NOW) is None
