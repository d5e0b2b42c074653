"""Scalable targets of ECS services: what Application Auto Scaling may do to their count, suspended and resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import ecs_service_texts as texts
from .base import TargetError

DIMENSION = "ecs:service:DesiredCount"
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html: "maximum of 50".
AT_ONCE = 50
KINDS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
ALL = dict.fromkeys(KINDS, True)


@dataclass(frozen=True, slots=True)
class Scaling:
    """One service's scalable target: its range, and which kinds of scaling are suspended."""

    low: int
    high: int
    suspended: Mapping[str, bool]

    def noted(self) -> dict[str, Any]:
        return {"min": self.low, "max": self.high, "suspended": dict(self.suspended)}


def targets(scaling: Any, keys: Sequence[str]) -> dict[str, Scaling]:
    """The scalable targets of these services (`cluster/service`); most services have none. Calls: one for 50."""
    found: dict[str, Scaling] = {}
    pages = scaling.get_paginator("describe_scalable_targets")
    for first in range(0, len(keys), AT_ONCE):
        ids = [f"service/{key}" for key in keys[first : first + AT_ONCE]]
        for page in pages.paginate(ServiceNamespace="ecs", ResourceIds=ids, ScalableDimension=DIMENSION):
            for told in page["ScalableTargets"]:
                now = told.get("SuspendedState") or {}
                suspended = {kind: bool(now.get(kind)) for kind in KINDS}
                key = told["ResourceId"].removeprefix("service/")
                found[key] = Scaling(told["MinCapacity"], told["MaxCapacity"], suspended)
    return found


def set_suspended(scaling: Any, key: str, suspended: Mapping[str, bool]) -> None:
    """Suspend exactly these kinds of scaling. Range and policies stay as they are."""
    try:
        scaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{key}",
            ScalableDimension=DIMENSION,
            SuspendedState={kind: bool(suspended.get(kind)) for kind in KINDS},
        )
    except scaling.exceptions.ConcurrentUpdateException as error:
        answer = error.response["Error"]
        raw = f"{answer['Code']}: {answer.get('Message', '')}"
        raise TargetError(texts.SCALING_CHANGES, raw=raw, retryable=True, code=answer["Code"]) from error
