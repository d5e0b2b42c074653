"""When prices are to be looked up: at once where something has come up, by the look that is due next."""

from __future__ import annotations

from datetime import datetime

from environments.models.rate import Pricing


def started(*, target_id: int, now: datetime) -> None:
    """The target runs: now it can be seen what it has. In the caller's transaction; one query.

    Where prices are not looked up for it, nothing is wanted.
    """
    Pricing.objects.filter(target=target_id, automatic=True).update(wanted_at=now, attempts=0)
