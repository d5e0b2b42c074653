"""A stack takes as long as is set, and shows on the way what AWS shows."""

from __future__ import annotations

from datetime import timedelta

from tests.simulator.stacks import CHAIN, Stacks, template, topic
from tests.support.simulator import Simulator


def test_without_a_duration_a_stack_is_complete_at_the_next_look(stacks: Stacks) -> None:
    stacks.create("demo")

    assert stacks.status("demo") == "CREATE_COMPLETE"


def test_a_stack_is_in_progress_until_its_seconds_are_over(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo", CHAIN)

    aws.advance(59)
    assert stacks.status("demo") == "CREATE_IN_PROGRESS"
    aws.advance(1)
    assert stacks.status("demo") == "CREATE_COMPLETE"


def test_resources_are_made_in_the_order_of_their_needs(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo", CHAIN)

    aws.advance(20)
    assert stacks.resources("demo") == {"First": "CREATE_COMPLETE", "Second": "CREATE_IN_PROGRESS"}
    aws.advance(20)
    assert stacks.resources("demo")["Third"] == "CREATE_IN_PROGRESS"


def test_resources_that_need_nothing_of_each_other_are_made_side_by_side(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo", template({"A": topic(), "B": topic(), "C": topic()}))

    aws.advance(59)
    assert set(stacks.resources("demo").values()) == {"CREATE_IN_PROGRESS"}
    aws.advance(1)
    assert stacks.status("demo") == "CREATE_COMPLETE"


def test_a_database_takes_more_of_the_time_than_a_topic(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(70)
    stacks.create("demo", template({"Database": "AWS::DocDB::DBInstance", "Topic": topic()}))

    aws.advance(60)
    assert stacks.resources("demo") == {"Database": "CREATE_IN_PROGRESS", "Topic": "CREATE_COMPLETE"}


def test_each_step_leaves_an_event_with_the_time_it_happened(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    begin = aws.now()
    stacks.create("demo", CHAIN)
    aws.advance(1000)

    events = [(e["LogicalResourceId"], e["ResourceStatus"], e["Timestamp"]) for e in stacks.full_events("demo")]
    first, last = begin, begin + timedelta(seconds=60)
    assert events[0][:2] == ("demo", "CREATE_IN_PROGRESS")
    assert abs(events[0][2] - first) < timedelta(milliseconds=1)
    assert events[-1][:2] == ("demo", "CREATE_COMPLETE")
    assert abs(events[-1][2] - last) < timedelta(milliseconds=1)


def test_the_events_tell_the_whole_story_in_order(stacks: Stacks) -> None:
    stacks.create("demo", CHAIN)

    assert stacks.events("demo") == [
        ("demo", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_COMPLETE"),
        ("Third", "CREATE_IN_PROGRESS"),
        ("Third", "CREATE_COMPLETE"),
        ("demo", "CREATE_COMPLETE"),
    ]
    assert stacks.reason("demo", "demo", "CREATE_IN_PROGRESS") == "User Initiated"


def test_the_physical_id_is_known_from_the_moment_creation_was_initiated(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo")

    announced, initiated = stacks.full_events("demo")[1:3]
    assert announced["PhysicalResourceId"] == ""
    assert initiated["ResourceStatusReason"] == "Resource creation Initiated"
    assert initiated["PhysicalResourceId"].startswith("arn:aws:sns:ap-northeast-2:123456789012:demo-Topic-")


def test_events_come_newest_first_and_a_hundred_at_a_time(stacks: Stacks) -> None:
    stacks.create("demo", template({f"Topic{n}": topic() for n in range(50)}))
    stacks.status("demo")

    first = stacks.client.describe_stack_events(StackName="demo")
    assert len(first["StackEvents"]) == 100
    assert first["StackEvents"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert len(stacks.full_events("demo")) == 2 + 50 * 3


def test_a_page_of_events_is_not_moved_by_newer_ones(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo", template({f"Topic{n}": topic() for n in range(60)}))

    first = stacks.client.describe_stack_events(StackName="demo")
    aws.advance(60)
    second = stacks.client.describe_stack_events(StackName="demo", NextToken=first["NextToken"])

    seen = [event["EventId"] for event in first["StackEvents"] + second["StackEvents"]]
    assert len(seen) == len(set(seen)) == 1 + 60 * 2


def test_a_deletion_takes_half_the_time_and_goes_backwards(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo", CHAIN)
    aws.advance(60)
    stacks.client.delete_stack(StackName="demo")

    aws.advance(10)
    assert stacks.resources("demo") == {
        "First": "CREATE_COMPLETE",
        "Second": "DELETE_IN_PROGRESS",
        "Third": "DELETE_COMPLETE",
    }
    aws.advance(19)
    assert stacks.status("demo") == "DELETE_IN_PROGRESS"
    aws.advance(1)
    assert "demo" not in stacks.living()


def test_one_stack_can_take_longer_than_the_others(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(10)
    aws.set_seconds(100, stack="slow")
    stacks.create("slow")
    stacks.create("quick")

    aws.advance(10)
    assert stacks.living() == {"slow": "CREATE_IN_PROGRESS", "quick": "CREATE_COMPLETE"}


def test_what_happened_between_two_looks_happened_at_its_own_time(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stack_id = stacks.create("demo")
    aws.advance(60)
    stacks.client.delete_stack(StackName="demo")
    deleted_at = aws.now() + timedelta(seconds=30)
    aws.advance(86_400)

    assert abs(stacks.describe(stack_id)["DeletionTime"] - deleted_at) < timedelta(milliseconds=1)
