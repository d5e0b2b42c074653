"""What CloudWatch and EventBridge say in a message of SNS: an alarm that changed, or an image that was pushed.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html. Composite alarms have a rule in the place
of a trigger; those on metric math name several metrics.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

OK, IN_ALARM, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = frozenset({OK, IN_ALARM, NO_DATA})
_ARN = re.compile(
    r"arn:aws[a-z-]*:cloudwatch:(?P<region>[a-z0-9-]{1,32}):(?P<account>\d{12}):alarm:.{1,255}", re.DOTALL
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm's new state. `dimensions` has all values of each name: an alarm may watch several metrics."""

    arn: str
    name: str
    account_id: str
    region: str
    state: str
    changed_at: datetime
    reason: str = ""
    description: str = ""
    namespace: str = ""
    metric: str = ""
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Push:
    """An image that was pushed with a tag."""

    account_id: str
    region: str
    repository: str
    tag: str
    digest: str
    pushed_at: datetime


def read(text: str, received_at: datetime) -> AlarmChange | Push | None:
    """What the message says; None where it is something else, such as a push without a tag. ValueError, naming the
    part, where it is an alarm or a push and cannot be understood."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    if "AlarmName" in said and "NewStateValue" in said:
        return _alarm(said)
    if said.get("source") == "aws.ecr" and said.get("detail-type") == "ECR Image Action":
        return _push(said, received_at)
    return None


def _alarm(said: Mapping[str, Any]) -> AlarmChange:
    arn = _text(said, "AlarmArn", 600)
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ValueError("AlarmArn")
    state = _text(said, "NewStateValue", 20)
    if state not in STATES:
        raise ValueError("NewStateValue")
    metrics = list(_metrics(said.get("Trigger")))
    dimensions: dict[str, dict[str, None]] = {}
    for metric in metrics:
        for name, value in _dimensions(metric.get("Dimensions")):
            dimensions.setdefault(name, {})[value] = None
    first = metrics[0] if metrics else {}
    return AlarmChange(
        arn=arn,
        name=_text(said, "AlarmName", 255),
        account_id=found["account"],
        region=found["region"],
        state=state,
        changed_at=_time(said.get("StateChangeTime"), "StateChangeTime"),
        reason=_maybe(said, "NewStateReason"),
        description=_maybe(said, "AlarmDescription"),
        namespace=_maybe(first, "Namespace")[:255],
        metric=_maybe(first, "MetricName")[:255],
        dimensions={name: tuple(values) for name, values in dimensions.items()},
    )


def _metrics(trigger: object) -> Iterator[Mapping[str, Any]]:
    """The metrics that an alarm watches: the trigger's own, or those of its metric math."""
    if not isinstance(trigger, dict):
        return
    if "MetricName" in trigger:
        yield trigger
    several = trigger.get("Metrics")
    for one in several if isinstance(several, list) else ():
        stat = one.get("MetricStat") if isinstance(one, dict) else None
        metric = stat.get("Metric") if isinstance(stat, dict) else None
        if isinstance(metric, dict):
            yield metric


def _dimensions(listed: object) -> Iterator[tuple[str, str]]:
    for one in listed if isinstance(listed, list) else ():
        name, value = (one.get("name"), one.get("value")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            yield name, value


def _push(said: Mapping[str, Any], received_at: datetime) -> Push | None:
    detail: Mapping[str, Any] = said["detail"] if isinstance(said.get("detail"), dict) else {}
    tag = detail.get("image-tag")
    if detail.get("action-type") != "PUSH" or detail.get("result") != "SUCCESS" or not tag:
        return None
    account = _text(said, "account", 12)
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("account")
    return Push(
        account_id=account,
        region=_text(said, "region", 32),
        repository=_text(detail, "repository-name", 256),
        tag=_text(detail, "image-tag", 300),
        digest=_text(detail, "image-digest", 100),
        pushed_at=_time(said["time"], "time") if "time" in said else received_at,
    )


def _text(said: Mapping[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError(name)
    return value


def _maybe(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _time(value: object, name: str) -> datetime:
    """Times of AWS: `2026-11-21T09:00:00.000+0000` and `2026-11-21T09:00:00Z`."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None:
        raise ValueError(name)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
