"""Kinds of target: one file and one line here each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .base import Driver

KINDS: dict[str, str] = {
    "cloudformation": "environments.targets.cloudformation.CloudFormationStack",
    "auto_scaling_group": "environments.targets.auto_scaling_group.AutoScalingGroups",
    "ec2": "environments.targets.ec2.Ec2Instances",
    "rds_cluster": "environments.targets.rds_cluster.RdsClusters",
    "rds_instance": "environments.targets.rds_instance.RdsInstances",
    "ecs_service": "environments.targets.ecs_service.EcsServices",
    "app_runner": "environments.targets.app_runner.AppRunnerServices",
}


@cache
def driver(kind: str) -> Driver:
    """The driver of a kind; KeyError for a kind nobody registered."""
    module, _, name = KINDS[kind].rpartition(".")
    found: Driver = getattr(import_module(module), name)()
    return found
