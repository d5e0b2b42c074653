"""Instances, databases and services pass through the states AWS shows on the way, when time is set for it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator


@pytest.fixture
def machine(aws: Simulator) -> str:
    instances = aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"]
    aws.set_transition_seconds(30)
    return str(instances[0]["InstanceId"])


def state(aws: Simulator, machine: str) -> str:
    found = aws.client("ec2").describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    return str(found["State"]["Name"])


def test_a_machine_stops_and_starts_in_time(aws: Simulator, machine: str) -> None:
    ec2 = aws.client("ec2")
    assert state(aws, machine) == "running"
    ec2.stop_instances(InstanceIds=[machine])
    assert state(aws, machine) == "stopping"
    aws.advance(30)
    assert state(aws, machine) == "stopped"
    ec2.start_instances(InstanceIds=[machine])
    assert state(aws, machine) == "pending"
    aws.advance(30)
    assert state(aws, machine) == "running"


def test_a_machine_that_is_stopping_cannot_be_started(aws: Simulator, machine: str) -> None:
    ec2 = aws.client("ec2")
    ec2.stop_instances(InstanceIds=[machine])
    with pytest.raises(ClientError) as refused:
        ec2.start_instances(InstanceIds=[machine])

    assert refusal(refused.value) == (
        "IncorrectInstanceState",
        f"The instance '{machine}' is not in a state from which it can be started.",
    )


def test_a_machine_that_is_terminated_on_the_way_does_not_come_back(aws: Simulator, machine: str) -> None:
    aws.client("ec2").stop_instances(InstanceIds=[machine])
    aws.client("ec2").terminate_instances(InstanceIds=[machine])
    assert state(aws, machine) == "shutting-down"
    aws.advance(30)
    assert state(aws, machine) == "terminated"


def test_a_database_stops_and_starts_in_time(aws: Simulator) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t3.micro", Engine="mysql")
    aws.set_transition_seconds(30)

    def status() -> str:
        return str(rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"])

    assert rds.stop_db_instance(DBInstanceIdentifier="db")["DBInstance"]["DBInstanceStatus"] == "stopping"
    assert status() == "stopping"
    with pytest.raises(ClientError, match="InvalidDBInstanceState"):
        rds.start_db_instance(DBInstanceIdentifier="db")
    aws.advance(30)
    assert status() == "stopped"
    assert rds.start_db_instance(DBInstanceIdentifier="db")["DBInstance"]["DBInstanceStatus"] == "starting"
    aws.advance(30)
    assert status() == "available"


@pytest.mark.parametrize("engine", ["aurora-mysql", "neptune", "docdb"])
def test_a_cluster_of_every_engine_stops_and_starts(aws: Simulator, engine: str) -> None:
    rds = aws.client("rds")
    rds.create_db_cluster(DBClusterIdentifier="c", Engine=engine, MasterUsername="chat", MasterUserPassword="password")
    aws.set_transition_seconds(30)

    def status() -> str:
        return str(rds.describe_db_clusters()["DBClusters"][0]["Status"])

    assert status() == "available"
    assert rds.stop_db_cluster(DBClusterIdentifier="c")["DBCluster"]["Status"] == "stopping"
    aws.advance(30)
    assert status() == "stopped"
    rds.start_db_cluster(DBClusterIdentifier="c")
    assert status() == "starting"
    aws.advance(30)
    assert status() == "available"


@pytest.fixture
def service(aws: Simulator) -> Any:
    """Asks for (desired, running, pending) of a service."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="chat")
    ecs.register_task_definition(family="api", containerDefinitions=[{"name": "api", "image": "api", "memory": 128}])
    ecs.create_service(cluster="chat", serviceName="api", taskDefinition="api", desiredCount=2)

    def counts() -> tuple[int, int, int]:
        found = ecs.describe_services(cluster="chat", services=["api"])["services"][0]
        return found["desiredCount"], found["runningCount"], found["pendingCount"]

    return counts


def test_a_service_runs_what_is_desired_at_once_when_no_time_is_set(aws: Simulator, service: Any) -> None:
    assert service() == (2, 2, 0)
    aws.client("ecs").update_service(cluster="chat", service="api", desiredCount=0)
    assert service() == (0, 0, 0)


def test_a_service_comes_to_what_is_desired_in_time(aws: Simulator, service: Any) -> None:
    assert service() == (2, 2, 0)
    aws.set_transition_seconds(30)
    aws.client("ecs").update_service(cluster="chat", service="api", desiredCount=5)
    assert service() == (5, 2, 3)
    aws.advance(30)
    assert service() == (5, 5, 0)


def test_the_last_desired_count_wins(aws: Simulator, service: Any) -> None:
    assert service() == (2, 2, 0)
    aws.set_transition_seconds(30)
    aws.client("ecs").update_service(cluster="chat", service="api", desiredCount=5)
    aws.advance(20)
    aws.client("ecs").update_service(cluster="chat", service="api", desiredCount=0)
    aws.advance(10)
    assert service() == (0, 2, 0)
    aws.advance(20)
    assert service() == (0, 0, 0)
