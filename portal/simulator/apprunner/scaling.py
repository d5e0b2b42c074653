"""Auto scaling configurations of App Runner: only the one that each account has from the beginning."""

from __future__ import annotations

from typing import Any

from portal.simulator.apprunner.errors import ResourceNotFoundError
from portal.simulator.calls import Call

DEFAULT = "autoscalingconfiguration/DefaultConfiguration"
# https://docs.aws.amazon.com/apprunner/latest/dg/manage-autoscaling.html
SETTINGS = {"MaxConcurrency": 100, "MinSize": 1, "MaxSize": 25}


def scaling_configuration(call: Call) -> dict[str, Any]:
    """The answer to DescribeAutoScalingConfiguration. Raises ResourceNotFoundError for any other one."""
    arn = str(call.parameters.get("AutoScalingConfigurationArn", ""))
    if not arn.partition(f":{call.account}:")[2].startswith(DEFAULT):
        raise ResourceNotFoundError(f"AutoScalingConfiguration does not exist: {arn}.")
    told = {
        "AutoScalingConfigurationArn": arn,
        "AutoScalingConfigurationName": "DefaultConfiguration",
        "AutoScalingConfigurationRevision": 1,
        "Latest": True,
        "IsDefault": True,
        "Status": "active",
    }
    return {"AutoScalingConfiguration": {**told, **SETTINGS}}
