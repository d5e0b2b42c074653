"""How the sample's account is watched: alarms of CloudWatch and pushes to ECR, told to a topic; and who hears of it."""

from __future__ import annotations

import json

from portal.simulator.moto_modules import load
from portal.simulator.randomness import seeded
from portal.simulator.reference import ACCOUNT, REGION
from portal.simulator.sns import ask

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:daybreak"
# Name, namespace, metric, dimensions.
ALARMS = (
    (
        "chat-dev-errors",
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        {"LoadBalancer": "app/chat-dev/50dc6c495c0c"},
    ),
    ("payments-qa-db-cpu", "AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": "payments-qa-db"}),
    ("old-wiki-disk", "CWAgent", "disk_used_percent", {"host": "old-wiki"}),
)
PUSHES = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"], "detail": {"action-type": ["PUSH"]}}


def seed_watching(hook: str) -> None:
    """A topic, its alarms and the rule for pushes, unless they are there; `hook`, where there is one, is subscribed."""
    topics = load("sns.models").sns_backends[ACCOUNT][REGION]
    with seeded("watching"):
        if TOPIC not in topics.topics:
            topics.create_topic("daybreak")
            _alarms()
            events = load("events.models").events_backends[ACCOUNT][REGION]
            events.put_rule(name="daybreak-images", event_pattern=json.dumps(PUSHES))
            events.put_targets("daybreak-images", None, [{"Id": "daybreak", "Arn": TOPIC}])
        if hook:
            subscription = topics.subscribe(TOPIC, hook, hook.partition(":")[0])
            if not subscription.confirmed:
                ask(subscription)


def _alarms() -> None:
    watch = load("cloudwatch.models").cloudwatch_backends[ACCOUNT][REGION]
    for name, namespace, metric, dimensions in ALARMS:
        watch.put_metric_alarm(
            name=name,
            namespace=namespace,
            metric_name=metric,
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            threshold=80.0,
            statistic="Average",
            description="",
            dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            alarm_actions=[TOPIC],
            ok_actions=[TOPIC],
        )
