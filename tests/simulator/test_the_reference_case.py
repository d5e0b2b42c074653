"""The chat application's account, as the demo starts with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.stacks import Stacks, parameters
from tests.support.simulator import Simulator

MASTER_URL = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
TAGS = parameters(APIServerImageTag="2.14.3", ChatServerImageTag="2.14.3", NotificationServerImageTag="2.14.3")
NESTED_STACKS = {"Network", "Database", "LoadBalancer", "ECSCluster", "Server"}


@pytest.fixture(autouse=True)
def seeded(aws: Simulator) -> None:
    aws.seed_reference()


@pytest.fixture
def chat(stacks: Stacks) -> Stacks:
    stacks.client.create_stack(StackName="ChatAppMasterStack", TemplateURL=MASTER_URL, Parameters=TAGS)
    return stacks


def images(aws: Simulator, repository: str) -> list[dict[str, Any]]:
    pages = aws.client("ecr").get_paginator("describe_images").paginate(repositoryName=repository)
    return [image for page in pages for image in page["imageDetails"]]


def test_the_whole_application_is_created(chat: Stacks) -> None:
    assert chat.status("ChatAppMasterStack") == "CREATE_COMPLETE"
    assert chat.resources("ChatAppMasterStack") == dict.fromkeys(NESTED_STACKS, "CREATE_COMPLETE")
    assert chat.outputs("ChatAppMasterStack")["ServiceURL"].endswith(".ap-northeast-2.elb.amazonaws.com")


def test_the_application_consists_of_what_it_should(chat: Stacks) -> None:
    kinds = [
        resource["ResourceType"].removeprefix("AWS::")
        for stack_id in chat.physical_ids("ChatAppMasterStack").values()
        for resource in chat.client.describe_stack_resources(StackName=stack_id)["StackResources"]
    ]

    for kind, count in {
        "EC2::VPC": 1,
        "EC2::Subnet": 2,
        "EC2::SecurityGroup": 3,
        "DocDB::DBCluster": 1,
        "DocDB::DBInstance": 1,
        "ElastiCache::CacheCluster": 1,
        "ElasticLoadBalancingV2::LoadBalancer": 1,
        "ElasticLoadBalancingV2::TargetGroup": 2,
        "ECS::Cluster": 1,
        "EC2::Instance": 2,
        "ECS::TaskDefinition": 3,
        "ECS::Service": 3,
    }.items():
        assert kinds.count(kind) == count, kind


def test_the_image_tags_reach_the_task_definitions(aws: Simulator, chat: Stacks) -> None:
    server = chat.physical_ids("ChatAppMasterStack")["Server"]
    task = chat.physical_ids(server)["APITaskDefinition"]
    found = aws.client("ecs").describe_task_definition(taskDefinition=task)["taskDefinition"]

    assert found["containerDefinitions"][0]["image"] == (
        "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/chat-chat-http:2.14.3"
    )


def test_the_machines_run_while_the_application_does(aws: Simulator, chat: Stacks) -> None:
    def machines() -> list[tuple[str, str]]:
        reservations = aws.client("ec2").describe_instances()["Reservations"]
        return [(m["InstanceType"], m["State"]["Name"]) for r in reservations for m in r["Instances"]]

    assert machines() == [("t3.small", "running")] * 2
    chat.client.delete_stack(StackName="ChatAppMasterStack")
    assert chat.living() == {}
    assert {state for _, state in machines()} <= {"terminated"}


def test_the_databases_are_saved_when_the_stack_goes(chat: Stacks) -> None:
    database = chat.physical_ids("ChatAppMasterStack")["Database"]
    resources = chat.client.get_template(StackName=database)["TemplateBody"]

    assert resources.count("DeletionPolicy: Snapshot") == 2


def test_without_a_tag_the_application_is_refused(stacks: Stacks) -> None:
    with pytest.raises(Exception, match=r"Parameters: \[NotificationServerImageTag\] must have values"):
        stacks.client.create_stack(StackName="ChatAppMasterStack", TemplateURL=MASTER_URL, Parameters=TAGS[:2])


def test_the_images_do_not_fit_on_one_page(aws: Simulator) -> None:
    page = aws.client("ecr").describe_images(repositoryName="chat-chat-http")

    assert len(page["imageDetails"]) == 100
    assert len(images(aws, "chat-chat-http")) == 130


def test_the_newest_image_has_a_version_and_is_the_latest(aws: Simulator) -> None:
    newest = max(images(aws, "chat-chat-http"), key=lambda image: image["imagePushedAt"])

    assert newest["imageTags"] == ["2.14.3", "latest"]
    assert abs(aws.now() - newest["imagePushedAt"] - timedelta(hours=2)) < timedelta(seconds=2)


def test_some_images_have_no_tag(aws: Simulator) -> None:
    client, every = aws.client("ecr"), images(aws, "chat-chat-http")
    untagged = [image for image in every if "imageTags" not in image]
    asked = client.describe_images(repositoryName="chat-chat-http", filter={"tagStatus": "UNTAGGED"})["imageDetails"]

    assert len(untagged) == len(asked) == 18
    assert len({image["imageDigest"] for image in every}) == 130


def test_there_is_a_repository_without_images_and_one_without_tags(aws: Simulator) -> None:
    assert images(aws, "chat-empty") == []
    assert [image.get("imageTags") for image in images(aws, "chat-untagged")] == [None] * 3


def test_the_portal_has_its_role(aws: Simulator) -> None:
    sts, role = aws.client("sts"), "arn:aws:iam::123456789012:role/DaybreakPortal"

    assert sts.assume_role(RoleArn=role, RoleSessionName="portal", ExternalId="daybreak-demo")["Credentials"]
    with pytest.raises(Exception, match="AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="portal")


def test_seeding_twice_changes_nothing(aws: Simulator, chat: Stacks) -> None:
    before = images(aws, "chat-chat-http")
    aws.advance(3600)
    aws.seed_reference()

    assert images(aws, "chat-chat-http") == before
    assert chat.status("ChatAppMasterStack") == "CREATE_COMPLETE"


def test_the_demos_account_holds_things_of_every_kind_twice_asked_or_not(aws: Simulator) -> None:
    for _ in range(2):
        aws.control("POST", "seed", name="demo")
    instances = [i for r in aws.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]]
    databases = aws.client("rds").describe_db_instances()["DBInstances"]
    groups = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    services = aws.client("apprunner").list_services()["ServiceSummaryList"]
    assert (len(instances), len(databases), len(groups), len(services)) == (7, 2, 1, 2)
    assert {service["Status"] for service in services} == {"RUNNING"}
