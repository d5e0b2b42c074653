"""How busy environments were is asked once a day, for the hours that they ran; what fails is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import cloudwatch_use
from environments.aws.cloudwatch_use import Meter, Use, hours, meters
from environments.models import Environment, Target
from environments.models.advice import HourlyUse, UseLook
from environments.services.use_looks import hours_run, look_due, look_now
from environments.services.workflow_steps import target_reference
from environments.targets.base import AccountRef
from environments.targets.client import forget_clients
from tests import factories
from tests.services import costing
from tests.support.priced import IMAGE, create
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("12:20")
NINE, TEN, ELEVEN = (monday(f"{hour}:00") for hour in ("09", "10", "11"))
ACCOUNT = AccountRef("123456789012", "development")
HOUR = timedelta(hours=1)


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()


@pytest.fixture
def wiki(cloud: Any) -> Target:
    """An instance that has run since nine."""
    made = cloud.client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    target = costing.target(factories.environment("wiki"), made)
    costing.ran(target, NINE)
    return target


def put(cloud: Any, meter: Meter, metric: str, at: datetime, *values: float) -> None:
    """What CloudWatch was told in the first minutes of an hour, one value each five."""
    dimensions = [{"Name": name, "Value": value} for name, value in meter.dimensions]
    data = [
        {"MetricName": metric, "Dimensions": dimensions, "Timestamp": at + n * timedelta(minutes=5), "Value": value}
        for n, value in enumerate(values)
    ]
    cloud.client("cloudwatch").put_metric_data(Namespace=meter.namespace, MetricData=data)


def machine(name: str) -> Meter:
    return Meter("AWS/EC2", (("InstanceId", name),))


def kept() -> list[tuple[datetime, Decimal | None, int | None]]:
    return list(HourlyUse.objects.order_by("hour").values_list("hour", "cpu", "network"))


# -- what is asked ---------------------------------------------------------------------------------------------------


def test_an_hour_has_the_average_cpu_of_its_busiest_machine_and_the_network_of_all(cloud: Any) -> None:
    one, other = machine("i-1"), machine("i-2")
    put(cloud, one, "CPUUtilization", NINE, 2, 4)
    put(cloud, other, "CPUUtilization", NINE, 1)
    put(cloud, one, "NetworkIn", NINE, 100, 200)
    put(cloud, one, "NetworkOut", NINE, 30)
    put(cloud, other, "NetworkOut", NINE, 4)
    put(cloud, one, "CPUUtilization", TEN, 50)
    found = hours([one, other], ACCOUNT, factories.REGION, NINE, ELEVEN)
    assert found == {NINE: Use(Decimal("3.00"), 334), TEN: Use(Decimal("50.00"))}


def test_databases_say_their_network_by_the_second_and_services_say_none(cloud: Any) -> None:
    database = Meter("AWS/RDS", (("DBInstanceIdentifier", "db"),))
    service = Meter("AWS/ECS", (("ClusterName", "chat"), ("ServiceName", "api")))
    put(cloud, database, "NetworkReceiveThroughput", NINE, 10, 20)
    put(cloud, service, "CPUUtilization", NINE, 7.125)
    assert hours([database, service], ACCOUNT, factories.REGION, NINE, TEN) == {NINE: Use(Decimal("7.12"), 54_000)}


def test_more_than_five_hundred_metrics_take_several_requests(cloud: Any) -> None:
    many = [machine(f"i-{number}") for number in range(200)]
    put(cloud, many[199], "NetworkOut", NINE, 5)
    assert hours(many, ACCOUNT, factories.REGION, NINE, TEN)[NINE].network == 5
    assert len(cloud.requests("cloudwatch", "GetMetricData")) == 2


def test_a_stack_is_measured_through_all_that_it_was_made_of_before_it_slept(cloud: Any) -> None:
    create(cloud)
    cloud.advance(3600)
    ref = target_reference(factories.stack(factories.environment(), parameters={}))
    before = meters(ref, NINE)
    assert {one.namespace for one in before} >= {"AWS/EC2", "AWS/ECS", "AWS/DocDB"}
    cloud.client("cloudformation").delete_stack(StackName="ChatAppMasterStack")
    cloud.advance(3600)
    assert meters(ref, NINE) == before
    create(cloud)
    cloud.advance(3600)
    both = meters(ref, NINE)
    assert both > before
    assert meters(ref, NOW + timedelta(days=1)) < both


@pytest.mark.parametrize("kind", sorted(cloudwatch_use.BY_KIND))
def test_what_aws_does_not_have_is_measured_as_nothing(cloud: Any, kind: str) -> None:
    name = {"ec2": "i-0123456789abcdef0", "ecs_service": "chat/api"}.get(kind, "nothing-there")
    target = costing.target(factories.environment(), name, kind=kind)
    assert meters(target_reference(target), NINE) == set()


# -- when, and what is kept ------------------------------------------------------------------------------------------


def test_only_hours_that_it_ran_and_that_are_over_are_kept(cloud: Any, wiki: Target) -> None:
    for at in (NINE - HOUR, NINE, TEN, ELEVEN, ELEVEN + HOUR):
        put(cloud, machine(wiki.identifier), "CPUUtilization", at, 3)
    assert look_due(now=NOW) == 1
    assert kept() == [(at, Decimal("3.00"), None) for at in (NINE, TEN, ELEVEN)]
    row = UseLook.objects.get()
    assert (row.asked_at, row.wanted_at, row.attempts) == (ELEVEN + HOUR, NOW + timedelta(days=1), 0)


def test_it_is_asked_once_a_day_and_hours_told_late_are_found(cloud: Any, wiki: Target) -> None:
    look_due(now=NOW)
    assert kept() == []
    assert look_due(now=NOW + timedelta(hours=23)) == 0
    put(cloud, machine(wiki.identifier), "CPUUtilization", ELEVEN, 9)
    put(cloud, machine(wiki.identifier), "CPUUtilization", NINE - HOUR, 9)
    assert look_due(now=NOW + timedelta(days=1)) == 1
    assert kept() == [(ELEVEN, Decimal("9.00"), None)]
    begins = [str(call["parameters"]["StartTime"]) for call in cloud.requests("cloudwatch", "GetMetricData")]
    assert begins == [f"{NINE:%Y-%m-%d %H:%M:%S}"] * 2


def test_what_has_not_run_costs_no_request(cloud: Any) -> None:
    costing.target(factories.environment("wiki"), "i-0123456789abcdef0")
    look_due(now=NOW)
    assert cloud.requests("cloudwatch") == []
    assert UseLook.objects.get().asked_at is not None


def test_hours_are_kept_for_sixty_days(cloud: Any, wiki: Target) -> None:
    environment = wiki.environment
    for days in (60, 61):
        HourlyUse.objects.create(environment=environment, hour=NOW - timedelta(days=days) + HOUR / 3)
    look_due(now=NOW)
    assert HourlyUse.objects.count() == 1


def test_environments_of_which_nothing_is_measured_are_not_looked_at(cloud: Any) -> None:
    costing.target(factories.environment("app"), "site", kind="app_runner")
    assert look_due(now=NOW) == 0
    assert not UseLook.objects.exists()


def test_what_aws_refuses_is_said_and_tried_again_later_and_later(cloud: Any, wiki: Target) -> None:
    cloud.fault("denied", service="cloudwatch", times=None)
    look_due(now=NOW)
    row = UseLook.objects.get()
    assert "GetMetricData" in row.problem["en"]
    assert "GetMetricData" in row.problem["ko"]
    assert (row.asked_at, row.attempts, row.wanted_at) == (None, 1, NOW + HOUR)
    look_due(now=NOW + HOUR)
    row.refresh_from_db()
    assert row.wanted_at == NOW + 3 * HOUR
    cloud.clear_faults()
    assert look_now(environments=[wiki.environment_id], now=NOW + HOUR) == 1
    look_due(now=NOW + HOUR)
    row.refresh_from_db()
    assert (row.problem, row.attempts) == ({}, 0)


def test_an_environment_of_which_a_part_could_not_be_asked_keeps_nothing(cloud: Any, wiki: Target) -> None:
    put(cloud, machine(wiki.identifier), "CPUUtilization", NINE, 3)
    costing.target(wiki.environment, "db", kind="rds_instance")
    cloud.fault("denied", service="rds", times=None)
    look_due(now=NOW)
    assert kept() == []
    assert UseLook.objects.get().problem


def test_two_workers_do_not_ask_twice(cloud: Any, wiki: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    put(cloud, machine(wiki.identifier), "CPUUtilization", NINE, 3)
    asked: list[int] = []
    found = cloudwatch_use.meters

    def while_another_comes(*args: Any) -> set[Meter]:
        asked.append(look_due(now=NOW))
        return found(*args)

    monkeypatch.setattr(cloudwatch_use, "meters", while_another_comes)
    assert look_due(now=NOW) == 1
    assert asked == [0]
    assert len(kept()) == 1


def test_an_hour_counts_when_it_ran_for_half_of_it() -> None:
    spans = [(NINE + HOUR / 2, TEN + timedelta(minutes=29)), (ELEVEN, ELEVEN + HOUR)]
    assert hours_run(spans, NINE - HOUR, NOW) == [NINE, ELEVEN]
    assert hours_run(spans, TEN, ELEVEN + HOUR / 2) == []
    assert NINE.tzinfo is UTC


def test_environments_that_are_gone_take_their_use_along(cloud: Any, wiki: Target) -> None:
    put(cloud, machine(wiki.identifier), "CPUUtilization", NINE, 3)
    look_due(now=NOW)
    Environment.objects.all().delete()
    assert not HourlyUse.objects.exists()
