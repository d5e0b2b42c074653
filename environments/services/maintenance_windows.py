"""When AWS works on what an environment is made of, as the planner reads it; from what was looked up before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from environments import rules
from environments.models import Target
from environments.targets import ec2_events, rds_facts

FACTS: Final = "facts"
"""What a target remembers of AWS's own doings: `{"at": …, "databases": rds_facts.Row, "events": ec2_events.Row}`."""

A_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


def windows_of(targets: Iterable[Target]) -> tuple[rules.MaintenanceWindow, ...]:
    """Weekly windows of databases, and scheduled events of instances that are best met running."""
    return tuple(window for target in targets for window in _windows(target))


def _windows(target: Target) -> Iterator[rules.MaintenanceWindow]:
    facts = target.memory.get(FACTS, {})
    for one in facts.get("databases", ()):
        if weekly := _weekly(target.pk, one["id"], one["window"]):
            yield weekly
    for one in facts.get("events", ()):
        if one["code"] in ec2_events.MET_RUNNING and (once := _once(target.pk, one["id"], one["begins"], one["ends"])):
            yield once


@lru_cache(maxsize=4096)
def _weekly(target: int, name: str, text: str) -> rules.MaintenanceWindow | None:
    window = rds_facts.window(text)
    if window is None:
        return None
    return rules.MaintenanceWindow(str(target), name, A_MONDAY + window.begins, A_MONDAY + window.ends)


@lru_cache(maxsize=4096)
def _once(target: int, name: str, begins: str, ends: str) -> rules.MaintenanceWindow | None:
    """None where AWS does not say how long it takes."""
    if not (begins and ends) or ends <= begins:
        return None
    start, end = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    return rules.MaintenanceWindow(str(target), name, start, end, weekly=False)
