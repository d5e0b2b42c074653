"""A simulated CloudWatch that was told of things, for tests of what is shown of the last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from environments.models import Account, Environment, MetricSeries, Target
from environments.services import metric_looks
from environments.targets.client import forget_clients
from tests import factories
from tests.services import costing
from tests.support.priced import IMAGE
from tests.support.times import monday

NOW = monday("12:20")
NINE = monday("09:00")


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()


def put(
    cloud: Any, namespace: str, metric: str, value: float, at: datetime = NINE, account: str | None = None,
    **dimensions: str,
) -> None:  # fmt: skip
    its = [{"Name": name, "Value": text} for name, text in dimensions.items()]
    data = [{"MetricName": metric, "Dimensions": its, "Timestamp": at, "Value": value}]
    cloud.client("cloudwatch", account=account).put_metric_data(Namespace=namespace, MetricData=data)


def instance(cloud: Any, of: Environment) -> Target:
    made = cloud.client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    return costing.target(of, made)


def database(cloud: Any, of: Environment, name: str = "db") -> Target:
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage=50,
        MasterUsername="owner", MasterUserPassword="simulated-only",
    )  # fmt: skip
    return costing.target(of, name, kind="rds_instance")


def service(cloud: Any, of: Environment) -> Target:
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="chat")
    ecs.register_task_definition(family="api", containerDefinitions=[{"name": "api", "image": "api", "memory": 128}])
    ecs.create_service(cluster="chat", serviceName="api", taskDefinition="api", desiredCount=0)
    return costing.target(of, "chat/api", kind="ecs_service")


def app(cloud: Any, of: Environment, name: str = "site") -> tuple[Target, str]:
    """With the id by which CloudWatch knows it beside its name."""
    image = {"ImageIdentifier": "public.ecr.aws/nginx/nginx:stable", "ImageRepositoryType": "ECR_PUBLIC"}
    made = cloud.client("apprunner").create_service(ServiceName=name, SourceConfiguration={"ImageRepository": image})
    return costing.target(of, name, kind="app_runner"), made["Service"]["ServiceId"]


def looked_at(*environments: Environment, now: datetime = NOW) -> int:
    """Somebody has their pages open, and the worker takes its turn."""
    for environment in environments:
        metric_looks.want(environment=environment, now=now)
    return metric_looks.look_due(now=now)


def kept(of: Target) -> dict[str, list[float]]:
    """Values by metric."""
    rows = MetricSeries.objects.filter(target=of).order_by("pk")
    return {row.metric: [value for _at, value in row.points] for row in rows}


def another_account() -> Account:
    return factories.account(
        account_id="210987654321", name="production", role_arn="arn:aws:iam::210987654321:role/DaybreakPortal"
    )
