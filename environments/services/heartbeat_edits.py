"""What follows when a heartbeat is added, edited or removed, or gets a new address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from environments.models import Check, CheckState, Heartbeat

from . import health, health_telling, heartbeats

REMOVED = {"en": "The heartbeat was removed.", "ko": "하트비트가 삭제됐어요."}
# None of these says when it is expected to call.
BESIDE = frozenset({"name", "target", "ticket_after"})


def add(*, heartbeat: Heartbeat, now: datetime) -> None:
    """Save a new heartbeat, with an address of its own; its first call is expected from now on."""
    with transaction.atomic():
        heartbeats.renew(heartbeat)
        heartbeat.save()
        health.environments_moved([heartbeat.environment_id], now=now)


def saved(*, heartbeat: Heartbeat, changed: Sequence[str], now: datetime) -> None:
    """In the transaction that saved it: what is expected of it is judged anew. `changed` are the names of its fields.

    One that is switched on is asked for nothing of the time before.
    """
    if not set(changed) - BESIDE:
        return
    row = Check.objects.filter(pk=heartbeat.pk)
    if "is_on" in changed and heartbeat.is_on:
        row.filter(state=CheckState.UNKNOWN).update(state_since=now)
    row.filter(due_at__isnull=False).update(due_at=now)
    health.environments_moved([heartbeat.environment_id], now=now)


def new_address(*, heartbeat: Heartbeat) -> None:
    """Give it a new address; the one before is answered “not found” from now on."""
    heartbeats.renew(heartbeat)
    heartbeat.save(update_fields=["digest", "key"])


def remove(*, rows: Sequence[Heartbeat], now: datetime) -> None:
    """Remove heartbeats; their incidents are over."""
    with transaction.atomic():
        health_telling.removed([row.pk for row in rows], REMOVED, now=now)
        for row in rows:
            row.delete()
