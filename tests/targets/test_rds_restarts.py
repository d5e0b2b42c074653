"""What ran and comes back, AWS's own start after seven days, and the facts that pages can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from environments.targets import rds_facts
from environments.targets.base import Seen
from environments.targets.client import forget_clients

from .databases import DAY, DEV, MONDAY, of, settle
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


# -- what ran, and the seven days ------------------------------------------------------------------------------------


def test_what_was_off_on_purpose_stays_off_at_the_next_start(world: Instances) -> None:
    switch = of(world, world.tagged(DEV, ["one", "two"]).identifier)
    world.rds.stop_db_instance(DBInstanceIdentifier="two")
    switch.move(timedelta(minutes=1))
    switch.run("stop")
    switch.run("start")

    assert world.statuses() == {"one": "available", "two": "stopped", "other": "available"}
    assert switch.driver.state(switch.ref) is Seen.RUNNING


def test_what_aws_started_after_seven_days_is_stopped_again_told_and_not_remembered_as_wanted(
    world: Instances,
) -> None:
    switch = of(world, world.tagged(DEV, ["one", "two"]).identifier)
    world.rds.stop_db_instance(DBInstanceIdentifier="two")
    switch.move(timedelta(minutes=1))
    switch.run("stop")
    assert set(switch.ref.memory["restarts"]) == {"one", "two"}
    switch.move(7 * DAY + timedelta(minutes=10))
    assert world.statuses() == {"one": "available", "two": "available", "other": "available"}

    said = switch.run("stop")
    assert said[0] == "To stop: one, two; AWS itself started one, two after seven days"
    assert switch.ref.memory["ran"] == ["one"]
    switch.run("start")
    assert world.statuses() == {"one": "available", "two": "stopped", "other": "available"}


def test_who_started_it_by_hand_before_aws_would_have_is_not_taken_for_aws(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat")
    switch.run("stop")
    switch.move(DAY)
    world.rds.start_db_instance(DBInstanceIdentifier="chat")
    switch.move(8 * DAY)

    assert switch.run("stop")[0] == "To stop: chat"


def test_where_events_must_not_be_read_the_stop_goes_on(world: Instances) -> None:
    world.make("chat")
    switch = of(world, "chat")
    switch.run("stop")
    switch.move(8 * DAY)
    world.aws.fault("denied", service="rds", action="DescribeEvents", times=None)

    assert "AWS itself started chat" in switch.run("stop")[0]
    assert world.is_stopped("chat")


# -- facts for pages -------------------------------------------------------------------------------------------------


def test_facts_tell_engine_window_pending_maintenance_and_when_aws_will_start_it(world: Instances) -> None:
    world.make("chat", {"simulator:maintenance": "system-update"})
    switch = of(world, "chat")
    switch.run("stop")
    (facts,) = rds_facts.facts(switch.ref)

    assert (facts.identifier, facts.engine, facts.status, facts.started_by_aws) == ("chat", "mysql", "stopped", None)
    assert [one.action for one in facts.pending] == ["system-update"]
    assert facts.restarts_at is not None
    assert abs(facts.restarts_at - switch.now - 7 * DAY) < timedelta(minutes=1)
    assert facts.window == rds_facts.window("wed:06:38-wed:07:08")
    assert facts.unknown == ()

    switch.move(7 * DAY + timedelta(minutes=10))
    (facts,) = rds_facts.facts(switch.ref)
    assert facts.started_by_aws is not None
    assert facts.restarts_at is None


def test_facts_that_must_not_be_asked_for_are_named_and_the_others_told(world: Instances) -> None:
    world.make("chat", {"simulator:maintenance": "system-update"})
    for action in ("DescribeEvents", "DescribePendingMaintenanceActions"):
        world.aws.fault("denied", service="rds", action=action, times=None)
    (facts,) = rds_facts.facts(world.reference("chat"))

    assert facts.engine == "mysql"
    assert facts.unknown == ("rds:DescribePendingMaintenanceActions", "rds:DescribeEvents")


def test_a_maintenance_window_is_the_one_that_runs_or_the_next() -> None:
    wednesday = MONDAY + 2 * DAY
    found = rds_facts.window("Wed:23:45-Thu:00:15")
    assert found is not None
    begins, ends = wednesday + timedelta(hours=23, minutes=45), wednesday + timedelta(hours=24, minutes=15)
    assert found.following(MONDAY) == (begins, ends)
    assert found.following(ends - timedelta(minutes=1)) == (begins, ends)
    assert found.following(ends) == (begins + 7 * DAY, ends + 7 * DAY)
    over_sunday = rds_facts.window("sun:23:45-mon:00:15")
    assert over_sunday is not None
    assert over_sunday.following(MONDAY)[1] == MONDAY + timedelta(minutes=15)
    assert rds_facts.window("whenever") is None
