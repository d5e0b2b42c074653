"""From the simulated AWS to the portal over HTTP: a subscription, an alarm that rings, an image that is pushed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from environments.models import AlarmCheck, CheckState, Environment, Operation, State
from notifications import intake
from notifications.inbound import sns, sns_signature
from notifications.models import Arrival, Topic
from tests import factories
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Hear = Callable[[int], None]
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}


@pytest.fixture
def hear() -> Hear:
    """Waits until so many messages have come in, and judges them."""

    def work(count: int) -> None:
        wait_until(lambda: Arrival.objects.count() >= count)
        intake.judge_due(now=timezone.now())
        sns.confirm_due(timezone.now())

    return work


@pytest.fixture
def topic(chat_aws: Any, live_server: Any, hear: Hear) -> Iterator[str]:
    """A topic of the simulated AWS that the portal lets in and is subscribed to."""
    sns_signature.forget_certificates()
    client = chat_aws.client("sns")
    arn = client.create_topic(Name="daybreak")["TopicArn"]
    Topic.objects.create(name="development", arn=arn)
    client.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"{live_server.url}/hooks/sns/")
    hear(1)
    assert Topic.objects.get().confirmed_at is not None
    yield arn
    sns_signature.forget_certificates()


@pytest.fixture
def chat() -> Environment:
    hour_ago = timezone.now() - timedelta(hours=1)
    return factories.chat_app(schedule=None, state=State.RUNNING, state_since=hour_ago, on_push="at_once")


def test_an_alarm_that_rings_in_aws_brings_its_check_down_and_up_again(
    chat_aws: Any, topic: str, chat: Environment, hear: Hear
) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms")
    cloudwatch = chat_aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="chat-dev-errors", Namespace="AWS/AutoScaling", MetricName="GroupInServiceInstances",
        Dimensions=[{"Name": "AutoScalingGroupName", "Value": "ChatAppMasterStack-ECSCluster-1ABC"}],
        Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator="LessThanThreshold",
        AlarmActions=[topic], OKActions=[topic],
    )  # fmt: skip

    cloudwatch.set_alarm_state(AlarmName="chat-dev-errors", StateValue="ALARM", StateReason="no instance")
    hear(2)
    check.refresh_from_db()
    assert (check.state, check.reason["en"]) == (CheckState.DOWN, "Alarm chat-dev-errors: no instance")

    chat_aws.advance(60)
    cloudwatch.set_alarm_state(AlarmName="chat-dev-errors", StateValue="OK", StateReason="back")
    hear(3)
    check.refresh_from_db()
    assert check.state == CheckState.UP


def test_an_image_that_is_pushed_is_redeployed_where_that_is_wanted(
    chat_aws: Any, topic: str, chat: Environment, hear: Hear
) -> None:
    events = chat_aws.client("events")
    events.put_rule(Name="pushes", EventPattern=json.dumps({"source": ["aws.ecr"]}))
    events.put_targets(Rule="pushes", Targets=[{"Id": "1", "Arn": topic}])

    chat_aws.client("ecr").put_image(
        repositoryName="chat-chat-http", imageManifest=json.dumps(MANIFEST), imageTag="2.15.0"
    )
    hear(2)

    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger) == ("redeploy", "deploy")
    assert operation.reason["en"] == "A new image was pushed: chat-chat-http 2.15.0"
