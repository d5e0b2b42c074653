"""Snapshots before a stop: taken once, complete before it, and the older ones of ours let go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from environments.targets.base import TargetError, Wait
from environments.targets.client import forget_clients
from environments.targets.rds_databases import Database
from environments.targets.rds_snapshots import CLUSTERS, INSTANCES

from .databases import DAY, MONDAY, of, perform, refusal, settle, tell
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


def snapshots(world: Instances, name: str = "chat") -> list[str]:
    found = world.rds.describe_db_snapshots(DBInstanceIdentifier=name, SnapshotType="manual")["DBSnapshots"]
    return sorted(one["DBSnapshotIdentifier"] for one in found)


def test_a_snapshot_is_complete_before_the_database_is_stopped(world: Instances) -> None:
    world.make("chat")
    said = of(world, "chat", snapshot=True).run("stop")

    assert said[2] == "Snapshot daybreak-chat-20261123-000100"
    assert snapshots(world) == ["daybreak-chat-20261123-000100"]
    changed = world.changes()
    assert changed[-2:] == ["CreateDBSnapshot", "StopDBInstance"]
    assert world.is_stopped("chat")


def test_without_the_option_and_for_what_is_stopped_no_snapshot_is_taken(world: Instances) -> None:
    world.make("chat")
    of(world, "chat").run("stop")
    of(world, "chat", snapshot=True).run("stop")

    assert snapshots(world) == []


def test_a_snapshot_whose_answer_was_lost_is_not_taken_twice(world: Instances) -> None:
    world.make("chat")
    of(world, "chat", snapshot=True).run("stop", again=lambda step: True)

    assert world.changes().count("CreateDBSnapshot") == 1


def test_only_the_newest_of_ours_are_kept_and_nothing_of_others_is_deleted(world: Instances) -> None:
    world.make("chat")
    world.rds.create_db_snapshot(DBInstanceIdentifier="chat", DBSnapshotIdentifier="daybreak-chat-by-hand")
    switch = of(world, "chat", snapshot=True, keep_snapshots=2)
    for _ in range(4):
        switch.run("stop")
        switch.run("start")
        switch.move(DAY)

    found = snapshots(world)
    assert "daybreak-chat-by-hand" in found
    assert len(found) == 3
    assert all(one >= "daybreak-chat-20261125" for one in found)
    assert world.changes().count("DeleteDBSnapshot") == 2


def test_the_snapshots_of_an_earlier_database_of_the_same_name_stay(world: Instances) -> None:
    world.make("chat")
    of(world, "chat", snapshot=True, keep_snapshots=1).run("stop")
    world.rds.delete_db_instance(DBInstanceIdentifier="chat", SkipFinalSnapshot=True)
    world.aws.advance(60)
    world.make("chat")
    of(world, "chat", snapshot=True, keep_snapshots=1).run("stop")

    assert len(snapshots(world)) == 2
    assert "DeleteDBSnapshot" not in world.changes()


def test_while_the_new_snapshot_is_not_complete_nothing_is_deleted_and_nothing_stopped(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat", snapshot=True, keep_snapshots=1)
    switch.run("stop")
    switch.run("start")
    outcome = perform(switch, "stop", "snapshot")

    assert isinstance(outcome, Wait)
    assert outcome.detail["en"] == "0 of 1 snapshots complete"
    assert len(snapshots(world)) == 2
    assert world.is_running("chat")


def test_a_snapshot_that_comes_to_nothing_leaves_the_database_running(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat", snapshot=True)
    perform(switch, "stop", "snapshot")
    (found,) = world.rds.describe_db_snapshots(DBInstanceIdentifier="chat", SnapshotType="manual")["DBSnapshots"]
    tell(world, found["DBSnapshotArn"], "failed")

    with pytest.raises(TargetError, match="is not stopped: its snapshot"):
        perform(switch, "stop", "snapshot")
    assert world.is_running("chat")


def test_an_old_snapshot_that_cannot_be_deleted_is_named_and_stops_nothing(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat", snapshot=True, keep_snapshots=1)
    switch.run("stop")
    switch.run("start")
    world.aws.fault("error", code="InvalidDBSnapshotState", status=400, action="DeleteDBSnapshot")
    said = switch.run("stop")

    assert "could not be deleted" in said[2]
    assert world.is_stopped("chat")


def test_too_many_snapshots_are_said_in_words(world: Instances) -> None:
    world.make("chat")
    world.aws.fault("error", code="SnapshotQuotaExceeded", status=400, action="CreateDBSnapshot")

    assert "as many snapshots as AWS allows" in refusal(of(world, "chat", snapshot=True), "stop").texts["en"]
    assert world.is_running("chat")


def test_names_of_snapshots_keep_to_aws_form_and_differ_for_databases_that_begin_alike() -> None:
    first, second = (Database(f"{'a-' * 20}very-long-name-{n}", "available", {}, "", "") for n in "12")

    names = {CLUSTERS.name(first, MONDAY), CLUSTERS.name(second, MONDAY)}
    assert len(names) == 2
    assert all(len(name) <= 63 and "--" not in name and not name.endswith("-") for name in names)
    assert INSTANCES.name(first, MONDAY) == f"daybreak-{first.id}-20261123-000000"


def test_answers_lost_after_aws_acted_take_no_second_snapshot_and_end_where_it_was_wished(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat", snapshot=True)
    for action in ("CreateDBSnapshot", "StopDBInstance", "StartDBInstance"):
        world.aws.fault("lost", service="rds", action=action)
    switch.run("stop")
    assert world.is_stopped("chat")
    switch.run("start")

    assert world.is_running("chat")
    assert len(snapshots(world)) == 1
