"""Which month a budget is of now: a month begins where the environments are, as their days of costs do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from environments.models import Environment
from environments.models.budget import Budget
from environments.rules.zones import known_zone

Owner = tuple[str, int]
"""“environment” or “team”, and its id."""
# Clocks are as far behind that of UTC, and as far before it.
BEHIND, BEFORE = timedelta(hours=12), timedelta(hours=14)


def month_at(zone: str, now: datetime) -> date:
    """The month that a clock of the zone shows; its first day."""
    return now.astimezone(known_zone(zone)).date().replace(day=1)


def months_now(now: datetime) -> set[date]:
    """The months that it is somewhere: one, or two around the first day of one."""
    return {month_at("UTC", now - BEHIND), month_at("UTC", now + BEFORE)}


def shared_zone(zones: Iterable[str], otherwise: str) -> str:
    """The zone that most of these share; `otherwise` where there are none, or as many share another."""
    ranked = Counter(zones).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return otherwise
    return ranked[0][0]


def owner_of(budget: Budget) -> Owner:
    if budget.environment_id is not None:
        return "environment", budget.environment_id
    return "team", budget.team_id or 0


def present_months(budgets: Iterable[Budget], now: datetime) -> Callable[[Budget], date]:
    """The month that it is now for each of these: for that of an environment by its clock, for that of a team by the
    clock that most of its environments share, or the portal's. One query; none without budgets."""
    owners = {owner_of(one) for one in budgets}
    zones: defaultdict[Owner, list[str]] = defaultdict(list)
    if owners:
        alone, teams = ([pk for kind, pk in owners if kind == name] for name in ("environment", "team"))
        rows: Any = Environment.objects.filter(Q(pk__in=alone) | Q(team__in=teams)).order_by()
        for pk, team, own, schedules in rows.values_list("pk", "team_id", "timezone", "schedule__timezone"):
            for owner in (("environment", pk), ("team", team)):
                zones[owner].append(own or schedules or settings.TIME_ZONE)
    return lambda budget: month_at(shared_zone(zones[owner_of(budget)], settings.TIME_ZONE), now)


def of_months(rows: Any, months: Iterable[date]) -> list[Budget]:
    """Those of a queryset that may count in these months: standing ones, then those of a month. One query."""
    rows = rows.filter(Q(month=None) | Q(month__in=set(months))).select_related("environment__team", "team")
    return list(rows.order_by(F("month").asc(nulls_first=True), "pk"))


def counting(budgets: Iterable[Budget], month_of: Callable[[Budget], date]) -> list[Budget]:
    """Those of `of_months` that count in the month that `month_of` says of each: one for each owner and currency, its
    own month's before the standing one."""
    found = {(owner_of(one), one.currency): one for one in budgets if one.month in (None, month_of(one))}
    return list(found.values())
