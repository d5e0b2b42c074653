"""What is special about App Runner: operations in the way, services that never ran, what was paused on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import Goal, Seen, StepContext, TargetError, TargetRef, Wait
from environments.targets.client import forget_clients
from tests.support.simulator import ACCOUNT, REGION

from .switching import Switch
from .worlds.app_runner import Services

DEV = {"env": "dev", "tier": "web"}
FILTER = "tag:env=dev,tier=web"
NO_IMAGE = {
    "ImageRepository": {
        "ImageIdentifier": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nothing:1",
        "ImageRepositoryType": "ECR",
    },
    "AuthenticationConfiguration": {"AccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ecr"},
}


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_transition_seconds(20)
    yield aws
    forget_clients()


@pytest.fixture
def things(cloud: Any) -> Services:
    return Services(cloud)


def step(switch: Switch, goal: str, name: str, *, asked: dict[str, Any] | None = None) -> Any:
    """One step, a minute after it began."""
    since = switch.now - timedelta(minutes=1)
    context = StepContext(switch.now, "token", {"asked": asked or {}}, False, since, since)
    return switch.driver.perform(Goal(goal), name, switch.ref, context)


def test_a_service_is_named_by_its_arn_as_well(cloud: Any, things: Services) -> None:
    things.running("one")
    things.make("two")
    cloud.advance(60)
    Switch(cloud, things.reference(f"{things.arns['one']}, the-two")).run("stop")
    assert (things.status("one"), things.status("two")) == ("PAUSED", "PAUSED")


@pytest.mark.parametrize("goal", ["stop", "start"])
def test_an_operation_of_somebody_else_is_waited_for(cloud: Any, things: Services, goal: str) -> None:
    switch = Switch(cloud, things.running("one"))
    if goal == "start":
        switch.run("stop")
    things.runner.update_service(ServiceArn=things.arns["one"], InstanceConfiguration={"Cpu": "2048"})
    switch.run(goal)
    assert things.status("one") == ("PAUSED" if goal == "stop" else "RUNNING")


@pytest.mark.parametrize(("goal", "action"), [("stop", "PauseService"), ("start", "ResumeService")])
def test_a_change_that_comes_between_the_look_and_the_request_is_waited_for(
    cloud: Any, things: Services, goal: str, action: str
) -> None:
    switch = Switch(cloud, things.running("one"))
    if goal == "start":
        switch.run("stop")
    cloud.fault("error", code="InvalidStateException", status=400, action=action)
    switch.run(goal)
    assert things.status("one") == ("PAUSED" if goal == "stop" else "RUNNING")


def test_a_service_that_failed_to_be_created_cannot_be_started_and_needs_no_stop(cloud: Any, things: Services) -> None:
    things.make("one", source=NO_IMAGE)
    cloud.advance(60)
    switch = Switch(cloud, things.reference("the-one"))
    assert "failed to be created: the-one" in switch.run("stop")[0]
    with pytest.raises(TargetError, match="the-one cannot run") as failed:
        switch.run("start")
    assert failed.value.raw == "the-one: CREATE_FAILED"


def test_a_deleted_service_cannot_be_started_and_is_stopped(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.ref = replace(switch.ref, identifier=things.arns["one"])
    things.runner.delete_service(ServiceArn=things.arns["one"])
    cloud.advance(60)
    assert "does not exist" in switch.run("stop")[0]
    with pytest.raises(TargetError, match="does not exist in ap-northeast-2, or was deleted"):
        switch.run("start")
    assert switch.driver.state(switch.ref) is Seen.PARTLY


def test_what_was_paused_on_purpose_stays_paused(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.tagged(DEV, ["one", "two"]))
    things.runner.pause_service(ServiceArn=things.arns["two"])
    cloud.advance(60)
    assert switch.driver.state(switch.ref) is Seen.PARTLY
    switch.run("stop")
    switch.run("start")
    assert (things.status("one"), things.status("two")) == ("RUNNING", "PAUSED")
    assert switch.driver.state(switch.ref) is Seen.RUNNING


def test_a_stop_that_broke_off_keeps_what_ran(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.tagged(DEV, ["one", "two"]))
    outcome = step(switch, "stop", "remember")
    switch.ref = replace(switch.ref, memory=outcome.remember)
    things.runner.pause_service(ServiceArn=things.arns["one"])
    cloud.advance(60)
    switch.run("stop")
    switch.run("start")
    assert (things.status("one"), things.status("two")) == ("RUNNING", "RUNNING")


def test_a_service_that_somebody_pauses_while_it_starts_is_reported(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    asked = step(switch, "start", "start").memo["asked"]
    cloud.advance(30)
    things.runner.pause_service(ServiceArn=things.arns["one"])
    switch.move(timedelta(seconds=60))
    with pytest.raises(TargetError, match="paused again by somebody else"):
        step(switch, "start", "start", asked=asked)


def test_an_operation_that_fails_is_reported_with_its_status(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    failing = things.runner.update_service(ServiceArn=things.arns["one"], SourceConfiguration=NO_IMAGE)["OperationId"]
    switch.move(timedelta(seconds=60))
    asked = {things.arns["one"]: [failing, (switch.now - timedelta(minutes=1)).isoformat()]}
    with pytest.raises(TargetError, match=r"could not pause the-one \(ROLLBACK_SUCCEEDED\)") as failed:
        step(switch, "stop", "stop", asked=asked)
    assert failing in failed.value.raw


def test_one_service_that_aws_refuses_to_pause_does_not_hold_up_the_others(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.tagged(DEV, ["one", "two"]))
    cloud.fault("error", code="InvalidRequestException", status=400, action="PauseService", nth=1)
    with pytest.raises(TargetError, match="PauseService"):
        step(switch, "stop", "stop")
    cloud.advance(60)
    assert sorted([things.status("one"), things.status("two")]) == ["PAUSED", "RUNNING"]


def test_a_filter_costs_two_calls_a_look_however_many_services_there_are(cloud: Any, things: Services) -> None:
    ref = things.tagged(DEV, [f"web-{number}" for number in range(20)])
    others = [things.reference("tag:env=*"), things.reference("the-other")]
    cloud.forget_requests()
    found = registry.driver("app_runner").scan(ref.account, ref.region, [ref, *others])
    assert found == dict.fromkeys([FILTER, "tag:env=*", "the-other"], Seen.RUNNING)
    assert [one["action"] for one in cloud.requests()] == ["GetResources", "ListServices"]


def test_a_broken_answer_is_asked_for_again_and_taken_for_nothing_else(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.fault("garbled", action="ListServices")
    with pytest.raises(TargetError, match="arrived broken") as broken:
        switch.driver.state(switch.ref)
    assert broken.value.retryable
    cloud.fault("garbled", action="PauseService")
    with pytest.raises(TargetError, match="arrived broken"):
        switch.run("stop")
    switch.run("stop")
    assert things.changes().count("PauseService") == 1


def test_what_is_asked_for_just_now_is_given_time_to_be_seen(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    asked = {things.arns["one"]: ["an-operation", switch.now.isoformat()]}
    assert isinstance(step(switch, "stop", "stop", asked=asked), Wait)


@pytest.mark.parametrize(
    "identifier",
    [
        "no",
        "the-one,,the-two",
        "the-one,the-one",
        "tag:env",
        f"arn:aws:apprunner:eu-west-1:{ACCOUNT}:service/the-one/0123456789abcdef0123456789abcdef",
        f"arn:aws:apprunner:{REGION}:999999999999:service/the-one/0123456789abcdef0123456789abcdef",
    ],
)
def test_what_is_wrong_is_named(identifier: str) -> None:
    ref: TargetRef = Services.reference(None, identifier)  # type: ignore[arg-type]
    assert set(registry.driver("app_runner").problems(ref)) == {"identifier"}


def test_what_is_right_has_no_problems() -> None:
    arn = f"arn:aws:apprunner:{REGION}:{ACCOUNT}:service/the-one/0123456789abcdef0123456789abcdef"
    for identifier in (arn, f"the_two, {arn}", "tag:env=dev"):
        ref: TargetRef = Services.reference(None, identifier)  # type: ignore[arg-type]
        assert registry.driver("app_runner").problems(ref) == {}
