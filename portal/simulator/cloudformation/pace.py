"""How fast a stack is built, so that the whole tree takes the seconds that are set."""

from collections.abc import Callable

from portal.simulator.cloudformation import graph
from portal.simulator.cloudformation.errors import CloudFormationError, ResourceError
from portal.simulator.cloudformation.fetching import fetch
from portal.simulator.cloudformation.intrinsics import evaluate
from portal.simulator.cloudformation.scope import StackScope
from portal.simulator.cloudformation.stacks import Shelf, Stack
from portal.simulator.cloudformation.template import NESTED_STACK, Template

# How long a resource takes, relative to others: databases dominate a stack's time in AWS, too.
WEIGHTS = {
    "AWS::AutoScaling::AutoScalingGroup": 3,
    "AWS::CloudFront::Distribution": 6,
    "AWS::DocDB::DBCluster": 4,
    "AWS::DocDB::DBInstance": 6,
    "AWS::EC2::Instance": 2,
    "AWS::EC2::NatGateway": 3,
    "AWS::ECS::Service": 3,
    "AWS::EKS::Cluster": 8,
    "AWS::ElastiCache::CacheCluster": 6,
    "AWS::ElastiCache::ReplicationGroup": 6,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 3,
    "AWS::RDS::DBCluster": 4,
    "AWS::RDS::DBInstance": 6,
}


def weight_of(resource_type: str) -> float:
    return WEIGHTS.get(resource_type, 1)


def seconds_a_weight(stack: Stack, shelf: Shelf, seconds: float) -> float:
    """What a resource of weight one takes when the whole tree takes `seconds`."""
    return seconds / (_work(stack, shelf) or 1) if seconds else 0.0


def _work(stack: Stack, shelf: Shelf) -> float:
    """The weight of the heaviest way through a stack and all stacks nested in it."""

    def of_child(name: str) -> float:
        existing = stack.resources.get(name)
        if existing and existing.physical_id:
            return _work(shelf.by_id[existing.physical_id], shelf)
        return _work_of_template(stack.template, name, StackScope(stack, shelf))

    return _longest_path(stack.template, of_child)


def _work_of_template(template: Template, name: str, scope: StackScope) -> float:
    """The weight of a nested stack that is not there yet, by the template it is going to have."""
    try:
        nested = Template.parse(fetch(evaluate(template.resources[name]["Properties"]["TemplateURL"], scope)))
    except (CloudFormationError, ResourceError, KeyError):
        return 1  # its URL comes out of another resource, or it is going to fail
    return _longest_path(nested, lambda _: 1)


def _longest_path(template: Template, of_child: Callable[[str], float]) -> float:
    def weight(name: str) -> float:
        kind = template.resources[name]["Type"]
        return of_child(name) if kind == NESTED_STACK else weight_of(kind)

    return graph.longest_path(template.graph, weight)
