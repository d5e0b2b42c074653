"""What the contract test needs of each kind: something to switch in the simulated AWS, and how to look at it there."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from environments.targets.base import TargetRef

KINDS: dict[str, str] = {
    "cloudformation": "tests.targets.worlds.cloudformation.Stacks",
    "auto_scaling_group": "tests.targets.worlds.auto_scaling_group.Groups",
    "ec2": "tests.targets.worlds.ec2.Instances",
    "rds_cluster": "tests.targets.worlds.rds_cluster.Clusters",
    "rds_instance": "tests.targets.worlds.rds_instance.Instances",
    "ecs_service": "tests.targets.worlds.ecs_service.Services",
    "app_runner": "tests.targets.worlds.app_runner.Services",
}
"""A line for each registered kind."""


class World(Protocol):
    """One kind's things in the simulated AWS, made and looked at by another client than the driver's."""

    by_tag: bool
    """Whether targets of this kind may be selected by a tag filter."""

    def __init__(self, aws: Any) -> None: ...

    def running(self, name: str) -> TargetRef:
        """A target that runs, ready to be stopped; names are short and without dots."""

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        """Running things with these tags, selected by `tag:…`; beside them one that runs without the tags."""

    def missing(self) -> TargetRef:
        """A target that AWS does not have (a stack that is stopped is one: then what cannot be started)."""

    def is_running(self, name: str) -> bool: ...

    def is_stopped(self, name: str) -> bool: ...

    def wrong(self) -> TargetRef:
        """A reference that an operator entered wrong: `problems` names what."""

    def inventory(self) -> dict[str, Any]:
        """All there is of this kind by name, as far as a stop and a start must leave it exactly as it was: whether it
        runs, its sizes, how it is scaled."""

    def changes(self) -> list[str]:
        """The requests so far that changed something (starts, stops, updates, creations, deletions), in order."""


def world(kind: str, aws: Any) -> World:
    module, _, name = KINDS[kind].rpartition(".")
    made: World = getattr(import_module(module), name)(aws)
    return made
