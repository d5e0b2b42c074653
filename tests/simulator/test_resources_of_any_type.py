"""Any type works in a template: as the service itself where moto has it, as a plain resource where not."""

from __future__ import annotations

import pytest

from tests.simulator.stacks import Stacks, template
from tests.support.simulator import Simulator


def resource(kind: str, **properties: object) -> dict[str, object]:
    return {"Type": kind, "Properties": properties}


def output(expression: object) -> dict[str, object]:
    return {"Value": {"Value": expression}}


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::DocDB::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DocDB::DBSubnetGroup",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::SubnetGroup",
        "AWS::RDS::DBCluster",
        "AWS::SecretsManager::Secret",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::EC2::NetworkAcl",
        "AWS::Nobody::KnowsThis",
        "Custom::Anything",
        # Moto has these, and breaks on them without their properties.
        "AWS::Lambda::Function",
        "AWS::RDS::DBInstance",
    ],
)
def test_a_type_moto_cannot_make_becomes_a_plain_resource(stacks: Stacks, kind: str) -> None:
    stacks.create("demo", template({"Thing": kind}, Outputs=output({"Ref": "Thing"})))

    assert stacks.resources("demo") == {"Thing": "CREATE_COMPLETE"}
    assert stacks.outputs("demo")["Value"] == stacks.physical_ids("demo")["Thing"] != ""
    stacks.client.delete_stack(StackName="demo")
    assert stacks.living() == {}


def test_a_plain_resource_takes_the_name_the_template_gives_it(stacks: Stacks) -> None:
    cluster = resource("AWS::DocDB::DBCluster", DBClusterIdentifier="Chat-DB")
    stacks.create("demo", template({"Cluster": cluster}))

    assert stacks.physical_ids("demo") == {"Cluster": "chat-db"}


def test_a_name_made_up_says_whose_it_is_and_keeps_the_services_limit(stacks: Stacks) -> None:
    name = "a-rather-long-name-for-a-stack-that-nobody-would-type"
    targets = resource("AWS::ElasticLoadBalancingV2::TargetGroup", Port=80, Protocol="HTTP", TargetType="ip")
    stacks.create(name, template({"Group": "AWS::ElastiCache::SubnetGroup", "Targets": targets}))
    ids = stacks.physical_ids(name)

    assert len(ids["Group"]) <= 40
    assert ids["Group"].startswith("a-rather")
    assert "group" in ids["Group"]
    assert len(ids["Targets"].split("/")[1]) <= 32


@pytest.mark.parametrize(
    ("kind", "attribute", "ending"),
    [
        ("AWS::DocDB::DBCluster", "Endpoint", ".ap-northeast-2.docdb.amazonaws.com"),
        ("AWS::DocDB::DBCluster", "Port", "27017"),
        ("AWS::ElastiCache::CacheCluster", "RedisEndpoint.Address", ".ap-northeast-2.cache.amazonaws.com"),
        ("AWS::ElastiCache::CacheCluster", "RedisEndpoint.Port", "6379"),
        ("AWS::RDS::DBCluster", "Endpoint.Address", ".ap-northeast-2.rds.amazonaws.com"),
        ("AWS::RDS::DBCluster", "ReadEndpoint.Address", ".ap-northeast-2.rds.amazonaws.com"),
        ("AWS::Nobody::KnowsThis", "Arn", ":123456789012:knowsthis:"),
        ("AWS::Nobody::KnowsThis", "Whatever", "-Whatever"),
    ],
)
def test_an_attribute_has_the_shape_of_what_it_is_called(
    stacks: Stacks, kind: str, attribute: str, ending: str
) -> None:
    stacks.create("demo", template({"Thing": kind}, Outputs=output({"Fn::GetAtt": ["Thing", attribute]})))

    assert ending in stacks.outputs("demo")["Value"]


def test_what_moto_knows_is_seen_through_its_own_service(aws: Simulator, stacks: Stacks) -> None:
    stacks.create(
        "demo",
        template({
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
            "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.9.1.0/24"),
            "Machine": resource("AWS::EC2::Instance", ImageId="ami-1", SubnetId={"Ref": "Subnet"}),
        }),
        Tags=[{"Key": "team", "Value": "chat"}],
    )  # fmt: skip
    ids = stacks.physical_ids("demo")
    machine = aws.client("ec2").describe_instances(InstanceIds=[ids["Machine"]])["Reservations"][0]["Instances"][0]

    assert (machine["SubnetId"], machine["VpcId"]) == (ids["Subnet"], ids["Vpc"])
    tags = {tag["Key"]: tag["Value"] for tag in machine["Tags"]}
    assert tags["aws:cloudformation:stack-name"] == "demo"
    assert tags["aws:cloudformation:logical-id"] == "Machine"
    assert tags["team"] == "chat"


def test_what_was_made_through_a_stack_goes_with_it(aws: Simulator, stacks: Stacks) -> None:
    before = aws.client("ec2").describe_vpcs()["Vpcs"]
    aws.seed_reference()
    stacks.client.create_stack(
        StackName="chat",
        TemplateURL="https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml",
        Parameters=[
            {"ParameterKey": f"{server}ServerImageTag", "ParameterValue": "2.14.3"}
            for server in ("API", "Chat", "Notification")
        ],
    )
    assert stacks.status("chat") == "CREATE_COMPLETE"
    stacks.client.delete_stack(StackName="chat")
    assert stacks.living() == {}

    assert aws.client("ec2").describe_vpcs()["Vpcs"] == before
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
    assert aws.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert aws.client("elbv2").describe_target_groups()["TargetGroups"] == []


def test_the_tasks_of_a_service_run_when_its_stack_is_complete(aws: Simulator, stacks: Stacks) -> None:
    container = {"Name": "api", "Image": "api", "Memory": 128}
    stacks.create("demo", template({
        "Cluster": "AWS::ECS::Cluster",
        "Task": resource("AWS::ECS::TaskDefinition", ContainerDefinitions=[container]),
        "Service": resource(
            "AWS::ECS::Service", Cluster={"Ref": "Cluster"}, TaskDefinition={"Ref": "Task"}, DesiredCount=3
        ),
    }))  # fmt: skip
    ids = stacks.physical_ids("demo")
    service = aws.client("ecs").describe_services(cluster=ids["Cluster"], services=[ids["Service"]])["services"][0]

    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (3, 3, 0)
