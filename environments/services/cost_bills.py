"""Estimates beside what AWS billed for the same days: actuals stay actuals, and are never added to estimates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import BigIntegerField, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Cast

from environments.models import BillLook, DailyBill, DailyCost, MonthlyCost

from .cost_scope import Scope
from .cost_sums import ACCOUNT, DAY, ENVIRONMENT, TEAM, Key, Span

# Bills of everything are read for so many days at most, the last ones of the span.
MOST_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class Billed:
    """What AWS billed for a group up to a day, and what the portal estimated for the same days; in millionths.

    AWS's days are those of UTC, the portal's those of the environment.
    """

    amount: int
    estimate: int
    until: date

    @property
    def difference(self) -> Decimal | None:
        """Of the estimate, 0.02 for two per cent more; None where nothing was estimated."""
        return Decimal(self.amount - self.estimate) / self.estimate if self.estimate else None


@dataclass(frozen=True, slots=True)
class Delay:
    """How far an account's bills have come; `until` is None where nothing is known of them, or nothing is asked."""

    pk: int
    name: str
    enabled: bool
    until: date | None


def of_environments(*, scope: Scope, span: Span, keys: Collection[Key], currency: str) -> dict[Key, Billed]:
    """What was billed for these environments, for each that was. Four queries; removed ones are left out."""
    ids = [pk for kind, pk in keys if kind == ENVIRONMENT]
    return _compared(scope, span, currency, ENVIRONMENT, ids) if ids else {}


def in_all(*, scope: Scope, span: Span, kind: str, currency: str) -> tuple[dict[Key, Billed], Span]:
    """What was billed for each team or account, and the days that were read: the last of a long span. Four queries."""
    first = span.first if scope.names_environments else max(span.first, span.last - (MOST_DAYS - 1) * DAY)
    read = Span(first, span.last)
    return _compared(scope, read, currency, TEAM if kind == TEAM else ACCOUNT, None), read


def delays(accounts: Collection[int]) -> list[Delay]:
    """How far behind AWS is, for these accounts; one query."""
    rows = BillLook.objects.filter(account__in=accounts).order_by("account__name")
    return [Delay(*one) for one in rows.values_list("account_id", "account__name", "enabled", "known_until")]


def _compared(scope: Scope, span: Span, currency: str, kind: str, ids: list[Any] | None) -> dict[Key, Billed]:
    """Bills by group and account, then the estimates of the days of each account that are billed."""
    bills = DailyBill.objects.filter(day__range=(span.first, span.last))
    of_days, of_months = DailyCost.objects.order_by(), MonthlyCost.objects.order_by()
    if ids is not None:  # which somebody sees: they are groups of theirs
        bills = bills.filter(environment__in=ids).order_by()
        of_days, of_months = of_days.filter(environment__in=ids), of_months.filter(environment__in=ids)
    else:
        bills, of_days, of_months = scope.of_living(bills), scope.of_living(of_days), scope.of_living(of_months)
    field = {ENVIRONMENT: "environment_id", TEAM: "environment__team_id", ACCOUNT: "account_id"}[kind]
    sums: dict[Key, int] = {}
    firsts: dict[int, date] = {}
    lasts: dict[int, date] = {}
    accounts: dict[Key, set[int]] = {}
    # The currency is chosen here: with it the database would go through the days of all environments.
    for pk, account, code, amount, first, last in _by(bills, field).annotate(
        billed=_whole("amount"), first=Min("day"), last=Max("day")
    ):
        if code != currency:
            continue
        key = (kind, pk)
        sums[key] = sums.get(key, 0) + amount
        firsts[account] = min(firsts.get(account, first), first)
        lasts[account] = max(lasts.get(account, last), last)
        accounts.setdefault(key, set()).add(account)
    if not sums:
        return {}
    # A day without any bill costs nothing only when AWS has come so far.
    untils = lasts | {one.pk: min(max(one.until, lasts[one.pk]), span.last) for one in delays(firsts) if one.until}
    whole, parts = _windows({account: Span(first, untils[account]) for account, first in firsts.items()})
    estimates: dict[Key, int] = {}
    for rows in (of_months.filter(whole), of_days.filter(parts)):
        of_living = rows.filter(environment__isnull=False)
        for pk, _account, code, estimate in _by(of_living, field).annotate(estimated=_whole("estimate")):
            if code == currency:
                estimates[kind, pk] = estimates.get((kind, pk), 0) + estimate
    return {
        key: Billed(amount, estimates.get(key, 0), min(untils[one] for one in accounts[key]))
        for key, amount in sums.items()
    }


def _windows(days: Mapping[int, Span]) -> tuple[Q, Q]:
    """Which months and which days lie in the spans of these accounts."""
    whole, parts = Q(pk__in=()), Q(pk__in=())
    for account, span in days.items():
        months, edges = span.pieces()
        if months:
            whole |= Q(account=account, month__range=(months.first, months.last))
        for edge in edges:
            parts |= Q(account=account, day__range=(edge.first, edge.last))
    return whole, parts


def _by(rows: QuerySet[Any], field: str) -> QuerySet[Any, Any]:
    # The same field twice in a row of values is one: the account stands for itself.
    return rows.values_list(field, "account_id" if field != "account_id" else _itself(), "currency")


def _itself() -> Any:
    return Cast("account_id", BigIntegerField())


def _whole(field: str) -> Any:
    return Cast(Sum(field), BigIntegerField())
