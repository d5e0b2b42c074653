"""Who publishes to topics by itself: alarms of CloudWatch that change, and rules of EventBridge for pushes to ECR."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.moto_modules import load
from portal.simulator.reference import ACCOUNT, REGION
from portal.simulator.sns import publish

REGION_NAMES = {"ap-northeast-2": "Asia Pacific (Seoul)", "us-east-1": "US East (N. Virginia)"}
ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


def set_alarm(publishers: Publishers) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The control API's way to let an alarm ring: `name`, `state`, perhaps `reason`."""

    def handle(wanted: dict[str, Any]) -> dict[str, Any]:
        if unknown := wanted.keys() - {"name", "state", "reason", "account", "region"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        account, region = wanted.get("account", ACCOUNT), wanted.get("region", REGION)
        reason = wanted.get("reason", "Set by hand.")
        publishers.set_alarm(account, region, wanted["name"], wanted.get("state", "ALARM"), reason)
        return {}

    return handle


class Publishers:
    """A layer that tells topics of what has changed, after it has."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if (call.service, call.action) == ("cloudwatch", "SetAlarmState"):
            return self._alarm(call, go_on)
        answer = go_on(call)
        if (call.service, call.action) == ("ecr", "PutImage") and answer.status == 200:
            self._pushed(call, json.loads(answer.body)["image"])
        return answer

    def set_alarm(self, account: str, region: str, name: str, state: str, reason: str) -> None:
        """As `SetAlarmState` does. ValueError for an alarm or a state that there is not."""
        alarm = load("cloudwatch.models").cloudwatch_backends[account][region].alarms.get(name)
        if alarm is None or state not in ACTIONS:
            raise ValueError(f"no alarm {name!r}, or no state {state!r}: {', '.join(ACTIONS)}")
        before = alarm.state_value
        alarm.update_state(reason, "{}", state)
        self._tell(alarm, before)

    def _alarm(self, call: Call, go_on: Next) -> Answer:
        alarms = load("cloudwatch.models").cloudwatch_backends[call.account][call.region].alarms
        alarm = alarms.get(call.parameters.get("AlarmName") or call.form.get("AlarmName", ""))
        before = alarm.state_value if alarm else ""
        answer = go_on(call)
        if alarm and answer.status == 200:
            self._tell(alarm, before)
        return answer

    def _tell(self, alarm: Any, before: str) -> None:
        """Those that are to hear of the new state; nobody, where it is the old one."""
        if alarm.state_value == before or not alarm.actions_enabled:
            return
        message = self._message(alarm, before)
        for arn in getattr(alarm, ACTIONS[alarm.state_value]):
            if ":sns:" in arn:
                where = REGION_NAMES.get(alarm.region_name, alarm.region_name)
                publish(arn, message, f'{alarm.state_value}: "{alarm.name}" in {where}'[:100])

    def _message(self, alarm: Any, before: str) -> dict[str, Any]:
        said = {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": alarm.alarm_arn.split(":")[4],
            "AlarmConfigurationUpdatedTimestamp": self._now(),
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": self._now(),
            "Region": REGION_NAMES.get(alarm.region_name, alarm.region_name),
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": before,
            "OKActions": alarm.ok_actions,
            "AlarmActions": alarm.alarm_actions,
            "InsufficientDataActions": alarm.insufficient_data_actions,
        }
        if alarm.rule:
            return said | {"AlarmRule": alarm.rule}
        return said | {
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "StatisticType": "Statistic",
                "Statistic": str(alarm.statistic or "").upper(),
                "Unit": alarm.unit,
                "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
                "Period": alarm.period,
                "EvaluationPeriods": alarm.evaluation_periods,
                "ComparisonOperator": alarm.comparison_operator,
                "Threshold": alarm.threshold,
            }
        }

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "+0000")

    def _pushed(self, call: Call, image: dict[str, Any]) -> None:
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "ECR Image Action",
            "source": "aws.ecr",
            "account": call.account,
            "time": self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": call.region,
            "resources": [],
            "detail": {
                "result": "SUCCESS",
                "repository-name": image["repositoryName"],
                "image-digest": image["imageId"].get("imageDigest", ""),
                "action-type": "PUSH",
                "image-tag": image["imageId"].get("imageTag", ""),
            },
        }
        for bus in load("events.models").events_backends[call.account][call.region].event_buses.values():
            for rule in bus.rules.values():
                if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
                    for target in rule.targets:
                        if ":sns:" in target["Arn"]:
                            publish(target["Arn"], event)
