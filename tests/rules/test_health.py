"""What is expected of checks, by what their environment does and what its plan wishes for."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from environments.models import CheckState, State, Wish
from environments.rules import health
from environments.rules.health import Expectation
from tests.support.times import monday


@pytest.mark.parametrize(
    ("state", "wish", "expected"),
    [
        ("running", "running", Expectation.EXPECTED),
        ("running", "stopped", Expectation.EXPECTED),
        ("starting", "running", Expectation.STARTING),
        ("redeploying", "any", Expectation.STARTING),
        ("stopped", "stopped", Expectation.ASLEEP),
        ("stopped", "any", Expectation.ASLEEP),
        ("stopping", "stopped", Expectation.ASLEEP),
        ("stopping", "running", Expectation.ASLEEP),
        ("failed_to_stop", "stopped", Expectation.ASLEEP),
        ("failed_to_start", "running", Expectation.EXPECTED),
        ("unknown", "stopped", Expectation.ASLEEP),
        ("unknown", "any", Expectation.EXPECTED),
    ],
)
def test_what_is_expected_follows_from_what_the_environment_does(state: str, wish: str, expected: str) -> None:
    assert health.expectation(state=state, wish=wish, always=False) == expected


def test_what_somebody_stopped_outside_although_the_plan_wants_it_is_loud() -> None:
    assert health.expectation(state="stopped", wish="running", always=False) is Expectation.EXPECTED


def test_a_check_that_depends_on_no_schedule_is_always_expected() -> None:
    for state, wish in product(State.values, Wish.values):
        assert health.expectation(state=state, wish=wish, always=True) is Expectation.EXPECTED


def test_the_rules_know_every_state_and_say_so_of_any_other() -> None:
    for state, wish in product(State.values, Wish.values):
        assert health.expectation(state=state, wish=wish, always=False) is not Expectation.UNKNOWN
    assert health.expectation(state="melting", wish="any", always=False) is Expectation.UNKNOWN


def test_the_time_to_come_up_begins_with_the_start_where_that_waits_for_the_check_itself() -> None:
    asked, runs = monday("09:00"), monday("09:20")
    ten = timedelta(minutes=10)
    waited = health.coming_up_until(check_since=asked, environment_since=runs, waited_for=True, grace=ten)
    beside = health.coming_up_until(check_since=asked, environment_since=runs, waited_for=False, grace=ten)
    assert (waited, beside) == (monday("09:10"), monday("09:30"))
    assert health.coming_up_until(check_since=None, environment_since=runs, waited_for=True, grace=ten) is None


def test_the_worst_state_speaks_for_all_and_each_state_has_its_rank() -> None:
    assert set(health.WORST_FIRST) == set(CheckState.values)
    assert health.worst(["up", "late", "asleep"]) == "late"
    assert health.worst(["missed", "down", "up"]) == "down"
    assert health.worst(["asleep", "up"]) == "asleep"
    assert health.worst(["unknown", "up"]) == "up"


@pytest.mark.parametrize(
    ("state", "rang", "minutes"),
    [
        ("running", -480, 10),
        ("running", 0, 10),
        ("running", 1, None),
        ("failed_to_start", -1, 10),
        ("stopped", -1, None),
    ],
)
def test_what_rings_from_before_an_environment_ran_has_ten_minutes_from_then(
    state: str, rang: int, minutes: int | None
) -> None:
    runs = monday("09:00")
    found = health.ringing_counts_from(state=state, since=runs, rang_at=runs + timedelta(minutes=rang))
    assert found == (None if minutes is None else runs + timedelta(minutes=minutes))
