"""The card of the last day: what CloudWatch measured, asked for by the worker, shown in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, MetricLook, MetricSeries
from environments.services import metric_looks
from tests import factories
from tests.admin.overriding import words
from tests.services import costing
from tests.services.measuring import NINE, NOW, database, instance, put
from tests.services.measuring import cloud as cloud

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop() -> Environment:
    return factories.environment("shop")


@pytest.fixture
def browser(shop: Environment) -> Client:
    client = Client()
    client.force_login(factories.manager(shop.team))
    return client


def card(browser: Client) -> str:
    html: str = browser.get("/env/shop/").content.decode()
    after = html.partition('aria-labelledby="env-last-day"')[2]
    return words(after.partition("</section>")[0])


def test_from_a_look_at_the_page_to_the_figures_on_it(cloud: Any, shop: Environment, browser: Client) -> None:
    machine = instance(cloud, shop)
    database(cloud, shop)
    put(cloud, "AWS/EC2", "CPUUtilization", 37, InstanceId=machine.identifier)
    put(cloud, "AWS/EC2", "NetworkOut", 360_000_000, InstanceId=machine.identifier)
    put(cloud, "AWS/RDS", "DatabaseConnections", 7, DBInstanceIdentifier="db")
    cloud.forget_requests()
    assert "CloudWatch is being asked." in card(browser)
    assert browser.post("/env/shop/metrics/").status_code == 204
    assert cloud.requests() == [], "a request never waits for AWS"

    metric_looks.look_due(now=NOW)
    shown = card(browser)
    assert f"{machine.identifier} Processor 37 %" in shown
    assert "Network out 1.2 MB/s" in shown
    assert "db Connections 7" in shown
    assert "asked 12:20" in shown


def test_where_access_is_denied_that_is_said_with_what_aws_said_and_what_was_known_stays(
    cloud: Any, shop: Environment, browser: Client
) -> None:
    machine = instance(cloud, shop)
    points = [[int(NINE.timestamp()), 12.0]]
    MetricSeries.objects.create(
        environment=shop, target=machine, metric="cpu", unit="percent", period_s=300, points=points
    )
    cloud.fault("denied", service="cloudwatch", times=None)
    browser.post("/env/shop/metrics/")
    metric_looks.look_due(now=NOW)
    shown = card(browser)
    assert "AWS does not allow GetMetricData in account development" in shown
    assert "It is asked again while this page is open. What AWS said" in shown
    assert "Processor 12 %" in shown


def test_where_nothing_was_measured_that_is_said(cloud: Any, shop: Environment, browser: Client) -> None:
    instance(cloud, shop)
    browser.post("/env/shop/metrics/")
    metric_looks.look_due(now=NOW)
    assert "CloudWatch measured nothing in the last 24 hours" in card(browser)


def test_what_cloudwatch_knows_nothing_of_has_no_card(shop: Environment, browser: Client) -> None:
    factories.stack(shop)
    assert "Last 24 hours" in card(browser)
    shop.targets.all().delete()
    assert card(browser) == ""
    assert browser.post("/env/shop/metrics/").status_code == 204
    assert not MetricLook.objects.exists()


def test_the_page_reads_once_whether_anything_is_measured_and_all_metrics_at_once(
    shop: Environment, browser: Client
) -> None:
    targets = [costing.target(shop, f"i-{number}") for number in range(5)]
    MetricLook.objects.create(environment=shop, asked_at=NOW)

    def its_queries() -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            assert "Last 24 hours" in card(browser)
        return [one["sql"] for one in seen if "environments_metric" in one["sql"]]

    few = its_queries()
    for target in targets:
        for metric in ("cpu", "network_in", "network_out"):
            points = [[int(NINE.timestamp()), 12.0]]
            MetricSeries.objects.create(
                environment=shop, target=target, metric=metric, unit="percent", period_s=300, points=points
            )
    assert len(its_queries()) == len(few) == 2
