"""What AWS has scheduled for instances, looked up for all of a region at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from environments.targets import ec2_events
from environments.targets.client import forget_clients

from .driving import ACCOUNT
from .worlds.ec2 import REGION, Instances

REBOOT = "instance-reboot 2026-11-29T01:00:00Z/2026-11-29T03:00:00Z"


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


def test_events_are_those_of_each_targets_own_instances_in_two_requests(aws: Any) -> None:
    aws.freeze(datetime(2026, 11, 23, tzinfo=UTC))
    world = Instances(aws)
    by_tag = world.tagged({"env": "dev"}, ["one"])
    world.launch("two", {"simulator:event": REBOOT})
    world.launch("three", {"simulator:event": "instance-retirement 2026-12-01T00:00:00Z", "env": "dev"})
    by_id = world.reference(world.ids["two"])
    aws.forget_requests()
    found = ec2_events.overview(ACCOUNT, REGION, [by_tag, by_id])

    begins, ends = "2026-11-29T01:00:00+00:00", "2026-11-29T03:00:00+00:00"
    assert found[by_id.identifier] == [
        {"id": world.ids["two"], "code": "instance-reboot", "begins": begins, "ends": ends}
    ]
    assert [(one["id"], one["ends"]) for one in found[by_tag.identifier]] == [(world.ids["three"], "")]
    assert [one["action"] for one in aws.requests("ec2")] == ["DescribeInstanceStatus", "DescribeInstances"]


def test_where_nothing_is_scheduled_one_request_says_so(aws: Any) -> None:
    ref = Instances(aws).running("one")
    aws.forget_requests()
    assert ec2_events.overview(ACCOUNT, REGION, [ref]) == {ref.identifier: []}
    assert len(aws.requests("ec2")) == 1


@pytest.mark.parametrize(
    ("description", "ahead"), [("", True), ("[Completed] restarted", False), ("[Canceled] not needed", False)]
)
def test_what_is_done_or_called_off_is_no_event_any_more(description: str, ahead: bool) -> None:
    event = {"NotBefore": datetime(2026, 11, 29, tzinfo=UTC), "Description": description}
    assert ec2_events._is_ahead(event) is ahead
