"""What is special about auto scaling groups: sizes that come back, whoever changed them, and what keeps instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets import auto_scaling_group, registry
from environments.targets.base import Goal, Seen, StepContext, TargetError
from environments.targets.client import forget_clients

from .switching import Switch
from .worlds.auto_scaling_group import Groups

DEV = {"env": "dev"}
FILTER = "tag:env=dev"


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(aws: Any) -> Groups:
    """An instance takes 20 seconds to come into service, and to go."""
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_transition_seconds(20)
    return Groups(aws)


def of(world: Groups, identifier: str, **options: Any) -> Switch:
    return Switch(world.aws, world.reference(identifier, **options))


def stopped(world: Groups, name: str = "web") -> Switch:
    """A group of two of at most four, stopped."""
    world.create(name)
    switch = of(world, name)
    switch.run("stop")
    return switch


def refusal(switch: Switch, goal: str) -> TargetError:
    with pytest.raises(TargetError) as refused:
        switch.run(goal)
    assert set(refused.value.texts) == {"en", "ko"}
    assert not refused.value.retryable
    return refused.value


# -- sizes -----------------------------------------------------------------------------------------------------------


def test_a_stop_ends_all_instances_and_a_start_gives_back_the_sizes(world: Groups) -> None:
    world.create("web")
    switch = of(world, "web")
    said = switch.run("stop")
    assert world.is_stopped("web")
    assert said[1] == "Remembered: web (min 1, desired 2, max 4)"
    assert said[-1].startswith("All instances are gone after")
    assert "Sizes restored: web (min 1, desired 2, max 4)" in switch.run("start")
    assert world.is_running("web")


def test_while_it_is_stopped_nothing_can_scale_it_up(world: Groups) -> None:
    stopped(world)
    with pytest.raises(world.client.exceptions.ClientError, match="above max value 0"):
        world.client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)


def test_progress_counts_instances(world: Groups) -> None:
    switch = stopped(world)
    switch.run("start")
    seen = []
    perform = switch._perform

    def watched(*arguments: Any, **more: Any) -> Any:
        outcome = perform(*arguments, **more)
        seen.append(outcome.detail["en"])
        return outcome

    switch._perform = watched  # type: ignore[method-assign]
    switch.run("stop")
    assert "0 of 2 instances gone" in seen


def test_what_somebody_scaled_up_by_hand_meanwhile_is_respected(world: Groups) -> None:
    switch = stopped(world)
    world.resize("web", 0, 1, 1)
    assert switch.run("start") == ["web is up already"]
    assert world.sizes("web") == (0, 1, 1)


def test_a_maximum_that_somebody_changed_meanwhile_stays_and_bounds_the_rest(world: Groups) -> None:
    switch = stopped(world)
    world.resize("web", 0, 0, 1)
    switch.run("start")
    assert world.sizes("web") == (1, 1, 1)
    switch.run("stop")
    world.resize("web", 0, 0, 9)
    switch.run("start")
    assert world.sizes("web") == (1, 1, 9)


def test_sizes_changed_while_it_runs_are_what_the_next_stop_remembers(world: Groups) -> None:
    switch = stopped(world)
    switch.run("start")
    world.resize("web", 2, 3, 6)
    switch.run("stop")
    switch.run("start")
    assert world.sizes("web") == (2, 3, 6)


def test_a_second_stop_keeps_what_is_remembered(world: Groups) -> None:
    switch = stopped(world)
    before = switch.ref.memory
    assert switch.run("stop") == ["At zero already: nothing to stop"]
    assert switch.ref.memory == before == {"sizes": {"web": {"min": 1, "desired": 2, "max": 4}}, "down": True}


def test_without_memory_the_sizes_of_the_option_are_taken(world: Groups) -> None:
    world.create("web", sizes=(0, 0, 0))
    of(world, "web", default_sizes="1/2/4").run("start")
    assert world.is_running("web")


def test_without_memory_and_option_nobody_guesses(world: Groups) -> None:
    world.create("web", sizes=(0, 0, 4))
    assert "has not seen what size it had" in str(refusal(of(world, "web"), "start"))
    assert world.sizes("web") == (0, 0, 4)


# -- several ---------------------------------------------------------------------------------------------------------


def two_and_one_at_zero(world: Groups) -> Switch:
    for name in ("api", "web"):
        world.create(name, DEV)
    world.create("batch", DEV, (0, 0, 3))
    return of(world, FILTER)


def test_a_group_of_a_filter_that_was_at_zero_before_stays_there(world: Groups) -> None:
    switch = two_and_one_at_zero(world)
    switch.run("stop")
    assert switch.driver.state(switch.ref) is Seen.STOPPED
    said = switch.run("start")
    assert (world.is_running("api"), world.is_running("web")) == (True, True)
    assert world.sizes("batch") == (0, 0, 3)
    assert said[-1].endswith("left at zero, as before the last stop: batch")
    assert switch.driver.state(switch.ref) is Seen.RUNNING


def test_a_stop_that_was_broken_off_does_not_forget_what_it_had_set_to_zero(world: Groups) -> None:
    switch = two_and_one_at_zero(world)
    switch.run("stop")
    world.resize("web", 1, 1, 1)
    switch.run("stop")
    switch.run("start")
    assert (world.sizes("api"), world.sizes("web")) == ((1, 2, 4), (1, 1, 1))


def test_after_a_start_a_new_stop_remembers_only_what_ran_then(world: Groups) -> None:
    switch = two_and_one_at_zero(world)
    switch.run("stop")
    switch.run("start")
    world.resize("api", 0, 0, 4)
    switch.run("stop")
    switch.run("start")
    assert (world.sizes("api"), world.is_running("web")) == ((0, 0, 4), True)


def test_a_group_scaled_up_in_between_is_not_set_to_zero_unremembered(world: Groups) -> None:
    switch = two_and_one_at_zero(world)
    switch.ref = replace(switch.ref, memory={"sizes": {"api": {"min": 1, "desired": 2, "max": 4}}, "down": True})
    context = StepContext(switch.now, "token", {}, False, switch.now, switch.now)
    switch.driver.perform(Goal.STOP, "scale", switch.ref, context)
    assert (world.sizes("api"), world.sizes("web")) == ((0, 0, 0), (1, 2, 4))
    later = replace(context, now=switch.now + timedelta(minutes=1))
    with pytest.raises(TargetError, match="web was scaled up by somebody else"):
        switch.driver.perform(Goal.STOP, "wait", switch.ref, later)


# -- what keeps instances, or keeps them from coming -----------------------------------------------------------------


def test_instances_protected_from_scale_in_are_waited_for_and_then_said(world: Groups) -> None:
    world.create("web")
    protected = world.members("web")[0]
    protect = {"AutoScalingGroupName": "web", "InstanceIds": [protected]}
    world.client.set_instance_protection(**protect, ProtectedFromScaleIn=True)
    switch = of(world, "web")
    began = switch.now
    error = refusal(switch, "stop")
    assert protected in str(error)
    assert "protected from scale-in" in str(error)
    assert switch.now - began >= auto_scaling_group.HELD_PATIENCE
    assert world.members("web") == [protected]


@pytest.mark.parametrize(("goal", "process"), [("start", "Launch"), ("stop", "Terminate")])
def test_a_suspended_process_is_said_before_anything_is_changed(world: Groups, goal: str, process: str) -> None:
    world.create("web")
    switch = of(world, "web")
    if goal == "start":
        switch.run("stop")
    world.client.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
    before = world.sizes("web")
    assert process in str(refusal(switch, goal))
    assert world.sizes("web") == before


def test_a_group_that_somebody_sets_to_zero_while_it_starts_is_a_failure(world: Groups) -> None:
    switch = stopped(world)
    later = switch.now + timedelta(minutes=1)
    context = StepContext(later, "token", {}, False, switch.now, switch.now)
    with pytest.raises(TargetError, match="set to zero by somebody else"):
        switch.driver.perform(Goal.START, "wait", switch.ref, context)


@pytest.mark.parametrize(
    ("words", "patience"),
    [
        ("The image id '[ami-1]' does not exist. Launching EC2 instance failed.", auto_scaling_group.LAUNCH_PATIENCE),
        ("We currently do not have sufficient t3.micro capacity.", auto_scaling_group.CAPACITY_PATIENCE),
    ],
)
def test_a_group_that_cannot_launch_is_a_failure_with_awss_reason(
    world: Groups, words: str, patience: timedelta
) -> None:
    switch = stopped(world)
    world.aws.control("POST", "launches", group="web", reason=words)
    began = switch.now
    error = refusal(switch, "start")
    assert words in str(error)
    assert timedelta() <= switch.now - began - patience < timedelta(minutes=1)
    assert world.sizes("web") == (1, 2, 4)


def test_a_launch_that_succeeds_in_the_end_is_a_success(world: Groups) -> None:
    switch = stopped(world)
    world.aws.control("POST", "launches", group="web", reason="Insufficient capacity")
    with pytest.raises(TargetError):
        switch.run("start")
    world.aws.control("POST", "launches", group="web", reason=None)
    switch.run("start")
    assert world.is_running("web")


def test_a_group_that_is_being_scaled_is_worth_another_try(world: Groups) -> None:
    world.create("web")
    switch = of(world, "web")
    world.aws.fault("error", action="UpdateAutoScalingGroup", code="ScalingActivityInProgress", status=400)
    with pytest.raises(TargetError) as refused:
        switch.run("stop")
    assert refused.value.retryable
    switch.run("stop")
    assert world.is_stopped("web")


def test_what_does_not_exist_needs_no_stop(world: Groups) -> None:
    assert of(world, "nobody").run("stop") == ["There is no auto scaling group nobody: nothing to stop"]


# -- what was entered, and scans -------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["", "two words", "a:b", "x" * 256, "이름", "tag:env"])
def test_what_is_no_name_and_no_filter_is_refused(world: Groups, identifier: str) -> None:
    assert set(registry.driver("auto_scaling_group").problems(world.reference(identifier))) == {"identifier"}


@pytest.mark.parametrize("sizes", ["1", "1/2", "2/1/4", "1/5/4", "0/0/0", "a/b/c", "-1/1/1"])
def test_sizes_that_cannot_be_are_refused(world: Groups, sizes: str) -> None:
    ref = world.reference("web", default_sizes=sizes)
    assert set(registry.driver("auto_scaling_group").problems(ref)) == {"default_sizes"}


def test_names_filters_and_sizes_are_accepted(world: Groups) -> None:
    for ref in (world.reference("web/1,a!", default_sizes="0/1/1"), world.reference(FILTER, default_sizes="")):
        assert registry.driver("auto_scaling_group").problems(ref) == {}


def test_a_scan_of_names_and_filters_together_is_one_call(world: Groups) -> None:
    world.create("web", DEV)
    refs = [world.reference(one) for one in ("web", FILTER, "tag:env=nowhere", "nobody")]
    world.aws.forget_requests()
    found = registry.driver("auto_scaling_group").scan(refs[0].account, refs[0].region, refs)
    assert list(found.values()) == [Seen.RUNNING, Seen.RUNNING, Seen.PARTLY, Seen.PARTLY]
    assert [one["action"] for one in world.aws.requests()] == ["DescribeAutoScalingGroups"]
