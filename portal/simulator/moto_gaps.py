"""What moto's models refuse although AWS has it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from moto.core.utils import get_pagination_model

DOCDB_VERSION, DOCDB_PORT = "5.0.0", 27017
_filled: set[str] = set()


def fill(module: ModuleType) -> None:
    """Make good what this module of moto lacks, once. Side effect: its classes are changed."""
    if module.__name__ in GAPS and module.__name__ not in _filled:
        _filled.add(module.__name__)
        GAPS[module.__name__](module)


def _rds(rds: ModuleType) -> None:
    _docdb(rds)
    _resource_ids(rds)


def _resource_ids(rds: ModuleType) -> None:
    """Each instance has a resource id of its own, also one with the name of an earlier one; moto has one for all."""
    begin = rds.DBInstance.__init__

    def initialize(self: Any, *values: Any, **named: Any) -> None:
        begin(self, *values, **named)
        digest = hashlib.sha256(f"{self.arn} {self.created}".encode()).digest()
        self.dbi_resource_id = "db-" + base64.b32encode(digest).decode()[:26]

    rds.DBInstance.__init__ = initialize


def _docdb(rds: ModuleType) -> None:
    """RDS knows the engine `docdb`, and finds a cluster by its resource id."""
    by_id = rds.FilterDef(["db_cluster_resource_id"], "DB Cluster Resource Ids")
    rds.DBCluster.SUPPORTED_FILTERS["db-cluster-resource-id"] = by_id
    _extend(rds.ClusterEngine, "list_cluster_engines")
    _extend(rds.DbInstanceEngine, "valid_db_instance_engine")
    for model in (rds.DBCluster, rds.DBInstance):
        _by_engine(model, "default_port", DOCDB_PORT)
        _by_engine(model, "default_allocated_storage", 1)
    _by_engine(rds.DBCluster, "default_engine_version", DOCDB_VERSION)
    for name in ("endpoint", "reader_endpoint"):
        _under_own_name(rds.DBCluster, name)


def _cluster_pages(responses: ModuleType) -> None:
    """DescribeDBClusters answers in pages, as DescribeDBInstances does."""
    # Moto's own model of pages, kept by it once it is read, knows a page's beginning by an attribute.
    get_pagination_model("rds")["DescribeDBClusters"]["unique_attribute"] = "db_cluster_arn"
    describe = responses.RDSResponse.describe_db_clusters
    responses.RDSResponse.describe_db_clusters = lambda self: responses.PaginatedResult(describe(self).result)


def _groups(autoscaling: ModuleType) -> None:
    """A group counts instances that are pending, shows those that are leaving, and heeds what is suspended."""
    group = autoscaling.FakeAutoScalingGroup
    set_capacity, launch = group.set_desired_capacity, group.replace_autoscaling_group_instances

    def set_desired_capacity(self: Any, wanted: int | None) -> None:
        before = {id(state): place for place, state in enumerate(self.instance_states)}
        count = self.min_size if wanted is None else wanted
        if "Terminate" in self._suspended_processes and count < len(self.active_instances()):
            self.desired_capacity = count
        else:
            set_capacity(self, wanted)
        # Those that stay come out of a set, in another order at each start of the process.
        self.instance_states.sort(key=lambda state: before.get(id(state), len(before)))

    def replace(self: Any, count: int, tags: dict[str, str]) -> None:
        if "Launch" not in self._suspended_processes:
            launch(self, count, tags)

    delete = autoscaling.AutoScalingBackend.delete_auto_scaling_group

    def delete_whatever_is_suspended(self: Any, group_name: str) -> None:
        if group_name in self.autoscaling_groups:
            self.autoscaling_groups[group_name].suspended_processes = []
        delete(self, group_name)

    autoscaling.AutoScalingBackend.delete_auto_scaling_group = delete_whatever_is_suspended
    group.set_desired_capacity = set_desired_capacity
    group.replace_autoscaling_group_instances = replace
    group.active_instances = lambda self: [
        state for state in self.instance_states if state.lifecycle_state in ("InService", "Pending")
    ]
    group.instances = property(lambda self: [*self.instance_states, *getattr(self, "leaving", [])])


def _extend(owner: type, name: str) -> None:
    known = getattr(owner, name)
    setattr(owner, name, classmethod(lambda _: sorted({*known(), "docdb"})))


def _under_own_name(cluster: type, name: str) -> None:
    """DocumentDB's and Neptune's hosts are not called RDS's."""
    known = getattr(cluster, name).fget

    def host(self: Any) -> str:
        service = self.engine if self.engine in ("docdb", "neptune") else "rds"
        return str(known(self)).replace(".rds.", f".{service}.")

    setattr(cluster, name, property(host))


def _by_engine(owner: type, name: str, value: Any) -> None:
    known = getattr(owner, name)

    def default(engine: str, **more: Any) -> Any:
        return value if engine == "docdb" else known(engine, **more)

    setattr(owner, name, staticmethod(default))


def _interfaces(interfaces: ModuleType) -> None:
    """An address that is no Elastic IP belongs to AWS, which says so."""
    known = interfaces.NetworkInterface.association.fget

    def association(self: Any) -> dict[str, Any]:
        told: dict[str, Any] = known(self)
        return told | {"ipOwnerId": "amazon"} if told and not told.get("allocationId") else told

    interfaces.NetworkInterface.association = property(association)


def _sns(module: ModuleType) -> None:
    from portal.simulator import sns  # which loads modules of moto, and so comes by here

    sns.fill(module)


GAPS: dict[str, Callable[[ModuleType], None]] = {
    "moto.autoscaling.models": _groups,
    "moto.ec2.models.elastic_network_interfaces": _interfaces,
    "moto.rds.models": _rds,
    "moto.rds.responses": _cluster_pages,
    "moto.sns.models": _sns,
}
