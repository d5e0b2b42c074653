"""What RDS has of the databases that targets name: instances and clusters, as one look shows them.

DocumentDB and Neptune are clusters here too: `DescribeDBClusters` and `DescribeDBInstances` of RDS list them with its
own (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html), and their own clients send
the same requests to the same endpoint; only the model of `rds` knows tags and restart times in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from .base import Seen, TargetRef, Texts
from .selection import Selection, selection


class Phase(StrEnum):
    """What a status means for starting and stopping."""

    UP = "up"
    SERVING = "serving"
    """Up and usable; AWS works on it, and stops it only when that is over."""
    BUSY = "busy"
    """Being changed by AWS or somebody: neither surely up nor down."""
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    KEYLESS = "keyless"
    """Down because its key cannot be used; AWS starts it when the key is there again."""
    BROKEN = "broken"
    """Not left without a person."""
    GONE = "gone"


# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html#Aurora.Status
PHASES = {
    "available": Phase.UP,
    "starting": Phase.STARTING,
    "stopping": Phase.STOPPING,
    "stopped": Phase.STOPPED,
    "inaccessible-encryption-credentials-recoverable": Phase.KEYLESS,
    **dict.fromkeys(
        ("backing-up", "storage-optimization", "storage-initialization", "storage-config-upgrade"), Phase.SERVING
    ),
    **dict.fromkeys(
        (
            *("failed", "storage-full", "restore-error", "insufficient-capacity", "cloning-failed"),
            *("migration-failed", "inaccessible-encryption-credentials"),
        ),
        Phase.BROKEN,
    ),
    **dict.fromkeys(("deleting", "delete-precheck"), Phase.GONE),
}
BEGINNINGS = {"configuring-": Phase.SERVING, "incompatible-": Phase.BROKEN}
IS_UP = frozenset({Phase.UP, Phase.SERVING})
IS_DOWN = frozenset({Phase.STOPPED, Phase.KEYLESS})


def phase_of(status: str) -> Phase:
    """What a status means; one that AWS adds later is waited for, and named when it does not pass."""
    for beginning, phase in BEGINNINGS.items():
        if status.startswith(beginning):
            return phase
    return PHASES.get(status, Phase.BUSY)


@dataclass(frozen=True, slots=True)
class Database:
    """An instance or a cluster. `unfit`: why AWS does not stop it, as it is set up; `cluster`: whose member it is;
    `parts`: how many instances it has."""

    id: str
    status: str
    tags: Mapping[str, str]
    resource_id: str
    engine: str
    version: str = ""
    machine: str = ""
    zone: str = ""
    window: str = ""
    arn: str = ""
    restarts_at: datetime | None = None
    cluster: str = ""
    parts: int = 1
    unfit: Texts | None = None

    @property
    def phase(self) -> Phase:
        return phase_of(self.status)


@dataclass(frozen=True, slots=True)
class Found:
    """What a target names: its databases, and ids of clusters' members with the tags, which go with their clusters."""

    members: tuple[Database, ...]
    left_alone: tuple[str, ...] = ()

    def ids(self, *phases: Phase) -> list[str]:
        return [one.id for one in self.members if one.phase in phases]


def find(chosen: Selection, seen: Iterable[Database]) -> Found:
    """What one target names of what was seen. Identifiers are the same in any case of letters, says AWS."""
    there = sorted((one for one in seen if one.phase is not Phase.GONE), key=lambda one: one.id)
    if not chosen.tags:
        return Found(tuple(one for one in there if one.id.lower() == chosen.name.lower()))
    named = [one for one in there if chosen.matches(one.tags)]
    return Found(tuple(one for one in named if not one.cluster), tuple(one.id for one in named if one.cluster))


def to_start(ref: TargetRef, members: tuple[Database, ...]) -> tuple[Database, ...]:
    """The databases that a start is about: of a filter those that ran before the last stop, otherwise all."""
    if selection(ref.identifier).name:
        return members
    ran = set(ref.memory.get("ran", ()))
    return tuple(one for one in members if one.id in ran) or members


def seen_as(ref: TargetRef, found: Found) -> Seen:
    """Running: all that a start is about are up. Stopped: all are. What AWS does not have is unclear."""
    if not found.members:
        return Seen.PARTLY
    if all(one.phase is Phase.STOPPED for one in found.members):
        return Seen.STOPPED
    return Seen.RUNNING if all(one.phase in IS_UP for one in to_start(ref, found.members)) else Seen.PARTLY


def common(told: Mapping[str, Any]) -> dict[str, Any]:
    """What instances and clusters tell under the same names."""
    return {
        "tags": {tag["Key"]: tag.get("Value", "") for tag in told.get("TagList", ())},
        "engine": told.get("Engine", ""),
        "version": told.get("EngineVersion", ""),
        "window": told.get("PreferredMaintenanceWindow", ""),
        "restarts_at": told.get("AutomaticRestartTime"),
    }
