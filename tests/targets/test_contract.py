"""What every kind of target promises, proved over the registry against the simulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import Goal, Seen, TargetError, TargetRef
from environments.targets.client import forget_clients
from tests.support.deeds import carried_out, done_twice, sized_differently

from .switching import Switch
from .worlds import KINDS, World, world

BY_TAG = [kind for kind in sorted(KINDS) if kind != "cloudformation"]
EVERY_KIND = pytest.mark.parametrize("kind", sorted(KINDS))
LANGUAGES = {"en", "ko"}


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    """The simulated AWS on a Monday morning; stacks and transitions take their time."""
    forget_clients()
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_seconds(20)
    aws.set_transition_seconds(20)
    yield aws
    forget_clients()


@pytest.fixture
def things(cloud: Any, kind: str) -> World:
    return world(kind, cloud)


def test_every_registered_kind_is_under_this_contract() -> None:
    assert set(registry.KINDS) == set(KINDS)


@EVERY_KIND
def test_it_names_itself_its_steps_its_options_and_its_permissions(kind: str) -> None:
    driver = registry.driver(kind)
    assert driver.kind == kind
    assert set(driver.label) == set(driver.identifier_label) == LANGUAGES
    assert all(set(option.label) == set(option.help) == LANGUAGES for option in driver.option_fields)
    for goal in Goal:
        names = [step.name for step in driver.steps(goal)]
        assert names
        assert len(set(names)) == len(names)
    assert driver.actions
    assert all(":" in action and "*" not in action for action in driver.actions)


@EVERY_KIND
def test_a_stop_stops_it_and_a_start_brings_it_back(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    switch.run("stop")
    assert things.is_stopped("one")
    assert switch.driver.state(switch.ref) is Seen.STOPPED
    switch.run("start")
    assert things.is_running("one")
    assert switch.driver.state(switch.ref) is Seen.RUNNING


@EVERY_KIND
def test_where_it_is_already_nothing_is_changed(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    before = things.changes()
    switch.run("start")
    assert things.changes() == before
    switch.run("stop")
    once = things.changes()
    switch.run("stop")
    assert things.changes() == once


@EVERY_KIND
def test_a_step_whose_outcome_was_not_saved_is_done_again_without_harm(kind: str, cloud: Any, things: World) -> None:
    """As after a worker that died. Answers lost on their way: `tests/journeys/test_faults_of_every_kind.py`."""
    switch = Switch(cloud, things.running("one"))
    before = things.inventory()
    for goal in ("stop", "start"):
        cloud.forget_requests()
        switch.run(goal, again=lambda step: True)
        deeds = carried_out(cloud.requests())
        assert {deed.leads_to for deed in deeds} == {goal}
        assert not done_twice(deeds)
        assert not sized_differently(deeds)
        assert things.is_stopped("one") == (goal == "stop")
    assert things.inventory() == before


@EVERY_KIND
def test_a_scan_says_what_single_looks_say_in_one_describe_call_a_page(kind: str, cloud: Any, things: World) -> None:
    up, down = things.running("up"), Switch(cloud, things.running("down"))
    down.run("stop")
    driver = registry.driver(kind)
    cloud.forget_requests()
    found = driver.scan(up.account, up.region, [up, down.ref])
    calls = [one["action"] for one in cloud.requests() if one["service"] != "sts"]
    assert len(calls) == len(set(calls)), "one call of each kind, whatever the number of targets"
    assert found.get(up.identifier) is Seen.RUNNING is driver.state(up)
    assert found.get(down.ref.identifier, Seen.STOPPED) is Seen.STOPPED is driver.state(down.ref)


@EVERY_KIND
def test_what_aws_does_not_have_cannot_be_started_and_says_so_in_both_languages(
    kind: str, cloud: Any, things: World
) -> None:
    with pytest.raises(TargetError) as refused:
        Switch(cloud, things.missing()).run("start")
    assert set(refused.value.texts) == LANGUAGES
    assert not refused.value.retryable


@EVERY_KIND
def test_what_was_entered_wrong_is_named_in_both_languages_without_asking_aws(
    kind: str, cloud: Any, things: World
) -> None:
    cloud.forget_requests()
    problems = registry.driver(kind).problems(things.wrong())
    assert problems
    assert all(set(texts) == LANGUAGES for texts in problems.values())
    assert cloud.requests() == []


@EVERY_KIND
def test_it_asks_for_no_more_than_the_permissions_it_names(kind: str, cloud: Any, things: World) -> None:
    switch = Switch(cloud, things.running("one"))
    driver = switch.driver
    cloud.forget_requests()
    switch.run("stop")
    switch.run("start")
    driver.scan(switch.ref.account, switch.ref.region, [switch.ref])
    asked = {one["action"] for one in cloud.requests() if one["service"] != "sts"}
    allowed = {action.partition(":")[2] for action in driver.actions}
    assert asked <= allowed


@EVERY_KIND
def test_an_account_that_denies_is_told_which_permission_is_missing(kind: str, cloud: Any, things: World) -> None:
    ref = things.running("one")
    cloud.fault("error", code="AccessDenied", status=403, times=None)
    with pytest.raises(TargetError, match="permission") as refused:
        registry.driver(kind).state(ref)
    assert not refused.value.retryable


@pytest.mark.parametrize("kind", BY_TAG)
def test_a_tag_filter_switches_all_that_carry_the_tags_and_nothing_else(kind: str, cloud: Any, things: World) -> None:
    ref = things.tagged({"env": "dev", "tier": "web"}, ["one", "two"])
    switch = Switch(cloud, ref)
    switch.run("stop")
    assert things.is_stopped("one")
    assert things.is_stopped("two")
    assert things.is_running("other")
    assert switch.driver.state(ref) is Seen.STOPPED
    switch.run("start")
    assert things.is_running("one")
    assert things.is_running("two")


@pytest.mark.parametrize("kind", BY_TAG)
def test_a_tag_filter_that_finds_nothing_says_so(kind: str, cloud: Any, things: World) -> None:
    ref: TargetRef = replace(things.missing(), identifier="tag:env=nowhere")
    with pytest.raises(TargetError, match="env=nowhere"):
        Switch(cloud, ref).run("start")
