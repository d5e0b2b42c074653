"""The figures of a team's report, as plain values that are kept with it: nothing of them changes when prices do.

Facts, estimates and actuals stand apart (docs/costs.md); amounts are whole millionths, times whole seconds. What is not
known is None and never nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, F, Q, Sum

from environments.models import Advice, DayException, Environment, Team
from environments.models.environment import EnvironmentQuerySet
from environments.models.money import PLACES

from . import cost_bills, cost_gaps, cost_history, cost_hours, cost_outlook, cost_sums, report_holds
from .cost_scope import Scope
from .cost_sums import DAY, ENVIRONMENT, REMOVED, TEAM, Key, Span, Sums, Totals, first_of_month, next_month

LISTED: Final = 10
# Where nothing has a price, those that ran longest are looked for among so many.
LOOKED_AT: Final = 500

Figures = dict[str, Any]
"""first, last: days in ISO; is_over: whether the month was; environments: how many there are;
seconds, seconds_before: how long all ran, this month and the one before (None: not known);
sums: for each currency {currency, estimate, always_on, before: {estimate, always_on} or None, environments: [{name,
is_removed, seconds, estimate, always_on}], others: {count, estimate, always_on}, billed: {amount, estimate, until,
alone, alone_days} or None, budget: or None}; ran: [{name, seconds}] where nothing has a price; people: [{name, holds,
seconds, days}];
unpriced: {without: [names], why: {name: [texts]}, more_without, partly: [{name, what: [texts], why: [texts]}],
more_partly};
advice: {lines: [{environment, kind, saving, currency}], count, savings: {currency: sum}}."""


@dataclass(frozen=True, slots=True)
class OfTeam(Scope):
    """All of a team, whoever reads it: what its people see."""

    @property
    def sees_all(self) -> bool:
        return True

    def living(self) -> EnvironmentQuerySet:
        return Environment.objects.filter(team=self.team).order_by()


def month_of(day: date) -> Span:
    """The month that a day is in."""
    first = first_of_month(day)
    return Span(first, next_month(first) - DAY)


def figures(*, team: Team, month: date, now: datetime, is_over: bool) -> Figures:
    """What a team's month came to, up to `now`; `is_over` by the clocks of its environments. A
    fixed number of queries for each currency that it has."""
    scope, span = OfTeam(user=AnonymousUser(), team=team.pk), month_of(month)
    before = month_of(span.first - DAY)
    totals = _totals(scope, span, now)
    earlier = cost_sums.totals(scope, before, TEAM)
    groups = {code: sorted(found.items(), key=lambda one: (-one[1].estimate, one[0])) for code, found in totals.items()}
    top = {key for those in groups.values() for key, _sums in those[:LISTED]}
    among = top or {(ENVIRONMENT, pk) for pk in scope.living().values_list("pk", flat=True)[:LOOKED_AT]}
    ran = cost_hours.ran(scope=scope, span=span, keys=among, now=now)
    longest = [] if top else sorted(ran, key=lambda key: -ran[key])[:LISTED]
    names = {key: named.name for key, named in cost_history.names({*top, *longest}).items()}
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "is_over": is_over,
        "environments": scope.living().count(),
        "seconds": cost_hours.ran_in_all(scope=scope, span=span, now=now),
        "seconds_before": cost_hours.ran_in_all(scope=scope, span=before, now=now) or None,
        "sums": [
            {
                "currency": code,
                **_of(_sum(sums for _key, sums in those)),
                "before": _of(_sum(earlier[code].values())) if code in earlier else None,
                "environments": [_line(key, sums, names, ran) for key, sums in those[:LISTED]],
                "others": {"count": len(those[LISTED:]), **_of(_sum(sums for _key, sums in those[LISTED:]))},
                "billed": _billed(scope, span, code),
                "budget": _budget(scope, span, code),
            }
            for code, those in sorted(groups.items())
        ],
        "ran": [{"name": names[key], "seconds": ran[key]} for key in longest if key in names],
        "people": _people(team, scope, span, now),
        "unpriced": _unpriced(scope, span, now),
        "advice": _advice(scope),
    }


def _totals(scope: Scope, span: Span, now: datetime) -> Totals:
    found = cost_sums.totals(scope, span, ENVIRONMENT)
    for one in cost_sums.since_counted(scope, span, now):
        sums = found.setdefault(one.currency, {}).setdefault(one.environment, Sums())
        sums.add(one.estimate, one.always_on)
    return found


def _sum(found: Iterable[Sums]) -> Sums:
    whole = Sums()
    for one in found:
        whole.add(one.estimate, one.always_on)
    return whole


def _of(sums: Sums) -> dict[str, int]:
    return {"estimate": sums.estimate, "always_on": sums.always_on}


def _line(key: Key, sums: Sums, names: dict[Key, str], ran: dict[Key, int]) -> dict[str, Any]:
    name = names.get(key, "")
    return {"name": name, "is_removed": key[0] == REMOVED, "seconds": ran.get(key), **_of(sums)}


def _billed(scope: Scope, span: Span, currency: str) -> dict[str, Any] | None:
    found, _read = cost_bills.in_all(scope=scope, span=span, kind=TEAM, currency=currency)
    one = found.get((TEAM, scope.team or 0))
    if one is None:
        return None
    return {
        "amount": one.amount,
        "estimate": one.estimate,
        "until": one.until.isoformat(),
        "alone": one.alone,
        "alone_days": one.alone_days,
    }


def _budget(scope: Scope, span: Span, currency: str) -> int | None:
    found = cost_outlook.budgeted(scope=scope, span=span, currency=currency)
    allowed = found.over(span) if found else None
    return None if allowed is None else int(allowed.scaleb(PLACES))


def _people(team: Team, scope: Scope, span: Span, now: datetime) -> list[dict[str, Any]]:
    """Who kept environments on and who changed days of the month, whoever did most first; a fixed number of
    queries."""
    held = report_holds.extensions_of_each(team=team, span=span, now=now)
    changed = DayException.objects.in_force().filter(
        Q(team=scope.team) | Q(environment__in=scope.living().values("pk")), day__range=(span.first, span.last)
    )
    days = dict(changed.order_by().values_list("author").annotate(Count("pk")))
    people = User.objects.in_bulk([pk for pk in {*held, *days} if pk])
    rows = [
        {
            "name": (people[pk].get_full_name() or people[pk].get_username()) if pk in people else "",
            "holds": held[pk].holds if pk in held else 0,
            "seconds": int(held[pk].kept_on.total_seconds()) if pk in held else 0,
            "days": days.get(pk, 0),
        }
        for pk in {*held, *days}
    ]
    return sorted(rows, key=lambda row: (-row["seconds"], -row["holds"], -row["days"], row["name"]))


def _unpriced(scope: Scope, span: Span, now: datetime) -> dict[str, Any]:
    found = cost_gaps.gaps(scope=scope, span=span, now=now)
    return {
        "without": [one.name for one in found.without],
        "why": {one.name: [*one.whys, *_ran_unpriced(one)] for one in found.without},
        "more_without": found.without_count - len(found.without),
        "partly": [
            *({"name": one.name, "what": [what["what"] for what in one.what], "why": one.whys} for one in found.partly),
            *(
                {"name": one.name, "what": [{"": what} for what, _seconds in one.ran], "why": _ran_unpriced(one)}
                for one in found.ran
            ),
        ],
        "more_partly": found.partly_count - len(found.partly) + found.ran_count - len(found.ran),
    }


def _ran_unpriced(one: cost_gaps.Unpriced) -> list[dict[str, str]]:
    """How long each target of it ran without a price, in each language."""
    if not one.ran:
        return []
    each = [(what, f"{seconds / 3600:,.1f}") for what, seconds in one.ran]
    return [
        {
            "en": f"Ran without a price: {', '.join(f'{what} {hours} h' for what, hours in each)}.",
            "ko": f"가격 없이 실행된 시간: {', '.join(f'{what} {hours}시간' for what, hours in each)}.",
        }
    ]


def _advice(scope: Scope) -> dict[str, Any]:
    """What could be saved: the best of what is proposed, and the sums of all."""
    rows = Advice.objects.filter(environment__in=scope.living().values("pk"), status=Advice.Status.OPEN)
    lines = rows.order_by(F("saving").desc(nulls_last=True), "pk").values_list(
        "environment__name", "kind", "saving", "currency"
    )
    sums = rows.filter(saving__isnull=False).order_by().values_list("currency").annotate(Sum("saving"))
    return {
        "count": rows.count(),
        "lines": [
            {"environment": name, "kind": kind, "saving": _whole(saving), "currency": currency}
            for name, kind, saving, currency in lines[:LISTED]
        ],
        "savings": {currency: _whole(saving) for currency, saving in sums},
    }


def _whole(amount: Any) -> int | None:
    return None if amount is None else int(amount.scaleb(PLACES))
