"""Wherever AWS fails while targets of any kind are started, stopped and redeployed: each operation ends in the wished
state or as failed with a reason, nothing is created, deleted or deployed twice, and sizes come back exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, seed
from hypothesis import strategies as st

from environments.targets import registry
from tests.support.deeds import DIRECTION, SIZED

from .stages import STAGES, goals, raised
from .striking import SEED, SEED_TOLD, Struck, actions, any_at_all, passing, sparing, undone

pytestmark = pytest.mark.django_db
EVERY_STAGE = pytest.mark.parametrize("stage", STAGES)


def told(aws: Any, stage: str, struck: Struck, *, by_tag: bool, gets_over: bool) -> None:
    """A day: perhaps a redeploy, a stop, a start; each with its faults, each with all that must be true of it."""
    kinds = STAGES[stage]
    on = raised(aws, kinds, by_tag=by_tag)
    for goal in goals(kinds):
        if goal == "redeploy":
            if goal not in struck:
                continue
            on.pushed()
        on.perform(goal, struck.get(goal, ()), gets_over=gets_over)


def test_every_registered_kind_is_struck() -> None:
    assert set(STAGES) == {*registry.KINDS, "mixed"}


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.torture)])
@EVERY_STAGE
def test_whatever_changes_something_is_done_once_though_its_answer_is_lost(
    hasty_aws: Any, stage: str, times: int
) -> None:
    """Once: boto3's second try follows. Four times: it gives up, and the workflow's second try follows."""
    kinds = STAGES[stage]
    struck: Struck = {
        goal: [
            {"kind": "lost", "action": action, "times": times}
            for action in actions(kinds, goal)
            if action in DIRECTION | SIZED
        ]
        for goal in goals(kinds)
    }
    told(hasty_aws, stage, struck, by_tag=False, gets_over=True)


@sparing(max_examples=3, derandomize=True)
@given(stage=st.sampled_from(list(STAGES)), data=st.data())
def test_a_few_ends_as_wished_or_saying_why_at_places_that_were_drawn(
    hasty_aws: Any, stage: str, data: st.DataObject
) -> None:
    """The same places each time; the long runs take many more."""
    struck = data.draw(any_at_all(STAGES[stage], goals(STAGES[stage])))
    with undone():
        told(hasty_aws, stage, struck, by_tag=False, gets_over=False)


@pytest.mark.torture
@EVERY_STAGE
@seed(SEED)
@sparing(max_examples=5)
@given(data=st.data())
def test_it_gets_over_what_aws_gets_over_wherever_it_strikes(hasty_aws: Any, stage: str, data: st.DataObject) -> None:
    note(SEED_TOLD)
    struck = data.draw(passing(STAGES[stage], goals(STAGES[stage])))
    with undone():
        told(hasty_aws, stage, struck, by_tag=data.draw(st.booleans()), gets_over=True)


@pytest.mark.torture
@EVERY_STAGE
@seed(SEED)
@sparing(max_examples=5)
@given(data=st.data())
def test_it_ends_as_wished_or_says_why_wherever_anything_strikes(
    hasty_aws: Any, stage: str, data: st.DataObject
) -> None:
    note(SEED_TOLD)
    struck = data.draw(any_at_all(STAGES[stage], goals(STAGES[stage])))
    with undone():
        told(hasty_aws, stage, struck, by_tag=data.draw(st.booleans()), gets_over=False)
