"""Databases and caches of a stack that moto has, though not as resources of CloudFormation: their own services'
APIs show them."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from portal.simulator.cloudformation.plain_backing import PlainBacking
from portal.simulator.cloudformation.requests import ResourceRequest
from portal.simulator.moto_modules import load

logger = logging.getLogger(__name__)
ENGINES = {"DocDB": "docdb", "Neptune": "neptune"}
# The property that can be changed, and what moto calls it.
CHANGES = {"DBInstanceClass": "db_instance_class", "CacheNodeType": "cache_node_type"}


class DatabaseBacking(PlainBacking):
    """A plain resource whose counterpart moto keeps under the same id, in lower case as AWS writes it."""

    @classmethod
    def make(cls, request: ResourceRequest) -> DatabaseBacking:
        backing = cls(request, PlainBacking.make(request).physical_id.lower())
        try:
            MAKERS[request.type](request, backing.physical_id)
        except Exception as error:  # noqa: BLE001 - whatever moto lacks, the stack has its resource all the same
            logger.info("moto cannot make %s (%r): only the stack shows it", request.type, error)
        return backing

    def update(self, request: ResourceRequest) -> DatabaseBacking:
        updated = super().update(request)
        if updated.physical_id != self.physical_id:
            return DatabaseBacking.make(request)
        thing = _shelf(request).get(self.physical_id)
        for name, attribute in CHANGES.items():
            if thing is not None and name in request.properties:
                setattr(thing, attribute, request.properties[name])
        return DatabaseBacking(request, self.physical_id)

    def delete(self) -> None:
        _shelf(self._request).pop(self.physical_id, None)


def _cluster(request: ResourceRequest, physical_id: str) -> None:
    wanted = request.properties
    made = _backend(request).create_db_cluster(
        {
            "db_cluster_identifier": physical_id,
            "engine": ENGINES.get(request.service) or wanted["Engine"],
            "master_username": str(wanted.get("MasterUsername") or "owner"),
            "master_user_password": "simulated-only",
            "storage_encrypted": bool(wanted.get("StorageEncrypted")),
            "tags": _tags(request),
        }
    )
    # The stack waits until it is there.
    made.status = "available"


def _member(request: ResourceRequest, physical_id: str) -> None:
    wanted, backend = request.properties, _backend(request)
    cluster = backend.clusters[str(wanted["DBClusterIdentifier"]).lower()]
    backend.create_db_instance(
        {
            "db_instance_identifier": physical_id,
            "db_instance_class": wanted["DBInstanceClass"],
            "db_cluster_identifier": cluster.db_cluster_identifier,
            "engine": cluster.engine,
            "tags": _tags(request),
        }
    )


def _cache(request: ResourceRequest, physical_id: str) -> None:
    wanted, create = request.properties, _backend(request).create_cache_cluster
    given = {
        "cache_cluster_id": physical_id,
        "cache_node_type": wanted["CacheNodeType"],
        "num_cache_nodes": int(wanted.get("NumCacheNodes") or 1),
        "engine": wanted["Engine"],
        "tags": _tags(request),
    }
    # Moto has no defaults for what AWS makes up.
    create(**dict.fromkeys(inspect.signature(create).parameters) | given)


def _tags(request: ResourceRequest) -> list[dict[str, str]]:
    own = {
        "aws:cloudformation:stack-name": request.stack_name,
        "aws:cloudformation:stack-id": request.stack_id,
        "aws:cloudformation:logical-id": request.logical_id,
    }
    return [{"Key": key, "Value": value} for key, value in {**request.tags, **own}.items()]


def _backend(request: ResourceRequest) -> Any:
    name = "elasticache" if request.service == "ElastiCache" else "rds"
    return getattr(load(f"{name}.models"), f"{name}_backends")[request.account][request.region]


def _shelf(request: ResourceRequest) -> dict[str, Any]:
    """Where moto keeps things of this type, by id."""
    backend = _backend(request)
    if request.service == "ElastiCache":
        shelf: dict[str, Any] = backend.cache_clusters
    else:
        shelf = backend.clusters if request.type.endswith("DBCluster") else backend.databases
    return shelf


MAKERS: Mapping[str, Callable[[ResourceRequest, str], None]] = {
    "AWS::DocDB::DBCluster": _cluster,
    "AWS::DocDB::DBInstance": _member,
    "AWS::ElastiCache::CacheCluster": _cache,
    "AWS::Neptune::DBCluster": _cluster,
    "AWS::Neptune::DBInstance": _member,
}
