"""What EC2 Auto Scaling has of the groups that targets name: one look, and what it shows of each target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .base import Seen, TargetRef
from .selection import Selection, selection

# Names at once, and groups a page:
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
AT_ONCE = 100
SIZES = re.compile(r"\s*(\d{1,5})\s*/\s*(\d{1,5})\s*/\s*(\d{1,5})\s*")
SERVING = "InService"
ENDED = frozenset({"Successful", "Failed", "Cancelled"})


@dataclass(frozen=True, slots=True)
class Sizes:
    low: int
    wanted: int
    high: int

    def kept(self) -> dict[str, int]:
        """As it is remembered: plain, for JSON."""
        return {"min": self.low, "desired": self.wanted, "max": self.high}


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `units` is what its healthy instances in service count for, in the measure of its sizes; `held` are
    instances that a scale-in does not take: protected ones, and those in standby."""

    name: str
    sizes: Sizes
    units: int
    members: tuple[str, ...]
    held: tuple[str, ...]
    suspended: frozenset[str]
    tags: Mapping[str, str]

    @property
    def is_down(self) -> bool:
        return self.sizes.wanted == 0 and not self.members

    @property
    def is_full(self) -> bool:
        return self.sizes.wanted > 0 and self.units >= self.sizes.wanted


def groups(autoscaling: Any, chosen: Sequence[Selection]) -> Iterator[Group]:
    """All groups that these could mean, and perhaps others. Those that are being deleted do not count. Calls: one a
    page."""
    pages = autoscaling.get_paginator("describe_auto_scaling_groups")
    for page in pages.paginate(**_narrowing(chosen), PaginationConfig={"PageSize": AT_ONCE}):
        for told in page["AutoScalingGroups"]:
            if not told.get("Status"):
                yield _group(told)


def find(chosen: Selection, seen: Iterable[Group]) -> list[Group]:
    """What one target names of what was seen."""
    named = (one for one in seen if chosen.matches(one.tags) or (chosen.name and one.name == chosen.name))
    return sorted(named, key=lambda one: one.name)


def remembered(ref: TargetRef) -> dict[str, Sizes]:
    """The sizes that the target's groups had before the last stop, by name."""
    kept: Mapping[str, Mapping[str, int]] = ref.memory.get("sizes", {})
    return {name: Sizes(one["min"], one["desired"], one["max"]) for name, one in kept.items()}


def sizes_in(text: str) -> Sizes | None:
    """Sizes as an operator writes them, `min/desired/max`; None where they cannot be."""
    found = SIZES.fullmatch(text)
    sizes = Sizes(*map(int, found.groups())) if found else None
    return sizes if sizes and sizes.wanted > 0 and sizes.low <= sizes.wanted <= sizes.high else None


def to_restore(ref: TargetRef, group: Group) -> Sizes | None:
    """What a start gives a group that is at zero: what it had, else what the operator wrote for that; None: nobody
    knows. A maximum that somebody has raised meanwhile stays."""
    sizes = remembered(ref).get(group.name) or sizes_in(str(ref.options.get("default_sizes") or ""))
    if sizes is None or not group.sizes.high:
        return sizes
    high = group.sizes.high
    return Sizes(min(sizes.low, high), min(sizes.wanted, high), high)


def is_left_alone(ref: TargetRef, group: Group) -> bool:
    """Whether it was at zero already when others of the filter were stopped: then that is how it is meant to be."""
    known = remembered(ref)
    return group.is_down and bool(known) and group.name not in known and bool(selection(ref.identifier).tags)


def meant(ref: TargetRef, found: Sequence[Group]) -> list[Group]:
    """The groups that a start is about; all, when all are new since the last stop."""
    return [one for one in found if not is_left_alone(ref, one)] or list(found)


def seen_as(ref: TargetRef, found: Sequence[Group]) -> Seen:
    """Stopped: at zero and without instances. Running: each has at least what its minimum asks for, and one; a group
    that is just growing runs."""
    counted = meant(ref, found)
    if counted and all(one.is_down for one in found):
        return Seen.STOPPED
    if counted and all(one.sizes.wanted and one.units >= max(1, one.sizes.low) for one in counted):
        return Seen.RUNNING
    return Seen.PARTLY


def failure(autoscaling: Any, group: str, since: datetime) -> str:
    """Why the newest of the group's launches that ended since a time has failed, in AWS's words; empty where it did
    not. Calls: one."""
    activities = autoscaling.describe_scaling_activities(AutoScalingGroupName=group, MaxRecords=20)["Activities"]
    for one in activities:  # newest first
        if one["StatusCode"] in ENDED and one["StartTime"] >= since:
            said = str(one.get("StatusMessage") or one.get("Description", ""))
            return said if one["StatusCode"] == "Failed" else ""
    return ""


def _narrowing(chosen: Sequence[Selection]) -> dict[str, Any]:
    """Parameters that let pass all that is chosen, and little else; in memory it is matched exactly."""
    names = sorted({one.name for one in chosen if one.name})
    if len(chosen) == 1 and chosen[0].tags:
        return {"Filters": [_tag(key, value) for key, value in chosen[0].tags]}
    if names and len(names) <= AT_ONCE and not any(one.tags for one in chosen):
        return {"AutoScalingGroupNames": names}
    return {}


def _tag(key: str, value: str) -> dict[str, Any]:
    return {"Name": "tag-key", "Values": [key]} if value == "*" else {"Name": f"tag:{key}", "Values": [value]}


def _group(told: Mapping[str, Any]) -> Group:
    members: Sequence[Mapping[str, Any]] = told.get("Instances", ())
    serving = [one for one in members if one["LifecycleState"] == SERVING and one.get("HealthStatus") != "Unhealthy"]
    leaving = [one["InstanceId"] for one in members if one["LifecycleState"].startswith("Terminating")]
    return Group(
        told["AutoScalingGroupName"],
        Sizes(told["MinSize"], told["DesiredCapacity"], told["MaxSize"]),
        sum(int(one.get("WeightedCapacity") or 1) for one in serving),
        tuple(one["InstanceId"] for one in members),
        tuple(
            one["InstanceId"]
            for one in members
            if one["InstanceId"] not in leaving
            and (one.get("ProtectedFromScaleIn") or one["LifecycleState"] in {"Standby", "EnteringStandby"})
        ),
        frozenset(one["ProcessName"] for one in told.get("SuspendedProcesses", ())),
        {tag["Key"]: tag.get("Value", "") for tag in told.get("Tags", ())},
    )
