"""What EC2 has of the instances that targets name: one look, and what it shows of each target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .base import Seen, TargetRef
from .selection import Selection, selection

# Those that are being terminated do not count: they neither cost nor come back.
STATES = ("pending", "running", "stopping", "stopped")
GROUP = "aws:autoscaling:groupName"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html: values of one filter.
FILTER_VALUES = 200
PAGE = 1000
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html: why its state changed last, as in
# “User initiated (2026-11-23 09:00:00 GMT)”.
CHANGED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance. `why` is AWS's reason for its last change of state, as code and message; `since` when
    it was launched last or, where it is stopped and AWS says so, stopped."""

    id: str
    state: str
    type: str
    zone: str
    why: tuple[str, str]
    hibernates: bool
    tags: Mapping[str, str]
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a target names: the instances that are its own, those of auto scaling groups (id and group), which are left
    alone, and ids that AWS does not have."""

    members: tuple[Instance, ...]
    grouped: Mapping[str, str]
    missing: tuple[str, ...]

    def ids(self, *states: str) -> list[str]:
        return [one.id for one in self.members if one.state in states]


def ids_of(chosen: Selection) -> list[str]:
    """The ids of a target that names its instances, in the order in which they were entered."""
    return list(dict.fromkeys(part.strip() for part in chosen.name.split(",") if part.strip()))


def instances(ec2: Any, chosen: Sequence[Selection]) -> Iterator[Instance]:
    """All instances that these could mean, and perhaps others. Calls: one a page."""
    filters = [{"Name": "instance-state-name", "Values": list(STATES)}, *_narrowing(chosen)]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": PAGE})
    for page in pages:
        for reservation in page["Reservations"]:
            yield from map(_instance, reservation["Instances"])


def find(chosen: Selection, seen: Iterable[Instance]) -> Found:
    """What one target names of what was seen."""
    by_id = {one.id: one for one in seen}
    if chosen.tags:
        named = sorted((one for one in by_id.values() if chosen.matches(one.tags)), key=lambda one: one.id)
        missing: tuple[str, ...] = ()
    else:
        wanted = ids_of(chosen)
        named = [by_id[instance_id] for instance_id in wanted if instance_id in by_id]
        missing = tuple(instance_id for instance_id in wanted if instance_id not in by_id)
    grouped = {one.id: one.tags[GROUP] for one in named if GROUP in one.tags}
    return Found(tuple(one for one in named if one.id not in grouped), grouped, missing)


def to_start(ref: TargetRef, members: Sequence[Instance]) -> tuple[Instance, ...]:
    """The instances that a start is about: of a filter those that ran before the last stop, otherwise all.

    What is named by its id is meant. A filter whose remembered instances are all gone has new ones: all are meant.
    """
    if selection(ref.identifier).name or ref.options.get("start_all"):
        return tuple(members)
    ran = set(ref.memory.get("ran", ()))
    return tuple(one for one in members if one.id in ran) or tuple(members)


def seen_as(ref: TargetRef, found: Found) -> Seen:
    """Running: all that a start is about run. Stopped: all are. A target of which AWS lacks something is unclear."""
    if found.missing or not found.members:
        return Seen.PARTLY
    if all(one.state == "stopped" for one in found.members):
        return Seen.STOPPED
    return Seen.RUNNING if all(one.state == "running" for one in to_start(ref, found.members)) else Seen.PARTLY


def since(found: Found) -> datetime | None:
    """Since when the first of those that run has run; where all are stopped, since when the last has been."""
    running = [one.since for one in found.members if one.state == "running" and one.since]
    if running:
        return min(running)
    stopped = [one.since for one in found.members if one.state == "stopped" and one.since]
    return max(stopped) if stopped and len(stopped) == len(found.members) else None


def _narrowing(chosen: Sequence[Selection]) -> list[dict[str, Any]]:
    """Filters that let pass all that is chosen, and little else; in memory it is matched exactly."""
    ids = sorted({instance_id for one in chosen for instance_id in ids_of(one)})
    keys = sorted({one.tags[0][0] for one in chosen if one.tags})
    if len(chosen) == 1 and keys:
        return [_tag(key, value) for key, value in chosen[0].tags]
    if keys and not ids and len(keys) <= FILTER_VALUES:
        return [{"Name": "tag-key", "Values": keys}]
    if ids and not keys and len(ids) <= FILTER_VALUES:
        return [{"Name": "instance-id", "Values": ids}]
    return []


def _tag(key: str, value: str) -> dict[str, Any]:
    # In filters of EC2, * and ? stand for any characters and \ takes that from them: such values are matched here.
    if any(special in value for special in "*?\\"):
        return {"Name": "tag-key", "Values": [key]}
    return {"Name": f"tag:{key}", "Values": [value]}


def _instance(told: Mapping[str, Any]) -> Instance:
    why = told.get("StateReason") or {}
    return Instance(
        told["InstanceId"],
        told["State"]["Name"],
        told.get("InstanceType", ""),
        (told.get("Placement") or {}).get("AvailabilityZone", ""),
        (why.get("Code", ""), why.get("Message", "")),
        bool((told.get("HibernationOptions") or {}).get("Configured")),
        {tag["Key"]: tag["Value"] for tag in told.get("Tags", ())},
        _since(told),
    )


def _since(told: Mapping[str, Any]) -> datetime | None:
    if told["State"]["Name"] != "stopped":
        launched: datetime | None = told.get("LaunchTime")
        return launched
    stamp = CHANGED_AT.search(told.get("StateTransitionReason") or "")
    return datetime.strptime(stamp[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if stamp else None
