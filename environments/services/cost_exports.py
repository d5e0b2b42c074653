"""Costs as lines of files: what is filtered, a line for each environment, account and day (or month)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet

from environments.models import Account, DailyCost, MonthlyCost, Team

from .cost_history import MONTHS
from .cost_scope import Scope
from .cost_sums import ENVIRONMENT, REMOVED, Key, Since, Span, amount, first_of_month, since_counted

# Above so many lines a file is refused, with the advice to ask for months.
MOST_CSV: Final = 500_000
MOST_XLSX: Final = 100_000
CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """What an environment cost in an account on a day, or in the month that begins on it."""

    day: date
    environment: str
    team: str
    account: str
    currency: str
    estimate: Decimal
    always_on: Decimal

    @property
    def saved(self) -> Decimal:
        return self.always_on - self.estimate


def count(*, scope: Scope, span: Span, step: str, currency: str) -> int:
    """How many lines there would be at most; one query, three for months."""
    return sum(rows.count() for rows, _field in _sources(scope, span, step, currency))


def lines(*, scope: Scope, span: Span, step: str, currency: str, now: datetime) -> Iterator[Line]:
    """The lines by date and environment, what is not over up to `now`. Never more than a chunk is held in memory.

    Four queries, six for months.
    """
    teams = dict(Team.objects.values_list("pk", "name"))
    accounts = dict(Account.objects.values_list("pk", "name"))
    whole = span.pieces()[0] if step == MONTHS else None
    since: dict[tuple[Key, int, date], list[Since]] = {}
    for one in since_counted(scope, span, now):
        if one.currency == currency:
            day = first_of_month(one.day) if whole and whole.first <= one.day <= whole.last else one.day
            since.setdefault((one.environment, one.account, day), []).append(one)
    for rows, field in _sources(scope, span, step, currency):
        fields = (field, "environment_name", "environment_id", "team_id", "account_id", "estimate", "always_on")
        for day, name, pk, team, account, estimate, always_on in rows.values_list(*fields).iterator(chunk_size=CHUNK):
            key: Key = (ENVIRONMENT, pk) if pk else (REMOVED, name)
            added = since.pop((key, account or 0, day), ())
            yield Line(
                day,
                name,
                teams.get(team, ""),
                accounts.get(account, ""),
                currency,
                estimate + amount(sum(one.estimate for one in added)),
                always_on + amount(sum(one.always_on for one in added)),
            )


def _sources(scope: Scope, span: Span, step: str, currency: str) -> Iterator[tuple[QuerySet[Any], str]]:
    """Rows with the name of their date. By month, a month that the span has only part of stands day by day."""
    months, edges = span.pieces() if step == MONTHS else (None, (span,))
    pieces: list[tuple[Span, QuerySet[Any], str]] = [
        (edge, DailyCost.objects.filter(day__range=(edge.first, edge.last)), "day") for edge in edges
    ]
    if months is not None:
        rows = MonthlyCost.objects.filter(month__range=(months.first, months.last))
        pieces.append((months, rows, "month"))
    for _piece, found, field in sorted(pieces, key=lambda one: one[0].first):
        yield scope.kept(found.filter(currency=currency)).order_by(field, "environment_name", "account_id"), field
