"""What is special about ECS services: counts and automatic scaling that come back, and tasks that never run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import Done, Goal, Seen, StepContext, TargetError, TargetRef
from environments.targets.client import forget_clients
from tests.support.simulator import ACCOUNT, REGION

from .switching import Switch
from .worlds.ecs_service import Services

SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
NOT_THERE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:1.0"


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


def only(switch: Switch, goal: str, *steps: str) -> None:
    """These steps alone, as of a worker that died after them."""
    for name in steps:
        context = StepContext(switch.now, "token", {}, False, switch.now, switch.now)
        outcome = switch.driver.perform(Goal(goal), name, switch.ref, context)
        if isinstance(outcome, Done) and outcome.remember is not None:
            switch.ref = replace(switch.ref, memory=outcome.remember)


# -- counts ----------------------------------------------------------------------------------------------------------


def test_the_count_before_the_stop_comes_back(cloud: Any, things: Services) -> None:
    things.make("api", 5)
    cloud.advance(60)
    switch = Switch(cloud, things.reference("chat/api"))
    switch.run("stop")
    assert things.counts("api") == (0, 0)
    switch.run("start")
    assert things.counts("api") == (5, 5)


@pytest.mark.parametrize(("options", "count"), [({}, 1), ({"default_count": 3}, 3)])
def test_a_service_that_was_never_stopped_here_gets_the_count_of_the_option(
    cloud: Any, things: Services, options: dict[str, Any], count: int
) -> None:
    things.make("api", 0)
    Switch(cloud, things.reference("chat/api", **options)).run("start")
    assert things.counts("api") == (count, count)


def test_a_count_that_somebody_set_meanwhile_is_respected(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    things.set_count("one", 3)
    switch.run("start")
    assert things.counts("one") == (3, 3)
    switch.run("stop")
    switch.run("start")
    assert things.counts("one") == (3, 3)


def test_a_stop_where_all_is_stopped_keeps_what_is_remembered(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    switch.run("stop")
    switch.run("start")
    assert things.counts("one") == (2, 2)


def test_several_services_are_named_with_commas(cloud: Any, things: Services) -> None:
    things.cluster("shop")
    things.make("api", 1)
    things.make("web", 2, cluster="shop")
    cloud.advance(60)
    switch = Switch(cloud, things.reference("chat/api, shop/web"))
    switch.run("stop")
    assert (things.counts("api"), things.counts("web", "shop")) == ((0, 0), (0, 0))
    things.set_count("api", 1)
    cloud.advance(60)
    assert switch.driver.state(switch.ref) is Seen.PARTLY
    switch.run("start")
    assert (things.counts("api"), things.counts("web", "shop")) == ((1, 1), (2, 2))


def test_of_a_filter_what_rested_before_the_stop_rests_after_the_start(cloud: Any, things: Services) -> None:
    ref = things.tagged({"env": "dev", "tier": "web"}, ["one", "two"])
    things.set_count("two", 0)
    cloud.advance(60)
    switch = Switch(cloud, ref)
    switch.run("stop")
    switch.run("start")
    assert (things.counts("one"), things.counts("two")) == ((2, 2), (0, 0))
    assert switch.driver.state(switch.ref) is Seen.RUNNING


def test_a_filter_finds_services_of_all_clusters_unless_it_is_narrowed_to_one(cloud: Any, things: Services) -> None:
    for number in range(12):
        things.make(f"api-{number}", 1, tags={"env": "dev"})
    things.cluster("shop")
    things.make("web", 1, cluster="shop", tags={"env": "dev"})
    cloud.advance(60)
    Switch(cloud, things.reference("tag:env=dev", cluster="chat")).run("stop")
    assert [things.counts(f"api-{number}") for number in range(12)] == [(0, 0)] * 12
    assert things.counts("web", "shop") == (1, 1)
    Switch(cloud, things.reference("tag:env=dev")).run("stop")
    assert things.counts("web", "shop") == (0, 0)


def test_a_scan_of_many_targets_describes_ten_services_a_call(cloud: Any, things: Services) -> None:
    refs = []
    for number in range(25):
        things.make(f"api-{number}", number % 2)
        refs.append(things.reference(f"chat/api-{number}"))
    refs += [things.reference("chat/gone"), things.reference("no-such-cluster/api")]
    cloud.advance(60)
    cloud.forget_requests()
    found = registry.driver("ecs_service").scan(refs[0].account, refs[0].region, refs)
    assert found["chat/api-1"] is Seen.RUNNING
    assert found["chat/api-2"] is Seen.STOPPED
    assert found["chat/gone"] is found["no-such-cluster/api"] is Seen.PARTLY
    assert len(cloud.requests("ecs")) == 3 + 1


# -- automatic scaling -----------------------------------------------------------------------------------------------


def test_scaling_is_suspended_before_the_stop_and_resumed_exactly_as_it_was(cloud: Any, things: Services) -> None:
    things.make("api")
    before = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False}
    things.scale_automatically("api", 1, 4, **before)
    cloud.advance(60)
    switch = Switch(cloud, things.reference("chat/api"))
    switch.run("stop")
    assert things.scalable("api")["SuspendedState"] == dict.fromkeys(SUSPENDED, True)
    cloud.advance(3600)
    assert things.counts("api") == (0, 0)
    changes = things.changes()
    assert changes.index("RegisterScalableTarget", 2) < changes.index("UpdateService")
    switch.run("start")
    found = things.scalable("api")
    assert found["SuspendedState"] == {**before, "ScheduledScalingSuspended": False}
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 4)


def test_a_target_that_was_added_anew_while_it_was_stopped_does_not_leave_scaling_suspended(
    cloud: Any, things: Services
) -> None:
    things.make("api", 4)
    things.scale_automatically("api", 3, 6)
    cloud.advance(60)
    Switch(cloud, things.reference("chat/api")).run("stop")
    assert things.scalable("api")["SuspendedState"] == dict.fromkeys(SUSPENDED, True)
    Switch(cloud, things.reference("chat/api")).run("start")
    assert not any(things.scalable("api")["SuspendedState"].values())


def test_a_range_that_somebody_changed_while_it_was_stopped_stays(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    things.scale_automatically("one", 2, 9)
    switch.run("start")
    assert (things.scalable("one")["MinCapacity"], things.scalable("one")["MaxCapacity"]) == (2, 9)


@pytest.mark.parametrize("done", [("remember",), ("remember", "suspend"), ("remember", "suspend", "scale")])
def test_a_stop_that_broke_off_anywhere_loses_neither_count_nor_scaling(
    cloud: Any, things: Services, done: tuple[str, ...]
) -> None:
    switch = Switch(cloud, things.running("one"))
    only(switch, "stop", *done)
    switch.run("stop")
    assert things.counts("one") == (0, 0)
    switch.run("start")
    assert things.counts("one") == (2, 2)
    assert not any(things.scalable("one")["SuspendedState"].values())


def test_a_start_after_a_stop_that_only_suspended_resumes_scaling(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    only(switch, "stop", "remember", "suspend")
    switch.run("start")
    assert not any(things.scalable("one")["SuspendedState"].values())


def test_scaling_that_is_being_changed_is_asked_for_again(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    cloud.fault("error", code="ConcurrentUpdateException", status=400, action="RegisterScalableTarget", times=None)
    with pytest.raises(TargetError, match="trying again") as refused:
        switch.run("stop")
    assert refused.value.retryable
    assert things.counts("one") == (2, 2)


# -- what does not come up -------------------------------------------------------------------------------------------


def test_tasks_that_keep_failing_are_a_failure_in_the_words_of_ecs(cloud: Any, things: Services) -> None:
    container = {"name": "shop", "image": NOT_THERE, "memory": 64}
    things.ecs.register_task_definition(family="shop", containerDefinitions=[container])
    things.make("shop", 0, taskDefinition="shop")
    with pytest.raises(TargetError, match="unable to consistently start tasks") as failed:
        Switch(cloud, things.reference("chat/shop", default_count=2)).run("start")
    assert "has started 2 tasks" in failed.value.raw
    assert not failed.value.retryable


def test_one_service_that_aws_refuses_to_scale_does_not_hold_up_the_others(cloud: Any, things: Services) -> None:
    ref = things.tagged({"env": "dev", "tier": "web"}, ["one", "two"])
    cloud.fault("error", code="InvalidParameterException", status=400, action="UpdateService", nth=1)
    with pytest.raises(TargetError, match="UpdateService"):
        Switch(cloud, ref).run("stop")
    cloud.advance(60)
    assert sorted([things.counts("one"), things.counts("two")]) == [(0, 0), (2, 2)]


def test_a_service_that_somebody_scales_up_while_it_stops_is_reported(cloud: Any, things: Services) -> None:
    switch = Switch(cloud, things.running("one"))
    things.set_count("one", 3)
    context = StepContext(switch.now + timedelta(minutes=1), "t", {}, False, switch.now, switch.now)
    with pytest.raises(TargetError, match="given tasks again by somebody else"):
        switch.driver.perform(Goal.STOP, "wait", switch.ref, context)


# -- what cannot be scaled -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", ["start", "stop"])
def test_a_daemon_is_refused_in_words(cloud: Any, things: Services, goal: str) -> None:
    things.make("agent", schedulingStrategy="DAEMON", tags={"env": "dev"})
    for identifier in ("chat/agent", "tag:env=dev"):
        with pytest.raises(TargetError, match="chat/agent is a DAEMON service"):
            Switch(cloud, things.reference(identifier)).run(goal)


def test_a_daemon_among_others_is_left_alone_and_told(cloud: Any, things: Services) -> None:
    things.make("agent", schedulingStrategy="DAEMON", tags={"env": "dev"})
    things.make("api", tags={"env": "dev"})
    cloud.advance(60)
    said = Switch(cloud, things.reference("tag:env=dev")).run("stop")
    assert "left alone" in said[0]
    assert "chat/agent" in said[0]
    assert things.counts("api") == (0, 0)


def test_a_service_to_which_another_controller_has_deployed_nothing_says_so(cloud: Any, things: Services) -> None:
    things.make("blue", 0, deploymentController={"type": "EXTERNAL"})
    with pytest.raises(TargetError, match="Nothing has been deployed to chat/blue"):
        Switch(cloud, things.reference("chat/blue")).run("start")


# -- what is entered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "options", "field"),
    [
        ("api", {}, "identifier"),
        ("chat/api,chat/api", {}, "identifier"),
        ("chat/api,", {}, "identifier"),
        ("tag:env", {}, "identifier"),
        ("chat/api", {"default_count": 0}, "default_count"),
        ("chat/api", {"default_count": True}, "default_count"),
        ("tag:env=dev", {"cluster": "arn:aws:ecs:eu-west-1:1:cluster/x"}, "cluster"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(identifier: str, options: dict[str, Any], field: str) -> None:
    ref = Services.reference(None, identifier, **options)  # type: ignore[arg-type]
    assert set(registry.driver("ecs_service").problems(ref)) == {field}


def test_what_is_right_has_no_problems() -> None:
    ref: TargetRef = Services.reference(None, "chat/api, shop/web_2", default_count=2)  # type: ignore[arg-type]
    assert registry.driver("ecs_service").problems(ref) == {}
