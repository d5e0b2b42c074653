"""How an operation goes through its steps: which is next, when to look again, when to give up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)
# Trying again can help for so many times in a row; about 20 minutes with the delays above.
MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class StepView:
    """What deciding needs of a step. `chain` is the target it belongs to (None: the operation as a whole)."""

    id: int
    position: int
    chain: int | None
    finished: bool
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """The step to do now (`step`), or the time to look again (`at`), or neither: all steps are finished."""

    step: int | None = None
    at: datetime | None = None


def next_step(steps: Sequence[StepView], now: datetime) -> Next:
    """Choose among the first unfinished steps of the lowest unfinished position the one that has been due longest.

    Steps of one position belong to different targets (or follow each other within one) and are independent of those of
    the others, so one that waits does not hold up its neighbours; a later position begins when the earlier is finished.
    """
    open_steps = [step for step in steps if not step.finished]
    if not open_steps:
        return Next()
    position = min(step.position for step in open_steps)
    heads: dict[int | None, StepView] = {}
    for step in sorted((s for s in open_steps if s.position == position), key=lambda s: s.id):
        heads.setdefault(step.chain, step)
    soonest = min(heads.values(), key=lambda s: (s.not_before is not None, s.not_before or now, s.id))
    if soonest.not_before is None or soonest.not_before <= now:
        return Next(step=soonest.id)
    return Next(at=soonest.not_before)


def retry_delay(failures: int, jitter: float) -> timedelta:
    """Seconds until the next try after `failures` in a row (1 and up): doubled each time, capped; `jitter` 0 to 1
    takes up to half of it away, so that what failed together does not come back together."""
    doubled: int = 2 ** max(0, min(failures, 16) - 1)
    return min(FIRST_RETRY * doubled, LONGEST_RETRY) * (1 - jitter / 2)


def gives_up(failures: int, now: datetime, deadline: datetime | None) -> bool:
    """Whether another try is pointless: too many failures in a row, or out of time."""
    return failures >= MOST_FAILURES or (deadline is not None and now >= deadline)


def order_groups(orders: Iterable[int], *, stopping: bool) -> list[int]:
    """The order groups in the order in which they are worked on: ascending to start, descending to stop."""
    return sorted(set(orders), reverse=stopping)
