"""Snapshots before a stop: taken once an operation, and the older ones of ours let go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from . import rds_texts as texts
from .base import TargetError
from .rds_databases import Database, Phase

TAG = "daybreak:snapshot-of"
QUOTA = "SnapshotQuotaExceeded"
EXISTS = frozenset({"DBSnapshotAlreadyExists", "DBClusterSnapshotAlreadyExistsFault"})
WRONG_STATE = frozenset({"InvalidDBInstanceState", "InvalidDBClusterStateFault"})
NOT_THERE = frozenset({"DBSnapshotNotFound", "DBClusterSnapshotNotFoundFault"})
BROKEN = frozenset({"failed", "error", "incompatible-restore"})


@dataclass(frozen=True, slots=True)
class SnapshotCalls:
    """How a kind's snapshots are called in RDS's API: `create_<noun>`, `describe_<noun>s`, and the names of fields."""

    noun: str
    id_field: str
    source_field: str
    listed: str
    longest: int

    def all_of(self, rds: Any, database: Database) -> list[Mapping[str, Any]]:
        """The snapshots of this database that people or we took; those of an earlier one of its name among them."""
        pages = rds.get_paginator(f"describe_{self.noun}s")
        wanted = {self.source_field: database.id, "SnapshotType": "manual"}
        return [one for page in pages.paginate(**wanted) for one in page[self.listed]]

    def create(self, rds: Any, database: Database, name: str) -> None:
        tags = [{"Key": TAG, "Value": database.resource_id}]
        getattr(rds, f"create_{self.noun}")(**{self.id_field: name, self.source_field: database.id, "Tags": tags})

    def delete(self, rds: Any, name: str) -> None:
        getattr(rds, f"delete_{self.noun}")(**{self.id_field: name})

    def name(self, database: Database, at: datetime) -> str:
        """The name of the snapshot of an operation that began then: the same whenever it is asked for."""
        ending = f"-{at:%Y%m%d-%H%M%S}"
        room = self.longest - len("daybreak-") - len(ending)
        body = database.id.lower()
        if len(body) > room:
            # Two that begin alike must not get one name; a dash before another one is refused by AWS.
            digest = hashlib.sha256(body.encode()).hexdigest()[:6]
            body = f"{body[: room - 7].rstrip('-')}-{digest}"
        return f"daybreak-{body}{ending}"


INSTANCES = SnapshotCalls("db_snapshot", "DBSnapshotIdentifier", "DBInstanceIdentifier", "DBSnapshots", 255)
CLUSTERS = SnapshotCalls(
    "db_cluster_snapshot", "DBClusterSnapshotIdentifier", "DBClusterIdentifier", "DBClusterSnapshots", 63
)


def is_taken(calls: SnapshotCalls, rds: Any, database: Database, at: datetime, renew: Callable[[], None]) -> bool:
    """Have the snapshot taken if it is not; whether it is complete. `TargetError` when it came to nothing."""
    name = calls.name(database, at)
    found = next((one for one in calls.all_of(rds, database) if one[calls.id_field] == name), None)
    if found is not None:
        if found["Status"] in BROKEN:
            raise TargetError(texts.snapshot_failed(database.id, name), raw=f"{name}: {found['Status']}")
        return bool(found["Status"] == "available")
    if database.phase is not Phase.UP:
        return False
    renew()
    try:
        calls.create(rds, database, name)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == QUOTA:
            raise TargetError(texts.snapshot_quota(database.id), raw=str(error), code=code) from error
        if code not in EXISTS | WRONG_STATE:
            raise
    return False


def let_go(
    calls: SnapshotCalls, rds: Any, database: Database, at: datetime, keep: int, renew: Callable[[], None]
) -> tuple[list[str], dict[str, str]]:
    """Delete those of ours beyond the newest `keep`, the operation's own not among them: what went, and what AWS did
    not let go with its words.

    Ours are those that carry our tag with this database's own resource id: the last copies of an earlier database of
    the same name stay, and so does all that others took.
    """
    newest = calls.name(database, at)
    ours = [
        one
        for one in calls.all_of(rds, database)
        if {"Key": TAG, "Value": database.resource_id} in one.get("TagList", ())
        and one["Status"] == "available"
        and one[calls.id_field] != newest
    ]
    ours.sort(key=lambda one: (one["SnapshotCreateTime"], one[calls.id_field]), reverse=True)
    gone: list[str] = []
    kept: dict[str, str] = {}
    for one in ours[max(keep, 1) - 1 :]:
        name = one[calls.id_field]
        renew()
        try:
            calls.delete(rds, name)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") not in NOT_THERE:
                kept[name] = str(error)
            continue
        gone.append(name)
    return gone, kept
