"""Databases of RDS, DocumentDB and Neptune, and caches of ElastiCache, as the price list knows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from environments.targets import rds_databases
from environments.targets.base import TargetRef
from environments.targets.rds_cluster import RdsClusters
from environments.targets.rds_instance import RdsInstances
from environments.targets.selection import selection

from . import inventory_texts as texts
from .inventory_parts import Inventory, Place, Thing, Unit, Unpriced, asking, total

RDS, CACHE = "AmazonRDS", "AmazonElastiCache"
# What RDS calls its engines, and what the Price List does: service code, `databaseEngine`, `databaseEdition`.
ENGINES = {
    "mysql": (RDS, "MySQL", ""),
    "mariadb": (RDS, "MariaDB", ""),
    "postgres": (RDS, "PostgreSQL", ""),
    "aurora-mysql": (RDS, "Aurora MySQL", ""),
    "aurora-postgresql": (RDS, "Aurora PostgreSQL", ""),
    "sqlserver-ex": (RDS, "SQL Server", "Express"),
    "sqlserver-web": (RDS, "SQL Server", "Web"),
    "sqlserver-se": (RDS, "SQL Server", "Standard"),
    "sqlserver-ee": (RDS, "SQL Server", "Enterprise"),
    "oracle-se2": (RDS, "Oracle", "Standard Two"),
    "oracle-ee": (RDS, "Oracle", "Enterprise"),
    "docdb": ("AmazonDocDB", "", ""),
    "neptune": ("AmazonNeptune", "", ""),
}
NAMES = {"AmazonRDS": "RDS", "AmazonDocDB": "DocumentDB", "AmazonNeptune": "Neptune"}
LICENSES = {"license-included": "License included", "bring-your-own-license": "Bring your own license"}
# Storage that a cluster's instances share has no size of its own.
SHARED = frozenset({"aurora", "aurora-iopt1"})
STORAGE = {"gp2": "GP2-Storage", "gp3": "GP3-Storage", "io1": "PIOPS-Storage", "io2": "PIOPS-Storage-IO2",
           "standard": "StorageUsage"}  # fmt: skip
BILLED_IOPS = frozenset({"io1"})
CACHE_ENGINES = {"redis": "Redis", "valkey": "Valkey", "memcached": "Memcached"}


def instances_of(place: Place, ref: TargetRef) -> Inventory:
    """Instances that a start is about; storage and snapshots of all that the target names, billed always."""
    kind, chosen = RdsInstances(), selection(ref.identifier)
    with asking("rds", "describe_db_instances", place.account, place.region):
        found = rds_databases.find(chosen, kind.described(place.client("rds"), chosen.name))
    meant = {one.id for one in rds_databases.to_start(ref, found.members)}
    told = _instances(place, {one.id for one in found.members})
    running = total(instance(one, place.region) for one in told if one["DBInstanceIdentifier"] in meant)
    lasting = total(storage(one, place.region) + snapshots(place, one) for one in told)
    return running + lasting.lasting()


def clusters_of(place: Place, ref: TargetRef) -> Inventory:
    """The instances of clusters that a start is about; storage is billed by use."""
    kind, chosen = RdsClusters(), selection(ref.identifier)
    with asking("rds", "describe_db_clusters", place.account, place.region):
        found = rds_databases.find(chosen, kind.described(place.client("rds"), chosen.name))
    meant = {one.id for one in rds_databases.to_start(ref, found.members)}
    members = [one for one in _all(place) if one.get("DBClusterIdentifier") in meant]
    kept = [cluster_storage(one.id) + _cluster_snapshots(place, one.id) for one in found.members]
    return total(instance(one, place.region) for one in members) + total(kept)


def databases_by_id(place: Place, ids: Collection[str]) -> tuple[Inventory, set[str]]:
    """Instances that a stack made, their storage with them; and which of the ids are there."""
    told = _instances(place, ids)
    found = total(instance(one, place.region) + storage(one, place.region) for one in told)
    return found, {one["DBInstanceIdentifier"] for one in told}


def instance(told: Mapping[str, Any], region: str) -> Inventory:
    """One instance without its storage."""
    name, size = told["Engine"], told["DBInstanceClass"]
    code, engine, edition = ENGINES.get(name, ("", "", ""))
    label = " ".join(part for part in (NAMES.get(code, "RDS"), size, engine, edition) if part)
    if size == "db.serverless":
        return Inventory((), (Unpriced(texts.plain(f"{label}: {told['DBInstanceIdentifier']}"), texts.SERVERLESS),))
    if not code:
        return Inventory((), (Unpriced(texts.plain(f"RDS {size} ({name})"), texts.NO_RULE),))
    filters = {"regionCode": region, "instanceType": size}
    double = bool(told.get("MultiAZ")) and not told.get("DBClusterIdentifier")
    if engine:
        filters |= {"databaseEngine": engine, "deploymentOption": "Multi-AZ" if double else "Single-AZ"}
    if edition:
        filters |= {"databaseEdition": edition}
    if edition and told.get("LicenseModel") in LICENSES:
        filters |= {"licenseModel": LICENSES[told["LicenseModel"]]}
    optimized = told.get("StorageType") == "aurora-iopt1"
    usage = "Multi-AZUsage" if double else "InstanceUsageIOOptimized" if optimized else "InstanceUsage"
    label += " (Multi-AZ)" if double else " (I/O-optimized)" if optimized else ""
    details = {"databases": [told["DBInstanceIdentifier"]], "type": size}
    return Inventory((Thing(label, code, tuple(filters.items()), f"{usage}:{size}", details=details),))


def storage(told: Mapping[str, Any], region: str) -> Inventory:
    """The storage that an instance has by itself."""
    kind, size = told.get("StorageType") or "", told.get("AllocatedStorage") or 0
    if told.get("DBClusterIdentifier") or kind in SHARED or not size:
        return Inventory()
    if kind not in STORAGE:
        return Inventory((), (Unpriced(texts.plain(f"RDS storage {kind}, {size} GB"), texts.NO_RULE),))
    double = "Multi-AZ-" if told.get("MultiAZ") else ""
    filters = (
        ("regionCode", region), ("productFamily", "Database Storage"),
        ("deploymentOption", "Multi-AZ" if double else "Single-AZ"),
    )  # fmt: skip
    details = {"databases": [told["DBInstanceIdentifier"]]}
    label = f"RDS storage {kind} (GB{', Multi-AZ' if double else ''})"
    things = [Thing(label, RDS, filters, f"RDS:{double}{STORAGE[kind]}", Decimal(size), Unit.MONTH, details=details)]
    if kind in BILLED_IOPS and told.get("Iops"):
        filters = (("regionCode", region), ("productFamily", "Provisioned IOPS"), filters[2])
        label = f"RDS {kind} (IOPS{', Multi-AZ' if double else ''})"
        usage = f"RDS:{double}PIOPS"
        things.append(Thing(label, RDS, filters, usage, Decimal(told["Iops"]), Unit.MONTH, details=details))
    return Inventory(tuple(things))


def snapshots(place: Place, told: Mapping[str, Any]) -> Inventory:
    """Manual snapshots of an instance, as far as they are larger than the database itself: so much backup is free
    (https://aws.amazon.com/rds/pricing/, “Backup storage”). AWS counts what differs from one to the next, so it
    asks for less."""
    name, size = told["DBInstanceIdentifier"], Decimal(told.get("AllocatedStorage") or 0)
    taken = place.all("rds", "describe_db_snapshots", "DBSnapshots", DBInstanceIdentifier=name, SnapshotType="manual")
    beyond = sum((Decimal(one.get("AllocatedStorage") or 0) for one in taken), Decimal(0)) - size
    if beyond <= 0:
        return Inventory()
    details = {"snapshots": [one["DBSnapshotIdentifier"] for one in taken], "free_gb": str(size)}
    filters = (("regionCode", place.region), ("productFamily", "Storage Snapshot"))
    thing = Thing("RDS snapshots beyond the free size (GB, at most)", RDS, filters, "RDS:ChargedBackupUsage", beyond,
                  Unit.MONTH, details=details)  # fmt: skip
    return Inventory((thing,))


def cluster_storage(name: str) -> Inventory:
    return Inventory((), (Unpriced(texts.plain(name), texts.CLUSTER_STORAGE),))


def caches_by_id(place: Place, ids: Collection[str]) -> tuple[Inventory, set[str]]:
    """Cache clusters, and which of the ids are there."""
    told = place.all("elasticache", "describe_cache_clusters", "CacheClusters")
    mine = [one for one in told if one["CacheClusterId"] in ids]
    return total(cache(one, place.region) for one in mine), {one["CacheClusterId"] for one in mine}


def replication_groups_by_id(place: Place, ids: Collection[str]) -> tuple[Inventory, set[str]]:
    """Replication groups, each member of which is a cache cluster; and which of the ids are there."""
    told = place.all("elasticache", "describe_replication_groups", "ReplicationGroups")
    mine = [one for one in told if one["ReplicationGroupId"] in ids]
    members = {name for one in mine for name in one.get("MemberClusters", ())}
    found, _ = caches_by_id(place, members) if members else (Inventory(), set())
    return found, {one["ReplicationGroupId"] for one in mine}


def cache(told: Mapping[str, Any], region: str) -> Inventory:
    """The nodes of one cache cluster."""
    size, name = told["CacheNodeType"], told.get("Engine", "")
    engine = CACHE_ENGINES.get(name)
    if engine is None:
        return Inventory((), (Unpriced(texts.plain(f"ElastiCache {size} ({name})"), texts.NO_RULE),))
    filters = (("regionCode", region), ("instanceType", size), ("cacheEngine", engine))
    details = {"caches": [told["CacheClusterId"]], "type": size}
    nodes = Decimal(told.get("NumCacheNodes") or 1)
    label = f"ElastiCache {size}" + ("" if name == "redis" else f" {engine}")
    return Inventory((Thing(label, CACHE, filters, f"NodeUsage:{size}", nodes, details=details),))


def _cluster_snapshots(place: Place, name: str) -> Inventory:
    taken = place.all(
        "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", DBClusterIdentifier=name, SnapshotType="manual"
    )
    if not taken:
        return Inventory()
    what = {"en": f"{len(taken)} manual snapshots of {name}", "ko": f"{name}의 수동 스냅샷 {len(taken)}개"}
    return Inventory((), (Unpriced(what, texts.CLUSTER_SNAPSHOTS),))


def _instances(place: Place, ids: Iterable[str]) -> list[Mapping[str, Any]]:
    wanted = {one.lower() for one in ids}
    return [one for one in _all(place) if one["DBInstanceIdentifier"].lower() in wanted] if wanted else []


def _all(place: Place) -> list[Mapping[str, Any]]:
    """All instances of the region: to ask for several by name, AWS wants each of them to be there."""
    told = place.all("rds", "describe_db_instances", "DBInstances")
    return [one for one in told if rds_databases.phase_of(one["DBInstanceStatus"]) is not rds_databases.Phase.GONE]
