"""Sums of what days and months cost by estimate: read in whole millionths, months where a span has whole ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BigIntegerField, CharField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from environments.models import DailyCost, MonthlyCost
from environments.models.money import PLACES
from environments.rules.costs import local_days
from environments.rules.zones import known_zone

from .cost_scope import Scope

DAY: Final = timedelta(days=1)
ENVIRONMENT, TEAM, ACCOUNT = "environment", "team", "account"
KINDS: Final = (ENVIRONMENT, TEAM, ACCOUNT)
REMOVED = "removed"
_MICROSECONDS: Final = 3_600_000_000

Key = tuple[str, int | str]
"""A group: its kind and its id; `("removed", name)` for an environment that is no more, id 0 for no team or account."""
Bar = Callable[[date], date]
"""The first day of the bar that a day belongs to."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days `first` to `last`, both included, each in its environment's own zone."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def pieces(self) -> tuple[Span | None, tuple[Span, ...]]:
        """Its whole months, and what of it is left before and after them."""
        begin = self.first if self.first.day == 1 else next_month(self.first)
        end = (self.last + DAY).replace(day=1)  # the first day after the last whole month
        if begin >= end:
            return None, (self,)
        edges = (Span(self.first, begin - DAY), Span(end, self.last))
        return Span(begin, end - DAY), tuple(edge for edge in edges if edge.first <= edge.last)


@dataclass(slots=True)
class Sums:
    """In millionths of the currency; what it was estimated to have cost, and would have had it run all the time."""

    estimate: int = 0
    always_on: int = 0

    def add(self, estimate: int, always_on: int) -> None:
        self.estimate += estimate
        self.always_on += always_on

    @property
    def saved(self) -> int:
        return self.always_on - self.estimate

    @property
    def share(self) -> Decimal | None:
        """Of what it would have cost, 0 to 1; None where that is nothing."""
        return Decimal(self.saved) / self.always_on if self.always_on else None


def amount(millionths: int) -> Decimal:
    return Decimal(millionths).scaleb(-PLACES)


Totals = dict[str, dict[Key, Sums]]
"""By currency, then by group."""
Bars = dict[str, dict[date, dict[Key, Sums]]]
"""By currency, then by the first day of the bar, then by group."""
Grouped = tuple[Key, date, str, int, int]
"""Group, date, currency, estimate and always on."""
Rows = list[QuerySet[Any]]
"""Parts of what is read, none of which has what another has (`Scope.parts`)."""


def totals(scope: Scope, span: Span, kind: str) -> Totals:
    """The sums of each group over the span, each day for the team that had it. A query for each piece of it and part of
    the scope, or two."""
    found: Totals = {}
    months, edges = span.pieces()
    sources = [_months(scope, months)] if months else []
    for rows in [*sources, *(_days(scope, edge) for edge in edges)]:
        for key, _on, currency, estimate, always_on in _grouped(rows, kind):
            groups = found.setdefault(currency, {})
            if key in groups:
                groups[key].add(estimate, always_on)
            else:
                groups[key] = Sums(estimate, always_on)
    return found


def by_month(scope: Scope, span: Span, kind: str, among: list[Key] | None) -> Bars:
    """The sums of each month of the span; `among` as for `by_day`."""
    months, edges = span.pieces()
    found: Bars = {}
    if months:
        _fold(found, _grouped(_among(_months(scope, months), among), kind, "month", whole=among is None), _as_it_is)
    for edge in edges:
        _fold(found, _grouped(_among(_days(scope, edge), among), kind, "day", whole=among is None), first_of_month)
    return found


def by_day(scope: Scope, span: Span, kind: str, bar: Bar, among: list[Key] | None) -> Bars:
    """The sums of each bar, from its days. `among`: only these environments; None: all of them together, under the key
    `("", 0)`, where the kind is environments, else each group."""
    found: Bars = {}
    _fold(found, _grouped(_among(_days(scope, span), among), kind, "day", whole=among is None), bar)
    return found


class Since(NamedTuple):
    """What has been added to a day since it was last counted: it still runs, or is billed all the same."""

    environment: Key
    team: int
    account: int
    day: date
    currency: str
    estimate: int
    always_on: int
    an_hour: int
    always_an_hour: int

    def key(self, kind: str) -> Key:
        """Its group, of a kind."""
        if kind == ENVIRONMENT:
            return self.environment
        return kind, self.team if kind == TEAM else self.account


def since_counted(scope: Scope, span: Span, now: datetime) -> list[Since]:
    """From the moment up to which a day was counted until now or the day's end. One query.

    Only days that began within the last two can be open still; older ones are left as they are.
    """
    return since_counted_of(scope.parts(DailyCost.objects.all()), span, now)


def since_counted_of(days: Iterable[QuerySet[DailyCost]], span: Span, now: datetime) -> list[Since]:
    """The same of these rows. A query for each."""
    lately = Q(day__range=(max(span.first, now.date() - 2 * DAY), span.last))
    rows = chain.from_iterable(_open(part.filter(Q(an_hour__gt=0) | Q(always_an_hour__gt=0), lately)) for part in days)
    found = []
    # Thousands were counted at the same moment of the same day.
    since: dict[tuple[str, str, str], tuple[date, int]] = {}
    for pk, name, team, account, currency, an_hour, always_an_hour, on, known_until, zone_name in rows:
        when = on, known_until, zone_name
        if when not in since:
            day = date.fromisoformat(on)
            passed = max(timedelta(), min(now, end_of_day(zone_name, day)) - _moment(known_until))
            since[when] = day, passed // timedelta(microseconds=1)
        day, elapsed = since[when]
        key: Key = (ENVIRONMENT, pk) if pk else (REMOVED, name)
        estimate = _rounded(an_hour * elapsed)
        # What runs costs an hour what it would cost running.
        always_on = estimate if always_an_hour == an_hour else _rounded(always_an_hour * elapsed)
        found.append(Since(key, team or 0, account or 0, day, currency, estimate, always_on, an_hour, always_an_hour))
    return found


def zone_of_environment() -> Any:
    """The name of the time zone of a row's environment, as the database finds it."""
    own = NullIf(F("environment__timezone"), Value(""))
    return Coalesce(own, F("environment__schedule__timezone"), Value(settings.TIME_ZONE))


@cache
def end_of_day(zone_name: str, day: date) -> datetime:
    return local_days(known_zone(zone_name).key, day, day)[0][2]


def _open(rows: QuerySet[Any]) -> Iterable[tuple[Any, ...]]:
    amounts = {f"raw_{name}": Cast(name, BigIntegerField()) for name in ("an_hour", "always_an_hour")}
    # As texts, which are alike for thousands: making moments of them takes longer than all the rest.
    when = {f"raw_{name}": Cast(name, CharField()) for name in ("day", "known_until")}
    fields = ("environment_id", "environment_name", "team_id", "account_id", "currency", *amounts, *when)
    return _plain(rows.annotate(**amounts, **when, zone=zone_of_environment()).values_list(*fields, "zone"))


def _rounded(millionths: int) -> int:
    """Millionths times microseconds of an hour as millionths, half to even: what `rules.costs.money` does, for many."""
    whole, rest = divmod(millionths, _MICROSECONDS)
    return whole + (2 * rest > _MICROSECONDS or (2 * rest == _MICROSECONDS and whole % 2))


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def next_month(day: date) -> date:
    return (day.replace(day=28) + 4 * DAY).replace(day=1)


def _as_it_is(day: date) -> date:
    return day


def _months(scope: Scope, span: Span) -> Rows:
    return scope.parts(MonthlyCost.objects.filter(month__range=(span.first, span.last)))


def _days(scope: Scope, span: Span) -> Rows:
    return scope.parts(DailyCost.objects.filter(day__range=(span.first, span.last)))


def _among(rows: Rows, keys: list[Key] | None) -> Rows:
    if keys is None:
        return rows
    living = [pk for kind, pk in keys if kind == ENVIRONMENT]
    gone = [name for kind, name in keys if kind == REMOVED]
    found = [part.filter(environment__in=living) for part in rows if living]
    return found + [part.filter(environment=None, environment_name__in=gone) for part in rows if gone]


def _grouped(rows: Rows, kind: str, when: str = "", *, whole: bool = False) -> Iterator[Grouped]:
    """Group, date, currency and both sums; environments `whole` are all in one."""
    dated = [when] if when else []
    for part in rows:
        if kind == ENVIRONMENT and whole:
            for *day, currency, estimate, always_on in _summed(part, *dated, "currency"):
                yield ("", 0), day[0], currency, estimate, always_on
        elif kind != ENVIRONMENT:
            for pk, *day, currency, estimate, always_on in _summed(part, f"{kind}_id", *dated, "currency"):
                yield (kind, pk or 0), day[0] if day else date.min, currency, estimate, always_on
        else:
            yield from _by_environment(part, dated)


def _by_environment(part: QuerySet[Any], dated: list[str]) -> Iterator[Grouped]:
    # Apart from each other: the names are not in the index by which the many are read.
    living, gone = part.filter(environment__isnull=False), part.filter(environment__isnull=True)
    if not dated:
        for one, currency, estimate, always_on in _plain(_summed(living, "environment_id", "currency")):
            yield (ENVIRONMENT, one), date.min, currency, estimate, always_on
        living = living.none()
    for label, some, field in ((ENVIRONMENT, living, "environment_id"), (REMOVED, gone, "environment_name")):
        for one, *day, currency, estimate, always_on in _summed(some, field, *dated, "currency"):
            yield (label, one), day[0] if day else date.min, currency, estimate, always_on


def _plain(rows: QuerySet[Any, Any]) -> Iterable[tuple[Any, ...]]:
    """Thousands of rows as the database gives them: Django would look at each value again."""
    try:
        compiled = rows.query.sql_with_params()
    except EmptyResultSet:
        return ()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(*compiled)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _moment(told: str) -> datetime:
    """As a database writes it: in UTC, which SQLite does not say."""
    moment = datetime.fromisoformat(told)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _summed(rows: QuerySet[Any], *fields: str) -> QuerySet[Any, Any]:
    # Numbers as the database holds them: a Decimal for each of ten thousand would take longer than the query.
    estimate, always_on = (Cast(Sum(name), BigIntegerField()) for name in ("estimate", "always_on"))
    found: QuerySet[Any, Any] = rows.values_list(*fields).annotate(in_all=estimate, had_it_run=always_on)
    return found


def _fold(into: Bars, rows: Iterator[Grouped], bar: Bar) -> None:
    for key, day, currency, estimate, always_on in rows:
        into.setdefault(currency, {}).setdefault(bar(day), {}).setdefault(key, Sums()).add(estimate, always_on)
