"""Database instances of RDS, by identifier or tag filter: stopped, with a snapshot if wished, and started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import rds_instance_texts as texts
from .base import OptionField, TargetRef, Texts
from .rds_databases import Database, common
from .rds_entry import problems
from .rds_snapshots import INSTANCES
from .rds_switching import Databases
from .rds_texts import OPTION_FIELDS

# Engines whose instances are always a cluster's.
OF_CLUSTERS = ("aurora", "docdb", "neptune")


class RdsInstances(Databases):
    """Instances that stand alone; members of clusters are `rds_cluster`'s."""

    kind = "rds_instance"
    label: Texts = {"en": "RDS database", "ko": "RDS 데이터베이스"}
    identifier_label: Texts = {"en": "Database identifier or tag filter", "ko": "데이터베이스 식별자 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = OPTION_FIELDS
    actions = (
        *("rds:DescribeDBInstances", "rds:StartDBInstance", "rds:StopDBInstance"),
        *("rds:DescribeDBSnapshots", "rds:CreateDBSnapshot", "rds:DeleteDBSnapshot", "rds:AddTagsToResource"),
        *("rds:DescribeEvents", "rds:DescribePendingMaintenanceActions"),
    )
    noun = texts.NOUN
    source = "db-instance"
    snapshots = INSTANCES

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        return problems(ref, texts.IDENTIFIER)

    def described(self, rds: Any, identifier: str) -> Iterator[Database]:
        wanted = {"DBInstanceIdentifier": identifier} if identifier else {}
        try:
            for page in rds.get_paginator("describe_db_instances").paginate(**wanted):
                yield from map(instance, page["DBInstances"])
        except rds.exceptions.DBInstanceNotFoundFault:
            return

    def ask_start(self, rds: Any, database: Database) -> None:
        rds.start_db_instance(DBInstanceIdentifier=database.id)

    def ask_stop(self, rds: Any, database: Database) -> None:
        rds.stop_db_instance(DBInstanceIdentifier=database.id)


def instance(told: Mapping[str, Any]) -> Database:
    """One of `DescribeDBInstances`' answer."""
    return Database(
        id=told["DBInstanceIdentifier"],
        status=told["DBInstanceStatus"],
        resource_id=told.get("DbiResourceId", ""),
        machine=told.get("DBInstanceClass", ""),
        zone=told.get("AvailabilityZone", ""),
        arn=told.get("DBInstanceArn", ""),
        cluster=told.get("DBClusterIdentifier", "") or _own_cluster(told),
        unfit=_unfit(told),
        **common(told),
    )


def _own_cluster(told: Mapping[str, Any]) -> str:
    return "(unnamed)" if told.get("Engine", "").startswith(OF_CLUSTERS) else ""


def _unfit(told: Mapping[str, Any]) -> Texts | None:
    """Why AWS does not stop it: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html."""
    name, engine = told["DBInstanceIdentifier"], told.get("Engine", "")
    if cluster := told.get("DBClusterIdentifier", "") or _own_cluster(told):
        return texts.of_cluster(name, cluster)
    source = told.get("ReadReplicaSourceDBInstanceIdentifier") or told.get("ReadReplicaSourceDBClusterIdentifier")
    if source:
        return texts.replica(name, source.rpartition(":")[2])
    replicas = [*told.get("ReadReplicaDBInstanceIdentifiers", ()), *told.get("ReadReplicaDBClusterIdentifiers", ())]
    if replicas:
        return texts.has_replicas(name, replicas)
    if "sqlserver" in engine and (told.get("MultiAZ") or told.get("SecondaryAvailabilityZone")):
        return texts.multi_az_sql_server(name)
    return None
