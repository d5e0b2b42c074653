"""Prices follow their targets: they end with them, move with them, and are looked up anew for what they name now.

What an edit has missed is found by the next `follow`: it goes by what the rows say, and nothing needs to be told twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.db.models import F, Q

from environments.models import Target
from environments.models.rate import Pricing, Rate

from . import plans
from .cost_marks import DAY
from .rate_moves import bring
from .rate_sheet import Sheet, changing


def follow(*, now: datetime, targets: Collection[int] | None = None) -> int:
    """Bring the prices to where their targets are, those of all targets by default; how many targets it was about.

    A line of a target that was removed ends with the day. Where a target goes to another environment or account, its
    lines end there with the day and go on at the new place (rate_moves.py). New targets are given a `Pricing`, wanted
    now. Two queries when there is nothing to do.
    """
    some = Q() if targets is None else Q(target_number__in=targets)
    here = Q(environment=F("target__environment"), account=F("target__account"))
    # What has been brought ends with the day of its own zone: by the day after tomorrow of UTC wherever that is.
    brought = now.astimezone(UTC).date() + 2 * DAY
    going_on = Rate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=brought)).exclude(
        valid_until=F("valid_from")
    )
    strayed = going_on.filter(some).filter(Q(target__isnull=True) | ~here)
    numbers = set(strayed.order_by().values_list("target_number", flat=True))
    new = Target.objects.filter(Q() if targets is None else Q(pk__in=targets), pricing__isnull=True)
    Pricing.objects.bulk_create(
        [Pricing(target_id=pk, wanted_at=now) for pk in new.order_by().values_list("pk", flat=True)],
        ignore_conflicts=True,
    )
    if numbers:
        _bring(numbers, now)
    return len(numbers)


def names_something_else(*, targets: Iterable[Target], now: datetime) -> None:
    """These targets are other things of AWS from now on: what was looked up for the old ones ends with the day and is
    looked up anew. What people entered stays."""
    rows = list(targets)
    with changing(None, ()):
        sheet = Sheet([target.pk for target in rows])
        for target in rows:
            tomorrow = plans.today(target.environment.zone_name, now) + DAY
            for row in sheet.rows(target.pk):
                if row.source == Rate.Source.PRICE_LIST:
                    sheet.end(row, max(tomorrow, row.valid_from))
        sheet.write(now=now)
        anew = Pricing.objects.filter(target__in=[target.pk for target in rows])
        anew.update(unpriced=[], problem={}, looked_at=None, attempts=0, wanted_at=None)
        anew.filter(automatic=True).update(wanted_at=now)


def _bring(numbers: set[int], now: datetime) -> None:
    with changing(None, ()):
        there = Target.objects.select_for_update(of=("self",)).select_related("environment__schedule").in_bulk(numbers)
        sheet = Sheet(numbers)
        for number in numbers:
            bring(sheet, number, there.get(number), now)
        sheet.write(now=now)
