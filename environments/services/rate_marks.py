"""Which days' estimates a change of price lines concerns, and that they are reckoned anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from environments.models.rate import Rate

from . import cost_marks, plans
from .cost_marks import DAY
from .cost_sums import next_month

SAYING: Final = ("label", "unit_price", "unit", "quantity", "currency", "always", "account_id", "source")


@dataclass(frozen=True, slots=True)
class Stand:
    """A row as it stood: what it says, where, and on which days."""

    says: tuple[object, ...]
    environment_id: int | None
    begin: date
    until: date | None

    @classmethod
    def of(cls, row: Rate) -> Stand:
        says = tuple(getattr(row, name) for name in SAYING)
        return cls(says, row.environment_id, row.valid_from, row.valid_until)


Days = tuple[int, date, date | None]
"""Environment, first and last day; no last day: from then on."""


def mark_change(before: Rate | None, after: Rate | None, now: datetime) -> None:
    """Mark the days on which a row of before and one of after do not say the same."""
    stood, stands = (None if row is None else Stand.of(row) for row in (before, after))
    mark(days_between(stood, stands), now)


def days_between(before: Stand | None, after: Stand | None) -> list[Days]:
    """Environment, first and last day of what differs; no last day: from then on."""
    if before and after and replace(before, until=after.until) == after:
        ends = sorted({before.until, after.until}, key=lambda end: end or date.max)
        spans = [Stand(after.says, after.environment_id, ends[0], ends[1])] if len(ends) > 1 and ends[0] else []
    else:
        spans = [stand for stand in (before, after) if stand]
    return [
        (span.environment_id, span.begin, span.until and span.until - DAY)
        for span in spans
        if span.environment_id and span.until != span.begin
    ]


def mark(days: Iterable[Days], now: datetime) -> None:
    """The hull of each environment's days. Of what comes there is nothing to reckon yet but the forecast, which is of
    the present month: days that lie beyond it are left out."""
    hulls: dict[int, tuple[date, date | None]] = {}
    for pk, first, last in days:
        known = hulls.get(pk, (first, last))
        hulls[pk] = min(first, known[0]), None if last is None or known[1] is None else max(last, known[1])
    zones = cost_marks.zone_names(hulls) if hulls else {}
    months = {name: next_month(plans.today(name, now)) for name in set(zones.values())}
    concerned = {pk: days for pk, days in hulls.items() if pk in zones and days[0] < months[zones[pk]]}
    if concerned:
        cost_marks.mark_each(days=concerned, now=now)
