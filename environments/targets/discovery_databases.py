"""Databases and clusters of RDS, DocumentDB and Neptune that could be targets."""

from __future__ import annotations

from collections.abc import Iterator

from . import discovery_texts as texts
from .base import AccountRef, TargetRef
from .client import client, in_words
from .discovery import STACK_TAG, Found
from .rds_cluster import RdsClusters
from .rds_databases import Found as Databases
from .rds_databases import Phase, seen_as
from .rds_instance import RdsInstances


def instances(account: AccountRef, region: str) -> Iterator[Found]:
    """All database instances, clusters' members and replicas too. Calls: one a page."""
    return _databases(RdsInstances(), account, region, "DescribeDBInstances")


def clusters(account: AccountRef, region: str) -> Iterator[Found]:
    """All clusters. Calls: one a page."""
    return _databases(RdsClusters(), account, region, "DescribeDBClusters")


def _databases(kind: RdsInstances | RdsClusters, account: AccountRef, region: str, action: str) -> Iterator[Found]:
    with in_words("rds", action, account, region):
        for one in kind.described(client("rds", account, region), ""):
            stack = one.tags.get(STACK_TAG)
            ref = TargetRef(kind.kind, one.id, account, region)
            details = [texts.plain(f"{one.engine} {one.version}".strip(), one.machine, one.status)]
            details += [texts.members(one.parts)] if kind.kind == "rds_cluster" else []
            details += [texts.of_stack(stack)] if stack else []
            yield Found(
                kind=kind.kind,
                identifier=one.id,
                name=one.id,
                tags=one.tags,
                state=seen_as(ref, Databases((one,))),
                details=tuple(details),
                why_not=texts.LEAVING if one.phase is Phase.GONE else one.unfit,
            )
