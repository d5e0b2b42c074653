"""What is special about EC2 instances: hibernation, groups, what was off on purpose, starts that come to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets import ec2, registry
from environments.targets.base import Goal, Seen, StepContext, TargetError, TargetRef
from environments.targets.client import forget_clients

from .switching import Switch
from .worlds.ec2 import NOBODY, Instances

ENCRYPTED = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "Encrypted": True}}]
ABLE: dict[str, Any] = {"HibernationOptions": {"Configured": True}, "BlockDeviceMappings": ENCRYPTED}
DEV = {"env": "dev"}
FILTER = "tag:env=dev"


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(aws: Any) -> Instances:
    """Each change of an instance's state takes 20 seconds."""
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_transition_seconds(20)
    return Instances(aws)


def of(world: Instances, identifier: str, **options: Any) -> Switch:
    return Switch(world.aws, world.reference(identifier, **options))


def refusal(switch: Switch, goal: str) -> TargetError:
    with pytest.raises(TargetError) as refused:
        switch.run(goal)
    assert set(refused.value.texts) == {"en", "ko"}
    return refused.value


def in_group(world: Instances, tags: dict[str, str]) -> str:
    """The id of an instance that an auto scaling group made."""
    client = world.aws.client("autoscaling")
    client.create_launch_configuration(LaunchConfigurationName="web", ImageId="ami-1", InstanceType="t3.micro")
    labels = [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()]
    client.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=1, MaxSize=1, DesiredCapacity=1,
        AvailabilityZones=["ap-northeast-2a"], Tags=labels,
    )  # fmt: skip
    world.aws.advance(60)
    members = client.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]
    return str(members[0]["InstanceId"])


# -- several, and how far they are -----------------------------------------------------------------------------------


def test_several_ids_are_one_target_and_go_in_one_request(world: Instances) -> None:
    one, two = world.launch("one"), world.launch("two")
    switch = of(world, f"{one}, {two}")
    said = switch.run("stop")
    assert set(world.states().values()) == {"stopped"}
    assert said[0] == "2 instances to stop"
    assert said[-1].startswith("2 instances stopped after")
    switch.run("start")
    assert set(world.states().values()) == {"running"}
    assert world.changes()[-2:] == ["StopInstances", "StartInstances"]


def test_it_runs_in_part_while_one_of_several_is_stopped_and_a_start_starts_that_one(world: Instances) -> None:
    one, two = world.launch("one"), world.launch("two")
    world.ec2.stop_instances(InstanceIds=[one])
    world.aws.advance(30)
    switch = of(world, f"{one},{two}")
    assert switch.driver.state(switch.ref) is Seen.PARTLY
    assert switch.run("start")[0] == "1 instance to start"
    assert world.aws.requests("ec2", "StartInstances")[-1]["parameters"]["InstanceIds"] == [one]


def test_one_that_is_just_stopping_is_waited_for_and_then_started(world: Instances) -> None:
    one = world.launch("one")
    world.ec2.stop_instances(InstanceIds=[one])
    of(world, one).run("start")
    assert world.is_running("one")


def test_one_that_is_just_starting_is_waited_for_and_then_stopped(world: Instances) -> None:
    one = world.launch("one")
    world.ec2.stop_instances(InstanceIds=[one])
    world.aws.advance(30)
    world.ec2.start_instances(InstanceIds=[one])
    of(world, one).run("stop")
    assert world.is_stopped("one")


# -- what is not there, what is somebody else's ----------------------------------------------------------------------


def test_an_id_that_was_terminated_fails_the_start_and_is_said_at_the_stop(world: Instances) -> None:
    one, two = world.launch("one"), world.launch("two")
    world.ec2.terminate_instances(InstanceIds=[two])
    world.aws.advance(30)
    switch = of(world, f"{one},{two}")
    assert switch.driver.state(switch.ref) is Seen.PARTLY
    assert f"not there any more: {two}" in switch.run("stop")[0]
    assert world.is_stopped("one")
    assert two in str(refusal(switch, "start"))


def test_what_does_not_exist_needs_no_stop(world: Instances) -> None:
    assert of(world, NOBODY).run("stop") == [f"There is nothing to stop; not there any more: {NOBODY}"]


def test_instances_of_auto_scaling_groups_are_left_alone_and_said_so(world: Instances) -> None:
    world.launch("own", DEV)
    grouped = in_group(world, DEV)
    switch = of(world, FILTER)
    assert switch.run("stop")[0] == f"1 instance to stop; left alone, of the auto scaling group web: {grouped}"
    assert world.is_stopped("own")
    assert world.states()[grouped] == "running"
    assert switch.driver.state(switch.ref) is Seen.STOPPED


@pytest.mark.parametrize("goal", ["start", "stop"])
def test_a_target_of_such_instances_only_is_refused_naming_the_group(world: Instances, goal: str) -> None:
    assert "auto scaling group web" in str(refusal(of(world, in_group(world, DEV)), goal))


def test_a_filter_takes_values_with_wildcards_literally_and_a_star_for_any_value(world: Instances) -> None:
    world.launch("literal", {"env": "d?v*"})
    world.launch("other", {"env": "dev1"})
    of(world, "tag:env=d?v*").run("stop")
    assert (world.is_stopped("literal"), world.is_running("other")) == (True, True)
    of(world, "tag:env=*").run("stop")
    assert world.is_stopped("other")


# -- what ran before the stop ----------------------------------------------------------------------------------------


def off_on_purpose(world: Instances, **options: Any) -> Switch:
    """A filter of two, of which somebody had stopped `resting` before the last stop."""
    world.launch("working", DEV)
    world.ec2.stop_instances(InstanceIds=[world.launch("resting", DEV)])
    world.aws.advance(30)
    switch = of(world, FILTER, **options)
    switch.run("stop")
    return switch


def test_what_was_off_on_purpose_inside_a_filter_stays_off(world: Instances) -> None:
    switch = off_on_purpose(world)
    said = switch.run("start")
    assert (world.is_running("working"), world.is_stopped("resting")) == (True, True)
    assert f"not started: {world.ids['resting']}" in said[-1]
    assert switch.driver.state(switch.ref) is Seen.RUNNING


def test_with_the_option_all_that_carry_the_tags_are_started(world: Instances) -> None:
    off_on_purpose(world, start_all=True).run("start")
    assert world.is_running("resting")


def test_without_memory_all_are_started(world: Instances) -> None:
    switch = off_on_purpose(world)
    switch.ref = replace(switch.ref, memory={})
    switch.run("start")
    assert world.is_running("resting")


def test_when_all_that_ran_were_replaced_the_new_ones_are_started(world: Instances) -> None:
    switch = off_on_purpose(world)
    world.ec2.terminate_instances(InstanceIds=[world.ids["working"]])
    world.aws.advance(30)
    switch.run("start")
    assert world.is_running("resting")


def test_a_stop_that_was_broken_off_halfway_does_not_forget_what_it_had_stopped(world: Instances) -> None:
    switch = off_on_purpose(world)
    world.ec2.start_instances(InstanceIds=[world.ids["resting"]])
    world.aws.advance(30)
    switch.run("stop")
    switch.run("start")
    assert (world.is_running("working"), world.is_running("resting")) == (True, True)


def test_after_a_start_a_new_stop_remembers_only_what_ran_then(world: Instances) -> None:
    switch = off_on_purpose(world)
    switch.run("start")
    world.ec2.start_instances(InstanceIds=[world.ids["resting"]])
    world.ec2.stop_instances(InstanceIds=[world.ids["working"]])
    world.aws.advance(30)
    switch.run("stop")
    switch.run("start")
    assert (world.is_stopped("working"), world.is_running("resting")) == (True, True)


def test_what_is_stopped_already_keeps_what_is_remembered(world: Instances) -> None:
    switch = off_on_purpose(world)
    before = switch.ref.memory
    switch.run("stop")
    assert switch.ref.memory == before == {"ran": [world.ids["working"]], "down": True}


# -- hibernation -----------------------------------------------------------------------------------------------------


def test_what_can_hibernate_does_and_the_others_are_stopped_normally_and_said_so(world: Instances) -> None:
    able, unable = world.launch("able", **ABLE), world.launch("unable")
    said = of(world, f"{able},{unable}", hibernate=True).run("stop")
    reasons = {one["InstanceId"]: one["StateReason"]["Code"] for one in world.described()}
    assert reasons == {able: "Client.UserInitiatedHibernate", unable: "Client.UserInitiatedShutdown"}
    assert said[-1].endswith(f"stopped normally, not made for hibernation at their launch: {unable}")


def test_one_whose_type_no_longer_hibernates_is_stopped_normally(world: Instances) -> None:
    able, changed = world.launch("able", **ABLE), world.launch("changed", **ABLE)
    world.ec2.stop_instances(InstanceIds=[changed])
    world.aws.advance(30)
    world.ec2.modify_instance_attribute(InstanceId=changed, InstanceType={"Value": "m7g.metal"})
    world.ec2.start_instances(InstanceIds=[changed])
    world.aws.advance(30)
    said = of(world, f"{able},{changed}", hibernate=True).run("stop")
    assert (world.is_stopped("able"), world.is_stopped("changed")) == (True, True)
    assert changed in said[-1]
    assert able not in said[-1]


def test_without_the_option_nothing_hibernates(world: Instances) -> None:
    of(world, world.launch("able", **ABLE)).run("stop")
    assert world.described()[0]["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


# -- what AWS does not let be stopped --------------------------------------------------------------------------------


def test_stop_protection_is_said_and_the_others_are_stopped(world: Instances) -> None:
    protected, other = world.launch("protected"), world.launch("other")
    world.ec2.modify_instance_attribute(InstanceId=protected, DisableApiStop={"Value": True})
    error = refusal(of(world, f"{protected},{other}"), "stop")
    assert f"{protected} has stop protection" in str(error)
    assert not error.retryable
    assert (world.is_running("protected"), world.is_stopped("other")) == (True, True)


def test_an_instance_of_a_one_time_spot_request_is_said_in_words(world: Instances) -> None:
    spot = world.launch("spot")
    world.aws.fault(
        "error", service="ec2", action="StopInstances", code="UnsupportedOperation", status=400,
        message=f"You can't stop the Spot Instance '{spot}' because it is associated with a one-time Spot Instance "
        "request. You can only stop Spot Instances associated with persistent Spot Instance requests.",
    )  # fmt: skip
    assert "one-time spot request" in str(refusal(of(world, spot), "stop"))


# -- starts that come to nothing -------------------------------------------------------------------------------------


def stopped(world: Instances, *names: str, **options: Any) -> Switch:
    switch = of(world, ",".join(world.launch(name) for name in names), **options)
    switch.run("stop")
    return switch


def test_an_instance_that_stops_again_by_itself_is_a_failure_with_awss_reason(world: Instances) -> None:
    switch = stopped(world, "one")
    world.aws.control("POST", "kms", instance_id=world.ids["one"])
    error = refusal(switch, "start")
    assert "stopped again by itself" in str(error)
    assert "kms:CreateGrant" in str(error)
    assert "Client.InternalError" in error.raw
    assert not error.retryable
    world.aws.control("POST", "kms", instance_id=world.ids["one"], denied=False)
    switch.run("start")
    assert world.is_running("one")


def test_a_reason_that_may_pass_is_tried_again_for_some_minutes_before_it_fails(
    world: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The simulator falls back for lack of a grant only; here that counts as lack of capacity does.
    monkeypatch.setattr(ec2, "WORTH_ANOTHER_TRY", {"Client.InternalError"})
    switch = stopped(world, "one")
    world.aws.control("POST", "kms", instance_id=world.ids["one"])
    world.aws.forget_requests()
    began = switch.now
    refusal(switch, "start")
    assert len(world.aws.requests("ec2", "StartInstances")) == ec2.TRIES
    assert timedelta(minutes=10) < switch.now - began < timedelta(minutes=30)


def test_one_that_somebody_stops_while_it_starts_is_a_failure_that_says_so(world: Instances) -> None:
    switch = stopped(world, "one", wait_for_checks=True)
    one = world.ids["one"]
    asked = {"asked": {one: [(switch.now - timedelta(minutes=1)).isoformat(), 1]}}
    context = StepContext(switch.now, "token", asked, True, switch.now, switch.now)
    with pytest.raises(TargetError, match=f"stopped {one} while it was starting"):
        switch.driver.perform(Goal.START, "start", switch.ref, context)


@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "IncorrectInstanceState"])
def test_what_may_pass_is_worth_another_try(world: Instances, code: str) -> None:
    switch = stopped(world, "one")
    world.aws.fault("error", service="ec2", action="StartInstances", code=code, status=400)
    assert refusal(switch, "start").retryable
    switch.run("start")
    assert world.is_running("one")


def test_lack_of_capacity_names_type_and_zone(world: Instances) -> None:
    switch = stopped(world, "one")
    code = "InsufficientInstanceCapacity"
    world.aws.fault("error", service="ec2", action="StartInstances", code=code, status=400)
    assert "no capacity for m5.large" in str(refusal(switch, "start"))


def test_one_that_lacks_capacity_does_not_hold_up_the_others(world: Instances) -> None:
    switch = stopped(world, "one", "two")
    code = "InsufficientInstanceCapacity"
    world.aws.fault("error", service="ec2", action="StartInstances", code=code, status=400, times=2)
    refusal(switch, "start")
    world.aws.advance(30)
    assert (world.is_stopped("one"), world.is_running("two")) == (True, True)


def test_an_account_at_its_limit_is_told_so_at_once(world: Instances) -> None:
    switch = stopped(world, "one")
    world.aws.fault("error", service="ec2", action="StartInstances", code="VcpuLimitExceeded", status=400)
    error = refusal(switch, "start")
    assert "Service Quotas" in str(error)
    assert not error.retryable


def test_status_checks_are_waited_for_where_it_is_wished(world: Instances) -> None:
    switch = stopped(world, "one", wait_for_checks=True)
    world.aws.forget_requests()
    switch.run("start")
    assert world.aws.requests("ec2", "DescribeInstanceStatus")
    plain = of(world, world.ids["one"])
    world.aws.forget_requests()
    plain.run("start")
    assert not world.aws.requests("ec2", "DescribeInstanceStatus")


# -- what was entered, and scans -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identifier", ["", " , ", "i-123", "i-0123456789abcdef0,", "i-0123456789abcdeX0", f"{NOBODY},{NOBODY}", "tag:env"]
)
def test_what_is_no_list_of_ids_and_no_filter_is_refused(identifier: str) -> None:
    ref = TargetRef("ec2", identifier, Instances.__new__(Instances).reference("").account, "ap-northeast-2")
    assert set(registry.driver("ec2").problems(ref)) == {"identifier"}


@pytest.mark.parametrize("identifier", [NOBODY, f"{NOBODY}, i-01234567", "tag:env=dev,tier=*"])
def test_ids_and_filters_are_accepted(identifier: str) -> None:
    ref = TargetRef("ec2", identifier, Instances.__new__(Instances).reference("").account, "ap-northeast-2")
    assert registry.driver("ec2").problems(ref) == {}


def test_a_scan_of_ids_and_filters_together_is_one_call(world: Instances) -> None:
    world.launch("one", DEV)
    refs = [world.reference(world.ids["one"]), world.reference(FILTER), world.reference("tag:env=nowhere"),
            world.reference(NOBODY)]  # fmt: skip
    world.aws.forget_requests()
    found = registry.driver("ec2").scan(refs[0].account, refs[0].region, refs)
    assert found == {
        world.ids["one"]: Seen.RUNNING, FILTER: Seen.RUNNING, "tag:env=nowhere": Seen.PARTLY, NOBODY: Seen.PARTLY,
    }  # fmt: skip
    assert [one["action"] for one in world.aws.requests(service="ec2")] == ["DescribeInstances"]
