"""What targets really have, as lines that the price list can price: nothing left out in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from environments.aws import inventory, inventory_stacks
from environments.aws import inventory_texts as texts
from environments.aws.inventory_free import FREE
from environments.aws.inventory_machines import addresses, machine, volume
from environments.targets.base import TargetError, TargetRef
from environments.targets.client import forget_clients
from environments.targets.registry import KINDS
from tests.factories import REGION, TEMPLATE_URL
from tests.support.inventories import ACCOUNT, left_out, lines

STACK = TargetRef("cloudformation", "data", ACCOUNT, REGION)


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    yield aws
    forget_clients()


def create(cloud: Any, resources: dict[str, Any]) -> None:
    body = json.dumps({"Resources": resources})
    cloud.client("cloudformation").create_stack(StackName="data", TemplateBody=body)


def run(cloud: Any, kind: str = "t3.small", **wanted: Any) -> str:
    made = cloud.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, InstanceType=kind, **wanted)
    return str(made["Instances"][0]["InstanceId"])


def test_every_kind_of_target_has_its_inventory() -> None:
    assert inventory.BY_KIND.keys() == KINDS.keys()


# -- stacks ------------------------------------------------------------------------------------------------------------


def test_the_reference_case_has_what_its_nested_stacks_are_billed_for(cloud: Any) -> None:
    cloud.seed_reference()
    tags = [
        {"ParameterKey": f"{one}ServerImageTag", "ParameterValue": "2.14.3"} for one in ("API", "Chat", "Notification")
    ]
    cloud.client("cloudformation").create_stack(StackName="Chat", TemplateURL=TEMPLATE_URL, Parameters=tags)
    found = inventory.take(replace(STACK, identifier="Chat"))
    assert lines(found) == {
        "Application Load Balancer": ("1", False),
        "DocumentDB db.t3.medium": ("1", False),
        "EC2 t3.small": ("2", False),
        "ElastiCache cache.t2.micro": ("1", False),
        "Public IPv4 address": ("2", False),
    }
    assert set(left_out(found).values()) == {
        texts.CLUSTER_STORAGE["en"],
        texts.LCU["en"],
        texts.LEFT_BEHIND["en"],
    }


def test_what_a_deleted_stack_keeps_stays_billed_and_what_it_deletes_does_not(cloud: Any) -> None:
    where = {"AvailabilityZone": f"{REGION}a"}
    kept = {"Type": "AWS::EC2::Volume", "DeletionPolicy": "Retain", "Properties": {"Size": 50, **where}}
    gone = {"Type": "AWS::EC2::Volume", "Properties": {"Size": 20, **where}}
    create(cloud, {"Kept": kept, "Gone": gone})
    found = inventory.take(STACK)
    assert lines(found) == {"EBS gp2 (GB)": ("20", False), "EBS gp2 (GB) (kept)": ("50", True)}


def test_what_is_billed_by_use_or_unknown_is_listed_with_why_and_what_is_free_is_not(cloud: Any) -> None:
    create(
        cloud,
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Mystery": {"Type": "AWS::Kendra::Index"},
            "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        },
    )
    found = inventory.take(STACK)
    assert found.things == ()
    assert left_out(found) == {
        "AWS::SQS::Queue × 1": texts.BY_USE["en"],
        "AWS::Kendra::Index × 1": texts.NO_RULE["en"],
    }


def test_a_resource_that_somebody_took_away_is_named(cloud: Any) -> None:
    create(
        cloud,
        {"Machine": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-1", "InstanceType": "t3.small"}}},
    )
    ec2 = cloud.client("ec2")
    (made,) = ec2.describe_instances()["Reservations"][0]["Instances"]
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert left_out(inventory.take(STACK)) == {f"AWS::EC2::Instance: {made['InstanceId']}": texts.GONE["en"]}


def test_a_look_changes_nothing_and_names_the_permission_that_lacks(cloud: Any) -> None:
    create(cloud, {"Cache": {"Type": "AWS::ElastiCache::CacheCluster", "Properties": {"Engine": "redis",
                   "CacheNodeType": "cache.t2.micro", "NumCacheNodes": 1}}})  # fmt: skip
    cloud.forget_requests()
    inventory.take(STACK)
    looks = ("Describe", "List", "Get")
    assert [one["action"] for one in cloud.requests() if not one["action"].startswith(looks)] == []
    cloud.fault("denied", service="elasticache")
    with pytest.raises(TargetError, match="elasticache:DescribeCacheClusters"):
        inventory.take(STACK)


def test_every_rule_for_resources_is_for_a_type_that_is_not_free() -> None:
    for kind in inventory_stacks.RULES:
        assert not inventory_stacks.is_free(kind), kind


@pytest.mark.parametrize(
    "kind",
    [
        *("EC2::TransitGateway", "EC2::TransitGatewayAttachment", "EC2::TransitGatewayVpcAttachment"),
        *("EC2::TransitGatewayPeeringAttachment", "EC2::TransitGatewayConnect", "EC2::VPNConnection"),
        *("EC2::ClientVpnEndpoint", "EC2::ClientVpnTargetNetworkAssociation", "EC2::VPCEndpoint", "EC2::Host"),
        *("EC2::TrafficMirrorSession", "EC2::CapacityReservation", "EC2::NatGateway", "EC2::EIP", "EC2::Instance"),
        *("EC2::NetworkInterfaceFuture", "RDS::DBInstance", "RDS::DBProxy", "RDS::DBShardGroup", "DocDB::DBInstance"),
        *("Budgets::BudgetsAction", "ServiceDiscovery::PrivateDnsNamespace", "ServiceDiscovery::Instance"),
        *("ElastiCache::ServerlessCache", "ElasticLoadBalancingV2::LoadBalancer", "Route53::HostedZone"),
        *("CloudFormation::CustomResource", "EKS::Cluster", "SecretsManager::Secret", "KMS::Key"),
    ],
)
def test_what_is_billed_by_the_hour_or_is_not_known_is_never_free(kind: str) -> None:
    assert not inventory_stacks.is_free(f"AWS::{kind}")


def test_free_types_are_named_one_by_one_and_what_others_made_is_none_of_them() -> None:
    assert not [kind for kind in FREE if "*" in kind]
    assert not inventory_stacks.is_free("Custom::Database")
    for kind in ("EC2::VPCGatewayAttachment", "EC2::SubnetRouteTableAssociation", "IAM::Role", "RDS::DBSubnetGroup"):
        assert inventory_stacks.is_free(f"AWS::{kind}")


def test_what_a_stack_has_of_other_services_is_found_by_the_names_that_aws_gave_it(cloud: Any) -> None:
    source = {"ImageRepository": {"ImageIdentifier": "public.ecr.aws/nginx/nginx:stable"}}
    task = {"ContainerDefinitions": [{"Name": "api", "Image": "api", "Memory": 512}]}
    service_of = {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}, "DesiredCount": 2}
    create(
        cloud,
        {
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
            "Service": {"Type": "AWS::ECS::Service", "Properties": service_of},
            "Address": {"Type": "AWS::EC2::EIP", "DeletionPolicy": "Retain", "Properties": {"Domain": "vpc"}},
            "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Network"},
                       "CidrBlock": "10.0.0.0/24"}},
            "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "Subnet"},
                    "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}}},
            "Gone": {"Type": "AWS::AppRunner::Service", "Properties": {"SourceConfiguration": source}},
        },
    )  # fmt: skip
    found = inventory.take(STACK)
    assert lines(found) == {"NAT gateway": ("1", False), "Public IPv4 address": ("1", True)}
    assert texts.ON_MACHINES["en"] in left_out(found).values()
    (gone,) = [what for what, why in left_out(found).items() if why == texts.GONE["en"]]
    assert gone.startswith("AWS::AppRunner::Service: ")


# -- machines ----------------------------------------------------------------------------------------------------------


def test_instances_are_billed_while_they_run_and_their_volumes_always(cloud: Any) -> None:
    disk = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3"}}]
    first, second = run(cloud, BlockDeviceMappings=disk), run(cloud, BlockDeviceMappings=disk)
    found = inventory.take(TargetRef("ec2", f"{first}, {second}", ACCOUNT, REGION))
    assert lines(found) == {
        "EC2 t3.small": ("2", False),
        "EBS gp3 (GB)": ("60", True),
        "Public IPv4 address": ("2", False),
    }


def test_snapshots_of_the_volumes_of_instances_are_listed_with_their_number_and_size(cloud: Any) -> None:
    ec2, made = cloud.client("ec2"), run(cloud)
    where = {"AvailabilityZone": f"{REGION}a"}
    other = ec2.create_volume(Size=500, **where)["VolumeId"]
    (mapping,) = ec2.describe_instances()["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    volume_id = mapping["Ebs"]["VolumeId"]
    target, size = TargetRef("ec2", made, ACCOUNT, REGION), ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    assert left_out(inventory.take(target)) == {}
    for one in (volume_id, volume_id, other):
        ec2.create_snapshot(VolumeId=one)
    cloud.forget_requests()
    what = f"2 snapshots of its volumes ({2 * size['Size']} GB at most)"
    assert left_out(inventory.take(target)) == {what: texts.BY_DIFFERENCE["en"]}
    assert [one["action"] for one in cloud.requests()].count("DescribeSnapshots") == 1


def test_a_role_that_may_not_ask_for_snapshots_has_all_else_priced_and_is_told_so(cloud: Any) -> None:
    target = TargetRef("ec2", run(cloud), ACCOUNT, REGION)
    cloud.fault("denied", service="ec2", action="DescribeSnapshots")
    found = inventory.take(target)
    assert "EC2 t3.small" in lines(found)
    assert "ec2:DescribeSnapshots" in left_out(found)["Snapshots of its volumes"]


def test_an_elastic_ip_of_an_instance_is_billed_while_it_is_stopped(cloud: Any) -> None:
    ec2, made = cloud.client("ec2"), run(cloud)
    ec2.associate_address(InstanceId=made, AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
    found = inventory.take(TargetRef("ec2", made, ACCOUNT, REGION))
    assert lines(found)["Public IPv4 address"] == ("1", True)


def test_an_address_that_aws_lends_goes_with_the_stop_and_one_of_ones_own_stays() -> None:
    owners = [
        {"PublicIp": "198.51.100.1", "IpOwnerId": "amazon"},
        {"PublicIp": "198.51.100.2", "IpOwnerId": "123456789012"},
    ]
    told = {"NetworkInterfaces": [{"PrivateIpAddresses": [{"Association": one} for one in owners]}]}
    lent, own = (addresses(told, REGION, kept=kept) for kept in (False, True))
    assert [one.details["addresses"] for one in lent.things + own.things] == [["198.51.100.1"], ["198.51.100.2"]]


@pytest.mark.parametrize(
    ("told", "why"),
    [({"InstanceLifecycle": "spot"}, texts.SPOT), ({"Placement": {"Tenancy": "host"}}, texts.HOST)],
)
def test_instances_without_a_price_of_their_own_say_why(told: dict[str, Any], why: dict[str, str]) -> None:
    found = machine({"InstanceId": "i-1", "InstanceType": "c6i.large", **told}, REGION)
    assert (found.things, [one.why for one in found.unpriced]) == ((), [why])


def test_what_gp3_includes_is_not_billed_again() -> None:
    told = {"VolumeId": "vol-1", "VolumeType": "gp3", "Size": 10, "Iops": 3000, "Throughput": 125}
    assert lines(volume(told, REGION)) == {"EBS gp3 (GB)": ("10", False)}
    faster = volume(told | {"Throughput": 500}, REGION)
    assert left_out(faster) == {"EBS gp3: 500 MiB/s, vol-1": texts.NO_RULE["en"]}


def group(cloud: Any, wanted: int) -> TargetRef:
    autoscaling = cloud.client("autoscaling")
    autoscaling.create_launch_configuration(LaunchConfigurationName="web", ImageId="ami-1", InstanceType="t3.medium")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=0, MaxSize=6, DesiredCapacity=wanted,
        AvailabilityZones=[f"{REGION}a"],
    )  # fmt: skip
    return TargetRef("auto_scaling_group", "web", ACCOUNT, REGION)


def test_a_group_counts_as_many_instances_as_it_wishes_for(cloud: Any) -> None:
    found = lines(inventory.take(group(cloud, 3)))
    assert found["EC2 t3.medium"] == ("3", False)
    assert not any(always for _, always in found.values())


def test_a_group_at_zero_counts_what_a_start_brings_back_and_says_what_is_not_known_yet(cloud: Any) -> None:
    kept = {"down": True, "sizes": {"web": {"min": 1, "desired": 4, "max": 6}}}
    found = inventory.take(replace(group(cloud, 0), memory=kept))
    assert lines(found) == {"EC2 t3.medium": ("4", False)}
    assert left_out(found) == {"web": texts.DISKS_LATER["en"]}
