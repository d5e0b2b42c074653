"""ECS and App Runner services that run are deployed anew: once, waited for, and a failure is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from environments.targets.base import TargetError
from environments.targets.client import forget_clients
from tests.support.times import monday

from .switching import Switch
from .worlds import World, world

KINDS = pytest.mark.parametrize("kind", ["ecs_service", "app_runner"])
MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
DEPLOYS = {"ecs_service": "UpdateService", "app_runner": "StartDeployment"}


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.freeze(monday("09:00"))
    aws.set_transition_seconds(20)
    yield aws
    forget_clients()


@pytest.fixture
def things(cloud: Any, kind: str) -> World:
    return world(kind, cloud)


@KINDS
def test_what_runs_is_deployed_anew_and_runs_on(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.forget_requests()
    said = switch.run("redeploy")
    assert len(cloud.requests(action=DEPLOYS[kind])) == 1
    assert said[-1].startswith("1 services deployed anew after")
    assert things.is_running("one")


@KINDS
def test_what_was_deployed_without_its_answer_being_saved_is_not_deployed_twice(
    kind: str, cloud: Any, things: World
) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.advance(600)
    switch.now = cloud.now()
    cloud.forget_requests()
    said = switch.run("redeploy", again=lambda step: step == "update")
    assert len(cloud.requests(action=DEPLOYS[kind])) == 1
    assert re.fullmatch("1 services deployed anew after [1-9].*", said[-1]), "it was waited for"


@KINDS
def test_what_is_stopped_has_nothing_to_redeploy_and_stays_stopped(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    cloud.forget_requests()
    (said,) = switch.run("redeploy")
    assert said.startswith("Not needed: ")
    assert not cloud.requests(action=DEPLOYS[kind])
    assert things.is_stopped("one")


@pytest.mark.parametrize("kind", ["app_runner"])
def test_app_runner_deploys_once_though_its_answer_is_lost_on_the_way(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.advance(600)
    switch.now = cloud.now()
    cloud.fault("lost", service="apprunner", action="StartDeployment", times=1)
    assert re.fullmatch("1 services deployed anew after [1-9].*", switch.run("redeploy")[-1])
    assert deployments(cloud) == ["SUCCEEDED"]


@pytest.mark.parametrize(("kind", "minutes", "ours"), [("app_runner", 0, 0), ("app_runner", 2, 1)])
def test_a_deployment_of_somebody_else_is_waited_for_and_is_ours_when_it_began_with_the_step(
    kind: str, cloud: Any, things: World, minutes: int, ours: int
) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.advance(600)
    switch.now = cloud.now()
    cloud.set_transition_seconds(300)

    def meanwhile(step: str) -> bool:
        if step == "look":
            cloud.client("apprunner").start_deployment(ServiceArn=things.arns["one"])  # type: ignore[attr-defined]
            switch.move(timedelta(minutes=minutes))
        return False

    assert switch.run("redeploy", again=meanwhile)[-1].startswith("1 services deployed anew")
    assert deployments(cloud) == ["SUCCEEDED"] * (1 + ours)


@pytest.mark.parametrize("kind", ["ecs_service"])
def test_ecs_is_asked_once_though_no_answer_comes_and_the_next_try_looks_first(
    kind: str, cloud: Any, things: World
) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.advance(600)
    switch.now = cloud.now()
    cloud.forget_requests()
    cloud.fault("lost", service="ecs", action="UpdateService", times=1)
    with pytest.raises(TargetError) as lost:
        switch.run("redeploy")
    assert lost.value.retryable
    assert len(cloud.requests(action="UpdateService")) == 1


@KINDS
def test_no_more_is_asked_for_than_its_permissions_name(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.forget_requests()
    switch.run("redeploy")
    asked = {one["action"] for one in cloud.requests() if one["service"] != "sts"}
    assert asked <= {action.partition(":")[2] for action in switch.driver.actions}


@pytest.mark.parametrize("kind", ["app_runner"])
def test_a_deployment_that_fails_says_that_the_old_one_runs_on(kind: str, cloud: Any, things: World) -> None:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="app")
    manifest = f'{{"schemaVersion": 2, "mediaType": "{MEDIA}", "config": {{"digest": "a"}}, "layers": []}}'
    ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag="dev")
    image = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/app:dev"
    access = {"AccessRoleArn": "arn:aws:iam::123456789012:role/AppRunnerAccess"}
    source = {"ImageRepository": {"ImageIdentifier": image, "ImageRepositoryType": "ECR"}}
    things.make("one", source=source | {"AuthenticationConfiguration": access})  # type: ignore[attr-defined]
    cloud.advance(60)
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "dev"}])
    with pytest.raises(TargetError, match="what ran before runs on") as failed:
        Switch(cloud, things.reference("the-one")).run("redeploy")  # type: ignore[attr-defined]
    assert "ROLLBACK_SUCCEEDED" in failed.value.texts["en"]


@pytest.mark.parametrize("kind", ["ecs_service"])
def test_a_deployment_that_ecs_rolls_back_is_no_success(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    ecs = cloud.client("ecs")
    # As its circuit breaker does: another deployment takes the place of ours.
    with pytest.raises(TargetError, match="rolled back, or replaced"):
        switch.run("redeploy", again=lambda step: step == "wait" and _rolled_back(ecs))
    assert things.is_running("one")


def deployments(cloud: Any) -> list[str]:
    """How App Runner's deployments ended, newest first."""
    runner = cloud.client("apprunner")
    (arn,) = (one["ServiceArn"] for one in runner.list_services()["ServiceSummaryList"])
    told = runner.list_operations(ServiceArn=arn)["OperationSummaryList"]
    return [one["Status"] for one in told if one["Type"] == "START_DEPLOYMENT"]


def _rolled_back(ecs: Any) -> bool:
    ecs.update_service(cluster="chat", service="one", forceNewDeployment=True)
    return True
