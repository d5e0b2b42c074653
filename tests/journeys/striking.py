"""What goes wrong with a call to AWS, and which call it is: for hypothesis to choose from, the likeliest to do harm
first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from environments.targets import registry
from tests.support.deeds import DIRECTION, SIZED

Fault = dict[str, Any]
Struck = dict[str, list[Fault]]
"""The faults on the way of each operation, by what it does."""

SEED = int(os.environ.get("FAULTS_SEED", "20261123"))
"""Of the long runs; said when one fails. `FAULTS_SEED=… make test-torture` strikes elsewhere."""
SEED_TOLD = f"FAULTS_SEED={SEED}"
# What AWS gets over.
PASSING: list[Fault] = [
    {"kind": "lost"},
    {"kind": "garbled"},
    {"kind": "throttle"},
    {"kind": "timeout", "seconds": 0.02},
    {"kind": "reset"},
    {"kind": "error", "code": "ServiceUnavailable"},
    {"kind": "error", "code": "InternalFailure"},
    {"kind": "slow", "seconds": 0.02},
]
REFUSALS: list[Fault] = [
    {"kind": "denied"},
    {"kind": "error", "code": "ValidationError", "message": "Template format error", "status": 400},
]
# More in a row than boto3's three tries: then it is the workflow's turn to try again. It does so for ten minutes.
MOST_PASSING = 7
# An operation makes about so many calls a target; later ones would hit nobody.
CALLS = 9
# What a story seldom comes to ask, beside what only one kind of operation asks for.
SELDOM = frozenset(
    {"AddTagsToResource", "DescribePendingMaintenanceActions", "DescribeInstanceStatus", "DescribeImages"}
)
ASKED_BY = {"GetParameter": ("start", "redeploy"), "GetTemplate": ("stop", "redeploy"), "GetTemplateSummary": ("stop",)}


def sparing(**more: Any) -> settings:
    """For stories that are told within one test: each undoes what it wrote, and takes as long as it takes."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow]
    return settings(deadline=None, database=None, suppress_health_check=health, **more)


@contextmanager
def undone() -> Iterator[None]:
    """hypothesis runs many examples in one test: what one wrote into the database is not there for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def passing(kinds: tuple[str, ...], goals: list[str]) -> st.SearchStrategy[Struck]:
    """One to three faults, each from once to four times in a row: the operation gets over them all."""
    faults = _faults(kinds, goals, PASSING, st.integers(1, 4))
    return faults.filter(lambda told: sum(fault["times"] for _, fault in told) <= MOST_PASSING).map(_by_goal)


def any_at_all(kinds: tuple[str, ...], goals: list[str]) -> st.SearchStrategy[Struck]:
    """One to three faults; each may be for good, and AWS may refuse."""
    return _faults(kinds, goals, REFUSALS + PASSING, st.integers(1, 4) | st.none()).map(_by_goal)


def _faults(
    kinds: tuple[str, ...], goals: list[str], what: list[Fault], times: st.SearchStrategy[int | None]
) -> st.SearchStrategy[list[tuple[str, Fault]]]:
    anywhere = st.integers(1, CALLS * len(kinds)).map(lambda nth: {"nth": nth})

    def at(goal: str) -> st.SearchStrategy[tuple[str, Fault]]:
        of_an_action = st.builds(
            lambda action, nth: {"action": action, "nth": nth}, st.sampled_from(actions(kinds, goal)), st.integers(1, 3)
        )
        fault = st.builds(
            lambda what, where, times: what | where | {"times": times},
            st.sampled_from(what), of_an_action | anywhere, times,
        )  # fmt: skip
        return fault.map(lambda made: (goal, made))

    return st.lists(st.sampled_from(goals).flatmap(at), min_size=1, max_size=3)


def actions(kinds: tuple[str, ...], goal: str) -> list[str]:
    """What operations of these kinds may ask of AWS on the way to a goal: first what changes something."""
    every = [action.partition(":")[2] for kind in kinds for action in registry.driver(kind).actions]
    chosen = dict.fromkeys(
        action
        for action in every
        if DIRECTION.get(action, goal) == goal and goal in ASKED_BY.get(action, (goal,)) and action not in SELDOM
    )
    return sorted([*chosen, "AssumeRole"], key=lambda action: action not in DIRECTION | SIZED)


def _by_goal(told: list[tuple[str, Fault]]) -> Struck:
    struck: Struck = {}
    for goal, fault in told:
        struck.setdefault(goal, []).append(fault)
    return struck
