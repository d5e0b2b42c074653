"""Whatever the template, whoever fails, whenever one looks: each story is told in order and leaves nothing behind."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.simulator.stacks import Stacks, template
from tests.support.simulator import Simulator

NAMES = "ABCDEF"
SECONDS = 60
Needs = dict[str, set[str]]
few = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


@st.composite
def graphs(draw: st.DrawFn) -> Needs:
    """Resources by their needs, without circles: each needs only letters before its own."""
    needs: Needs = {}
    for name in sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1))):
        needs[name] = draw(st.sets(st.sampled_from(sorted(needs)))) if needs else set()
    return needs


def body(needs: Needs, title: str = "") -> str:
    def topic(name: str) -> dict[str, Any]:
        named = {"DisplayName": f"{title}{name}"} if title and name in "ACE" else {}
        return {"Type": "AWS::SNS::Topic", "DependsOn": sorted(needs[name]), "Properties": named}

    return template({name: topic(name) for name in needs})


def start_afresh(aws: Simulator) -> None:
    aws.reset()
    aws.freeze()
    aws.set_seconds(SECONDS)


def topics(aws: Simulator) -> set[str]:
    return {topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"]}


def check_story(events: list[tuple[str, str]], needs: Needs) -> None:
    """Each thing begins before it ends, and is made after what it needs."""
    for name, status in events:
        if status.endswith("_COMPLETE") and (name, status) != ("demo", "ROLLBACK_COMPLETE"):
            begun = (name, status.replace("_COMPLETE", "_IN_PROGRESS"))
            # What never got a physical id is only said to be gone.
            assert begun in events[: events.index((name, status))] or status == "DELETE_COMPLETE"
        if status == "CREATE_IN_PROGRESS" and name != "demo":
            for need in needs[name]:
                assert (need, "CREATE_COMPLETE") in events[: events.index((name, status))]
        if status == "DELETE_IN_PROGRESS" and name != "demo":
            for other in (other for other in needs if name in needs[other] and (other, "CREATE_COMPLETE") in events):
                assert (other, "DELETE_COMPLETE") in events[: events.index((name, status))]


@few
@given(needs=graphs(), fails=st.sampled_from([*NAMES, None, None]), steps=st.lists(st.integers(1, 40), max_size=4))
def test_a_creation_ends_in_time_or_leaves_nothing(
    aws: Simulator, stacks: Stacks, needs: Needs, fails: str | None, steps: list[int]
) -> None:
    start_afresh(aws)
    if fails:
        aws.fail_resource(fails)
    stacks.create("demo", body(needs))
    for step in steps:
        aws.advance(step)
        stacks.resources("demo")
    aws.advance(max(0, SECONDS - sum(steps)))

    if fails not in needs:
        assert stacks.status("demo") == "CREATE_COMPLETE"
        assert len(topics(aws)) == len(needs)
    else:
        aws.advance(SECONDS)
        assert stacks.status("demo") == "ROLLBACK_COMPLETE"
        assert topics(aws) == set()
    check_story(stacks.events("demo"), needs)


@few
@given(needs=graphs(), after=st.integers(0, 2 * SECONDS), fails=st.sampled_from([*NAMES, None]))
def test_a_stack_deleted_at_any_moment_is_gone_in_time(
    aws: Simulator, stacks: Stacks, needs: Needs, after: int, fails: str | None
) -> None:
    start_afresh(aws)
    if fails:
        aws.fail_resource(fails)
    stack_id = stacks.create("demo", body(needs))
    aws.advance(after)
    stacks.client.delete_stack(StackName="demo")
    aws.advance(SECONDS)

    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert topics(aws) == set()


@few
@given(
    old=graphs(), new=graphs(), fails=st.sampled_from([*NAMES, None, None]), at=st.sampled_from(["create", "update"])
)
def test_an_update_arrives_or_returns_to_where_it_came_from(
    aws: Simulator, stacks: Stacks, old: Needs, new: Needs, fails: str | None, at: str
) -> None:
    assume(body(old) != body(new, title="new "))
    start_afresh(aws)
    aws.set_seconds(0)
    stacks.create("demo", body(old))
    before, there_before = stacks.physical_ids("demo"), topics(aws)
    if fails:
        aws.fail_resource(fails, operation=at)
    stacks.client.update_stack(StackName="demo", TemplateBody=body(new, title="new "))
    status = stacks.status("demo")

    after = stacks.physical_ids("demo")
    if status == "UPDATE_COMPLETE":
        assert after.keys() == new.keys()
        assert {name: after[name] for name in old.keys() & new.keys()} == {
            name: before[name] for name in old.keys() & new.keys()
        }
        assert topics(aws) == set(after.values())
    else:
        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert fails in new
        assert (after, topics(aws)) == (before, there_before)
