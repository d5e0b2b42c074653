"""How to delete what moto can create for a stack but forgot to let it delete."""

from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.requests import ResourceRequest

# The service's backend in the resource's account and region, the request, the physical id.
Deletion = Callable[[Any, ResourceRequest, str], object]


def _service(ecs: Any, request: ResourceRequest, service_arn: str) -> None:
    ecs.delete_service(_cluster_of(request), service_arn.rpartition("/")[2], force=True)


def _cluster(ecs: Any, request: ResourceRequest, name: str) -> None:
    # AWS keeps a deleted cluster a while as INACTIVE; moto keeps it for ever, and its name with it.
    ecs.delete_cluster(name)
    ecs.clusters.pop(name, None)


def _cluster_of(request: ResourceRequest) -> str:
    return str(request.properties.get("Cluster", "default"))


def _bucket(s3: Any, request: ResourceRequest, name: str) -> None:
    if s3.delete_bucket(name) is None:
        raise ResourceError("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")


def _attachment(ec2: Any, request: ResourceRequest, _: str) -> None:
    ec2.detach_internet_gateway(request.properties["InternetGatewayId"], request.properties["VpcId"])


def _association(ec2: Any, request: ResourceRequest, _: str) -> None:
    table = ec2.get_route_table(request.properties["RouteTableId"])
    for association in table.associations:
        if association.get("SubnetId") == request.properties["SubnetId"]:
            ec2.disassociate_route_table(association["RouteTableAssociationId"])


def _address(ec2: Any, request: ResourceRequest, address: str) -> None:
    ec2.release_address(address=address)


def _volume_attachment(ec2: Any, request: ResourceRequest, _: str) -> None:
    wanted = request.properties
    ec2.detach_volume(wanted["VolumeId"], wanted["InstanceId"], wanted["Device"])


DELETIONS: dict[str, Deletion] = {
    "AWS::EC2::EIP": _address,
    "AWS::EC2::InternetGateway": lambda ec2, _, one: ec2.delete_internet_gateway(one),
    "AWS::EC2::NatGateway": lambda ec2, _, one: ec2.delete_nat_gateway(one),
    "AWS::EC2::NetworkInterface": lambda ec2, _, one: ec2.delete_network_interface(one),
    "AWS::EC2::RouteTable": lambda ec2, _, one: ec2.delete_route_table(one),
    "AWS::EC2::SubnetRouteTableAssociation": _association,
    "AWS::EC2::VPCEndpoint": lambda ec2, _, one: ec2.delete_vpc_endpoints([one]),
    "AWS::EC2::VPCGatewayAttachment": _attachment,
    "AWS::EC2::Volume": lambda ec2, _, one: ec2.delete_volume(one),
    "AWS::EC2::VolumeAttachment": _volume_attachment,
    "AWS::ECS::Cluster": _cluster,
    "AWS::ECS::Service": _service,
    "AWS::ECS::TaskDefinition": lambda ecs, _, arn: ecs.deregister_task_definition(arn),
    "AWS::ElasticLoadBalancingV2::Listener": lambda elb, _, arn: elb.delete_listener(arn),
    "AWS::ElasticLoadBalancingV2::ListenerRule": lambda elb, _, arn: elb.delete_rule(arn),
    "AWS::ElasticLoadBalancingV2::TargetGroup": lambda elb, _, arn: elb.delete_target_group(arn),
    "AWS::IAM::ManagedPolicy": lambda iam, _, arn: iam.delete_policy(arn),
    "AWS::Redshift::Cluster": lambda redshift, _, name: redshift.delete_cluster(
        cluster_identifier=name, skip_final_snapshot=True, final_cluster_snapshot_identifier=None
    ),
    "AWS::Redshift::ClusterParameterGroup": lambda redshift, _, name: redshift.delete_cluster_parameter_group(name),
    "AWS::Redshift::ClusterSubnetGroup": lambda redshift, _, name: redshift.delete_cluster_subnet_group(name),
    "AWS::S3::Bucket": _bucket,
    "AWS::Route53::HostedZone": lambda route53, _, one: route53.delete_hosted_zone(one),
}


def delete(backends: BackendDict[Any], request: ResourceRequest, physical_id: str) -> None:
    """Delete a resource of one of the types in DELETIONS. Raises ResourceError, or whatever moto does."""
    region = "aws" if request.service in ("IAM", "Route53", "S3") else request.region
    DELETIONS[request.type](backends[request.account][region], request, physical_id)
