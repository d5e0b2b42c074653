"""Advice made from facts: which environments nobody uses, run longer than they are used, or run always.

It is made each night; one is open for an environment at a time, and none stays open that holds no more. Nothing is
changed until an operator applies it (`advice_applying`). docs/advice.md says what is looked at, and how a saving is
reckoned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from environments.models import Environment
from environments.models.advice import Advice, UseLook

from . import advice_savings
from .advice_reading import Judged, read

CHUNK: Final = 100
# What somebody has set aside is not proposed again for so long, unless the saving grows by half.
SET_ASIDE: Final = timedelta(days=60)
GROWN: Final = Decimal("1.5")


def make(*, now: datetime) -> int:
    """Make the advice of each environment that is looked at anew; how many have one. Each batch is a fixed number of
    queries and one transaction; two at once do no harm."""
    looked = UseLook.objects.exclude(asked_at=None).values_list("environment_id", flat=True)
    still_open = Advice.objects.filter(status=Advice.Status.OPEN).values_list("environment_id", flat=True)
    ids = sorted({*looked, *still_open})
    return sum(_make(ids[first : first + CHUNK], now) for first in range(0, len(ids), CHUNK))


def _make(ids: Sequence[int], now: datetime) -> int:
    found = {one.environment.pk: one for one in read(environments=ids, now=now)}
    with transaction.atomic():
        locked = Environment.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        schedules = dict(locked.values_list("pk", "schedule_id"))
        stands = {row.environment_id: row for row in Advice.objects.filter(environment__in=ids, status="open")}
        aside = _set_aside(ids, now)
        # What was given another schedule meanwhile is judged tomorrow.
        sound = {pk: one for pk, one in found.items() if _schedule(one) == schedules.get(pk, "gone")}
        proposed = {pk: one for pk, one in sound.items() if one.proposal and not _is_aside(one, aside.get(pk))}
        same = [row for pk, row in stands.items() if pk in proposed and _is_same(row, proposed[pk])]
        for row in same:
            _fill(row, proposed[row.environment_id])
        Advice.objects.bulk_update(same, ["evidence", "saving", "currency", "proposal"])
        kept = {row.environment_id for row in same}
        gone = [row.pk for pk, row in stands.items() if pk not in kept]
        Advice.objects.filter(pk__in=gone, status="open").update(status=Advice.Status.OUTDATED, ended_at=now)
        Advice.objects.bulk_create(_new(proposed, kept, now))
    return len(proposed)


def _schedule(one: Judged) -> int | None:
    return one.environment.schedule_id


def _new(proposed: Mapping[int, Judged], kept: Collection[int], now: datetime) -> Iterator[Advice]:
    for pk, one in proposed.items():
        if pk not in kept:
            yield _fill(Advice(environment_id=pk, made_at=now), one)


def _fill(row: Advice, one: Judged) -> Advice:
    row.kind, row.proposal, row.evidence = one.kind, one.proposal, one.evidence
    advice_savings.fill(row, one.savings)
    return row


def _is_same(row: Advice, one: Judged) -> bool:
    """Whether it says what it said yesterday; numbers may have moved."""
    said = ("timezone", "override", "periods", "present")
    return row.kind == one.kind and all(row.proposal.get(name) == one.proposal.get(name) for name in said)


def _set_aside(ids: Collection[int], now: datetime) -> dict[int, Advice]:
    """The last that was set aside, of each."""
    rows = Advice.objects.filter(environment__in=ids, status=Advice.Status.DISMISSED, ended_at__gt=now - SET_ASIDE)
    return {row.environment_id: row for row in rows.order_by("ended_at", "pk")}


def _is_aside(one: Judged, last: Advice | None) -> bool:
    if last is None:
        return False
    before = last.saving if last.currency in one.savings else None
    return before is None or one.savings[last.currency] < before * GROWN
