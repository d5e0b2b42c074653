"""How targets did over the last day, from CloudWatch: processor, network, memory, connections. It only looks.

Which things of a target are measured, and where, is said once, in `cloudwatch_use`; App Runner's services are measured
here alone, for nobody is advised by them. Metrics:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html,
https://docs.aws.amazon.com/documentdb/latest/developerguide/cloud_watch.html,
https://docs.aws.amazon.com/apprunner/latest/dg/monitor-cw.html. Neptune counts no connections; ECS and App Runner count
no bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from environments.targets import app_runner_services
from environments.targets.base import AccountRef, TargetRef
from environments.targets.client import client, in_words
from environments.targets.selection import selection

from . import cloudwatch_use
from .cloudwatch_use import BY_KIND, CPU, DOCUMENTS, ECS, NETWORK, QUERIES_AT_ONCE, RDS, Meter, partly

PERIOD: Final = timedelta(minutes=5)
PER_CENT, BYTES, NUMBER = "percent", "bytes_s", "number"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the portal knows it. That of a target with several things is the `highest` of theirs, else the sum
    of all."""

    name: str
    unit: str
    highest: bool


METRICS: Final[Mapping[str, Metric]] = {
    one.name: one
    for one in (
        Metric("cpu", PER_CENT, highest=True),
        Metric("memory", PER_CENT, highest=True),
        Metric("network_in", BYTES, highest=False),
        Metric("network_out", BYTES, highest=False),
        Metric("connections", NUMBER, highest=False),
    )
}
"""By name, in the order in which people read them."""

APP_RUNNER: Final = "AWS/AppRunner"
_APP_RUNNERS: Final = "app_runner"
KINDS: Final = frozenset({*BY_KIND, _APP_RUNNERS})
"""Kinds of targets of which CloudWatch says something by itself."""

_MORE: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    APP_RUNNER: [("memory", "MemoryUtilization")],
    ECS: [("memory", "MemoryUtilization")],
    RDS: [("connections", "DatabaseConnections")],
    DOCUMENTS: [("connections", "DatabaseConnections")],
}

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class _Query:
    """`target` is whatever the caller calls the target; `factor` makes a value of the portal's unit."""

    target: int
    metric: str
    meter: Meter
    name: str
    statistic: str
    factor: float = 1.0


def meters(ref: TargetRef, since: datetime) -> set[Meter]:
    """What has been measured of a target since then. `TargetError` when AWS cannot be asked. Calls: one a page; for a
    stack one for each of its lives and nested stacks; for App Runner one a page of tags besides, where a filter asks.
    """
    if ref.kind != _APP_RUNNERS:
        return cloudwatch_use.meters(ref, since)
    chosen = selection(ref.identifier)
    with in_words(ref.kind, "GetMetricData", ref.account, ref.region):
        runner = client("apprunner", ref.account, ref.region)
        tagging = client("resourcegroupstaggingapi", ref.account, ref.region)
        seen = app_runner_services.services(runner, tagging, [chosen])
    return {_service(one.name, one.arn) for one in app_runner_services.find(chosen, seen).members}


def _service(name: str, arn: str) -> Meter:
    """Of arn:aws:apprunner:REGION:ACCOUNT:service/NAME/ID."""
    return Meter(APP_RUNNER, (("ServiceName", name), ("ServiceID", arn.rpartition("/")[2])))


def series(
    of: Mapping[int, Iterable[Meter]], account: AccountRef, region: str, begin: datetime, end: datetime
) -> dict[tuple[int, str], list[Point]]:
    """Each metric of each target over `[begin, end)`, by the caller's number of the target and the metric's name: its
    points, oldest first. What nobody measured is not there. `TargetError` when AWS cannot be asked or answers for a
    part only. Calls: one for 500 metrics and page."""
    asked = [query for target, meters in sorted(of.items()) for meter in sorted(set(meters)) for query in
             _queries(target, meter)]  # fmt: skip
    found: defaultdict[tuple[int, str], dict[datetime, float]] = defaultdict(dict)
    for first in range(0, len(asked), QUERIES_AT_ONCE):
        part = {f"q{number}": query for number, query in enumerate(asked[first : first + QUERIES_AT_ONCE])}
        with in_words("cloudwatch", "GetMetricData", account, region):
            for name, at, value in _answers(part, account, region, begin, end):
                query = part[name]
                its = found[query.target, query.metric]
                join: Callable[[float, float], float] = max if METRICS[query.metric].highest else _sum
                mine = value * query.factor
                its[at] = join(its[at], mine) if at in its else mine
    return {key: sorted(points.items()) for key, points in found.items() if points}


def _sum(one: float, other: float) -> float:
    return one + other


def _queries(target: int, meter: Meter) -> Iterator[_Query]:
    yield _Query(target, "cpu", meter, CPU, "Average")
    for name, (metric, statistic, _bytes_of_an_hour) in zip(
        ("network_in", "network_out"), NETWORK.get(meter.namespace, ()), strict=False
    ):
        # A sum is that of the whole period; an average is of a second already.
        factor = 1 / PERIOD.total_seconds() if statistic == "Sum" else 1.0
        yield _Query(target, name, meter, metric, statistic, factor)
    for name, metric in _MORE.get(meter.namespace, ()):
        yield _Query(target, name, meter, metric, "Average")


def _answers(
    part: Mapping[str, _Query], account: AccountRef, region: str, begin: datetime, end: datetime
) -> Iterator[tuple[str, datetime, float]]:
    wanted = [
        {
            "Id": name,
            "ReturnData": True,
            "MetricStat": {
                "Metric": {
                    "Namespace": one.meter.namespace,
                    "MetricName": one.name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in one.meter.dimensions],
                },
                "Period": int(PERIOD.total_seconds()),
                "Stat": one.statistic,
            },
        }
        for name, one in part.items()
    ]
    pages = client("cloudwatch", account, region).get_paginator("get_metric_data")
    for page in pages.paginate(MetricDataQueries=wanted, StartTime=begin, EndTime=end, ScanBy="TimestampAscending"):
        for told in page["MetricDataResults"]:
            if told.get("StatusCode") in {"InternalError", "Forbidden"}:
                raise partly(account, told)
            for at, value in zip(told["Timestamps"], told["Values"], strict=True):
                yield told["Id"], at.astimezone(UTC), value
