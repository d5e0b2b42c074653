"""What CloudWatch measured of the sample: invented, as nothing runs. Busy in the office's hours, quiet in the night.

Moto knows only what it was told by PutMetricData. For the things of stacks, while these were there, this answers the
rest; what was told is left as it is.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from portal.simulator.cloudformation.stacks import Shelves, Stack
from portal.simulator.moto_modules import load
from portal.simulator.usage import lives

Span = tuple[datetime, datetime | None]
OFFICE: Final = ZoneInfo("Asia/Seoul")
# By metric: a night's value, what a working hour adds at most; of a sum, for a minute.
LEVELS: Final[Mapping[str, tuple[float, float]]] = {
    "CPUUtilization": (2.0, 45.0),
    "MemoryUtilization": (38.0, 22.0),
    "NetworkIn": (40_000.0, 9_000_000.0),
    "NetworkOut": (60_000.0, 21_000_000.0),
    "NetworkReceiveThroughput": (900.0, 120_000.0),
    "NetworkTransmitThroughput": (1_400.0, 260_000.0),
    "DatabaseConnections": (3.0, 28.0),
}
MEASURED: Final = ("AWS/EC2", "AWS/ECS", "AWS/RDS", "AWS/DocDB", "AWS/Neptune")
# What names a thing; of several dimensions the last one.
NAMING: Final = ("InstanceId", "ServiceName", "DBInstanceIdentifier", "AutoScalingGroupName")
Answers = list[dict[str, Any]]


def tell(shelves: Shelves) -> None:
    """Have CloudWatch answer for the things of these stacks. Side effect: moto's class is changed, once for all."""
    backend = load("cloudwatch.models").CloudWatchBackend
    told: Callable[..., Answers] = getattr(backend.get_metric_data, "told", backend.get_metric_data)

    def answered(self: Any, queries: list[dict[str, Any]], start_time: datetime, end_time: datetime, *more: Any,
                 **named: Any) -> Answers:  # fmt: skip
        results = told(self, queries, start_time, end_time, *more, **named)
        asked = {query["Id"]: query["MetricStat"] for query in queries if "MetricStat" in query}
        for result in results:
            if not result["values"] and result["id"] in asked:
                made = _made(shelves, self.account_id, asked[result["id"]], start_time, end_time)
                result["timestamps"], result["values"] = [at for at, _value in made], [value for _at, value in made]
        return results

    answered.told = told  # type: ignore[attr-defined]
    backend.get_metric_data = answered


def _made(
    shelves: Shelves, account: str, asked: Mapping[str, Any], start: datetime, end: datetime
) -> list[tuple[datetime, float]]:
    metric = asked["Metric"]
    name = next((one["Value"] for one in metric.get("Dimensions", ()) if one["Name"] in NAMING), "")
    if metric["Namespace"] not in MEASURED or metric["MetricName"] not in LEVELS or not name:
        return []
    spans = [span for stack in shelves.all() if stack.account == account for span in _there(stack, name)]
    period = timedelta(seconds=int(asked["Period"]))
    seconds = period.total_seconds()
    at = datetime.fromtimestamp(_aware(start).timestamp() // seconds * seconds, UTC)
    found = []
    while at < _aware(end):
        if any(began <= at and (ended is None or at < ended) for began, ended in spans):
            found.append((at, _value(metric["MetricName"], name, at, period, asked["Stat"])))
        at += period
    return found


def _there(stack: Stack, name: str) -> Iterator[Span]:
    for resource in stack.resources.values():
        if name in {resource.physical_id, resource.physical_id.rpartition("/")[2]}:
            yield from lives(stack, resource)


def _value(metric: str, name: str, at: datetime, period: timedelta, statistic: str) -> float:
    """The same each time that it is asked for: by the hour of the day, the thing and the minute."""
    local = at.astimezone(OFFICE)
    minutes = local.hour * 60 + local.minute
    works = local.weekday() < 5 and 9 * 60 <= minutes < 18 * 60
    swing = 0.55 + 0.45 * math.sin((minutes - 9 * 60) / (9 * 60) * math.pi) if works else 0.02
    noise = zlib.crc32(f"{name} {metric} {int(at.timestamp())}".encode()) % 1000 / 1000
    least, most = LEVELS[metric]
    value = least + most * swing * (0.8 + 0.4 * noise)
    if statistic == "Sum":
        value *= period / timedelta(minutes=1)
    return round(value, 3)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
