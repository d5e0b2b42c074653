"""What RDS tells of its own doings: the start after seven days among its events, and maintenance that is pending.

Moto has no pending maintenance at all. Here a database has what its tag `simulator:maintenance` names, as AWS calls it:
`system-update`, `db-upgrade`, `hardware-maintenance`, `ca-certificate-rotation`.
"""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load

TAG = "simulator:maintenance"
FILTERS = {"db-instance-id", "db-cluster-id"}


def note_restart(database: Any, now: datetime) -> None:
    """Have AWS's event for a database that it starts itself: RDS-EVENT-0154 of an instance, -0153 of a cluster."""
    kind, words = ("db-cluster", "DB cluster") if hasattr(database, "members") else ("db-instance", "DB instance")
    event = SimpleNamespace(
        source_identifier=database.resource_id,
        source_type=kind,
        message=f"{words} is being started due to it exceeding the maximum allowed time being stopped.",
        event_categories=["notification"],
        source_arn=database.arn,
        date=now,
    )
    database.backend.events.append(event)


def pending_maintenance(call: Call, go_on: Next) -> Answer:
    """A layer: answers DescribePendingMaintenanceActions."""
    if call.service != "rds" or call.action != "DescribePendingMaintenanceActions":
        return go_on(call)
    backend = load("rds.models").rds_backends[call.account][call.region]
    wanted = {
        value.lower() for one in call.parameters.get("Filters", []) if one["Name"] in FILTERS for value in one["Values"]
    }
    only = call.parameters.get("ResourceIdentifier", "")
    found = [
        {"ResourceIdentifier": one.arn, "PendingMaintenanceActionDetails": _details(one)}
        for one in (*backend.databases.values(), *backend.clusters.values())
        if _details(one) and (not wanted or wanted & {one.resource_id, one.arn}) and only in ("", one.arn)
    ]
    return call.success({"PendingMaintenanceActions": found})


def _details(database: Any) -> list[dict[str, str]]:
    actions = [tag["Value"] for tag in database.tags if tag["Key"] == TAG]
    return [{"Action": action, "OptInStatus": "next-maintenance", "Description": "simulated"} for action in actions]
