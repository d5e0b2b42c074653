"""Databases as AWS starts and stops them: instances, clusters of each engine, and the restart it does by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator

ENGINES = ["aurora-mysql", "aurora-postgresql", "docdb", "neptune"]
WEEK_S = 7 * 86_400


@pytest.fixture
def rds(aws: Simulator) -> Any:
    return aws.client("rds")


@pytest.fixture
def database(aws: Simulator, rds: Any) -> str:
    """An available database; from here on, each change takes 30 seconds."""
    instance(rds, "chat")
    aws.set_transition_seconds(30)
    return "chat"


def instance(rds: Any, name: str, engine: str = "mysql", **more: Any) -> None:
    rds.create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.r5.large", Engine=engine, **more)


def cluster(rds: Any, name: str, engine: str = "aurora-mysql", members: int = 2) -> None:
    login = {} if engine == "neptune" else {"MasterUsername": "chat", "MasterUserPassword": "password"}
    rds.create_db_cluster(DBClusterIdentifier=name, Engine=engine, **login)
    rds.describe_db_clusters()
    for number in range(members):
        instance(rds, f"{name}-{number}", engine, DBClusterIdentifier=name)


def instances(rds: Any) -> dict[str, str]:
    found = rds.describe_db_instances()["DBInstances"]
    return {one["DBInstanceIdentifier"]: one["DBInstanceStatus"] for one in found}


def clusters(rds: Any, **wanted: Any) -> dict[str, str]:
    found = rds.describe_db_clusters(**wanted)["DBClusters"]
    return {one["DBClusterIdentifier"]: one["Status"] for one in found}


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code, words = refusal(caught.value)
    return code, words


def test_a_snapshot_is_taken_before_a_database_stops(rds: Any, database: str) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=database, DBSnapshotIdentifier="before-the-night")

    snapshots = rds.describe_db_snapshots(DBInstanceIdentifier=database, SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBSnapshotIdentifier"] for snapshot in snapshots] == ["before-the-night"]
    assert instances(rds) == {database: "stopping"}


def test_a_name_of_a_snapshot_that_is_taken_already_leaves_the_database_running(
    aws: Simulator, rds: Any, database: str
) -> None:
    rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier="taken")

    code, _ = refused(rds.stop_db_instance, DBInstanceIdentifier=database, DBSnapshotIdentifier="taken")
    assert code == "DBSnapshotAlreadyExists"
    aws.advance(60)
    assert instances(rds) == {database: "available"}


def test_a_database_is_stopped_only_when_it_is_available_and_started_only_when_it_is_stopped(
    aws: Simulator, rds: Any, database: str
) -> None:
    started_too_early = refused(rds.start_db_instance, DBInstanceIdentifier=database)
    rds.stop_db_instance(DBInstanceIdentifier=database)
    stopped_twice = refused(rds.stop_db_instance, DBInstanceIdentifier=database)

    assert started_too_early == ("InvalidDBInstanceState", "Instance chat is not stopped, it cannot be started.")
    assert stopped_twice == ("InvalidDBInstanceState", "Instance chat is not in available state.")
    assert refused(rds.stop_db_instance, DBInstanceIdentifier="nobody")[0] == "DBInstanceNotFound"


@pytest.mark.parametrize("name", ["chat", "replica"])
def test_neither_a_read_replica_nor_its_source_can_be_stopped(rds: Any, database: str, name: str) -> None:
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier=database)

    assert refused(rds.stop_db_instance, DBInstanceIdentifier=name)[0] == "InvalidDBInstanceState"
    assert instances(rds) == {database: "available", "replica": "available"}


def test_a_source_can_be_stopped_when_its_replica_is_gone(rds: Any, database: str) -> None:
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier=database)
    rds.delete_db_instance(DBInstanceIdentifier="replica", SkipFinalSnapshot=True)

    rds.stop_db_instance(DBInstanceIdentifier=database)
    assert instances(rds) == {database: "stopping"}


@pytest.mark.parametrize("action", ["stop_db_instance", "start_db_instance"])
def test_an_instance_of_a_cluster_is_not_started_or_stopped_alone(rds: Any, action: str) -> None:
    cluster(rds, "chat")

    assert refused(getattr(rds, action), DBInstanceIdentifier="chat-0") == (
        "InvalidParameterCombination",
        "aurora-mysql DB instances are not eligible for stopping and starting.",
    )
    assert instances(rds) == {"chat-0": "available", "chat-1": "available"}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_instances_of_a_cluster_go_where_it_goes(aws: Simulator, rds: Any, engine: str) -> None:
    cluster(rds, "chat", engine)
    aws.set_transition_seconds(30)
    rds.stop_db_cluster(DBClusterIdentifier="chat")
    assert {*clusters(rds).values(), *instances(rds).values()} == {"stopping"}
    aws.advance(30)
    assert {*clusters(rds).values(), *instances(rds).values()} == {"stopped"}
    rds.start_db_cluster(DBClusterIdentifier="chat")
    assert {*clusters(rds).values(), *instances(rds).values()} == {"starting"}
    aws.advance(30)
    assert {*clusters(rds).values(), *instances(rds).values()} == {"available"}


@pytest.mark.parametrize("client", ["docdb", "neptune", "rds"])
def test_each_service_has_its_own_client_of_the_same_clusters(aws: Simulator, rds: Any, client: str) -> None:
    engine = "docdb" if client == "rds" else client
    cluster(rds, "chat", engine, members=1)
    cluster(rds, "other")
    own = aws.client(client)

    assert clusters(own, Filters=[{"Name": "engine", "Values": [engine]}]) == {"chat": "available"}
    own.stop_db_cluster(DBClusterIdentifier="chat")
    assert clusters(own) == {"chat": "stopped", "other": "available"}
    assert refused(own.stop_db_cluster, DBClusterIdentifier="chat")[0] == "InvalidDBClusterStateFault"
    own.start_db_cluster(DBClusterIdentifier="chat")
    assert clusters(own, DBClusterIdentifier="chat") == {"chat": "available"}


def test_clusters_are_found_by_engine_identifier_and_resource(rds: Any) -> None:
    cluster(rds, "chat", "docdb")
    cluster(rds, "shop", "aurora-mysql")
    resource = rds.describe_db_clusters(DBClusterIdentifier="shop")["DBClusters"][0]["DbClusterResourceId"]

    def found(name: str, value: str) -> list[str]:
        return list(clusters(rds, Filters=[{"Name": name, "Values": [value]}]))

    assert found("engine", "docdb") == found("db-cluster-id", "chat") == ["chat"]
    assert found("db-cluster-resource-id", resource) == ["shop"]


@pytest.mark.parametrize("name", ["chat-0", "CHAT-0"])
def test_the_case_of_an_identifier_does_not_matter(rds: Any, name: str) -> None:
    cluster(rds, "chat")

    assert refused(rds.stop_db_instance, DBInstanceIdentifier=name)[0] == "InvalidParameterCombination"


def test_a_cluster_is_reached_under_the_name_of_its_service(aws: Simulator, rds: Any) -> None:
    for engine in ("aurora-mysql", "docdb", "neptune"):
        cluster(rds, engine, engine, members=0)
    hosts = {one["Engine"]: one["Endpoint"] for one in rds.describe_db_clusters()["DBClusters"]}

    assert hosts["aurora-mysql"].endswith(".ap-northeast-2.rds.amazonaws.com")
    assert hosts["docdb"].endswith(".ap-northeast-2.docdb.amazonaws.com")
    assert hosts["neptune"].endswith(".ap-northeast-2.neptune.amazonaws.com")


def test_a_cluster_in_the_wrong_state_says_which_one_it_needs(aws: Simulator, rds: Any) -> None:
    cluster(rds, "chat")
    aws.set_transition_seconds(30)
    started = refused(rds.start_db_cluster, DBClusterIdentifier="chat")
    rds.stop_db_cluster(DBClusterIdentifier="chat")
    stopped = refused(rds.stop_db_cluster, DBClusterIdentifier="chat")

    assert started[0] == stopped[0] == "InvalidDBClusterStateFault"
    assert stopped[1] == "DbCluster chat is in stopping state but expected it to be one of available."
    assert refused(rds.stop_db_cluster, DBClusterIdentifier="nobody")[0] == "DBClusterNotFoundFault"


def test_clusters_and_instances_are_described_in_pages_of_at_least_twenty(rds: Any) -> None:
    for number in range(23):
        cluster(rds, f"chat-{number}", members=1)

    pages = [page["DBClusters"] for page in rds.get_paginator("describe_db_clusters").paginate(MaxRecords=20)]
    assert [len(page) for page in pages] == [20, 3]
    assert len({one["DBClusterIdentifier"] for page in pages for one in page}) == 23
    for describe in (rds.describe_db_clusters, rds.describe_db_instances):
        assert refused(describe, MaxRecords=5)[0] == "InvalidParameterValue"


def test_aws_starts_a_database_that_was_stopped_for_seven_days(aws: Simulator, rds: Any, database: str) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=database)
    aws.advance(30)
    restart = rds.describe_db_instances()["DBInstances"][0]["AutomaticRestartTime"]
    assert abs(restart - aws.now() - timedelta(days=7)) < timedelta(seconds=1)

    aws.advance(WEEK_S - 1)
    assert instances(rds) == {database: "stopped"}
    aws.advance(1)
    assert instances(rds) == {database: "starting"}
    aws.advance(30)
    assert instances(rds) == {database: "available"}
    assert "AutomaticRestartTime" not in rds.describe_db_instances()["DBInstances"][0]


def test_aws_starts_a_cluster_with_its_instances_too(aws: Simulator, rds: Any) -> None:
    cluster(rds, "chat")
    aws.set_transition_seconds(30)
    rds.stop_db_cluster(DBClusterIdentifier="chat")
    aws.advance(30)
    assert "AutomaticRestartTime" in rds.describe_db_clusters()["DBClusters"][0]
    aws.advance(WEEK_S)
    assert {*clusters(rds).values(), *instances(rds).values()} == {"starting"}
    aws.advance(30)
    assert {*clusters(rds).values(), *instances(rds).values()} == {"available"}


def test_who_starts_and_stops_a_database_has_seven_days_from_then(aws: Simulator, rds: Any, database: str) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=database)
    aws.advance(6 * 86_400)
    rds.start_db_instance(DBInstanceIdentifier=database)
    aws.advance(30)
    rds.stop_db_instance(DBInstanceIdentifier=database)
    aws.advance(2 * 86_400)
    assert instances(rds) == {database: "stopped"}
    aws.advance(5 * 86_400 + 60)
    assert instances(rds) == {database: "available"}


def test_a_database_that_was_deleted_meanwhile_stays_away(aws: Simulator, rds: Any, database: str) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=database)
    aws.advance(60)
    rds.delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)
    aws.advance(2 * WEEK_S)

    assert instances(rds) == {}


def test_the_day_of_the_restart_survives_a_restart_of_the_simulator(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    cluster(first.client("rds"), "chat", "docdb", members=1)
    first.client("rds").stop_db_cluster(DBClusterIdentifier="chat")
    first.freeze()
    before = first.client("rds").describe_db_clusters()["DBClusters"]
    first.stop()

    second = Simulator(*journal)
    try:
        rds = second.client("rds")
        assert rds.describe_db_clusters()["DBClusters"] == before
        second.advance(WEEK_S)
        assert clusters(rds) == {"chat": "available"}
    finally:
        second.stop()
