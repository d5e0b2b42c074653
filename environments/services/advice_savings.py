"""What open advice would save, reckoned anew when prices come or change; what it proposes is left to the night."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from environments.models import Environment
from environments.models.advice import Advice

from . import costs
from .advice_reading import fewer, present, priced, saved, schedule_of


def renew(*, environments: Collection[int], now: datetime) -> int:
    """Reckon the open advice of these environments anew where an hour costs something else than when that was done
    last; how many were.

    One query where none of them has any, four where no price has changed; else a fixed number, and the plans of those
    that have changed. What runs by another schedule by now is left to the night.
    """
    rows = Advice.objects.filter(status=Advice.Status.OPEN, environment__in=environments)
    found = {row.environment_id: row for row in rows}
    prices = costs.an_hour(environments=found, now=now) if found else {}
    changed = {pk for pk, row in found.items() if row.evidence.get("an_hour") != priced({}, prices[pk])["an_hour"]}
    if not changed:
        return 0
    with transaction.atomic():
        locked = Environment.objects.select_for_update().filter(pk__in=changed).order_by("pk")
        there = set(locked.values_list("pk", flat=True))
        planned = Environment.objects.filter(pk__in=there).with_plan(now)
        stands = {one.pk: one for one in planned}
        renewed = [
            row
            for row in rows.filter(environment__in=there).order_by("pk")
            if row.environment_id in stands and _renew(row, stands[row.environment_id], prices[row.environment_id], now)
        ]
        Advice.objects.bulk_update(renewed, ["evidence", "saving", "currency"])
    return len(renewed)


def fill(row: Advice, savings: Mapping[str, Decimal]) -> None:
    """Without prices there is no saving to be told; of several currencies the first stands for the order."""
    row.saving, row.currency = None, ""
    if savings:
        row.currency, row.saving = min(savings.items())


def _renew(row: Advice, environment: Environment, an_hour: Mapping[str, Decimal], now: datetime) -> bool:
    """Whether it could be: advice is for what the environment ran by when it was made."""
    if present(environment) != row.proposal["present"]:
        return False
    old, new = fewer(environment, schedule_of(row.proposal), now)
    savings = saved(max(old - new, timedelta()), an_hour)
    row.evidence |= priced(savings, an_hour)
    fill(row, savings)
    return True
