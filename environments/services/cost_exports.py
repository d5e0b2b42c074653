"""Costs as lines of files: what is filtered, a line for each environment, account and day (or month)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncMonth

from environments.models import Account, DailyBill, DailyCost, DailyRun, MonthlyCost, Team

from . import cost_gaps, cost_hours
from .cost_history import MONTHS
from .cost_scope import Scope
from .cost_sums import (
    ACCOUNT,
    DAY,
    ENVIRONMENT,
    REMOVED,
    TEAM,
    Key,
    Since,
    Span,
    amount,
    first_of_month,
    next_month,
    since_counted,
)

# Above so many lines a file is refused, with the advice to ask for months.
MOST_CSV: Final = 500_000
MOST_XLSX: Final = 250_000
CHUNK: Final = 2000

_Ran = tuple[date, Key, int | None]
"""A date, an environment, and the team that had it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What an environment cost in an account on a day, or in the month that begins on it.

    `ran`: seconds that it ran then, wherever: on the first of its lines of that date, so that a column adds up; None on
    the others, and where an account is chosen. `billed`: what AWS billed for it there; None where it has not.
    `groups`: what it belongs to, of each kind.
    """

    day: date
    environment: str
    team: str
    account: str
    currency: str
    estimate: Decimal
    always_on: Decimal
    ran: int | None
    billed: Decimal | None
    groups: Mapping[str, Key]

    @property
    def saved(self) -> Decimal:
        return self.always_on - self.estimate


@dataclass(slots=True)
class Added:
    """What the lines of a group add up to of facts and actuals: seconds that it ran, and what AWS billed; None where
    no line says anything of it."""

    ran: int | None = None
    billed: Decimal | None = None

    def add(self, line: Line, *, has_ran: bool = True) -> None:
        if line.ran is not None and has_ran:
            self.ran = (self.ran or 0) + line.ran
        if line.billed is not None:
            self.billed = (self.billed or Decimal(0)) + line.billed


class Adding:
    """Lines as they pass, added up by group and in all: what a file says of its lines is their sum.

    An environment runs as a whole, in whichever accounts its targets are: accounts have no hours of their own.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.groups: defaultdict[Key, Added] = defaultdict(Added)
        self.whole = Added()

    def passing(self, lines: Iterable[Line]) -> Iterator[Line]:
        for one in lines:
            self.groups[one.groups[self._kind]].add(one, has_ran=self._kind != ACCOUNT)
            self.whole.add(one)
            yield one


@dataclass(frozen=True, slots=True)
class NotPriced:
    """Something of an environment that is in no sum: `what` and `why` are texts in each language, the second empty for
    what has a price by now; `seconds` and `first` tell how long it ran so, and since which day of the span."""

    environment: str
    what: Mapping[str, str]
    why: Mapping[str, str]
    seconds: int | None = None
    first: date | None = None


def not_priced(*, scope: Scope, span: Span, now: datetime) -> list[NotPriced]:
    """All that the sums of a span do not have in them, by environment. Ten queries at most."""
    found = cost_gaps.gaps(scope=scope, span=span, now=now, most=None)
    lines = []
    for one in (*found.without, *found.partly, *found.ran):
        ran = dict(one.ran)
        for part in one.what:
            seconds = ran.pop(part["what"].get("", ""), None)
            first = one.first if seconds is not None else None
            lines.append(NotPriced(one.name, part["what"], part.get("why") or {}, seconds, first))
        lines += [NotPriced(one.name, {"": what}, {}, seconds, one.first) for what, seconds in ran.items()]
    return sorted(lines, key=lambda line: line.environment.casefold())


def count(*, scope: Scope, span: Span, step: str, currency: str) -> int:
    """How many lines there would be at most; one query, three for months."""
    return sum(rows.count() for rows, _field in _sources(scope, span, step, currency))


def lines(*, scope: Scope, span: Span, step: str, currency: str, now: datetime) -> Iterator[Line]:
    """The lines by date and environment, what is not over up to `now`. Never more than a chunk, or a date, is held in
    memory.

    Six queries, eight for months, and four for each chunk.
    """
    teams = dict(Team.objects.values_list("pk", "name"))
    accounts = dict(Account.objects.values_list("pk", "name"))
    whole = span.pieces()[0] if step == MONTHS else None
    since: dict[tuple[Key, int, int, date], list[Since]] = {}
    for one in since_counted(scope, span, now):
        if one.currency == currency:
            day = first_of_month(one.day) if whole and whole.first <= one.day <= whole.last else one.day
            since.setdefault((one.environment, one.team, one.account, day), []).append(one)
    running: dict[_Ran, int] = {}
    for pk, team, day, seconds in [] if scope.account else cost_hours.since_counted(scope, span, now):
        at = first_of_month(day) if whole and whole.first <= day <= whole.last else day
        running[at, (ENVIRONMENT, pk), team] = running.get((at, (ENVIRONMENT, pk), team), 0) + seconds
    for rows, field in _sources(scope, span, step, currency):
        fields = (field, "environment_name", "environment_id", "team_id", "account_id", "estimate", "always_on")
        for chunk in _chunks(rows.values_list(*fields)):
            runs = {} if scope.account else _runs(chunk, field)
            bills = _bills(chunk, field, currency)
            for day, name, pk, team, account, estimate, always_on in chunk:
                key: Key = (ENVIRONMENT, pk) if pk else (REMOVED, name)
                added = since.pop((key, team or 0, account or 0, day), ())
                ran = runs.pop((day, key, team), None)
                yield Line(
                    day,
                    name,
                    teams.get(team, ""),
                    accounts.get(account, ""),
                    currency,
                    estimate + amount(sum(one.estimate for one in added)),
                    always_on + amount(sum(one.always_on for one in added)),
                    None if ran is None else ran + running.pop((day, key, team), 0),
                    bills.pop((day, key, account), None),
                    {ENVIRONMENT: key, TEAM: (TEAM, team or 0), ACCOUNT: (ACCOUNT, account or 0)},
                )


def _chunks(rows: QuerySet[Any, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows by the thousand, those of one date never apart."""
    chunk: list[tuple[Any, ...]] = []
    for row in rows.iterator(chunk_size=CHUNK):
        if len(chunk) >= CHUNK and row[0] != chunk[-1][0]:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _runs(chunk: Sequence[tuple[Any, ...]], field: str) -> dict[_Ran, int]:
    """How long each environment of these rows ran on each date, while each team had it. Two queries."""
    days = _on_dates(DailyRun.objects.order_by(), chunk, field)
    living = days.filter(environment__in={row[2] for row in chunk if row[2]})
    gone = days.filter(environment=None, environment_name__in={row[1] for row in chunk if not row[2]})
    return {
        (day, (kind, one), team): seconds
        for kind, some, name in ((ENVIRONMENT, living, "environment_id"), (REMOVED, gone, "environment_name"))
        for day, one, team, seconds in some.values_list("at", name, "team_id").annotate(Sum("seconds"))
    }


def _bills(chunk: Sequence[tuple[Any, ...]], field: str, currency: str) -> dict[tuple[date, Key, int], Decimal]:
    """What AWS billed for the environments of these rows on each date, by account. Two queries."""
    bills = _on_dates(DailyBill.objects.filter(currency=currency).order_by(), chunk, field)
    living = bills.filter(environment__in={row[2] for row in chunk if row[2]})
    gone = bills.filter(environment=None, environment_name__in={row[1] for row in chunk if not row[2]})
    return {
        (day, (kind, one), account): billed
        for kind, some, name in ((ENVIRONMENT, living, "environment_id"), (REMOVED, gone, "environment_name"))
        for day, one, account, billed in some.values_list("at", name, "account_id").annotate(Sum("amount"))
    }


def _on_dates(rows: QuerySet[Any], chunk: Sequence[tuple[Any, ...]], field: str) -> QuerySet[Any]:
    """Those of the dates of a chunk, which is sorted by them; `at` is the date that its row has."""
    last = chunk[-1][0] if field == "day" else next_month(chunk[-1][0]) - DAY
    at = F("day") if field == "day" else TruncMonth("day")
    found: QuerySet[Any] = rows.filter(day__range=(chunk[0][0], last)).annotate(at=at)
    return found


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
