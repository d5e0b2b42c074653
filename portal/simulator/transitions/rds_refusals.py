"""Which databases AWS does not start and stop, though moto would."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.calls import Call

PAGES = range(20, 101)
LISTING = {"DescribeDBClusters", "DescribeDBInstances"}
ASKING = {"StartDBInstance": "start", "StopDBInstance": "stop"}


class InvalidStateError(ServiceException):
    code = "InvalidDBInstanceState"


class InvalidCombinationError(ServiceException):
    code = "InvalidParameterCombination"


class InvalidValueError(ServiceException):
    code = "InvalidParameterValue"


def refusal(call: Call, backend: Any) -> ServiceException | None:
    """Why this cannot be asked of this instance, or None; its state apart, which moto sees to.

    Codes as AWS gives them, and its words where they are known: of a member of a cluster, and of a read replica.
    """
    records = call.parameters.get("MaxRecords")
    if call.action in LISTING and records is not None and records not in PAGES:
        return InvalidValueError(f"Invalid value {records} for MaxRecords. Must be between 20 and 100")
    instance = backend.databases.get(call.parameters.get("DBInstanceIdentifier", ""))
    if call.action not in ASKING or instance is None:
        return None
    if instance.db_cluster_identifier:
        return InvalidCombinationError(f"{instance.engine} DB instances are not eligible for stopping and starting.")
    if instance.is_replica:
        return InvalidStateError("Cannot stop or start a Read-Replica instance")
    if instance.replicas:
        return InvalidStateError(
            f"Cannot {ASKING[call.action]} instance {instance.db_instance_identifier}: it has read replicas"
        )
    return None
