"""Database clusters, by identifier or tag filter: Aurora, DocumentDB and Neptune, stopped and started as a whole.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html,
https://docs.aws.amazon.com/documentdb/latest/developerguide/db-cluster-stop-start.html,
https://docs.aws.amazon.com/neptune/latest/userguide/manage-console-stop-start.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import rds_cluster_texts as texts
from . import rds_texts
from .base import OptionField, TargetError, TargetRef, Texts
from .rds_databases import IS_UP, Database, Phase, common
from .rds_entry import problems
from .rds_instance import instance
from .rds_snapshots import CLUSTERS
from .rds_switching import Databases


class RdsClusters(Databases):
    """Clusters with all their instances."""

    kind = "rds_cluster"
    label: Texts = {"en": "RDS cluster", "ko": "RDS 클러스터"}
    identifier_label: Texts = {"en": "Cluster identifier or tag filter", "ko": "클러스터 식별자 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = rds_texts.OPTION_FIELDS
    actions = (
        *("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:StartDBCluster", "rds:StopDBCluster"),
        *("rds:DescribeDBClusterSnapshots", "rds:CreateDBClusterSnapshot", "rds:DeleteDBClusterSnapshot"),
        *("rds:AddTagsToResource", "rds:DescribeEvents", "rds:DescribePendingMaintenanceActions"),
    )
    noun = texts.NOUN
    source = "db-cluster"
    snapshots = CLUSTERS

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        return problems(ref, texts.IDENTIFIER)

    def described(self, rds: Any, identifier: str) -> Iterator[Database]:
        wanted = {"DBClusterIdentifier": identifier} if identifier else {}
        try:
            for page in rds.get_paginator("describe_db_clusters").paginate(**wanted):
                yield from map(_cluster, page["DBClusters"])
        except rds.exceptions.DBClusterNotFoundFault:
            return

    def ask_start(self, rds: Any, database: Database) -> None:
        rds.start_db_cluster(DBClusterIdentifier=database.id)

    def ask_stop(self, rds: Any, database: Database) -> None:
        rds.stop_db_cluster(DBClusterIdentifier=database.id)

    def parts_up(self, rds: Any, database: Database) -> tuple[int, int]:
        """A cluster is available a little before its instances are; they serve it."""
        only = [{"Name": "db-cluster-id", "Values": [database.id]}]
        pages = rds.get_paginator("describe_db_instances").paginate(Filters=only)
        members = [instance(told) for page in pages for told in page["DBInstances"]]
        members = [one for one in members if one.phase is not Phase.GONE]
        for one in members:
            if one.phase is Phase.BROKEN:
                raise TargetError(rds_texts.broken(one), raw=one.status)
        return (sum(one.phase in IS_UP for one in members), len(members)) if members else (1, 1)


def _cluster(told: Mapping[str, Any]) -> Database:
    return Database(
        id=told["DBClusterIdentifier"],
        status=told["Status"],
        resource_id=told.get("DbClusterResourceId", ""),
        arn=told.get("DBClusterArn", ""),
        parts=len(told.get("DBClusterMembers", ())) or 1,
        unfit=_unfit(told),
        **common(told),
    )


def _unfit(told: Mapping[str, Any]) -> Texts | None:
    """Why AWS does not stop it."""
    name, engine, mode = told["DBClusterIdentifier"], told.get("Engine", ""), told.get("EngineMode", "")
    if mode == "serverless":
        return texts.serverless(name)
    if mode == "multimaster":
        return texts.multi_master(name)
    if told.get("GlobalClusterIdentifier") or mode == "global" or told.get("GlobalWriteForwardingStatus") == "enabled":
        return texts.of_global(name, told.get("GlobalClusterIdentifier", ""))
    home = _region(told.get("DBClusterArn", ""))
    source = told.get("ReplicationSourceIdentifier") or ""
    if _region(source) not in {"", home}:
        return texts.replica(name, source)
    abroad = [one for one in told.get("ReadReplicaIdentifiers", ()) if _region(one) not in {"", home}]
    if abroad:
        return texts.has_replicas(name, abroad)
    if engine in {"mysql", "postgres"}:
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts.Limitations.html
        return texts.multi_az(name)
    return None


def _region(arn: str) -> str:
    """The region in an ARN; empty for a plain identifier, which is one of the same region."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[0] == "arn" else ""
