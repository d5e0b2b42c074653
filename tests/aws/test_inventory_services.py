"""What databases, containers and load balancers are to the price list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import inventory
from environments.aws import inventory_texts as texts
from environments.aws.inventory_containers import measure, service, tasks
from environments.aws.inventory_databases import cache, instance, storage
from environments.aws.inventory_network import balancer
from environments.aws.inventory_parts import Inventory, Thing, Unit
from environments.targets.base import TargetRef
from environments.targets.client import forget_clients
from tests.factories import REGION
from tests.support.inventories import ACCOUNT, HERE, filters, left_out, lines


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    yield aws
    forget_clients()


# -- databases ---------------------------------------------------------------------------------------------------------


def database(cloud: Any) -> TargetRef:
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage=50,
        StorageType="gp2", MasterUsername="owner", MasterUserPassword="simulated-only",
    )  # fmt: skip
    return TargetRef("rds_instance", "db", ACCOUNT, REGION)


def test_a_database_is_billed_while_it_runs_and_its_storage_always(cloud: Any) -> None:
    assert lines(inventory.take(database(cloud))) == {
        "RDS db.t4g.small PostgreSQL": ("1", False),
        "RDS storage gp2 (GB)": ("50", True),
    }


def test_manual_snapshots_are_billed_beyond_the_size_of_the_database(cloud: Any) -> None:
    ref, rds = database(cloud), cloud.client("rds")
    for number in range(3):
        rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier=f"before-{number}")
    found = lines(inventory.take(ref))
    assert found["RDS snapshots beyond the free size (GB, at most)"] == ("100", True)


def test_a_cluster_is_its_instances_and_what_it_stores_is_billed_by_use(cloud: Any) -> None:
    rds = cloud.client("rds")
    rds.create_db_cluster(DBClusterIdentifier="chat", Engine="docdb", MasterUsername="owner",
                          MasterUserPassword="simulated-only")  # fmt: skip
    for name in ("one", "two"):
        rds.create_db_instance(DBInstanceIdentifier=name, DBClusterIdentifier="chat", Engine="docdb",
                               DBInstanceClass="db.t3.medium")  # fmt: skip
    rds.create_db_cluster_snapshot(DBClusterIdentifier="chat", DBClusterSnapshotIdentifier="before")
    found = inventory.take(TargetRef("rds_cluster", "chat", ACCOUNT, REGION))
    assert lines(found) == {"DocumentDB db.t3.medium": ("2", False)}
    assert left_out(found) == {
        "chat": texts.CLUSTER_STORAGE["en"],
        "1 manual snapshots of chat": texts.CLUSTER_SNAPSHOTS["en"],
    }


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"Engine": "docdb", "DBClusterIdentifier": "c"}, {"usage": "InstanceUsage:db.r6g.large"}),
        ({"Engine": "mysql", "MultiAZ": True},
         {"databaseEngine": "MySQL", "deploymentOption": "Multi-AZ", "usage": "Multi-AZUsage:db.r6g.large"}),
        ({"Engine": "aurora-postgresql", "DBClusterIdentifier": "c", "StorageType": "aurora-iopt1"},
         {"databaseEngine": "Aurora PostgreSQL", "deploymentOption": "Single-AZ",
          "usage": "InstanceUsageIOOptimized:db.r6g.large"}),
        ({"Engine": "sqlserver-se", "LicenseModel": "license-included"},
         {"databaseEngine": "SQL Server", "deploymentOption": "Single-AZ", "databaseEdition": "Standard",
          "licenseModel": "License included", "usage": "InstanceUsage:db.r6g.large"}),
    ],
)  # fmt: skip
def test_engines_are_asked_for_by_the_names_of_the_price_list(told: dict[str, Any], wanted: dict[str, str]) -> None:
    found = instance({"DBInstanceIdentifier": "d", "DBInstanceClass": "db.r6g.large", **told}, REGION)
    assert filters(found) == {"regionCode": REGION, "instanceType": "db.r6g.large"} | wanted


def test_serverless_databases_and_strange_engines_are_left_out_with_why() -> None:
    told = {"DBInstanceIdentifier": "d", "DBInstanceClass": "db.serverless", "Engine": "aurora-mysql"}
    assert list(left_out(instance(told, REGION)).values()) == [texts.SERVERLESS["en"]]
    strange = told | {"DBInstanceClass": "db.m5.large", "Engine": "db2-se"}
    assert list(left_out(instance(strange, REGION)).values()) == [texts.NO_RULE["en"]]


def test_storage_that_a_cluster_shares_is_not_each_members() -> None:
    told = {"DBInstanceIdentifier": "d", "DBClusterIdentifier": "c", "AllocatedStorage": 1, "StorageType": "aurora"}
    assert storage(told, REGION) == Inventory()


def test_each_node_of_a_cache_counts() -> None:
    told = {"CacheClusterId": "c", "CacheNodeType": "cache.t3.micro", "Engine": "memcached", "NumCacheNodes": 3}
    assert lines(cache(told, REGION)) == {"ElastiCache cache.t3.micro Memcached": ("3", False)}


# -- containers and network --------------------------------------------------------------------------------------------


def test_tasks_on_fargate_are_their_processors_and_memory_times_their_number() -> None:
    found = tasks({"cpu": "512", "memory": "1024"}, REGION, 3, "api")
    assert lines(found) == {"Fargate vCPU": ("1.5", False), "Fargate memory (GB)": ("3", False)}
    arm = tasks({"cpu": "256", "memory": "512", "runtimePlatform": {"cpuArchitecture": "ARM64"}}, REGION, 1, "api")
    assert {one.usage for one in arm.things} == {"Fargate-ARM-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours"}


def test_tasks_on_machines_and_on_spot_are_left_out_with_why() -> None:
    on_machines = service(HERE, {"serviceName": "api", "launchType": "EC2"}, 2)
    spot = service(HERE, {"serviceName": "api", "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}, 2)
    assert [one.why for one in (on_machines + spot).unpriced] == [texts.ON_MACHINES, texts.SPOT]


def test_an_ecs_service_at_zero_counts_the_tasks_that_a_start_brings_back(cloud: Any) -> None:
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="chat")
    ecs.register_task_definition(
        family="api", cpu="256", memory="512", requiresCompatibilities=["FARGATE"], networkMode="awsvpc",
        containerDefinitions=[{"name": "api", "image": "api"}],
    )  # fmt: skip
    ecs.create_service(cluster="chat", serviceName="api", taskDefinition="api", desiredCount=0, launchType="FARGATE")
    memory = {"services": {"chat/api": {"count": 4, "held": True}}}
    found = inventory.take(TargetRef("ecs_service", "chat/api", ACCOUNT, REGION, memory=memory))
    assert lines(found) == {"Fargate vCPU": ("1", False), "Fargate memory (GB)": ("2", False)}


def test_an_app_runner_service_is_billed_for_the_memory_that_waits_and_not_while_it_is_paused(cloud: Any) -> None:
    image = {"ImageIdentifier": "public.ecr.aws/nginx/nginx:stable", "ImageRepositoryType": "ECR_PUBLIC"}
    cloud.client("apprunner").create_service(ServiceName="search", SourceConfiguration={"ImageRepository": image})
    found = inventory.take(TargetRef("app_runner", "search", ACCOUNT, REGION))
    assert lines(found) == {"App Runner memory (GB)": ("2", False)}
    assert left_out(found) == {"App Runner search: vCPU": texts.ACTIVE_CPU["en"]}


@pytest.mark.parametrize(
    ("text", "amount"), [("1024", "1"), ("256", "0.25"), ("0.5 vCPU", "0.5"), ("2 GB", "2"), ("", None), (None, None)]
)
def test_sizes_are_read_as_aws_writes_them(text: str | None, amount: str | None) -> None:
    assert measure(text, 1024) == (Decimal(amount) if amount else None)


def test_a_load_balancer_on_the_internet_has_an_address_in_each_zone_unless_it_has_its_own() -> None:
    zones = [{"LoadBalancerAddresses": [{"AllocationId": "eipalloc-1"}]}, {"LoadBalancerAddresses": []}]
    told = {"Type": "network", "LoadBalancerName": "in", "Scheme": "internet-facing", "AvailabilityZones": zones}
    assert lines(balancer(told, REGION)) == {"Network Load Balancer": ("1", False), "Public IPv4 address": ("1", False)}
    assert list(left_out(balancer(told, REGION))) == ["Network Load Balancer in: traffic"]


def test_no_two_lines_have_one_label_and_what_is_the_same_is_added() -> None:
    one = Thing("EC2", "AmazonEC2", (), quantity=Decimal(1), details={"instances": ["i-1"]})
    found = Inventory((one, replace(one, details={"instances": ["i-2"]}), replace(one, unit=Unit.MONTH))).together()
    assert lines(found) == {"EC2": ("2", False), "EC2 (2)": ("1", False)}
    assert found.things[0].details == {"instances": ["i-1", "i-2"]}
