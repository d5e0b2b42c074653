"""An environment of any kind of target, alone or mixed with others, whose operations are struck by faults; and what
must be true when one has ended, whatever struck it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from environments.models import Environment, Operation, OperationStep, State, Target
from environments.services import operations
from environments.targets import registry
from environments.targets.base import TargetRef
from environments.targets.client import forget_clients
from environments.targets.rds_snapshots import TAG
from tests import factories
from tests.support.deeds import carried_out, done_twice, sized_differently
from tests.support.journey import Journey
from tests.support.times import monday
from tests.targets.worlds import KINDS, World, world

from .striking import Fault

WHY = {"en": "because", "ko": "이유"}
# Old enough that nothing about it is taken for the operation's own doing.
A_WHILE_S = 600
TEMPLATE = """
Parameters: {Name: {Type: String, Default: older}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Name}}
  Second: {Type: AWS::SNS::Topic}
"""
STAGES: dict[str, tuple[str, ...]] = {
    **{kind: (kind,) for kind in sorted(KINDS)},
    "mixed": ("rds_instance", "cloudformation", "ecs_service", "auto_scaling_group"),
}
"""The kinds of each stage, in the order in which they start."""
ENDS = {"start": State.RUNNING, "stop": State.STOPPED, "redeploy": State.RUNNING}
FAILS = {"start": State.FAILED_TO_START, "stop": State.FAILED_TO_STOP, "redeploy": State.RUNNING}


def goals(kinds: Sequence[str]) -> list[str]:
    """What can be done on a stage, in the order in which it is done."""
    redeploys = any(getattr(registry.driver(kind), "redeploys", False) for kind in kinds)
    return [*(["redeploy"] if redeploys else []), "stop", "start"]


@dataclass
class Stage:
    """`names` are the things of each world that the environment is about; what else is in a world is nobody's."""

    aws: Any
    day: Journey
    environment: Environment
    worlds: list[World]
    names: list[str]
    before: list[dict[str, Any]]

    def perform(self, kind: str, faults: Sequence[Fault] = (), *, gets_over: bool = True) -> None:
        """Do it with these faults on the way. Where the operation fails it says why, and does it once nothing is in
        its way any longer; unless it must get over them."""
        operation = self._perform(kind, faults)
        if operation.status != "succeeded":
            assert not gets_over, f"{operation.error}: {operation.error_detail}"
            _assert_says_why(operation)
            assert Environment.objects.get().state == FAILS[kind]
            again = self._perform(kind, ())
            assert again.status == "succeeded", f"{again.error}: {again.error_detail}"
        assert Environment.objects.get().state == ENDS[kind]
        self._assert_aws_has(kind)

    def _perform(self, kind: str, faults: Sequence[Fault]) -> Operation:
        self.aws.forget_requests()
        for fault in faults:
            self.aws.fault(**fault)
        if kind == "redeploy":
            wanted = operations.request_redeploy(
                environment=self.environment, actor=factories.manager(), now=self.day.now
            )
        else:
            wanted = operations.request(
                environment=self.environment, kind=kind, trigger="hold", reason=WHY, now=self.day.now
            )
        self.day.settle()
        self.aws.clear_faults()
        deeds = carried_out(self.aws.requests())
        assert {deed.leads_to for deed in deeds} <= {kind}
        assert not done_twice(deeds)
        assert not sized_differently(deeds)
        return Operation.objects.get(pk=wanted.pk)

    def _assert_aws_has(self, kind: str) -> None:
        for had, things in zip(self.before, self.worlds, strict=True):
            if kind == "stop":
                assert all(things.is_stopped(name) for name in self.names)
            else:
                assert things.inventory() == had

    def pushed(self) -> None:
        """There is something newer to redeploy, and time has passed."""
        self.aws.client("ssm").put_parameter(Name="/name", Value="newer", Type="String", Overwrite=True)
        self.day.go_to(self.day.now + timedelta(seconds=A_WHILE_S))


def _assert_says_why(operation: Operation) -> None:
    assert operation.status == "failed"
    said = OperationStep.objects.filter(operation=operation, status="failed").values_list("error", flat=True)
    assert operation.error in list(said)
    assert operation.error["en"]
    assert "Daybreak itself" not in operation.error["en"], operation.error_detail
    assert any("가" <= letter <= "힣" for letter in operation.error["ko"])


def raised(aws: Any, kinds: Sequence[str], *, by_tag: bool = False) -> Stage:
    """An AWS where nothing has happened yet but that one thing of each kind runs, or two that a filter finds."""
    aws.reset()
    forget_clients()
    aws.freeze(monday("09:00"))
    # Some looks until it is there, and no more.
    aws.set_seconds(6)
    aws.set_transition_seconds(6)
    account = factories.account()
    aws.register_role(account.role_arn, account.external_id)
    aws.client("ssm").put_parameter(Name="/name", Value="older", Type="String")
    made = factories.environment("stage", schedule=None, state=State.RUNNING)
    worlds = []
    for order, kind in enumerate(kinds, start=1):
        things = world(kind, aws)
        worlds.append(things)
        ref = _running(things, kind, by_tag=by_tag and kind != "cloudformation")
        target = Target.objects.create(
            environment=made, kind=kind, identifier=ref.identifier, account=account, region=ref.region, order=order,
            options=dict(ref.options) | (_with_snapshots(aws, things) if kind.startswith("rds") else {}),
        )  # fmt: skip
        if kind == "cloudformation":
            target.parameters.create(name="Name", source="ssm", value="/name")
    aws.advance(A_WHILE_S)
    day = Journey(aws, aws.now())
    names = ["one", "two"] if by_tag else ["one"]
    return Stage(aws, day, made, worlds, names, [things.inventory() for things in worlds])


def _running(things: World, kind: str, *, by_tag: bool) -> TargetRef:
    if by_tag:
        return things.tagged({"env": "dev", "tier": "web"}, ["one", "two"])
    return things.running("one", TEMPLATE) if kind == "cloudformation" else things.running("one")  # type: ignore[call-arg]


def _with_snapshots(aws: Any, things: Any) -> dict[str, Any]:
    """A snapshot before each stop, and the older of these let go: there is one that `one` had before."""
    rds, cluster = aws.client("rds"), things.kind == "rds_cluster"
    if cluster:
        resource = rds.describe_db_clusters(DBClusterIdentifier="one")["DBClusters"][0]["DbClusterResourceId"]
        rds.create_db_cluster_snapshot(
            DBClusterSnapshotIdentifier="daybreak-one-old", DBClusterIdentifier="one",
            Tags=[{"Key": TAG, "Value": resource}],
        )  # fmt: skip
    else:
        resource = rds.describe_db_instances(DBInstanceIdentifier="one")["DBInstances"][0]["DbiResourceId"]
        rds.create_db_snapshot(
            DBSnapshotIdentifier="daybreak-one-old", DBInstanceIdentifier="one",
            Tags=[{"Key": TAG, "Value": resource}],
        )  # fmt: skip
    return {"snapshot": True, "keep_snapshots": 1}
