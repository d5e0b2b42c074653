"""What AWS was made to do, told from the simulator's record of requests: only what was carried out counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

LOOKS = ("Describe", "List", "Get", "AssumeRole")
# Which way an action leads. Those that lead both ways are told by what they are given.
DIRECTION = {
    "CreateStack": "start",
    "StartInstances": "start",
    "StartDBInstance": "start",
    "StartDBCluster": "start",
    "ResumeService": "start",
    "UpdateStack": "redeploy",
    "StartDeployment": "redeploy",
    "DeleteStack": "stop",
    "StopInstances": "stop",
    "StopDBInstance": "stop",
    "StopDBCluster": "stop",
    "PauseService": "stop",
    "CreateDBSnapshot": "stop",
    "DeleteDBSnapshot": "stop",
    "CreateDBClusterSnapshot": "stop",
    "DeleteDBClusterSnapshot": "stop",
}
SIZED = {
    "UpdateAutoScalingGroup": "AutoScalingGroupName",
    "UpdateService": "service",
    "RegisterScalableTarget": "ResourceId",
}
# What would be there, gone or deployed twice if it were carried out twice; and what tells which thing it was.
ONCE = {
    "CreateStack": "StackName",
    "UpdateStack": "StackName",
    "DeleteStack": "StackName",
    "StartDeployment": "ServiceArn",
    "CreateDBSnapshot": "DBInstanceIdentifier",
    "CreateDBClusterSnapshot": "DBClusterIdentifier",
    "DeleteDBSnapshot": "DBSnapshotIdentifier",
    "DeleteDBClusterSnapshot": "DBClusterSnapshotIdentifier",
}
TOKEN = "ClientRequestToken"


class Deed(NamedTuple):
    action: str
    parameters: Mapping[str, Any]

    @property
    def deploys(self) -> bool:
        return bool(self.parameters.get("forceNewDeployment"))

    @property
    def leads_to(self) -> str:
        """start, stop or redeploy; KeyError for what nobody expects the portal to do at all."""
        if self.action not in SIZED:
            return DIRECTION[self.action]
        if self.action == "RegisterScalableTarget":
            return "stop" if all(self.parameters["SuspendedState"].values()) else "start"
        if self.deploys:
            return "redeploy"
        size = self.parameters["desiredCount" if self.action == "UpdateService" else "DesiredCapacity"]
        return "start" if int(size) else "stop"


def carried_out(requests: Iterable[Mapping[str, Any]]) -> list[Deed]:
    """What these requests have changed, in order, answered or not."""
    return [
        Deed(one["action"], one["parameters"])
        for one in requests
        if one["done"] and not one["action"].startswith(LOOKS)
    ]


def done_twice(deeds: Iterable[Deed]) -> list[str]:
    """The creations, deletions and deployments that were done to one thing more than once. Requests with one token are
    one to AWS."""
    done: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for number, deed in enumerate(deeds):
        if deed.action in ONCE:
            thing = str(deed.parameters[ONCE[deed.action]])
        elif deed.deploys:
            thing = str(deed.parameters["service"])
        else:
            continue
        done[deed.action, thing][str(deed.parameters.get(TOKEN, number))] += 1
    return [f"{action} of {thing}: {dict(times)}" for (action, thing), times in done.items() if len(times) > 1]


def sized_differently(deeds: Iterable[Deed]) -> list[str]:
    """The things that were given more than one size within an operation."""
    given: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for deed in deeds:
        if (
            deed.action in SIZED
            and deed.parameters not in given[key := (deed.action, deed.parameters[SIZED[deed.action]])]
        ):
            given[key].append(deed.parameters)
    return [f"{action} of {thing}: {sizes}" for (action, thing), sizes in given.items() if len(sizes) > 1]
