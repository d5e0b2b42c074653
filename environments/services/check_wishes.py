"""“Check now”: an address is asked by the next turn, within seconds, and not in a request."""

from __future__ import annotations

from datetime import datetime

from environments.models import Check, CheckState, Environment


def ask_soon(*, environment: Environment, check_id: int, now: datetime) -> bool:
    """Have an address of the environment asked by the next turn; False where it is not asked at all: it sleeps or is
    switched off, or is none. An answer that is under way meanwhile is dropped."""
    rows = Check.objects.switched_on().filter(pk=check_id, environment=environment, kind=Check.Kind.HTTP)
    return bool(rows.exclude(state=CheckState.ASLEEP).update(due_at=now))
