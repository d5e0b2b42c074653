"""Resources that are only an id and some attributes, for types moto does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.simulator.cloudformation.requests import ResourceRequest
from portal.simulator.randomness import hexadecimal

if TYPE_CHECKING:
    from portal.simulator.cloudformation.backing import Backing

# The property that is the physical id where the template gives it. Changing it replaces the resource.
ID_PROPERTIES = {
    "AWS::DocDB::DBCluster": "DBClusterIdentifier",
    "AWS::DocDB::DBClusterParameterGroup": "Name",
    "AWS::DocDB::DBInstance": "DBInstanceIdentifier",
    "AWS::DocDB::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::ElastiCache::CacheCluster": "ClusterName",
    "AWS::ElastiCache::ParameterGroup": "CacheParameterGroupName",
    "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId",
    "AWS::ElastiCache::SubnetGroup": "CacheSubnetGroupName",
    "AWS::Neptune::DBCluster": "DBClusterIdentifier",
    "AWS::Neptune::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::SecretsManager::Secret": "Name",
}
# Types whose `Ref` is an ARN.
ARN_IDS = {
    "AWS::CertificateManager::Certificate",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::ManagedPolicy",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}
# What ARNs call services and things, where it is not their name in lower case.
ARN_SERVICES = {
    "CertificateManager": "acm",
    "DocDB": "rds",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "Neptune": "rds",
    "StepFunctions": "states",
}
ARN_WORDS = {"CacheCluster": "cluster", "DBCluster": "cluster", "DBInstance": "db", "TaskDefinition": "task-definition"}
# The last word of a type -> the prefix of ids such as `igw-0a1b…`, for EC2's nameless resources.
EC2_PREFIXES = {
    "CustomerGateway": "cgw", "DHCPOptions": "dopt", "EIPAssociation": "eipassoc", "EgressOnlyInternetGateway": "eigw",
    "NetworkAcl": "acl", "PrefixList": "pl", "SecurityGroupEgress": "sgr", "VPNConnection": "vpn",
}  # fmt: skip
ENDPOINT_SERVICES = {
    "DocDB": "docdb",
    "ElastiCache": "cache",
    "Neptune": "neptune",
    "RDS": "rds",
    "Redshift": "redshift",
}
PORTS = {"DocDB": 27017, "ElastiCache": 6379, "Neptune": 8182, "RDS": 3306, "Redshift": 5439}
ENGINE_PORTS = {"memcached": 11211, "postgres": 5432, "aurora-postgresql": 5432, "sqlserver-ex": 1433}


class PlainBacking:
    def __init__(self, request: ResourceRequest, physical_id: str) -> None:
        self._request = request
        self._physical_id = physical_id

    @classmethod
    def make(cls, request: ResourceRequest) -> PlainBacking:
        return cls(request, _physical_id(request))

    @property
    def physical_id(self) -> str:
        return self._physical_id

    def attribute(self, name: str) -> Any:
        return plain_attribute(self._request, self._physical_id, name)

    def update(self, request: ResourceRequest) -> Backing:
        id_property = ID_PROPERTIES.get(request.type, "Name")
        if request.properties.get(id_property) != self._request.properties.get(id_property):
            return PlainBacking.make(request)
        return PlainBacking(request, self._physical_id)

    def delete(self) -> None:
        """Nothing is held anywhere."""


def _physical_id(request: ResourceRequest) -> str:
    word = request.type.rpartition("::")[2]
    id_property = ID_PROPERTIES.get(request.type, "Name")
    own = request.properties.get(id_property)
    if isinstance(own, str) and own:
        return own.lower() if id_property in ("DBClusterIdentifier", "DBInstanceIdentifier", "ClusterName") else own
    if request.service == "EC2":
        return f"{EC2_PREFIXES.get(word, word.lower())}-{hexadecimal(17)}"
    if request.type in ARN_IDS:
        return _arn(request, request.made_up_name())
    return request.made_up_name()


def plain_attribute(request: ResourceRequest, physical_id: str, name: str) -> Any:
    """A value of the right shape for an attribute, by its name: an endpoint, a port, an ARN, an id."""
    properties = request.properties
    last = name.rpartition(".")[2]
    if name in properties and isinstance(properties[name], str | int):
        return properties[name]
    if last in ("Arn", "ARN") or last.endswith("Arn"):
        return _arn(request, physical_id)
    if last == "Port":
        engine = str(properties.get("Engine", ""))
        return str(properties.get("Port") or ENGINE_PORTS.get(engine) or PORTS.get(request.service, 443))
    if last in ("Address", "DNSName", "DomainName") or last.endswith("Endpoint"):
        return _host(request, physical_id, name)
    if last in ("Id", "Name", "Ref"):
        return physical_id.rpartition("/")[2]
    if last.endswith("ResourceId"):
        return f"{last.removesuffix('ResourceId').lower() or 'res'}-{physical_id.upper()}"
    return f"{physical_id}-{last}"


def _host(request: ResourceRequest, physical_id: str, attribute: str) -> str:
    service = ENDPOINT_SERVICES.get(request.service, request.service.lower())
    kind = request.type.rpartition("::")[2]
    # AWS's own hosts carry letters of the account; these are the simulator's.
    account = f"c{int(request.account):x}"
    if kind == "DBCluster":
        account = f"cluster-{'ro-' if 'Read' in attribute else ''}{account}"
    return f"{physical_id.lower()}.{account}.{request.region}.{service}.amazonaws.com"


def _arn(request: ResourceRequest, physical_id: str) -> str:
    if physical_id.startswith("arn:"):
        return physical_id
    service = ARN_SERVICES.get(request.service, request.service.lower())
    word = request.type.rpartition("::")[2]
    kind = ARN_WORDS.get(word, word.lower())
    partition = "aws-cn" if request.region.startswith("cn-") else "aws"
    separator = "/" if service in ("ec2", "ecs", "elasticloadbalancing", "iam") else ":"
    region = "" if service == "iam" else request.region
    return f"arn:{partition}:{service}:{region}:{request.account}:{kind}{separator}{physical_id}"
