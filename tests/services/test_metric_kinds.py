"""What CloudWatch measured of each kind of target over the last day, in how many calls, and what fails by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from environments.aws import cloudwatch_metrics
from environments.aws.cloudwatch_use import Meter
from environments.models import Environment, MetricLook, MetricSeries
from environments.services import metric_looks
from environments.targets.base import AccountRef
from environments.targets.lanes import lanes
from tests import factories
from tests.services import costing
from tests.support.hasty import hasten

from .measuring import NINE, NOW, another_account, app, database, instance, kept, looked_at, put, service
from .measuring import cloud as cloud

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop() -> Environment:
    return factories.environment("shop")


def test_an_instance_has_its_processor_and_the_bytes_of_its_network_by_the_second(
    cloud: Any, shop: Environment
) -> None:
    machine = instance(cloud, shop)
    for metric, value in (("CPUUtilization", 37.5), ("NetworkIn", 600_000), ("NetworkOut", 30_000)):
        put(cloud, "AWS/EC2", metric, value, InstanceId=machine.identifier)
    put(cloud, "AWS/EC2", "CPUUtilization", 99, InstanceId="i-of-somebody-else")
    assert looked_at(shop) == 1
    assert kept(machine) == {"cpu": [37.5], "network_in": [2000.0], "network_out": [100.0]}


def test_a_database_says_its_network_by_the_second_already_and_how_many_are_connected(
    cloud: Any, shop: Environment
) -> None:
    db = database(cloud, shop)
    told = {
        "CPUUtilization": 12,
        "NetworkReceiveThroughput": 1500,
        "NetworkTransmitThroughput": 2500,
        "DatabaseConnections": 7,
    }
    for metric, value in told.items():
        put(cloud, "AWS/RDS", metric, value, DBInstanceIdentifier="db")
    looked_at(shop)
    assert kept(db) == {"cpu": [12.0], "network_in": [1500.0], "network_out": [2500.0], "connections": [7.0]}


def test_services_of_ecs_and_app_runner_have_processor_and_memory(cloud: Any, shop: Environment) -> None:
    api, (site, number) = service(cloud, shop), app(cloud, shop)
    put(cloud, "AWS/ECS", "CPUUtilization", 20, ClusterName="chat", ServiceName="api")
    put(cloud, "AWS/ECS", "MemoryUtilization", 61, ClusterName="chat", ServiceName="api")
    put(cloud, "AWS/AppRunner", "CPUUtilization", 4, ServiceName="site", ServiceID=number)
    put(cloud, "AWS/AppRunner", "MemoryUtilization", 33, ServiceName="site", ServiceID=number)
    looked_at(shop)
    assert kept(api) == {"cpu": [20.0], "memory": [61.0]}
    assert kept(site) == {"cpu": [4.0], "memory": [33.0]}


def test_what_aws_does_not_have_any_more_was_measured_as_nothing_and_that_is_no_trouble(
    cloud: Any, shop: Environment
) -> None:
    costing.target(shop, "i-0123456789abcdef0")
    costing.target(shop, "nothing-there", kind="app_runner")
    looked_at(shop)
    look = MetricLook.objects.get()
    assert (look.asked_at, look.problem) == (NOW, {})
    assert not MetricSeries.objects.exists()


def test_points_are_of_the_last_day_and_each_five_minutes_one(cloud: Any, shop: Environment) -> None:
    machine = instance(cloud, shop)
    for ago, value in ((25 * 60, 90), (23 * 60, 10), (62, 20), (61, 40)):
        put(cloud, "AWS/EC2", "CPUUtilization", value, NOW - ago * MINUTE, InstanceId=machine.identifier)
    looked_at(shop)
    assert kept(machine) == {"cpu": [10.0, 30.0]}


def test_all_targets_of_a_region_are_asked_for_in_one_request_and_each_kind_is_listed_once(
    cloud: Any, shop: Environment
) -> None:
    machine = instance(cloud, shop)
    database(cloud, shop)
    service(cloud, shop)
    app(cloud, shop)
    put(cloud, "AWS/EC2", "CPUUtilization", 1, InstanceId=machine.identifier)
    cloud.forget_requests()
    looked_at(shop)
    asked = [(call["service"], call["action"]) for call in cloud.requests() if call["service"] != "sts"]
    assert asked.count(("cloudwatch", "GetMetricData")) == 1
    assert len(asked) == len(set(asked)) <= 8


def test_more_than_five_hundred_metrics_take_several_requests(cloud: Any) -> None:
    put(cloud, "AWS/EC2", "NetworkOut", 300, InstanceId="i-199")
    many = {number: [Meter("AWS/EC2", (("InstanceId", f"i-{number}"),))] for number in range(200)}
    account = AccountRef("123456789012", "development")
    found = cloudwatch_metrics.series(many, account, factories.REGION, NINE, NOW)
    assert found == {(199, "network_out"): [(NINE, 1.0)]}
    assert len(cloud.requests("cloudwatch", "GetMetricData")) == 2


def test_a_denied_look_names_the_permission_and_what_aws_said(cloud: Any, shop: Environment) -> None:
    instance(cloud, shop)
    cloud.fault("denied", service="cloudwatch", times=None)
    looked_at(shop)
    problem = MetricLook.objects.get().problem
    assert "GetMetricData" in problem["en"]
    assert "GetMetricData" in problem["ko"]
    assert "AccessDenied" in problem["raw"]


def test_a_part_that_cannot_be_asked_leaves_all_as_it_was_known(cloud: Any, shop: Environment) -> None:
    machine, db = instance(cloud, shop), database(cloud, shop)
    for cpu in (10, 90):
        put(cloud, "AWS/EC2", "CPUUtilization", cpu, NOW - cpu * MINUTE, InstanceId=machine.identifier)
    looked_at(shop)
    before = kept(machine)
    cloud.fault("denied", service="rds", times=None)
    put(cloud, "AWS/EC2", "CPUUtilization", 50, InstanceId=machine.identifier)
    looked_at(shop, now=NOW + 6 * MINUTE)
    assert (kept(machine), kept(db)) == (before, {})
    assert "DescribeDBInstances" in MetricLook.objects.get().problem["en"]


def test_what_comes_again_after_a_failure_ends_the_trouble(cloud: Any, shop: Environment) -> None:
    machine = instance(cloud, shop)
    cloud.fault("denied", service="cloudwatch", times=None)
    looked_at(shop)
    cloud.clear_faults()
    put(cloud, "AWS/EC2", "CPUUtilization", 50, InstanceId=machine.identifier)
    assert looked_at(shop, now=NOW + 6 * MINUTE) == 1
    assert (MetricLook.objects.get().problem, kept(machine)) == ({}, {"cpu": [50.0]})


def test_an_account_that_is_away_is_asked_once_a_turn_and_holds_up_no_other(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten(monkeypatch)
    away = another_account()
    cloud.register_role(away.role_arn, away.external_id)
    far = [factories.environment(f"far {number}") for number in range(2)]
    for number, environment in enumerate(far):
        costing.target(environment, f"i-0123456789abcdef{number}", account=away)
    near = factories.environment("near")
    machine = instance(cloud, near)
    put(cloud, "AWS/EC2", "CPUUtilization", 5, InstanceId=machine.identifier)
    cloud.fault("reset", account="210987654321", service="ec2", times=None)

    assert looked_at(*far, near) == 2
    assert kept(machine) == {"cpu": [5.0]}
    first, second = (MetricLook.objects.get(environment=one) for one in far)
    assert "cannot be reached" in first.problem["en"]
    assert (second.problem, second.wanted_at, second.asked_at) == ({}, NOW, None)


def test_while_an_account_has_no_room_nothing_is_tried_and_it_is_tried_again_in_seconds(
    cloud: Any, shop: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance(cloud, shop)
    cloud.forget_requests()
    monkeypatch.setattr(lanes, "threads", 1)
    with lanes.lane("123456789012"):
        looked_at(shop)
    look = MetricLook.objects.get()
    assert (look.asked_at, look.problem, look.wanted_at) == (None, {}, NOW + metric_looks.BUSY_AGAIN)
    assert cloud.requests("cloudwatch") == []
    assert metric_looks.look_due(now=NOW + metric_looks.BUSY_AGAIN) == 1
    assert MetricLook.objects.get().wanted_at is None
