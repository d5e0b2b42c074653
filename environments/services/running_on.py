"""Until when what runs goes on, whoever wishes to keep it on for longer: every door counts “+1 h” from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from environments import rules
from environments.models import Environment, State, Wish

RUNS: Final = frozenset({State.RUNNING, State.REDEPLOYING})
MOST_CHANGES: Final = 8
"""A plan that has wished for no stop by then has none to count from."""


@dataclass(frozen=True, slots=True)
class LeftRunning:
    """It runs against its plan and is left alone until `until`, the plan's next change; None where there is none.

    `stop`: when its plan, which takes over then, stops it; None where no stop is in sight.
    """

    until: datetime | None
    stop: datetime | None


def left_running(environment: Environment, spec: rules.EnvironmentSpec, now: datetime) -> LeftRunning | None:
    """How long what runs against its plan is left alone (design section 2, item 8); None where the plan decides now.

    What others need is not meant: it runs on while they do, after a hold as before it. Reads nothing.
    """
    asked_to_stop = environment.wish != Wish.STOPPED and environment.judged_at is not None
    if environment.state not in RUNS or asked_to_stop:
        return None
    found = rules.explain(spec, now)
    if found.desired is not rules.Desired.STOPPED:
        return None
    return LeftRunning(found.until, _stop_after(spec, found.until) if found.until else None)


def runs_until(environment: Environment, spec: rules.EnvironmentSpec, now: datetime) -> datetime | None:
    """When it is stopped if nobody does anything; None where it is not to run, or no stop is in sight."""
    if left := left_running(environment, spec, now):
        return left.stop
    found = rules.explain(spec, now)
    return found.until if found.desired is rules.Desired.RUNNING else None


def planned_on_until(spec: rules.EnvironmentSpec, at: datetime) -> datetime | None:
    """Until when its plan goes on from the end of a hold that keeps it running; None where it stops there, or where
    its plan has no end."""
    found = rules.explain(spec.without_holds(), at)
    return found.until if found.desired is rules.Desired.RUNNING else None


def _stop_after(spec: rules.EnvironmentSpec, at: datetime) -> datetime | None:
    """The begin of the first stop from `at` on."""
    for _change in range(MOST_CHANGES):
        found = rules.explain(spec, at)
        if found.desired is rules.Desired.STOPPED:
            return at
        if found.until is None:
            return None
        at = found.until
    return None
