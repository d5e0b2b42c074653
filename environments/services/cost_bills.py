"""Estimates beside what AWS billed for the same days: actuals stay actuals, and are never added to estimates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import BigIntegerField, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast

from environments.models import BillLook, DailyBill, DailyCost

from .cost_scope import Scope
from .cost_sums import ACCOUNT, DAY, ENVIRONMENT, TEAM, Key, Span

# Bills of everything are read for so many days at most, the last ones of the span.
MOST_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class Billed:
    """What AWS billed for a group up to a day, and what the portal estimated for the same days; in millionths.

    The days are those that each environment has bills of, without the last one while it still comes in. Where there are
    no others, it is what has come in so far, beside no estimate. AWS's days are those of UTC, the portal's those of the
    environment.
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
    """Bills by group, then the estimates of what each environment was billed for, day by day and account by account:
    a day without a bill may be one for which its tag was not read yet."""
    bills = DailyBill.objects.filter(day__range=(span.first, span.last))
    estimates = DailyCost.objects.filter(day__range=(span.first, span.last), environment__isnull=False)
    if ids is not None:  # which somebody sees: they are groups of theirs
        bills = bills.filter(environment__in=ids).order_by()
        estimates = estimates.filter(environment__in=ids).order_by()
    else:
        bills, estimates = scope.of_living(bills), scope.of_living(estimates)
    comes_in = _coming_in(bills, currency)
    field = {ENVIRONMENT: "environment_id", TEAM: "environment__team_id", ACCOUNT: "account_id"}[kind]
    found: dict[Key, Billed] = {}
    # The currency is chosen here: with it the database would go through the days of all environments.
    for pk, code, in_all, last, comparable, until in bills.values_list(field, "currency").annotate(
        in_all=_whole("amount"),
        last=Max("day"),
        comparable=_whole("amount", ~comes_in),
        until=Max("day", filter=~comes_in),
    ):
        if code == currency:
            found[kind, pk] = Billed(comparable, 0, until) if until else Billed(in_all, 0, last)
    if not found:
        return {}
    same = DailyBill.objects.filter(
        ~comes_in, **{name: OuterRef(name) for name in ("environment", "day", "account", "currency")}
    )
    for pk, code, estimate in (
        estimates.filter(Exists(same)).values_list(field, "currency").annotate(estimated=_whole("estimate"))
    ):
        if code == currency and (kind, pk) in found:
            found[kind, pk] = replace(found[kind, pk], estimate=estimate)
    return found


def _coming_in(bills: QuerySet[DailyBill], currency: str) -> Q:
    """Bills of the last day that AWS has anything of, account by account, as long as it calls them not final: hours of
    such a day are missing. Two queries."""
    # By environment, too: by account alone a database may go through the index that begins with it, and all bills.
    days = bills.values_list("environment_id", "account_id", "currency").annotate(last=Max("day"))
    lasts: dict[int, date] = {}
    for _environment, account, code, day in days:
        if code == currency:
            lasts[account] = max(lasts.get(account, day), day)
    lasts |= {one.pk: max(one.until, lasts[one.pk]) for one in delays(lasts) if one.until}
    found = Q(pk__in=())
    for account, last in lasts.items():
        found |= Q(account=account, day=last, is_final=False)
    return found


def _whole(field: str, among: Q | None = None) -> Any:
    return Cast(Sum(field, filter=among), BigIntegerField())
