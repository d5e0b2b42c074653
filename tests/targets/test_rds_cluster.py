"""What is special about clusters: their engines, what AWS does not stop, and that all their instances come up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from environments.targets import rds_facts
from environments.targets.base import Wait
from environments.targets.client import forget_clients

from .databases import DAY, DEV, of, perform, refusal, settle, tell
from .worlds.rds_cluster import Clusters

ENGINES = ["aurora-mysql", "aurora-postgresql", "docdb", "neptune"]
LOGIN = {"MasterUsername": "chat", "MasterUserPassword": "password"}


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(aws: Any) -> Clusters:
    settle(aws)
    return Clusters(aws)


def member_arn(world: Clusters, name: str) -> str:
    return str(world.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceArn"])


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_is_stopped_and_started_with_a_snapshot_before(world: Clusters, engine: str) -> None:
    world.make("chat", engine=engine)
    switch = of(world, "chat", snapshot=True)
    switch.run("stop")
    assert world.is_stopped("chat")
    manual = {"DBClusterIdentifier": "chat", "SnapshotType": "manual"}
    found = world.rds.describe_db_cluster_snapshots(**manual)["DBClusterSnapshots"]
    assert [one["DBClusterSnapshotIdentifier"] for one in found] == ["daybreak-chat-20261123-000100"]
    switch.run("start")
    assert world.is_running("chat")


def test_one_filter_finds_clusters_of_all_engines(world: Clusters) -> None:
    for engine in ENGINES:
        world.make(engine, DEV, engine=engine, members=1)
    switch = of(world, "tag:env=dev")
    switch.run("stop")
    assert set(world.statuses().values()) == {"stopped"}
    switch.run("start")
    assert set(world.statuses().values()) == {"available"}


def test_a_start_is_done_only_when_each_instance_is_up(world: Clusters) -> None:
    world.make("chat", members=3)
    slow = member_arn(world, "chat-2")
    tell(world, slow, "rebooting")
    switch = of(world, "chat")
    outcome = perform(switch, "start", "start")
    assert isinstance(outcome, Wait)
    assert outcome.detail["en"] == "2 of 3 instances running"
    assert outcome.progress == {"done": 2, "total": 3}

    tell(world, slow, "incompatible-parameters")
    assert "chat-2 is in incompatible-parameters" in refusal(switch, "start").texts["en"]
    tell(world, slow, "available")
    assert switch.run("start") == ["Up already: chat"]


def test_a_cluster_without_instances_is_up_when_it_is_available(world: Clusters) -> None:
    world.make("chat", members=0)
    switch = of(world, "chat")
    switch.run("stop")
    switch.run("start")
    assert world.statuses() == {"chat": "available"}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"EngineMode": "serverless"}, "Aurora Serverless v1"),
        ({"EngineMode": "multimaster"}, "multi-master"),
        ({"GlobalClusterIdentifier": "world"}, "part of the global database world"),
    ],
)
def test_clusters_that_aws_does_not_stop_are_refused_with_the_reason(
    world: Clusters, more: dict[str, Any], why: str
) -> None:
    if "GlobalClusterIdentifier" in more:
        world.rds.create_global_cluster(GlobalClusterIdentifier="world", Engine="aurora-mysql")
    world.make("chat", members=0, **more)
    before = world.changes()

    assert why in refusal(of(world, "chat", snapshot=True), "stop").texts["en"]
    assert world.changes() == before


def test_a_multi_az_cluster_of_rds_is_refused_with_the_reason(world: Clusters) -> None:
    storage: dict[str, Any] = {
        "AllocatedStorage": 100,
        "StorageType": "io1",
        "Iops": 1000,
        "DBClusterInstanceClass": "db.m5d.large",
    }
    world.make("chat", engine="postgres", members=0, **storage)

    assert "Multi-AZ DB cluster" in refusal(of(world, "chat"), "stop").texts["en"]


def test_clusters_replicated_across_regions_are_refused_on_both_sides(world: Clusters) -> None:
    world.make("chat", members=0)
    source = world.rds.describe_db_clusters()["DBClusters"][0]["DBClusterArn"]
    far = world.aws.client("rds", region="eu-west-1")
    far.create_db_cluster(
        DBClusterIdentifier="copy", Engine="aurora-mysql", ReplicationSourceIdentifier=source, **LOGIN
    )
    world.make("copied", members=0)
    back = far.describe_db_clusters()["DBClusters"][0]["DBClusterArn"]
    world.make("near", members=0, ReplicationSourceIdentifier=back)

    assert "has replicas in other regions" in refusal(of(world, "chat"), "stop").texts["en"]
    assert "is a replica of arn:aws:rds:eu-west-1" in refusal(of(world, "near"), "stop").texts["en"]
    of(world, "copied").run("stop")
    assert world.is_stopped("copied")


def test_a_race_with_something_that_just_began_is_waited_for(world: Clusters) -> None:
    world.make("chat")
    rule = {"code": "InvalidDBClusterStateFault", "status": 400, "times": 2}
    world.aws.fault("error", service="rds", action="StopDBCluster", **rule)
    switch = of(world, "chat")
    switch.run("stop")
    world.aws.fault("error", service="rds", action="StartDBCluster", **rule)
    switch.run("start")

    assert world.is_running("chat")
    assert [world.changes().count(action) for action in ("StopDBCluster", "StartDBCluster")] == [3, 3]


def test_what_aws_started_after_seven_days_is_told_and_stopped_again(world: Clusters) -> None:
    world.make("chat")
    switch = of(world, "chat")
    switch.run("stop")
    switch.move(8 * DAY)
    assert world.is_running("chat")
    (facts,) = rds_facts.facts(switch.ref)
    assert facts.started_by_aws is not None

    assert switch.run("stop")[0] == "To stop: chat; AWS itself started chat after seven days"
    assert world.is_stopped("chat")


def test_the_members_of_a_cluster_are_no_targets_of_this_kind(world: Clusters) -> None:
    world.make("chat")
    assert "AWS has no chat-0 among the database clusters" in refusal(of(world, "chat-0"), "start").texts["en"]
