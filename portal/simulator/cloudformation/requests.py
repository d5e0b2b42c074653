"""What is asked of a resource: its type, its place and its evaluated properties."""

from dataclasses import dataclass, field
from typing import Any

from portal.simulator.randomness import suffix

# Where AWS bounds names it makes up below the common 255 characters: by type, or for all of a service.
NAME_LIMITS = {
    "AWS::DocDB": 63,
    "AWS::ElastiCache": 40,
    "AWS::ElastiCache::CacheCluster": 20,
    "AWS::ElasticLoadBalancingV2": 32,
    "AWS::IAM": 64,
    "AWS::Lambda": 64,
    "AWS::RDS": 63,
    "AWS::S3": 63,
}
SUFFIX = 12
LOWER_CASE = ("AWS::DocDB", "AWS::ECR", "AWS::ElastiCache", "AWS::RDS", "AWS::Redshift", "AWS::S3")


@dataclass(frozen=True)
class ResourceRequest:
    type: str
    logical_id: str
    stack_id: str
    stack_name: str
    account: str
    region: str
    properties: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The service part of the type: `ECS` of `AWS::ECS::Service`."""
        return self.type.split("::")[1]

    def made_up_name(self) -> str:
        """A name as CloudFormation gives it where the template gives none: `Stack-LogicalId-RANDOM`."""
        limit = NAME_LIMITS.get(self.type) or NAME_LIMITS.get(self.type.rpartition("::")[0], 255)
        room = limit - len("--") - SUFFIX
        stack, own = self.stack_name, self.logical_id
        if len(stack) + len(own) > room:
            # AWS cuts both, so that one still sees whose it is.
            own = own[: max(room // 2, room - len(stack))]
            stack = stack[: room - len(own)].rstrip("-")
        name = f"{stack}-{own}-{suffix(SUFFIX)}"
        return name.lower() if self.type.startswith(LOWER_CASE) else name
