"""ECS services without an image: their tasks fail again and again, until there is one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator import ACCOUNT, REGION, Simulator

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:1.0"


@pytest.fixture
def ecs(aws: Simulator) -> Any:
    """A service of two tasks whose image is not there; each change takes 30 seconds."""
    aws.set_transition_seconds(30)
    client = aws.client("ecs")
    client.create_cluster(clusterName="chat")
    client.register_task_definition(family="shop", containerDefinitions=[{"name": "s", "image": IMAGE, "memory": 64}])
    client.create_service(cluster="chat", serviceName="shop", taskDefinition="shop", desiredCount=2)
    return client


def shop(ecs: Any) -> dict[str, Any]:
    return dict(ecs.describe_services(cluster="chat", services=["shop"])["services"][0])


def test_tasks_without_an_image_never_run_and_ecs_says_so(aws: Simulator, ecs: Any) -> None:
    aws.advance(30)
    assert (shop(ecs)["runningCount"], shop(ecs)["pendingCount"]) == (0, 2)
    assert "(service shop) has started 2 tasks: (task " in shop(ecs)["events"][0]["message"]

    aws.advance(300)
    found = shop(ecs)
    assert found["events"][0]["message"] == "(service shop) is unable to consistently start tasks successfully."
    assert found["deployments"][0]["failedTasks"] >= 6
    assert found["runningCount"] == 0


def test_they_run_once_the_image_is_there(aws: Simulator, ecs: Any) -> None:
    aws.advance(60)
    registry = aws.client("ecr")
    registry.create_repository(repositoryName="shop")
    registry.put_image(repositoryName="shop", imageTag="1.0", imageManifest=MANIFEST)
    aws.advance(300)
    assert shop(ecs)["runningCount"] == 2


def test_a_service_without_wishes_does_not_fail(aws: Simulator, ecs: Any) -> None:
    ecs.update_service(cluster="chat", service="shop", desiredCount=0)
    aws.advance(3600)
    assert shop(ecs)["events"] == []
