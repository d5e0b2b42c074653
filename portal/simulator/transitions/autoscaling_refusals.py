"""What EC2 Auto Scaling refuses, where moto obeys or breaks. Codes and words as AWS gives them."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.calls import Call

OF_A_GROUP = {"SetDesiredCapacity", "SuspendProcesses", "ResumeProcesses", "UpdateAutoScalingGroup"}
PAGES = range(1, 101)


class ValidationError(ServiceException):
    code = "ValidationError"


def refusal(call: Call, groups: dict[str, Any]) -> ServiceException | None:
    """Why AWS refuses this request about its groups, or None."""
    wanted, action = call.parameters, call.action
    if action == "DescribeAutoScalingGroups" and wanted.get("MaxRecords", 50) not in PAGES:
        return ValidationError(f"MaxRecords must be between 1 and 100: {wanted['MaxRecords']}")
    if action == "TerminateInstanceInAutoScalingGroup":
        return _bad_termination(wanted, groups)
    group = groups.get(wanted.get("AutoScalingGroupName", ""))
    if action in OF_A_GROUP and group is None:
        return ValidationError("AutoScalingGroup name not found - null")
    if action == "SetDesiredCapacity":
        return _bad_capacity(wanted["DesiredCapacity"], group)
    if action in ("CreateAutoScalingGroup", "UpdateAutoScalingGroup"):
        return _bad_sizes(wanted, group)
    return None


def _bad_capacity(capacity: int, group: Any) -> ServiceException | None:
    side = "above max" if capacity > group.max_size else "below min" if capacity < group.min_size else None
    bound = group.max_size if side == "above max" else group.min_size
    if side is None:
        return None
    return ValidationError(f"New SetDesiredCapacity value {capacity} is {side} value {bound} for the AutoScalingGroup.")


def _bad_sizes(wanted: dict[str, Any], group: Any) -> ServiceException | None:
    low = wanted.get("MinSize", group.min_size if group else 0)
    high = wanted.get("MaxSize", group.max_size if group else 0)
    capacity = wanted.get("DesiredCapacity")
    if low > high:
        return ValidationError(f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    if capacity is not None and not low <= capacity <= high:
        return ValidationError(
            f"Desired capacity:{capacity} must be between the specified min size:{low} and max size:{high}"
        )
    return None


def _bad_termination(wanted: dict[str, Any], groups: dict[str, Any]) -> ServiceException | None:
    instance_id = wanted["InstanceId"]
    for group in groups.values():
        if any(state.instance.id == instance_id for state in group.instance_states):
            if wanted.get("ShouldDecrementDesiredCapacity") and group.desired_capacity <= group.min_size:
                return ValidationError(
                    f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without "
                    "replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity "
                    "flag to false or lower group's min size."
                )
            return None
    return ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
