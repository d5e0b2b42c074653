"""What ECS has of the services that targets name: one look, and what it shows of each target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from .base import Seen, TargetRef
from .selection import Selection, selection

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html: "up to 10 services".
DESCRIBED_AT_ONCE = 10
PAGE = 100
DEFAULT_COUNT = 1


@dataclass(frozen=True, slots=True)
class Service:
    """One service that is not being deleted.

    `rollout` is the state of its newest deployment: COMPLETED, IN_PROGRESS, FAILED, "" where AWS does not say (behind
    a Classic Load Balancer), or NONE where another controller has not deployed anything yet. `failed` counts the tasks
    of that deployment that failed one after the other; `events` are ECS's newest 100, newest first. `deployment` is the
    newest deployment's id, begun at `deployed_at`.
    """

    cluster: str
    name: str
    desired: int
    running: int
    pending: int
    daemon: bool
    rollout: str
    why: str
    failed: int
    events: tuple[tuple[datetime, str], ...]
    tags: Mapping[str, str]
    deployment: str = ""
    deployed_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.cluster}/{self.name}"

    @property
    def is_up(self) -> bool:
        return self.running == self.desired > 0 and self.rollout in {"COMPLETED", ""}

    @property
    def is_down(self) -> bool:
        return not (self.desired or self.running or self.pending)


@dataclass(frozen=True, slots=True)
class Found:
    """What a target names: services that can be scaled, those that cannot (daemons), and names AWS does not have."""

    members: tuple[Service, ...]
    daemons: tuple[str, ...]
    missing: tuple[str, ...]


def chosen_by(ref: TargetRef) -> tuple[Selection, str]:
    """What a target names, and the cluster that its filter is narrowed to (empty: all)."""
    return selection(ref.identifier), str(ref.options.get("cluster") or "").strip()


def keys_of(chosen: Selection) -> list[str]:
    """The services of a target that names them (`cluster/service`), in the order in which they were entered."""
    return list(dict.fromkeys(part.strip() for part in chosen.name.split(",") if part.strip()))


def services(ecs: Any, chosen: Sequence[tuple[Selection, str]]) -> Iterator[Service]:
    """All services that these could mean, and perhaps others.

    Calls: one for ten services; for filters one for a hundred clusters, and for a hundred services of each, before. A
    cluster that AWS does not have has no services.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for one, _ in chosen:
        for key in keys_of(one):
            cluster, _, name = key.partition("/")
            wanted[cluster].add(name)
    narrowed = {cluster for one, cluster in chosen if one.tags}
    for cluster in _clusters(ecs) if "" in narrowed else sorted(narrowed):
        wanted[cluster].update(_listed(ecs, cluster))
    tags = {"include": ["TAGS"]} if narrowed else {}
    for cluster, names in sorted(wanted.items()):
        ordered = sorted(names)
        for first in range(0, len(ordered), DESCRIBED_AT_ONCE):
            part = ordered[first : first + DESCRIBED_AT_ONCE]
            try:
                described = ecs.describe_services(cluster=cluster, services=part, **tags)["services"]
            except ecs.exceptions.ClusterNotFoundException:
                break
            # Those being deleted (DRAINING) or gone (INACTIVE) do not count.
            yield from (_service(cluster, told) for told in described if told["status"] == "ACTIVE")


def find(chosen: tuple[Selection, str], seen: Iterable[Service]) -> Found:
    """What one target names of what was seen."""
    by_key = {one.key: one for one in seen}
    named, cluster = chosen
    missing: tuple[str, ...] = ()
    if named.tags:
        of_cluster = (one for one in by_key.values() if cluster in {"", one.cluster})
        mine = sorted((one for one in of_cluster if named.matches(one.tags)), key=lambda one: one.key)
    else:
        mine = [by_key[key] for key in keys_of(named) if key in by_key]
        missing = tuple(key for key in keys_of(named) if key not in by_key)
    members = tuple(one for one in mine if not one.daemon)
    return Found(members, tuple(one.key for one in mine if one.daemon), missing)


def remembered(ref: TargetRef) -> dict[str, dict[str, Any]]:
    """What the last stop noted of each service: `count`, `held` (no start was completed since), perhaps `scaling`."""
    return {key: dict(entry) for key, entry in ref.memory.get("services", {}).items()}


def to_start(ref: TargetRef, members: Sequence[Service]) -> tuple[Service, ...]:
    """The services that a start is about: of a filter those that did not rest at 0 already when it was stopped.

    What is named is meant. A filter of which all that is left rested has new wishes: all are meant.
    """
    if selection(ref.identifier).name:
        return tuple(members)
    noted = remembered(ref)
    return tuple(one for one in members if one.desired or noted.get(one.key, {}).get("count", 1)) or tuple(members)


def count_for(ref: TargetRef, one: Service) -> int:
    """How many tasks a start wants: what somebody has set meanwhile, else what ran before the stop, else the option."""
    return (
        one.desired
        or int(remembered(ref).get(one.key, {}).get("count", 0))
        or int(ref.options.get("default_count") or DEFAULT_COUNT)
    )


def seen_as(ref: TargetRef, found: Found) -> Seen:
    """Running: all that a start is about run. Stopped: all are. A target of which AWS lacks something is unclear."""
    if found.missing or not found.members:
        return Seen.PARTLY
    if all(one.is_down for one in found.members):
        return Seen.STOPPED
    up = all(one.running >= one.desired > 0 for one in to_start(ref, found.members))
    return Seen.RUNNING if up else Seen.PARTLY


def _clusters(ecs: Any) -> list[str]:
    pages = ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": PAGE})
    return sorted(arn.rpartition("/")[2] for page in pages for arn in page["clusterArns"])


def _listed(ecs: Any, cluster: str) -> list[str]:
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster, PaginationConfig={"PageSize": PAGE})
    try:
        return [arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ClusterNotFoundException":
            return []
        raise


def _service(cluster: str, told: Mapping[str, Any]) -> Service:
    newest: Mapping[str, Any] = next((one for one in told.get("deployments", ()) if one["status"] == "PRIMARY"), {})
    return Service(
        cluster=cluster,
        name=told["serviceName"],
        desired=told["desiredCount"],
        running=told["runningCount"],
        pending=told["pendingCount"],
        daemon=told.get("schedulingStrategy") == "DAEMON",
        rollout=_rollout(told, newest),
        why=newest.get("rolloutStateReason") or "",
        failed=newest.get("failedTasks") or 0,
        events=tuple((one["createdAt"], one["message"]) for one in told.get("events", ())),
        tags={tag["key"]: tag.get("value", "") for tag in told.get("tags", ())},
        deployment=newest.get("id", ""),
        deployed_at=newest.get("createdAt"),
    )


def _rollout(told: Mapping[str, Any], newest: Mapping[str, Any]) -> str:
    """CodeDeploy and other controllers have task sets in the place of deployments."""
    if (told.get("deploymentController") or {}).get("type", "ECS") == "ECS":
        return str(newest.get("rolloutState") or "")
    serving = next((one for one in told.get("taskSets", ()) if one["status"] == "PRIMARY"), None)
    if serving is None:
        return "NONE"
    return "COMPLETED" if serving["stabilityStatus"] == "STEADY_STATE" else "IN_PROGRESS"
