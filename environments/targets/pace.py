"""How long a step waits before it looks again."""

from __future__ import annotations

from datetime import timedelta

from .base import StepContext


def pause(context: StepContext) -> timedelta:
    """A tenth of the time already waited, from 2 to 15 seconds: quick things are seen quickly, slow ones cost few
    calls."""
    return timedelta(seconds=min(15.0, max(2.0, (context.now - context.since).total_seconds() / 10)))
