"""Tags of alarms: asked of the simulated CloudWatch, only when a check goes by a tag."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from environments.models import Alarm, AlarmCheck, CheckState, State
from environments.services import alarm_tags
from environments.targets.client import forget_clients
from tests import factories
from tests.support.simulator import Simulator

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def alarm(aws: Simulator) -> Alarm:
    """An alarm that rings, in AWS with a tag."""
    forget_clients()
    account = factories.account()
    aws.register_role(account.role_arn, account.external_id)
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="cpu", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=80, ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "Environment", "Value": "chat-dev"}],
    )  # fmt: skip
    arn = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
    return Alarm.objects.create(
        arn=arn, name="cpu", account_id="123456789012", region=factories.REGION, state="ALARM", changed_at=NOW,
        received_at=NOW, reason="91 > 80",
    )  # fmt: skip


def check(**fields: str) -> AlarmCheck:
    chat = factories.environment(schedule=None, state=State.RUNNING)
    return AlarmCheck.objects.create(environment=chat, name="alarms", **fields)


def asked(aws: Simulator) -> int:
    return len(aws.requests("cloudwatch", "ListTagsForResource"))


def test_an_alarm_belongs_to_the_check_whose_tag_it_carries(alarm: Alarm, aws: Simulator) -> None:
    made = check(tag_key="Environment", tag_value="chat-*")

    assert alarm_tags.ask(now=NOW) == 1

    alarm.refresh_from_db()
    made.refresh_from_db()
    assert (alarm.check_row_id, made.state) == (made.pk, CheckState.DOWN)
    assert alarm.tags["Environment"] == "chat-dev"


def test_nobody_is_asked_while_no_check_goes_by_a_tag(alarm: Alarm, aws: Simulator) -> None:
    check(pattern="x")
    assert (alarm_tags.ask(now=NOW), asked(aws)) == (0, 0)


def test_what_belongs_to_nobody_is_asked_for_once_a_day(alarm: Alarm, aws: Simulator) -> None:
    check(tag_key="Environment", tag_value="other")
    for hours in (0, 1, 23, 24):
        alarm_tags.ask(now=NOW + timedelta(hours=hours))
    assert asked(aws) == 2


def test_what_aws_does_not_tell_is_asked_for_again_ten_minutes_later(alarm: Alarm, aws: Simulator) -> None:
    made = check(tag_key="Environment", tag_value="chat-dev")
    aws.fault("denied", service="cloudwatch", action="ListTagsForResource")
    alarm_tags.ask(now=NOW)
    assert Alarm.objects.get().check_row is None

    assert alarm_tags.ask(now=NOW + timedelta(minutes=9)) == 0
    assert alarm_tags.ask(now=NOW + timedelta(minutes=10)) == 1
    assert Alarm.objects.get().check_row_id == made.pk
