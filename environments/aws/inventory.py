"""What a target really has, as questions to the AWS Price List: taken from AWS while it is looked at, nothing changed.

Each kind has its part: machines, databases, containers, network, and stacks, which have all of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from environments.targets.base import TargetRef

from . import inventory_containers, inventory_databases, inventory_machines, inventory_stacks
from .inventory_parts import Inventory, Place

BY_KIND: Mapping[str, Callable[[Place, TargetRef], Inventory]] = {
    "app_runner": inventory_containers.apps_of,
    "auto_scaling_group": inventory_machines.groups_of,
    "cloudformation": inventory_stacks.stack_of,
    "ec2": inventory_machines.instances_of,
    "ecs_service": inventory_containers.services_of,
    "rds_cluster": inventory_databases.clusters_of,
    "rds_instance": inventory_databases.instances_of,
}
# What is deleted when it is stopped: there is nothing to look at then.
DELETED_WHEN_STOPPED = frozenset({"cloudformation"})


def is_known(kind: str) -> bool:
    """Whether there are rules for this kind of target."""
    return kind in BY_KIND


def take(ref: TargetRef) -> Inventory:
    """All that the target has and is billed for while it runs; what is the same is counted together.

    `TargetError` when AWS cannot be asked, naming the permission that lacks.
    """
    return BY_KIND[ref.kind](Place(ref.account, ref.region), ref).together()
