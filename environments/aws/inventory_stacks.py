"""The resources of a stack and its nested stacks, as the price list knows them.

A stopped stack is deleted: what its templates keep then (`DeletionPolicy: Retain`) stays billed, all else does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from environments.targets import auto_scaling_groups
from environments.targets.base import TargetRef
from environments.targets.selection import Selection

from . import inventory_containers as containers
from . import inventory_databases as databases
from . import inventory_machines as machines
from . import inventory_network as network
from . import inventory_texts as texts
from .inventory_free import BY_USE, FREE, SNAPSHOTTED
from .inventory_parts import Inventory, Place, Unpriced, asking, total
from .template_guard import NESTED, parse_template, resources_of

INSTANCE, VOLUME, MEMBER = "AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::RDS::DBInstance"
KEPT = frozenset({"Retain", "RetainExceptOnCreate"})
# What is being deleted, or was, is not there to be billed for long.
LEFT = frozenset({"DELETE_COMPLETE", "DELETE_IN_PROGRESS"})
Found = tuple[Inventory, Collection[str]]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a stack: what AWS calls it, and what becomes of it when the stack is deleted."""

    id: str
    type: str
    policy: str


def stack_of(place: Place, ref: TargetRef) -> Inventory:
    """All that a stack has that is billed. Calls: two a stack, and one or two for each service it uses."""
    lasting: defaultdict[str, list[str]] = defaultdict(list)
    passing: defaultdict[str, list[str]] = defaultdict(list)
    snapshots: set[str] = set()
    for one in resources(place, ref.identifier):
        (lasting if one.policy in KEPT else passing)[one.type].append(one.id)
        if one.policy == "Snapshot":
            snapshots.add(one.type.removeprefix("AWS::"))
    left = [Unpriced(texts.snapshots_of(kind), texts.LEFT_BEHIND) for kind in sorted(snapshots)]
    separate = frozenset((*passing[VOLUME], *lasting[VOLUME]))
    own = priced(place, passing, separate) + priced(place, lasting, separate).lasting()
    return own + Inventory((), tuple(left))


def resources(place: Place, stack: str) -> Iterator[Resource]:
    """The resources of a stack, those of its nested stacks in their place. What a kept nested stack has is kept."""
    listed = place.all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
    cloudformation = place.client("cloudformation")
    with asking("cloudformation", "get_template", place.account, place.region):
        body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    written = resources_of(body if isinstance(body, Mapping) else parse_template(body))
    for one in listed:
        if one["ResourceStatus"] in LEFT or not one.get("PhysicalResourceId"):
            continue
        policy = _policy(written.get(one["LogicalResourceId"], {}))
        made = Resource(one["PhysicalResourceId"], one["ResourceType"], policy)
        if made.type != NESTED:
            yield made
            continue
        for inner in resources(place, made.id):
            yield Resource(inner.id, inner.type, policy if policy in KEPT else inner.policy)


def _policy(resource: Mapping[str, Any]) -> str:
    """What becomes of the resource when the stack is deleted; empty where it goes, or nobody can say."""
    policy = resource.get("DeletionPolicy")
    if policy is None and resource.get("Type") in SNAPSHOTTED:
        is_member = resource["Type"] == MEMBER and "DBClusterIdentifier" in (resource.get("Properties") or {})
        return "" if is_member else "Snapshot"
    return policy if isinstance(policy, str) else ""


def priced(place: Place, by_type: Mapping[str, list[str]], separate: Collection[str] = ()) -> Inventory:
    """What these ids of each type are to the price list. `separate` volumes are not counted with their instances."""
    found = Inventory()
    for kind, ids in sorted(by_type.items()):
        if not ids:
            continue
        if kind == INSTANCE:
            found += _instances(place, ids, separate)
        elif kind in RULES:
            part, there = RULES[kind](place, ids)
            gone = [_gone(kind, one) for one in ids if not _is_in(one, there)]
            found += part + Inventory((), tuple(gone))
        elif _like(kind, BY_USE):
            found += Inventory((), (Unpriced(texts.plain(f"{kind} × {len(ids)}"), texts.BY_USE),))
        elif not is_free(kind):
            found += Inventory((), (Unpriced(texts.plain(f"{kind} × {len(ids)}"), texts.NO_RULE),))
    has_machines = bool(by_type.keys() & {INSTANCE, "AWS::AutoScaling::AutoScalingGroup"})
    return _without_tasks(found) if has_machines else found


def is_free(kind: str) -> bool:
    """Whether resources of this type cost nothing by themselves."""
    return kind in FREE


def _without_tasks(found: Inventory) -> Inventory:
    """Where the stack has the machines as well, what runs on them needs no saying."""
    return Inventory(found.things, tuple(one for one in found.unpriced if one.why != texts.ON_MACHINES))


def _is_in(one: str, there: Collection[str]) -> bool:
    return one in there or one.lower() in {name.lower() for name in there}


def _like(kind: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


def _instances(place: Place, ids: list[str], separate: Collection[str]) -> Inventory:
    told = machines.described(place, ids)
    there = {one["InstanceId"] for one in told}
    own = machines.whole_machines(place, told, separate)
    return own + Inventory((), tuple(_gone(INSTANCE, one) for one in ids if one not in there))


def _gone(kind: str, one: str) -> Unpriced:
    return Unpriced(texts.plain(f"{kind}: {one}"), texts.GONE)


def _volumes(place: Place, ids: list[str]) -> Found:
    return machines.volumes_by_id(place, ids), ids


def _groups(place: Place, names: list[str]) -> Found:
    chosen = [Selection(name=name) for name in names]
    with asking("autoscaling", "describe_auto_scaling_groups", place.account, place.region):
        told = list(auto_scaling_groups.groups(place.client("autoscaling"), chosen))
    mine = [one for one in told if one.name in names]
    return total(machines.group(place, None, one) for one in mine), [one.name for one in mine]


def _services(place: Place, arns: list[str]) -> Found:
    """arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME; those of before 2018 lack the cluster, and are in the default
    one."""
    keys: dict[tuple[str, str], str] = {}
    for arn in arns:
        path = arn.partition(":service/")[2].split("/")
        keys[(path[-2] if len(path) > 1 else "default"), path[-1]] = arn
    told = containers.described(place, keys)
    found = total(containers.service(place, one, one["desiredCount"]) for one in told.values())
    return found, [keys[key] for key in told]


def _apps(place: Place, arns: list[str]) -> Found:
    there = {one.arn for one in containers.apps(place, [])}
    return total(containers.app(place, arn) for arn in arns if arn in there), there


def _clusters(place: Place, ids: list[str]) -> Found:
    return total(databases.cluster_storage(one) for one in ids), ids


def _addresses(place: Place, ids: list[str]) -> Found:
    return network.elastic_ips(place.region, ids), ids


RULES: Mapping[str, Callable[[Place, list[str]], Found]] = {
    "AWS::AppRunner::Service": _apps,
    "AWS::AutoScaling::AutoScalingGroup": _groups,
    "AWS::DocDB::DBCluster": _clusters,
    "AWS::DocDB::DBInstance": databases.databases_by_id,
    "AWS::EC2::EIP": _addresses,
    "AWS::EC2::NatGateway": network.gateways_by_id,
    VOLUME: _volumes,
    "AWS::ECS::Service": _services,
    "AWS::ElastiCache::CacheCluster": databases.caches_by_id,
    "AWS::ElastiCache::ReplicationGroup": databases.replication_groups_by_id,
    "AWS::ElasticLoadBalancing::LoadBalancer": network.classic_by_name,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": network.balancers_by_id,
    "AWS::Neptune::DBCluster": _clusters,
    "AWS::Neptune::DBInstance": databases.databases_by_id,
    "AWS::RDS::DBCluster": _clusters,
    "AWS::RDS::DBInstance": databases.databases_by_id,
}
