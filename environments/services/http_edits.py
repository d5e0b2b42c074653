"""What follows when a web address check is added, edited or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from environments.models import Check, HttpCheck
from environments.rules.http_answers import Texts

from . import health, health_telling

REMOVED: Texts = {"en": "The check was removed.", "ko": "점검이 삭제됐어요."}
# None of these says how or when it is asked.
BESIDE = frozenset({"name", "target", "ticket_after", "certificate_days", "gates_start"})
# What an address has shown, which says nothing of another one.
UNASKED: Final[Mapping[str, None]] = dict.fromkeys(
    ("certificate_until", "certificate_warned", "last_ms", "last_status")
)


def saved(*, check: HttpCheck, changed: Sequence[str] | None, now: datetime) -> None:
    """In the transaction that saved it: it is asked at once, and what was found out by its old settings is forgotten.

    `changed` are the names of its fields, None for a new one.
    """
    if changed and "url" in changed:
        HttpCheck.objects.filter(pk=check.pk).update(**UNASKED)
    if changed is None or set(changed) - BESIDE:
        # Whoever is asking it just now finds its lease gone, and drops the answer.
        Check.objects.filter(pk=check.pk, due_at__isnull=False).update(due_at=now, failures=0)
        health.environments_moved([check.environment_id], now=now)


def remove(*, checks: Sequence[HttpCheck], now: datetime) -> None:
    """Remove checks; their incidents are over."""
    with transaction.atomic():
        health_telling.removed([check.pk for check in checks], REMOVED, now=now)
        for check in checks:
            check.delete()
