"""How busy machines, services and databases were in each hour, from CloudWatch. It only looks.

Metrics and their dimensions: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html; DocumentDB and Neptune name theirs as RDS does.
How many open connections a database has is not asked for: applications keep theirs open when nobody uses them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from environments.targets import auto_scaling_groups, ec2_instances, ecs_services, rds_databases
from environments.targets.base import AccountRef, TargetError, TargetRef
from environments.targets.client import client, in_words
from environments.targets.rds_cluster import RdsClusters
from environments.targets.rds_instance import RdsInstances
from environments.targets.selection import selection

HOUR: Final = timedelta(hours=1)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
QUERIES_AT_ONCE: Final = 500
EC2, ECS, RDS, DOCUMENTS, GRAPHS = "AWS/EC2", "AWS/ECS", "AWS/RDS", "AWS/DocDB", "AWS/Neptune"
BY_ENGINE: Final = {"docdb": DOCUMENTS, "neptune": GRAPHS}
NESTED: Final = "AWS::CloudFormation::Stack"
PLACES: Final = Decimal("0.01")
LARGEST_PER_CENT: Final = Decimal(9999)
# Metric, statistic, and what makes bytes of an hour of it.
SUMS = (("NetworkIn", "Sum", 1), ("NetworkOut", "Sum", 1))
RATES = (("NetworkReceiveThroughput", "Average", 3600), ("NetworkTransmitThroughput", "Average", 3600))
NETWORK: Mapping[str, Sequence[tuple[str, str, int]]] = {EC2: SUMS, RDS: RATES, DOCUMENTS: RATES, GRAPHS: RATES}
CPU: Final = "CPUUtilization"


@dataclass(frozen=True, slots=True, order=True)
class Meter:
    """Something that CloudWatch has measured: where its metrics are, and its dimensions there."""

    namespace: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Use:
    """An hour: the highest average CPU of the machines in per cent, and the bytes that all sent and received. None:
    nobody measured it."""

    cpu: Decimal | None = None
    network: int | None = None

    def __add__(self, other: Use) -> Use:
        """Of both together."""
        cpus = [one for one in (self.cpu, other.cpu) if one is not None]
        bytes_ = [one for one in (self.network, other.network) if one is not None]
        return Use(max(cpus, default=None), sum(bytes_) if bytes_ else None)


def is_measured(kind: str) -> bool:
    """Whether CloudWatch says by itself how busy targets of this kind are."""
    return kind in BY_KIND


def meters(ref: TargetRef, since: datetime) -> set[Meter]:
    """What has been measured of a target since then, a stack's earlier lives included. `TargetError` when AWS cannot be
    asked. Calls: one a page; for a stack one for each of its lives and nested stacks."""
    with in_words(ref.kind, "GetMetricData", ref.account, ref.region):
        return set(BY_KIND[ref.kind](ref, since))


def hours(of: Iterable[Meter], account: AccountRef, region: str, begin: datetime, end: datetime) -> dict[datetime, Use]:
    """The use of all of these together in each hour of `[begin, end)`, whole hours of UTC; hours of which nothing was
    measured are not there. `TargetError` when AWS cannot be asked or answers for a part only: less than all would look
    idle. Calls: one for 500 metrics and page."""
    asked = [query for one in sorted(set(of)) for query in _queries(one)]
    found: defaultdict[datetime, Use] = defaultdict(Use)
    for first in range(0, len(asked), QUERIES_AT_ONCE):
        part = {f"q{number}": query for number, query in enumerate(asked[first : first + QUERIES_AT_ONCE])}
        with in_words("cloudwatch", "GetMetricData", account, region):
            for name, at, value in _answers(part, account, region, begin, end):
                found[at] += _use(part[name], value)
    return {at: use for at, use in found.items() if begin <= at < end}


@dataclass(frozen=True, slots=True)
class _Query:
    meter: Meter
    metric: str
    statistic: str
    factor: int = 1


def _queries(meter: Meter) -> Iterator[_Query]:
    yield _Query(meter, CPU, "Average")
    for metric, statistic, factor in NETWORK.get(meter.namespace, ()):
        yield _Query(meter, metric, statistic, factor)


def _answers(
    part: Mapping[str, _Query], account: AccountRef, region: str, begin: datetime, end: datetime
) -> Iterator[tuple[str, datetime, float]]:
    """Each value with the hour that it is of; pages go on where the one before them ended."""
    wanted = [
        {
            "Id": name,
            "ReturnData": True,
            "MetricStat": {
                "Metric": {
                    "Namespace": one.meter.namespace,
                    "MetricName": one.metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in one.meter.dimensions],
                },
                "Period": int(HOUR.total_seconds()),
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
                yield told["Id"], at.astimezone(UTC).replace(minute=0, second=0, microsecond=0), value


def _use(query: _Query, value: float) -> Use:
    if query.metric == CPU:
        return Use(cpu=min(Decimal(str(value)).quantize(PLACES, ROUND_HALF_EVEN), LARGEST_PER_CENT))
    return Use(network=round(Decimal(str(value)) * query.factor))


def partly(account: AccountRef, told: Mapping[str, Any]) -> TargetError:
    """That an answer lacks a metric, of which this was `told`."""
    texts = {
        "en": f"CloudWatch answered for a part of the metrics of account {account.name} only. It is asked again later.",
        "ko": f"CloudWatch가 계정 {account.name}의 지표 중 일부만 답했어요. 나중에 다시 조회해요.",
    }
    return TargetError(texts, raw=str(told.get("Messages") or told["StatusCode"]), retryable=True)


def _instances(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    chosen = selection(ref.identifier)
    seen = ec2_instances.instances(client("ec2", ref.account, ref.region), [chosen])
    yield from (_machine(one.id) for one in ec2_instances.find(chosen, seen).members)


def _groups(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    """By the group, not by its instances: those of yesterday are gone."""
    chosen = selection(ref.identifier)
    seen = auto_scaling_groups.groups(client("autoscaling", ref.account, ref.region), [chosen])
    yield from (_group(one.name) for one in auto_scaling_groups.find(chosen, seen))


def _services(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    chosen = ecs_services.chosen_by(ref)
    seen = ecs_services.services(client("ecs", ref.account, ref.region), [chosen])
    yield from (_service(one.cluster, one.name) for one in ecs_services.find(chosen, seen).members)


def _databases(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    chosen = selection(ref.identifier)
    seen = RdsInstances().described(client("rds", ref.account, ref.region), chosen.name)
    for one in rds_databases.find(chosen, seen).members:
        yield _database(one.id, BY_ENGINE.get(one.engine, RDS))


def _clusters(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    """The instances of the clusters: a cluster by itself has no processor."""
    chosen, rds = selection(ref.identifier), client("rds", ref.account, ref.region)
    ids = {one.id for one in rds_databases.find(chosen, RdsClusters().described(rds, chosen.name)).members}
    members = RdsInstances().described(rds, "") if ids else ()
    yield from (_database(one.id, BY_ENGINE.get(one.engine, RDS)) for one in members if one.cluster in ids)


def _stacks(ref: TargetRef, since: datetime) -> Iterator[Meter]:
    """Of the stack as it is, and of those of its name that were deleted since: what each sleep ends, the next start
    makes anew under other ids, and CloudFormation lists the resources of what was deleted for 90 days
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html)."""
    cloudformation = client("cloudformation", ref.account, ref.region)
    for page in cloudformation.get_paginator("list_stacks").paginate():
        for told in page["StackSummaries"]:
            deleted = told.get("DeletionTime") if told["StackStatus"] == "DELETE_COMPLETE" else None
            if told["StackName"] == ref.identifier and (deleted is None or deleted >= since):
                yield from _resources(cloudformation, told["StackId"])


def _resources(cloudformation: Any, stack: str) -> Iterator[Meter]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for told in page["StackResourceSummaries"]:
            kind, name = told["ResourceType"], told.get("PhysicalResourceId")
            if name and kind == NESTED:
                yield from _resources(cloudformation, name)
            elif name and kind in OF_RESOURCES:
                yield OF_RESOURCES[kind](name)


def _machine(name: str) -> Meter:
    return Meter(EC2, (("InstanceId", name),))


def _group(name: str) -> Meter:
    return Meter(EC2, (("AutoScalingGroupName", name),))


def _service(cluster: str, name: str) -> Meter:
    return Meter(ECS, (("ClusterName", cluster.rpartition("/")[2]), ("ServiceName", name)))


def _service_of_arn(arn: str) -> Meter:
    """arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME; those of before 2018 lack the cluster, the default one."""
    path = arn.partition(":service/")[2].split("/")
    return _service(path[-2] if len(path) > 1 else "default", path[-1])


def _database(name: str, namespace: str = RDS) -> Meter:
    return Meter(namespace, (("DBInstanceIdentifier", name),))


OF_RESOURCES: Mapping[str, Callable[[str], Meter]] = {
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::DocDB::DBInstance": lambda name: _database(name, DOCUMENTS),
    "AWS::EC2::Instance": _machine,
    "AWS::ECS::Service": _service_of_arn,
    "AWS::Neptune::DBInstance": lambda name: _database(name, GRAPHS),
    "AWS::RDS::DBInstance": _database,
}
BY_KIND: Mapping[str, Callable[[TargetRef, datetime], Iterator[Meter]]] = {
    "auto_scaling_group": _groups,
    "cloudformation": _stacks,
    "ec2": _instances,
    "ecs_service": _services,
    "rds_cluster": _clusters,
    "rds_instance": _databases,
}
