"""Metrics of the last day are asked for while somebody looks, by the worker, and what fails is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from environments.aws.cloudwatch_metrics import series
from environments.aws.cloudwatch_use import Meter
from environments.models import Environment, MetricLook, MetricSeries, Target
from environments.services import metric_looks
from environments.targets.base import AccountRef
from environments.targets.client import forget_clients
from tests import factories
from tests.support.times import monday

from .measuring import NINE, NOW, instance, put
from .measuring import cloud as cloud

pytestmark = pytest.mark.django_db
TEN = monday("10:00")
ACCOUNT = AccountRef("123456789012", "development")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def wiki(cloud: Any) -> Target:
    return instance(cloud, factories.environment("wiki"))


def machine(name: str) -> Meter:
    return Meter("AWS/EC2", (("InstanceId", name),))


# -- what is asked ---------------------------------------------------------------------------------------------------


def test_a_target_of_two_machines_has_the_busiest_processor_and_the_network_of_both(cloud: Any) -> None:
    for name, cpu, network in (("i-1", 40, 30_000), ("i-2", 10, 60_000)):
        put(cloud, "AWS/EC2", "CPUUtilization", cpu, InstanceId=name)
        put(cloud, "AWS/EC2", "NetworkIn", network, InstanceId=name)

    found = series({7: [machine("i-1"), machine("i-2")]}, ACCOUNT, factories.REGION, NINE, TEN)

    # Bytes of five minutes, said by the second.
    assert found == {(7, "cpu"): [(NINE, 40.0)], (7, "network_in"): [(NINE, 300.0)]}


def test_a_database_has_connections_and_a_service_memory(cloud: Any) -> None:
    database = Meter("AWS/RDS", (("DBInstanceIdentifier", "db"),))
    service = Meter("AWS/ECS", (("ClusterName", "c"), ("ServiceName", "api")))
    put(cloud, "AWS/RDS", "DatabaseConnections", 12, DBInstanceIdentifier="db")
    put(cloud, "AWS/ECS", "MemoryUtilization", 61, ClusterName="c", ServiceName="api")

    found = series({1: [database], 2: [service]}, ACCOUNT, factories.REGION, NINE, TEN)

    assert found == {(1, "connections"): [(NINE, 12.0)], (2, "memory"): [(NINE, 61.0)]}


# -- when it is asked ------------------------------------------------------------------------------------------------


def test_nothing_is_asked_for_that_nobody_looks_at(wiki: Target) -> None:
    assert metric_looks.look_due(now=NOW) == 0


def test_who_looks_has_it_asked_for_and_what_came_is_kept(cloud: Any, wiki: Target) -> None:
    put(cloud, "AWS/EC2", "CPUUtilization", 40, InstanceId=wiki.identifier)
    assert metric_looks.want(environment=wiki.environment, now=NOW)

    assert metric_looks.look_due(now=NOW) == 1

    kept = MetricSeries.objects.get()
    assert (kept.target, kept.metric, kept.unit, kept.points) == (wiki, "cpu", "percent", [[NINE.timestamp(), 40.0]])
    assert MetricLook.objects.get().asked_at == NOW


def test_what_is_fresh_is_not_asked_for_again_and_what_is_older_than_five_minutes_is(wiki: Target) -> None:
    metric_looks.want(environment=wiki.environment, now=NOW)
    metric_looks.look_due(now=NOW)

    assert not metric_looks.want(environment=wiki.environment, now=NOW + 4 * MINUTE)
    assert metric_looks.want(environment=wiki.environment, now=NOW + 5 * MINUTE)
    assert not metric_looks.want(environment=wiki.environment, now=NOW + 5 * MINUTE)


def test_a_look_is_one_workers_and_another_ones_when_that_worker_has_died(wiki: Target) -> None:
    metric_looks.want(environment=wiki.environment, now=NOW)
    row = MetricLook.objects.get()

    assert metric_looks._claim(row, NOW)
    assert metric_looks.look_due(now=NOW + MINUTE) == 0
    assert metric_looks.look_due(now=NOW + 6 * MINUTE) == 1


def test_an_account_that_cannot_be_asked_is_said_and_what_was_known_stays(cloud: Any, wiki: Target) -> None:
    put(cloud, "AWS/EC2", "CPUUtilization", 40, InstanceId=wiki.identifier)
    metric_looks.want(environment=wiki.environment, now=NOW)
    metric_looks.look_due(now=NOW)
    cloud.fault("denied", service="cloudwatch", times=None)
    forget_clients()
    metric_looks.want(environment=wiki.environment, now=NOW + 6 * MINUTE)

    metric_looks.look_due(now=NOW + 6 * MINUTE)

    look = MetricLook.objects.get()
    assert set(look.problem) >= {"en", "ko"}
    assert look.asked_at == NOW + 6 * MINUTE
    assert MetricSeries.objects.count() == 1


def test_an_environment_without_anything_measured_is_never_asked_about() -> None:
    empty = factories.environment("empty")

    assert not metric_looks.want(environment=empty, now=NOW)
    assert not MetricLook.objects.exists()


def test_a_look_at_the_page_asks_nobody_and_the_page_shows_what_is_known(wiki: Target) -> None:
    MetricLook.objects.create(environment=wiki.environment, asked_at=NOW)
    points = [[int((NOW - n * 5 * MINUTE).timestamp()), value] for n, value in ((2, 1500), (1, 2500), (0, 2000))]
    MetricSeries.objects.create(
        environment=wiki.environment, target=wiki, metric="network_in", unit="bytes_s", period_s=300, points=points
    )
    html = _page(wiki.environment)

    assert "Network in over the last 24 hours: now 2 KB/s, lowest 1.5 KB/s, highest 2.5 KB/s." in html
    assert MetricLook.objects.get().wanted_at is None


def _page(environment: Environment) -> str:
    client = Client()
    client.force_login(_viewer(environment))
    with time_machine.travel(NOW, tick=False):
        return client.get(f"/env/{environment.slug}/").content.decode()


def _viewer(environment: Environment) -> User:
    return factories.manager(environment.team)
