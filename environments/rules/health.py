"""What is expected of the health of an environment, by what it does and what its plan wishes for. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Expectation(StrEnum):
    """What somebody who looks at a check may expect of it now.

    ASLEEP: silence is no trouble. STARTING: it may answer, it need not yet. EXPECTED: no answer is trouble. UNKNOWN: of
    a state that these rules do not know.
    """

    ASLEEP = "asleep"
    STARTING = "starting"
    EXPECTED = "expected"
    UNKNOWN = "unknown"


MOVING: Final = frozenset({"starting", "redeploying"})
"""States of an environment that is coming up."""

RESTING: Final = frozenset({"stopped", "failed_to_stop"})
"""States of an environment that is down on purpose, unless its plan wants it running."""

FINE: Final = frozenset({"unknown", "asleep", "starting", "up"})
"""States of a check that nobody need look at."""

RINGING_GRACE: Final = timedelta(minutes=10)
"""How long an alarm may go on that rang before its environment ran: machines that slept gave no data."""

WORST_FIRST: Final = ("down", "missed", "late", "starting", "asleep", "up", "unknown")
"""States of checks, the one that speaks for all first. While an environment sleeps, a check that goes on all the same
does not make it “up”; and what was never heard of says less than what is known."""


def expectation(*, state: str, wish: str, always: bool) -> Expectation:
    """What is expected of a check of an environment in `state`, whose plan last wished for `wish`.

    `always`: of a check that does not depend on the environment's schedule. What is stopped although its plan wants it
    running was stopped by somebody outside: that is loud.
    """
    if always:
        return Expectation.EXPECTED
    if state in MOVING:
        return Expectation.STARTING
    match state:
        case "running" | "failed_to_start":
            return Expectation.EXPECTED
        case "stopping":
            return Expectation.ASLEEP
        case "stopped" | "failed_to_stop":
            return Expectation.EXPECTED if wish == "running" else Expectation.ASLEEP
        case "unknown":
            return Expectation.ASLEEP if wish == "stopped" else Expectation.EXPECTED
    return Expectation.UNKNOWN


def coming_up_until(
    *, check_since: datetime | None, environment_since: datetime | None, waited_for: bool, grace: timedelta
) -> datetime | None:
    """Until when a check in state “starting” may stay without a good answer, once its environment is said to run.

    A start waits for some checks itself (`waited_for`): their time began with the start. That of the others begins when
    the environment runs. None: nobody knows since when.
    """
    begins = [at for at in (check_since, None if waited_for else environment_since) if at is not None]
    return max(begins) + grace if begins else None


def ringing_counts_from(*, state: str, since: datetime | None, rang_at: datetime) -> datetime | None:
    """From when on an alarm is trouble that began to ring at `rang_at`, of an environment in `state` since then.

    None: at once. What rings from before the environment ran has its grace, as an address has that does not answer.
    """
    if state not in ("running", "failed_to_start") or since is None or rang_at > since:
        return None
    return since + RINGING_GRACE


def worst(states: list[str]) -> str:
    """The state that speaks for all of these; they must not be empty."""
    return min(states, key=WORST_FIRST.index)
