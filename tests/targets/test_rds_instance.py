"""What is special about RDS instances: what AWS does not stop, statuses on the way, what is entered wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import Seen, TargetError, Wait
from environments.targets.client import forget_clients

from .databases import DEV, FILTER, of, perform, refusal, settle, tell
from .worlds.rds import labels
from .worlds.rds_instance import Instances


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(aws: Any) -> Instances:
    settle(aws)
    return Instances(aws)


def arn(world: Instances, name: str) -> str:
    return str(world.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceArn"])


# -- what AWS does not stop ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "why"), [("copy", "read replica of chat"), ("chat", "has read replicas (copy)")])
def test_read_replicas_and_their_sources_are_refused_with_the_reason(world: Instances, name: str, why: str) -> None:
    world.make("chat")
    world.rds.create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="chat")
    world.aws.advance(60)
    before = world.changes()

    assert why in refusal(of(world, name), "stop").texts["en"]
    assert world.changes() == before
    assert of(world, name).run("start") == [f"Up already: {name}"]


@pytest.mark.parametrize("goal", ["start", "stop"])
def test_a_member_of_a_cluster_is_refused_and_the_cluster_named(world: Instances, goal: str) -> None:
    world.rds.create_db_cluster(
        DBClusterIdentifier="shop", Engine="aurora-mysql", MasterUsername="chat", MasterUserPassword="password"
    )
    world.make("shop-0", Engine="aurora-mysql", DBClusterIdentifier="shop")

    assert "Add shop as a target of the kind “RDS cluster”" in refusal(of(world, "shop-0"), goal).texts["en"]


def test_a_filter_leaves_members_of_clusters_to_their_clusters_and_says_so(world: Instances) -> None:
    world.rds.create_db_cluster(
        DBClusterIdentifier="shop", Engine="aurora-mysql", MasterUsername="chat", MasterUserPassword="password"
    )
    world.make("shop-0", DEV, Engine="aurora-mysql", DBClusterIdentifier="shop")
    assert "belong to clusters (shop-0)" in refusal(of(world, FILTER), "stop").texts["en"]

    world.make("chat", DEV)
    said = of(world, FILTER).run("stop")
    assert said[0] == "To stop: chat; left to their clusters: shop-0"
    assert world.statuses() == {"chat": "stopped", "shop-0": "available"}


def test_sql_server_in_several_zones_is_refused_and_in_one_is_not(world: Instances) -> None:
    world.make("multi", Engine="sqlserver-se", MultiAZ=True)
    world.make("single", Engine="sqlserver-se", MultiAZ=False)

    assert "SQL Server in several availability zones" in refusal(of(world, "multi"), "stop").texts["en"]
    of(world, "single").run("stop")
    assert world.statuses() == {"multi": "available", "single": "stopped"}


# -- statuses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["backing-up", "modifying", "a-status-of-next-year"])
def test_what_aws_is_doing_is_waited_for_before_anything_is_changed(world: Instances, status: str) -> None:
    world.make("chat")
    switch = of(world, "chat")
    before = world.changes()
    tell(world, arn(world, "chat"), status)
    outcome = perform(switch, "stop", "look")
    assert isinstance(outcome, Wait)
    assert outcome.detail["en"] == f"AWS is at work on chat ({status}): waiting until that is over"
    assert world.changes()[len(before) :] == ["AddTagsToResource"]
    world.rds.remove_tags_from_resource(ResourceName=arn(world, "chat"), TagKeys=["simulator:status"])
    switch.run("stop")
    assert world.is_stopped("chat")


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("storage-full", "Its storage is full"),
        ("incompatible-parameters", "Its parameters settings do not fit"),
        ("failed", "Look at it in AWS"),
        ("inaccessible-encryption-credentials", "encryption key is lost"),
    ],
)
@pytest.mark.parametrize("goal", ["start", "stop"])
def test_what_needs_a_person_is_reported_as_a_failure(world: Instances, goal: str, status: str, what: str) -> None:
    world.make("chat")
    tell(world, arn(world, "chat"), status)
    failed = refusal(of(world, "chat"), goal)

    assert what in failed.texts["en"]
    assert failed.raw == status
    assert not failed.retryable
    assert of(world, "chat").driver.state(world.reference("chat")) is Seen.PARTLY


def test_a_backup_that_begins_between_look_and_stop_is_a_race_that_is_waited_for(world: Instances) -> None:
    world.make("chat")
    world.aws.fault("error", code="InvalidDBInstanceState", status=400, service="rds", action="StopDBInstance", times=3)
    of(world, "chat").run("stop")

    assert world.is_stopped("chat")
    assert world.changes().count("StopDBInstance") == 4


def test_a_refusal_that_stays_ends_in_aws_own_words(world: Instances) -> None:
    world.make("chat")
    rule = {"code": "InvalidDBInstanceState", "message": "It is shared.", "status": 400}
    world.aws.fault("error", service="rds", action="StopDBInstance", times=None, **rule)

    assert "It is shared." in refusal(of(world, "chat"), "stop").texts["en"]
    assert world.is_running("chat")


def test_a_start_while_it_still_stops_waits_and_then_starts_it(world: Instances) -> None:
    world.make("chat")
    world.rds.stop_db_instance(DBInstanceIdentifier="chat")
    of(world, "chat").run("start")

    assert world.is_running("chat")


def test_a_start_that_aws_accepted_and_that_stops_again_is_a_failure_and_not_done(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat")
    switch.run("stop")
    asked = perform(switch, "start", "start")
    assert isinstance(asked, Wait)
    tell(world, arn(world, "chat"), "stopped")

    switch.move(timedelta(minutes=3))
    with pytest.raises(TargetError, match="accepted to start chat, but it is stopped again"):
        perform(switch, "start", "start", asked.memo)


def test_a_stop_that_aws_accepted_and_that_runs_again_is_a_failure_and_not_done(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat")
    asked = perform(switch, "stop", "stop")
    assert isinstance(asked, Wait)
    tell(world, arn(world, "chat"), "available")

    switch.move(timedelta(minutes=3))
    with pytest.raises(TargetError, match="accepted to stop chat, but it is available"):
        perform(switch, "stop", "stop", asked.memo)


def test_capacity_that_lacks_can_be_tried_again_and_a_key_that_lacks_cannot(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat")
    switch.run("stop")
    world.aws.fault("error", code="InsufficientDBInstanceCapacity", status=400, action="StartDBInstance")
    failed = refusal(switch, "start")
    assert failed.texts["en"] == (
        "AWS has no db.t3.micro left for chat in ap-northeast-2a at the moment. "
        "Try again later, or choose another class."
    )
    assert failed.retryable

    world.aws.fault("error", code="KMSKeyNotAccessibleFault", status=400, action="StartDBInstance")
    failed = refusal(switch, "start")
    assert "a key that AWS may not use" in failed.texts["en"]
    assert not failed.retryable


def test_one_that_lacks_capacity_does_not_keep_the_others_down(world: Instances) -> None:
    switch = of(world, world.tagged(DEV, ["one", "two"]).identifier)
    switch.run("stop")
    world.aws.fault("error", code="InsufficientDBInstanceCapacity", status=400, action="StartDBInstance")
    assert "for one in" in refusal(switch, "start").texts["en"]
    world.aws.advance(30)

    assert world.statuses() == {"one": "stopped", "two": "available", "other": "available"}


def test_what_is_down_because_its_key_is_missing_needs_no_stop_and_is_not_called_stopped(world: Instances) -> None:
    world.make("chat")
    tell(world, arn(world, "chat"), "inaccessible-encryption-credentials-recoverable")
    before = world.changes()

    assert of(world, "chat", snapshot=True).run("stop") == ["Stopped already: chat"]
    assert world.changes() == before
    assert of(world, "chat").driver.state(world.reference("chat")) is Seen.PARTLY


def test_one_that_is_being_deleted_does_not_count(world: Instances) -> None:
    world.make("chat")
    tell(world, arn(world, "chat"), "deleting")

    assert "AWS has no chat" in refusal(of(world, "chat"), "start").texts["en"]
    assert of(world, "chat").run("stop") == ["AWS has no chat in ap-northeast-2: nothing to stop"]
    assert of(world, "chat").driver.state(world.reference("chat")) is Seen.PARTLY


def test_the_case_of_a_name_does_not_matter(world: Instances) -> None:
    world.make("chat")
    of(world, "Chat").run("stop")

    assert world.is_stopped("chat")
    ref = world.reference("CHAT")
    assert registry.driver("rds_instance").scan(ref.account, ref.region, [ref]) == {"CHAT": Seen.STOPPED}


# -- what is entered wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["", "1chat", "chat-", "chat--2", "a" * 64, "arn:aws:rds:x", "tag:env"])
def test_a_name_that_aws_cannot_have_is_refused(world: Instances, identifier: str) -> None:
    assert "identifier" in registry.driver("rds_instance").problems(world.reference(identifier))


@pytest.mark.parametrize("identifier", ["chat", "Chat-2", "a" * 63, "tag:env=dev"])
def test_a_name_that_aws_can_have_is_taken(world: Instances, identifier: str) -> None:
    assert registry.driver("rds_instance").problems(world.reference(identifier, keep_snapshots=5)) == {}


@pytest.mark.parametrize("keep", [0, 51, -1, "many"])
def test_a_number_of_snapshots_that_makes_no_sense_is_refused(world: Instances, keep: Any) -> None:
    problems = registry.driver("rds_instance").problems(world.reference("chat", snapshot=True, keep_snapshots=keep))
    assert set(problems) == {"keep_snapshots"}


def test_tags_are_matched_as_a_whole(world: Instances) -> None:
    world.make("one", {"env": "dev", "tier": "db"})
    world.make("two", {"env": "dev"})
    world.rds.add_tags_to_resource(ResourceName=arn(world, "two"), Tags=labels({"tier": "web"}))
    of(world, "tag:env=dev,tier=db").run("stop")

    assert world.statuses() == {"one": "stopped", "two": "available"}
