"""What a look at an account finds of each kind, what cannot be a target and why, and at what price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import Seen, TargetError
from environments.targets.client import forget_clients
from environments.targets.discovery import FINDERS, Found, Looked, Place, find
from environments.targets.discovery_stacks import recipe

from .driving import ACCOUNT, STATEFUL
from .worlds import world

REGION = "ap-northeast-2"
EVERYWHERE = [Place(kind, REGION) for kind in FINDERS]
SECRET = """
Parameters:
  Tag: {Type: String}
  Password: {Type: String, NoEcho: true}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
"""


@pytest.fixture(autouse=True)
def new_clients(aws: Any) -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


def found(looked: Looked, kind: str) -> dict[str, Found]:
    return {one.name: one for one in looked.found[Place(kind, REGION)]}


def only(kind: str, **more: Any) -> dict[str, Found]:
    return found(find(ACCOUNT, [Place(kind, REGION)], **more), kind)


def test_every_registered_kind_has_a_finder() -> None:
    assert set(FINDERS) == set(registry.KINDS)


@pytest.mark.parametrize("kind", FINDERS)
def test_what_a_target_switches_is_found_by_the_identifier_that_the_target_has(aws: Any, kind: str) -> None:
    ref = world(kind, aws).running("one")
    seen = [one for one in only(kind).values() if one.is_named_by(ref.identifier, {})]
    assert [one.state for one in seen] == [Seen.RUNNING]
    assert seen[0].why_not is None
    assert seen[0].identifier == ref.identifier
    assert registry.driver(kind).state(ref) is Seen.RUNNING


@pytest.mark.parametrize("kind", sorted(set(FINDERS) - {"cloudformation"}))
def test_tags_are_found_and_a_filter_of_a_target_means_what_carries_them(aws: Any, kind: str) -> None:
    ref = world(kind, aws).tagged({"env": "dev", "tier": "web"}, ["one", "two"])
    meant = [one.name for one in only(kind).values() if one.is_named_by("tag:env=dev,tier=web", {})]
    assert len(meant) == 2
    assert not [one for one in only(kind).values() if one.is_named_by("tag:env=nobody", {})]
    assert ref.identifier.startswith("tag:")


def test_all_kinds_are_found_in_one_look(aws: Any) -> None:
    for kind in FINDERS:
        world(kind, aws).running("one")
    looked = find(ACCOUNT, EVERYWHERE)
    assert looked.failed == {}
    assert looked.more == frozenset()
    assert {place.kind for place, things in looked.found.items() if things} == set(FINDERS)


def test_a_nested_stack_is_no_target_and_names_the_one_it_belongs_to(aws: Any) -> None:
    aws.seed_reference()
    tags = ("APIServerImageTag", "ChatServerImageTag", "NotificationServerImageTag")
    aws.client("cloudformation").create_stack(
        StackName="Chat",
        TemplateURL="https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml",
        Parameters=[{"ParameterKey": tag, "ParameterValue": "1"} for tag in tags],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    aws.advance(600)
    seen = only("cloudformation")
    assert seen["Chat"].why_not is None
    nested = [one for one in seen.values() if one.name != "Chat"]
    assert len(nested) == 5
    assert all(one.why_not and "the stack Chat" in one.why_not["en"] and one.root == "Chat" for one in nested)


def test_an_instance_of_an_auto_scaling_group_points_to_its_group(aws: Any) -> None:
    world("auto_scaling_group", aws).running("web")
    instances = list(only("ec2").values())
    assert len(instances) == 2
    assert all(one.why_not and "web" in one.why_not["en"] for one in instances)


def test_a_group_at_zero_says_that_nobody_knows_its_sizes(aws: Any) -> None:
    groups: Any = world("auto_scaling_group", aws)
    groups.create("idle", sizes=(0, 0, 0))
    seen = only("auto_scaling_group")["idle"]
    assert seen.state is Seen.STOPPED
    assert "default sizes" in seen.details[-1]["en"]


def test_members_of_clusters_and_replicas_are_no_targets(aws: Any) -> None:
    databases: Any = world("rds_instance", aws)
    world("rds_cluster", aws).running("chat")
    databases.make("main")
    databases.rds.create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="main")
    databases.make("alone")
    why = {name: one.why_not["en"] if one.why_not else "" for name, one in only("rds_instance").items()}
    assert why["alone"] == ""
    assert all(why[name] for name in ("chat-0", "chat-1", "copy", "main"))
    assert only("rds_cluster")["chat"].why_not is None


def test_a_daemon_service_is_no_target(aws: Any) -> None:
    services: Any = world("ecs_service", aws)
    services.make("agent", schedulingStrategy="DAEMON")
    seen = only("ecs_service")["chat/agent"]
    assert seen.why_not
    assert "DAEMON" in seen.why_not["en"]


def test_one_denied_service_is_said_in_words_and_hides_no_other(aws: Any) -> None:
    for kind in FINDERS:
        world(kind, aws).running("one")
    aws.fault("denied", service="rds", times=None)
    looked = find(ACCOUNT, EVERYWHERE)
    assert {place.kind for place in looked.failed} == {"rds_instance", "rds_cluster"}
    assert all("does not allow" in why["en"] and why["ko"] for why in looked.failed.values())
    assert {place.kind for place, things in looked.found.items() if things} == set(FINDERS) - {
        "rds_instance",
        "rds_cluster",
    }


def test_app_runner_services_whose_tags_may_not_be_read_are_found_all_the_same(aws: Any) -> None:
    world("app_runner", aws).running("one")
    aws.fault("denied", service="resourcegroupstaggingapi", times=None)
    seen = only("app_runner")["the-one"]
    assert seen.tags == {}
    assert "could not be read" in seen.details[-1]["en"]


def test_a_service_that_does_not_answer_in_time_is_given_up_and_the_others_are_shown(aws: Any) -> None:
    world("ec2", aws).running("one")
    places = [Place("ec2", REGION), Place("rds_instance", REGION)]
    find(ACCOUNT, places)  # sessions and clients are made in their own time
    aws.fault("slow", service="rds", seconds=30, times=None)
    looked = find(ACCOUNT, places, patience_s=3)
    aws.clear_faults()
    assert looked.found[Place("ec2", REGION)]
    assert "in time" in looked.failed[Place("rds_instance", REGION)]["en"]


def test_no_more_than_so_many_are_read_and_that_there_are_more_is_said(aws: Any) -> None:
    machines: Any = world("ec2", aws)
    for name in ("a", "b", "c"):
        machines.launch(name)
    looked = find(ACCOUNT, [Place("ec2", REGION)], most=2)
    assert len(looked.found[Place("ec2", REGION)]) == 2
    assert looked.more == {Place("ec2", REGION)}
    assert find(ACCOUNT, [Place("ec2", REGION)], most=3).more == frozenset()


def test_a_look_costs_one_call_a_page_however_many_things_there_are(aws: Any) -> None:
    for kind in FINDERS:
        world(kind, aws).running("one")
    find(ACCOUNT, EVERYWHERE)

    def calls() -> int:
        aws.forget_requests()
        find(ACCOUNT, EVERYWHERE)
        return len(aws.requests())

    few = calls()
    machines, databases, services = (world(kind, aws) for kind in ("ec2", "rds_instance", "ecs_service"))
    for name in ("two", "three", "four"):
        for one in (machines, databases, services):
            one.running(name)
    assert calls() == few


def test_looking_changes_nothing(aws: Any) -> None:
    for kind in FINDERS:
        world(kind, aws).running("one")
    aws.forget_requests()
    find(ACCOUNT, EVERYWHERE)
    assert {one["action"] for one in aws.requests()} <= {
        *("DescribeStacks", "DescribeInstances", "DescribeAutoScalingGroups", "DescribeDBInstances"),
        *("DescribeDBClusters", "ListClusters", "ListServices", "DescribeServices", "GetResources"),
    }


# -- how a running stack is created again ------------------------------------------------------------------------------


def test_a_stack_tells_its_template_parameters_and_what_a_delete_would_lose(aws: Any) -> None:
    aws.client("cloudformation").create_stack(
        StackName="demo",
        TemplateBody=STATEFUL,
        Tags=[{"Key": "env", "Value": "dev"}],
        EnableTerminationProtection=True,
    )
    aws.advance(60)
    read = recipe(ACCOUNT, REGION, "demo")
    assert read.options["template_body"].strip() == STATEFUL.strip()
    assert read.options["tags"] == {"env": "dev"}
    assert [one.logical_id for one in read.findings] == ["Table"]
    said = " ".join(text["en"] for text in read.remarks())
    assert "destroy the data of 1 resource." in said
    assert "Termination protection is on" in said


def test_values_that_aws_hides_are_named_and_not_kept(aws: Any) -> None:
    aws.client("cloudformation").create_stack(
        StackName="demo",
        TemplateBody=SECRET,
        Parameters=[
            {"ParameterKey": "Tag", "ParameterValue": "1.2"},
            {"ParameterKey": "Password", "ParameterValue": "hunter22"},
        ],
    )
    aws.advance(60)
    read = recipe(ACCOUNT, REGION, "demo")
    assert read.parameters == {"Tag": "1.2"}
    assert (read.hidden, read.needed) == (("Password",), ("Password",))
    assert "hunter22" not in str(read)
    assert any("Password" in text["en"] for text in read.remarks())


def test_a_template_that_is_too_large_for_a_request_has_to_lie_in_s3(aws: Any) -> None:
    padding = "\n".join(f"# {'x' * 98}" for _ in range(520))
    aws.client("s3").create_bucket(Bucket="large", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    aws.client("s3").put_object(Bucket="large", Key="t.yaml", Body=f"{STATEFUL}\n{padding}".encode())
    aws.client("cloudformation").create_stack(
        StackName="demo", TemplateURL="https://large.s3.ap-northeast-2.amazonaws.com/t.yaml"
    )
    aws.advance(60)
    read = recipe(ACCOUNT, REGION, "demo")
    assert read.too_large
    assert "template_body" not in read.options
    assert any("51,200" in text["en"] for text in read.remarks())


def test_a_stack_that_is_gone_is_said_to_be_gone(aws: Any) -> None:
    with pytest.raises(TargetError, match="does not exist"):
        recipe(ACCOUNT, REGION, "nobody")
