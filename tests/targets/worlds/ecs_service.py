from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT

CLUSTER = "chat"
COUNT = 2
CHANGING = {"CreateService", "UpdateService", "DeleteService", "RegisterScalableTarget", "DeregisterScalableTarget"}


class Services:
    """Services of two tasks each in one cluster; those called `one` are scaled automatically, too."""

    by_tag = True

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.ecs, self.scaling = aws.client("ecs"), aws.client("application-autoscaling")
        self.cluster(CLUSTER)
        container = {"name": "api", "image": "api", "memory": 128}
        self.ecs.register_task_definition(family="api", containerDefinitions=[container])

    def cluster(self, name: str) -> None:
        self.ecs.create_cluster(clusterName=name)

    def running(self, name: str) -> TargetRef:
        self.make(name)
        if name == "one":
            self.scale_automatically(name)
        self.aws.advance(60)
        return self.reference(f"{CLUSTER}/{name}")

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        for name in names:
            self.make(name, tags=tags)
        self.make("other", tags={"env": "dev"})
        self.aws.advance(60)
        return self.reference("tag:" + ",".join(f"{key}={value}" for key, value in tags.items()))

    def missing(self) -> TargetRef:
        return self.reference(f"{CLUSTER}/missing")

    def is_running(self, name: str) -> bool:
        return self.counts(name) == (COUNT, COUNT)

    def is_stopped(self, name: str) -> bool:
        return self.counts(name) == (0, 0)

    def wrong(self) -> TargetRef:
        return self.reference("a service without a cluster")

    def inventory(self) -> dict[str, Any]:
        """Counts of tasks, and what may scale them how far and when."""
        arns = self.ecs.list_services(cluster=CLUSTER)["serviceArns"]
        scaled = self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        rules = {
            one["ResourceId"].rpartition("/")[2]: (one["MinCapacity"], one["MaxCapacity"], _suspended(one))
            for one in scaled
        }
        names = [arn.rpartition("/")[2] for arn in arns]
        return {name: (self.counts(name), rules.get(name)) for name in names}

    def changes(self) -> list[str]:
        return [one["action"] for one in self.aws.requests() if one["action"] in CHANGING]

    # -- for this kind's own tests ---------------------------------------------------------------------------------

    def make(
        self, name: str, count: int = COUNT, *, cluster: str = CLUSTER, tags: dict[str, str] | None = None, **more: Any
    ) -> None:
        listed = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        wanted = {"cluster": cluster, "serviceName": name, "taskDefinition": "api", "tags": listed, **more}
        if more.get("schedulingStrategy") != "DAEMON":
            wanted["desiredCount"] = count
        self.ecs.create_service(**wanted)

    def reference(self, identifier: str, **options: Any) -> TargetRef:
        return TargetRef("ecs_service", identifier, ACCOUNT, "ap-northeast-2", options)

    def counts(self, name: str, cluster: str = CLUSTER) -> tuple[int, int]:
        """How many tasks are desired and running."""
        found = self.ecs.describe_services(cluster=cluster, services=[name])["services"][0]
        return found["desiredCount"], found["runningCount"]

    def set_count(self, name: str, count: int) -> None:
        self.ecs.update_service(cluster=CLUSTER, service=name, desiredCount=count)

    def scale_automatically(self, name: str, low: int = 1, high: int = 4, **suspended: bool) -> None:
        state = {"SuspendedState": suspended} if suspended else {}
        self.scaling.register_scalable_target(**self._target(name), MinCapacity=low, MaxCapacity=high, **state)

    def scalable(self, name: str) -> dict[str, Any]:
        """The service's scalable target, as AWS tells it."""
        found = self.scaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[f"service/{CLUSTER}/{name}"]
        )
        return dict(found["ScalableTargets"][0])

    def _target(self, name: str) -> dict[str, str]:
        return {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{CLUSTER}/{name}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }


def _suspended(told: dict[str, Any]) -> list[str]:
    """The kinds of scaling that are suspended; one that was never told of is not."""
    return sorted(kind for kind, held in told.get("SuspendedState", {}).items() if held)
