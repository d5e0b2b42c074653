"""What follows when a calendar changes: the plans it concerns are judged again, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from . import schedules

# Databases take so many values in one question.
CHUNK = 10_000


def plans_changed(environments: Iterable[int], *, now: datetime) -> int:
    """Mark these environments as due; the number of them. Inside the transaction that changed the calendar."""
    ids = iter(sorted(set(environments)))
    total = 0
    while chunk := list(islice(ids, CHUNK)):
        total += schedules.plan_changed(chunk, now=now)
    return total
