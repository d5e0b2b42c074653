"""What AWS lacks and what is broken in AWS: tried again where that can help, and otherwise a failed operation that says
what, where and what to do; never “done”."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from environments.models import Environment, Operation, State, Target
from environments.services import operations
from environments.targets import stack_capacity
from environments.targets.stack_progress import Failure
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday
from tests.targets.worlds.auto_scaling_group import Groups
from tests.targets.worlds.ec2 import Instances
from tests.targets.worlds.rds_instance import Instances as RdsInstances

pytestmark = pytest.mark.django_db
WHY = {"en": "because", "ko": "이유"}
SMALL = "Resources: {Topic: {Type: AWS::SNS::Topic}, Second: {Type: AWS::SNS::Topic}}"
LARGER = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}, Second: {Type: AWS::SNS::Topic}}"
NO_CAPACITY = (
    "We currently do not have sufficient t3.small capacity in the Availability Zone you requested (ap-northeast-2a). "
    "Our system will be working on provisioning additional capacity."
)


@pytest.fixture
def day(chat_aws: Any) -> Journey:
    """Ten o'clock; a stack takes 20 seconds, and so does each change of an instance or a database."""
    journey = Journey(chat_aws, monday("10:00"))
    chat_aws.set_transition_seconds(20)
    return journey


def environment(kind: str, identifier: str, state: str = "stopped", **options: Any) -> Environment:
    made = factories.environment("env", schedule=None, state=state)
    Target.objects.create(
        environment=made,
        kind=kind,
        identifier=identifier,
        account=factories.account(),
        region=factories.REGION,
        options=options,
    )
    return made


def stack(body: str = SMALL) -> Environment:
    return environment("cloudformation", "small", template_body=body)


def switch(made: Environment, kind: str, day: Journey) -> Operation:
    """The operation, when it has ended."""
    operation = operations.request(environment=made, kind=kind, trigger="hold", reason=WHY, now=day.now)
    day.settle()
    made.refresh_from_db()
    return Operation.objects.get(pk=operation.pk)


def times_of(day: Journey, service: str, action: str) -> list[datetime]:
    return [datetime.fromisoformat(call["at"]) for call in day.aws.requests(service, action)]


def pauses(times: list[datetime]) -> list[timedelta]:
    return [after - before for before, after in pairwise(times)]


class TestCapacity:
    """Tried again with growing pauses; then a failed operation that names type and zone."""

    @pytest.fixture
    def machine(self, day: Journey) -> tuple[Instances, Environment]:
        """A stopped instance."""
        world = Instances(day.aws)
        made = environment("ec2", world.launch("one"), "running")
        day.now = day.aws.now()
        assert switch(made, "stop", day).status == "succeeded"
        return world, made

    def test_of_an_instance(self, day: Journey, machine: tuple[Instances, Environment]) -> None:
        world, made = machine
        code = "InsufficientInstanceCapacity"
        rule = {"service": "ec2", "action": "StartInstances", "code": code, "status": 400}
        number = day.aws.fault("error", times=None, **rule)
        operation = switch(made, "start", day)
        assert (operation.status, made.state) == ("failed", State.FAILED_TO_START)
        assert "AWS has no capacity for m5.large (ap-northeast-2a)" in operation.error["en"]
        assert "Try again later, or choose another type or zone" in operation.error["en"]
        assert "나중에 다시 시도하거나 다른 유형" in operation.error["ko"]
        waits = pauses(times_of(day, "ec2", "StartInstances"))
        assert len(waits) >= 5
        assert waits[-1] > 8 * waits[0]

        day.aws.clear_faults(number)
        day.aws.fault("error", times=3, **rule)
        assert switch(made, "start", day).status == "succeeded"
        assert world.is_running("one")

    def test_of_a_database(self, day: Journey) -> None:
        world = RdsInstances(day.aws)
        world.make("chat")
        day.now = day.aws.now()
        made = environment("rds_instance", "chat", "running")
        switch(made, "stop", day)
        code = "InsufficientDBInstanceCapacity"
        day.aws.fault("error", service="rds", action="StartDBInstance", code=code, status=400, times=None)
        operation = switch(made, "start", day)
        assert operation.status == "failed"
        assert "no db.t3.micro left for chat in ap-northeast-2a" in operation.error["en"]
        assert "Try again later" in operation.error["en"]
        waits = pauses(times_of(day, "rds", "StartDBInstance"))
        assert waits[-1] > 8 * waits[0]

    def test_of_an_auto_scaling_group(self, day: Journey) -> None:
        groups = Groups(day.aws)
        groups.create("web")
        day.now = day.aws.now()
        made = environment("auto_scaling_group", "web", "running")
        switch(made, "stop", day)
        day.aws.control("POST", "launches", group="web", reason=NO_CAPACITY)
        operation = switch(made, "start", day)
        assert operation.status == "failed"
        assert "t3.small capacity in the Availability Zone you requested (ap-northeast-2a)" in operation.error["en"]
        assert "Try again later, or choose another type or zone" in operation.error["en"]

    def test_of_a_stack_that_comes_up_at_a_later_try(self, day: Journey) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason=NO_CAPACITY, times=2)
        operation = switch(made, "start", day)
        assert (operation.status, made.state) == ("succeeded", State.RUNNING)
        created = day.aws.requests("cloudformation", "CreateStack")
        assert len({call["parameters"]["ClientRequestToken"] for call in created}) == 3
        assert len(day.aws.client("sns").list_topics()["Topics"]) == 2

    def test_of_a_stack_that_never_comes_up(self, day: Journey) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason=NO_CAPACITY, times=None)
        operation = switch(made, "start", day)
        assert (operation.status, made.state) == ("failed", State.FAILED_TO_START)
        assert "AWS has no capacity for t3.small in ap-northeast-2a; it was tried 5 times" in operation.error["en"]
        assert "Try again later, or choose another type or zone." in operation.error["en"]
        assert "5번 시도했어요" in operation.error["ko"]
        assert NO_CAPACITY in operation.error_detail
        waits = pauses(times_of(day, "cloudformation", "CreateStack"))
        assert len(waits) == len(stack_capacity.PAUSES)
        assert waits == sorted(waits)
        assert waits[-1] > 5 * waits[0]

    def test_while_it_waits_people_read_why_and_for_how_long(self, day: Journey) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason=NO_CAPACITY, times=1)
        operation = operations.request(environment=made, kind="start", trigger="hold", reason=WHY, now=day.now)
        day.go_to(day.now + timedelta(minutes=1))
        step = operation.steps.get(name="wait")
        assert step.detail["en"] == (
            "small could not be created: AWS has no capacity for t3.small in ap-northeast-2a at the moment. "
            "It is tried again in 2 minutes."
        )
        assert "2분 뒤에 다시 시도해요" in step.detail["ko"]

    @pytest.mark.parametrize("action", ["CreateStack", "DeleteStack"])
    def test_a_lost_answer_on_the_way_creates_nothing_twice(self, day: Journey, action: str) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason=NO_CAPACITY, times=1)
        # Of creations the second is the new try; more in a row than boto3's tries.
        day.aws.fault("lost", service="cloudformation", action=action, nth=2 if action == "CreateStack" else 1, times=3)
        assert switch(made, "start", day).status == "succeeded"
        done = [call for call in day.aws.requests("cloudformation", "CreateStack") if call["done"]]
        assert len({call["parameters"]["ClientRequestToken"] for call in done}) == 2
        assert len(day.aws.client("sns").list_topics()["Topics"]) == 2

    def test_what_failed_for_another_reason_is_not_tried_again(self, day: Journey) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason="The topic's name is taken.", times=None)
        assert switch(made, "start", day).status == "failed"
        assert len(day.aws.requests("cloudformation", "CreateStack")) == 1

    def test_a_stop_ends_the_trying(self, day: Journey) -> None:
        made = stack()
        day.aws.fail_resource("Topic", reason=NO_CAPACITY, times=None)
        operations.request(environment=made, kind="start", trigger="hold", reason=WHY, now=day.now)
        day.go_to(day.now + timedelta(minutes=1))
        assert switch(made, "stop", day).status == "succeeded"
        assert day.aws.client("cloudformation").describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        (NO_CAPACITY, True),
        ("Resource handler returned message: Insufficient capacity. (InsufficientCapacity)", True),
        ("cache.t3.micro is not available (Error Code: InsufficientCacheClusterCapacity)", True),
        ("AWS does not have enough db.r5.large capacity at present", True),
        ("You have requested more vCPU capacity than your current vCPU limit of 32 allows", False),
        ("The capacity provider does not exist", False),
    ],
)
def test_lack_of_capacity_is_told_from_limits_and_mistakes(words: str, lacking: bool) -> None:
    assert stack_capacity.is_lacking([Failure("s", "R", "T", words)]) is lacking


class TestStacks:
    """In a state that AWS does not leave by itself, or that somebody else is changing."""

    def up(self, day: Journey, body: str = SMALL) -> Any:
        cfn = day.aws.client("cloudformation")
        cfn.create_stack(StackName="small", TemplateBody=body)
        return cfn

    def status(self, cfn: Any) -> str:
        return str(cfn.describe_stacks(StackName="small")["Stacks"][0]["StackStatus"])

    def move(self, day: Journey, seconds: int = 60) -> None:
        day.aws.advance(seconds)
        day.now += timedelta(seconds=seconds)

    def test_in_rollback_complete_is_deleted_and_created_anew(self, day: Journey) -> None:
        day.aws.fail_resource("Topic")
        cfn = self.up(day)
        self.move(day)
        assert self.status(cfn) == "ROLLBACK_COMPLETE"
        assert switch(stack(), "start", day).status == "succeeded"
        assert self.status(cfn) == "CREATE_COMPLETE"

    def test_in_rollback_complete_is_stopped_by_deleting_it(self, day: Journey) -> None:
        day.aws.fail_resource("Topic")
        cfn = self.up(day)
        self.move(day)
        assert switch(stack(), "stop", day).status == "succeeded"
        assert cfn.describe_stacks()["Stacks"] == []

    def test_in_update_rollback_failed_is_a_failed_start_that_names_it_and_a_stop_that_works(
        self, day: Journey
    ) -> None:
        cfn = self.up(day)
        self.move(day)
        day.aws.fail_resource("Topic", operation="update", reason="No such setting.", times=None)
        cfn.update_stack(StackName="small", TemplateBody=LARGER)
        self.move(day)
        assert self.status(cfn) == "UPDATE_ROLLBACK_FAILED"
        made = stack()
        operation = switch(made, "start", day)
        assert (operation.status, made.state) == ("failed", State.FAILED_TO_START)
        assert "small is in UPDATE_ROLLBACK_FAILED, which AWS does not leave by itself" in operation.error["en"]
        assert "Topic (AWS::SNS::Topic): No such setting." in operation.error["en"]
        assert "“Stop” deletes what is left of it." in operation.error["en"]
        assert self.status(cfn) == "UPDATE_ROLLBACK_FAILED", "nothing was changed"
        assert switch(made, "stop", day).status == "succeeded"

    def test_in_delete_failed_is_a_failed_start_that_says_what_holds_it(self, day: Journey) -> None:
        made = stack()
        switch(made, "start", day)
        day.aws.fail_resource("Topic", operation="delete", reason="It is in use.", times=None)
        stopped = switch(made, "stop", day)
        assert (stopped.status, made.state) == ("failed", State.FAILED_TO_STOP)
        assert "What holds it: Topic (AWS::SNS::Topic): It is in use." in stopped.error["en"]
        started = switch(made, "start", day)
        assert started.status == "failed"
        assert "small is in DELETE_FAILED, which AWS does not leave by itself" in started.error["en"]
        day.aws.clear_failures()
        assert switch(made, "stop", day).status == "succeeded"

    @pytest.mark.parametrize("kind", ["start", "stop"])
    def test_that_somebody_else_is_changing_is_waited_for(self, day: Journey, kind: str) -> None:
        cfn = self.up(day)
        self.move(day)
        cfn.update_stack(StackName="small", TemplateBody=LARGER)
        assert self.status(cfn) == "UPDATE_IN_PROGRESS"
        began = day.now
        operation = switch(stack(), kind, day)
        assert operation.status == "succeeded"
        assert day.now - began > timedelta(seconds=5)
        assert [call for call in day.aws.requests("cloudformation", "DeleteStack") if call["status"] != 200] == []

    def test_that_somebody_else_deletes_while_it_starts_is_a_failure_that_says_so(self, day: Journey) -> None:
        made = stack()
        operation = operations.request(environment=made, kind="start", trigger="hold", reason=WHY, now=day.now)
        day.work()
        day.aws.client("cloudformation").delete_stack(StackName="small")
        day.settle()
        operation.refresh_from_db()
        assert operation.status == "failed"
        assert "deleted by somebody else" in operation.error["en"]


def test_an_instance_whose_volumes_key_lacks_a_grant_is_failed_and_not_done(day: Journey) -> None:
    world = Instances(day.aws)
    one = world.launch("one")
    made = environment("ec2", one, "running")
    day.now = day.aws.now()
    switch(made, "stop", day)
    day.aws.control("POST", "kms", instance_id=one)
    operation = switch(made, "start", day)
    assert (operation.status, made.state) == ("failed", State.FAILED_TO_START)
    assert "AWS accepted the start, but the instance stopped again by itself" in operation.error["en"]
    assert "kms:CreateGrant" in operation.error["en"]
    assert "Client.InternalError" in operation.error_detail

    day.aws.control("POST", "kms", instance_id=one, denied=False)
    assert switch(made, "start", day).status == "succeeded"
    assert world.is_running("one")


def test_a_disabled_key_is_failed_too(day: Journey) -> None:
    key = day.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    world = Instances(day.aws)
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key}}
    one = world.launch("one", BlockDeviceMappings=[disk])
    made = environment("ec2", one, "running")
    day.now = day.aws.now()
    switch(made, "stop", day)
    day.aws.client("kms").disable_key(KeyId=key)
    operation = switch(made, "start", day)
    assert (operation.status, made.state) == ("failed", State.FAILED_TO_START)
    assert "see that the key is enabled" in operation.error["en"]
