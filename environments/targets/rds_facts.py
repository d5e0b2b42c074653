"""What AWS does to databases by itself, for pages: its start after seven days, maintenance and its windows.

Looks only. On demand (`facts`): two requests for a target and one for each of its databases. Once a day beside a scan
(`overview`): two requests for all databases of a kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, cast

from botocore.exceptions import ClientError

from . import registry
from .base import AccountRef, TargetRef
from .client import client, in_words
from .rds_databases import Database, find
from .rds_restarts import SAYS_SO, events
from .rds_switching import Databases
from .selection import selection

KINDS = frozenset({"rds_instance", "rds_cluster"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WINDOW = re.compile(r"(\w{3}):(\d\d):(\d\d)-(\w{3}):(\d\d):(\d\d)")
FILTERS = {"db-instance": "db-instance-id", "db-cluster": "db-cluster-id"}


@dataclass(frozen=True, slots=True)
class Window:
    """A weekly maintenance window, as offsets from Monday 00:00 UTC; `ends` may lie in the next week."""

    begins: timedelta
    ends: timedelta

    def following(self, now: datetime) -> tuple[datetime, datetime]:
        """The window that `now` lies in, or the next one. UTC."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        monday = midnight - timedelta(days=now.weekday())
        weeks = (monday + timedelta(weeks=number) for number in (-1, 0, 1))
        return next((at + self.begins, at + self.ends) for at in weeks if at + self.ends > now)


@dataclass(frozen=True, slots=True)
class Pending:
    """A maintenance action that AWS has announced. `applied_after`: it comes in the first window after that; `forced`:
    it comes then, window or not. A stopped database gets it when it is started."""

    action: str
    words: str
    applied_after: datetime | None
    forced: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """One database. `restarts_at`: when AWS is going to start it, while it is stopped; `started_by_aws`: when AWS last
    did so, of the 14 days that RDS remembers. What of these is `unknown` is empty."""

    identifier: str
    engine: str
    version: str
    status: str
    restarts_at: datetime | None
    window: Window | None
    pending: tuple[Pending, ...]
    started_by_aws: datetime | None
    unknown: tuple[str, ...]
    """The requests that AWS did not answer, as IAM calls them: a permission is missing."""


def window(text: str) -> Window | None:
    """Read `wed:06:38-wed:07:08` (UTC), as RDS writes it; None for what is no window."""
    found = WINDOW.fullmatch(text.strip().lower())
    if not found or found[1] not in DAYS or found[4] not in DAYS:
        return None
    begins = timedelta(days=DAYS.index(found[1]), hours=int(found[2]), minutes=int(found[3]))
    ends = timedelta(days=DAYS.index(found[4]), hours=int(found[5]), minutes=int(found[6]))
    return Window(begins, ends if ends > begins else ends + timedelta(weeks=1))


def facts(ref: TargetRef) -> Sequence[Facts]:
    """What can be told of a target's databases, in the order of their names; none where AWS has none.

    `TargetError` when AWS cannot be asked at all; what single permissions are missing for is left out and named.
    """
    driver = cast(Databases, registry.driver(ref.kind))
    with in_words("rds", "describe", ref.account, ref.region):
        rds = client("rds", ref.account, ref.region)
        members = driver.look(rds, ref).members
        unknown: tuple[str, ...] = ()
        pending: Mapping[str, tuple[Pending, ...]] = {}
        try:
            pending = _pending(rds, driver.source, members)
        except ClientError:
            unknown = ("rds:DescribePendingMaintenanceActions",)
        return [_facts(rds, driver.source, one, pending.get(one.arn, ()), unknown) for one in members]


class Row(TypedDict):
    """What is kept of a database; times in ISO, the window in RDS's own words. `restarts_at`: when AWS is going to
    start it, of one that is stopped."""

    id: str
    window: str
    pending: list[dict[str, str]]
    restarts_at: NotRequired[str]


def overview(kind: str, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> dict[str, list[Row]]:
    """Windows and announced maintenance of what targets of one kind name: identifier -> its databases.

    Two requests (one a page) for all together; what may not be asked of the second is left out. `TargetError` when AWS
    cannot be asked at all.
    """
    driver = cast(Databases, registry.driver(kind))
    with in_words("rds", "describe", account, region):
        rds = client("rds", account, region)
        seen = list(driver.described(rds, ""))
        try:
            pending = _pending_of(rds.get_paginator("describe_pending_maintenance_actions").paginate())
        except ClientError:
            pending = {}
    return {
        ref.identifier: [
            _row(one, [_kept(action) for action in pending.get(one.arn, ())])
            for one in find(selection(ref.identifier), seen).members
        ]
        for ref in refs
    }


def _row(one: Database, pending: list[dict[str, str]]) -> Row:
    row = Row(id=one.id, window=one.window, pending=pending)
    if one.restarts_at:
        row["restarts_at"] = one.restarts_at.isoformat()
    return row


def _kept(one: Pending) -> dict[str, str]:
    return {"action": one.action, "words": one.words, "forced": one.forced.isoformat() if one.forced else ""}


def _facts(rds: Any, source: str, one: Database, pending: tuple[Pending, ...], unknown: tuple[str, ...]) -> Facts:
    started: datetime | None = None
    try:
        started = max((at for at, words in events(rds, source, one.id) if SAYS_SO in words), default=None)
    except ClientError:
        unknown = (*unknown, "rds:DescribeEvents")
    return Facts(
        identifier=one.id,
        engine=one.engine,
        version=one.version,
        status=one.status,
        restarts_at=one.restarts_at,
        window=window(one.window),
        pending=pending,
        started_by_aws=started,
        unknown=unknown,
    )


def _pending(rds: Any, source: str, members: Sequence[Database]) -> Mapping[str, tuple[Pending, ...]]:
    if not members:
        return {}
    only = [{"Name": FILTERS[source], "Values": [one.id for one in members]}]
    return _pending_of(rds.get_paginator("describe_pending_maintenance_actions").paginate(Filters=only))


def _pending_of(pages: Iterable[Mapping[str, Any]]) -> Mapping[str, tuple[Pending, ...]]:
    return {
        told["ResourceIdentifier"]: tuple(map(_action, told["PendingMaintenanceActionDetails"]))
        for page in pages
        for told in page["PendingMaintenanceActions"]
    }


def _action(told: Mapping[str, Any]) -> Pending:
    return Pending(
        told.get("Action", ""),
        told.get("Description", ""),
        told.get("AutoAppliedAfterDate") or told.get("CurrentApplyDate"),
        told.get("ForcedApplyDate"),
    )
