"""Estimates beside what AWS billed for the same days: actuals stay actuals, and are never added to estimates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.db.models import BigIntegerField, Count, Exists, Max, Model, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast

from environments.models import Account, BillLook, DailyBill, Environment

from .cost_scope import Scope
from .cost_sums import ACCOUNT, DAY, ENVIRONMENT, REMOVED, TEAM, Key, Span

_Row = TypeVar("_Row", bound=Model)
# Bills of everything are read for so many days at most, the last ones of the span.
MOST_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class Billed:
    """What AWS billed for a group up to a day, and what the portal estimated for the same days; in millionths.

    The days are those that each environment has bills of, without the last one while it still comes in. Where there are
    no others, it is what has come in so far, beside no estimate. AWS's days are those of UTC, the portal's those of the
    environment. `alone`: what of the amount is of days that the portal has no estimate of, and how many these are.
    """

    amount: int
    estimate: int
    until: date
    alone: int = 0
    alone_days: int = 0

    def plus(self, other: Billed) -> Billed:
        """Both together. The days without an estimate may be the same ones: at least so many."""
        return Billed(
            self.amount + other.amount,
            self.estimate + other.estimate,
            max(self.until, other.until),
            self.alone + other.alone,
            max(self.alone_days, other.alone_days),
        )

    @property
    def compared(self) -> int:
        """What was billed on the days that have an estimate."""
        return self.amount - self.alone

    @property
    def difference(self) -> Decimal | None:
        """Of the estimate, 0.02 for two per cent more, on the days that have both; None where nothing was estimated."""
        return Decimal(self.compared - self.estimate) / self.estimate if self.estimate else None


@dataclass(frozen=True, slots=True)
class Delay:
    """How far an account's bills have come; `until` is None where nothing is known of them, or nothing is asked."""

    pk: int
    name: str
    enabled: bool
    until: date | None


def of_environments(*, scope: Scope, span: Span, keys: Collection[Key], currency: str) -> dict[Key, Billed]:
    """What was billed for these environments, for each that was, be it there or gone. Twelve queries at most."""
    ids = [pk for kind, pk in keys if kind == ENVIRONMENT]
    names = [name for kind, name in keys if kind == REMOVED]
    found: dict[Key, Billed] = {}
    if ids:
        found |= _compared(scope, span, currency, ENVIRONMENT, _Those("environment", ids))
    if names:
        found |= _compared(scope, span, currency, REMOVED, _Those("environment_name", names))
    return found


def in_all(*, scope: Scope, span: Span, kind: str, currency: str) -> tuple[dict[Key, Billed], Span]:
    """What was billed for each team or account, and the days that were read: the last of a long span. Six queries at
    most, twice as many where single environments are chosen or not all are seen."""
    first = span.first if scope.names_environments else max(span.first, span.last - (MOST_DAYS - 1) * DAY)
    read = Span(first, span.last)
    kind = TEAM if kind == TEAM else ACCOUNT
    found = _compared(scope, read, currency, kind, _Those("environment", None))
    for key, one in _compared(scope, read, currency, kind, _Those("environment_name", None)).items():
        found[key] = found[key].plus(one) if key in found else one
    return found, read


def delays(accounts: Collection[int]) -> list[Delay]:
    """How far behind AWS is, for these accounts; one query."""
    rows = BillLook.objects.filter(account__in=accounts).order_by("account__name")
    return [Delay(*one) for one in rows.values_list("account_id", "account__name", "enabled", "known_until")]


@dataclass(frozen=True, slots=True)
class _Those:
    """Environments by `environment`, their ids, or removed ones by `environment_name`; None: all of the scope."""

    field: str
    keys: list[Any] | None


def _compared(scope: Scope, span: Span, currency: str, kind: str, those: _Those) -> dict[Key, Billed]:
    """What was billed for each group on days that are over, beside what was estimated for the same bills; and where
    there are none, what has come in so far, beside no estimate."""
    field = {ENVIRONMENT: "environment_id", REMOVED: "environment_name", TEAM: "team_id", ACCOUNT: "account_id"}[kind]
    comes_in, edge = _coming_in(scope, span, currency, those)
    # Nearly all days are before any that comes in: of those the database need not ask which account it is.
    is_over = Q(day__lt=edge) | ~comes_in
    found = {}
    if edge <= span.last:
        lately = _of(scope, DailyBill.objects.filter(comes_in), Span(edge, span.last), those)
        for key, one in _billed(lately, kind, field, currency).items():
            found[key] = Billed(one.amount, 0, one.until)
    bills = _of(scope, DailyBill.objects.filter(is_over), span, those)
    found |= _billed(bills, kind, field, currency)
    if any(one.alone for one in found.values()):
        alone = bills.filter(estimate=None).values_list(field, "currency")
        for key, code, days in alone.annotate(days=Count("day", distinct=True)):
            if code == currency and (kind, key or 0) in found:
                found[kind, key or 0] = replace(found[kind, key or 0], alone_days=days)
    return found


def _of(scope: Scope, rows: QuerySet[_Row], span: Span, those: _Those) -> QuerySet[_Row]:
    """Those of these days: of the environments that are named, or of all of the scope; those that are there, or gone.
    A day belongs to the team that had it, of both."""
    rows = rows.filter(day__range=(span.first, span.last))
    if those.field == "environment_name":
        rows = rows.filter(environment=None).exclude(environment_name="")
        rows = rows if those.keys is None else rows.filter(environment_name__in=those.keys)
        return scope.kept(rows)
    if those.keys is not None:  # which somebody sees: they are groups of theirs
        return rows.filter(environment__in=those.keys).order_by()
    # SQLite reads environment by environment then, whose days lie beside each other in both indexes.
    rows = scope.kept(rows.filter(environment__isnull=False))
    return rows.filter(environment__in=Environment.objects.order_by().values("pk"))


def _billed(bills: QuerySet[DailyBill], kind: str, field: str, currency: str) -> dict[Key, Billed]:
    """What was billed for each group and its last day; what was estimated for the same bills, and what of the amount
    stands beside no estimate. One query."""
    sums = bills.values_list(field, "currency").annotate(
        in_all=_whole(Sum("amount")),
        estimated=_whole(Sum("estimate")),
        alone=_whole(Sum("amount", filter=Q(estimate=None))),
        last=Max("day"),
    )
    # The currency is chosen here: with it the database would go through the days of all environments.
    return {
        (kind, key or 0): Billed(amount, estimate or 0, last, alone or 0)
        for key, code, amount, estimate, alone, last in sums
        if code == currency
    }


def _coming_in(scope: Scope, span: Span, currency: str, those: _Those) -> tuple[Q, date]:
    """Bills of the last day that AWS has anything of, account by account, as long as it calls them not final: hours of
    such a day are missing. And the first of these days within the span; the one after the span where it has none. Two
    queries."""
    accounts = Account.objects.filter(Exists(DailyBill.objects.filter(account=OuterRef("pk")).order_by())).order_by()
    known: dict[int, date | None] = dict(accounts.values_list("pk", "bills__known_until"))
    lasts = {account: until for account, until in known.items() if until}
    since = min((max(until or span.first, span.first) for until in known.values()), default=span.last)
    # By environment, too: by account alone a database may go through the index that begins with it, and all bills.
    later = _of(scope, DailyBill.objects.all(), Span(since, span.last), those)
    days = later.values_list("environment_id", "account_id", "currency").annotate(last=Max("day"))
    for _environment, account, code, day in days:
        if code == currency:
            lasts[account] = max(lasts.get(account, day), day)
    lasts = {account: last for account, last in lasts.items() if span.first <= last <= span.last}
    found = Q(pk__in=())
    for account, last in lasts.items():
        found |= Q(account=account, day=last, is_final=False)
    return found, min(lasts.values(), default=span.last + DAY)


def _whole(total: Any) -> Any:
    return Cast(total, BigIntegerField())
