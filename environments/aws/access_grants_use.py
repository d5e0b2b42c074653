"""What advice needs beside what a kind is switched with, to see how busy it is: it only looks (docs/advice.md)."""

from __future__ import annotations

from collections.abc import Mapping

METRICS = "cloudwatch:GetMetricData"
_METRICS_ALONE = (METRICS,)
FOR_USE: Mapping[str, tuple[str, ...]] = {
    "app_runner": _METRICS_ALONE,
    "auto_scaling_group": _METRICS_ALONE,
    # Stacks of before its last sleeps, whose machines have been measured under other ids.
    "cloudformation": ("cloudformation:ListStacks", METRICS),
    "ec2": _METRICS_ALONE,
    "ecs_service": _METRICS_ALONE,
    "rds_cluster": ("rds:DescribeDBInstances", METRICS),
    "rds_instance": _METRICS_ALONE,
}
