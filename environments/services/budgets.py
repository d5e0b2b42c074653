"""Budgets of environments and teams: how they stand by estimate, and who is told when one is nearly used up.

What a used-up budget forbids is in `budget_limits`. Amounts of different currencies are never added (docs/budgets.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, Sum

from environments import events
from environments.models import DailyCost, Environment, MonthlyCost
from environments.models.budget import Budget, BudgetNotice

from . import cost_sums, forecasts
from .budget_months import Owner, counting, months_now, of_months, owner_of, present_months

Level = BudgetNotice.Level
MOST: Final = Decimal("0.8")
DAY: Final = timedelta(days=1)
_NOTHING: Final[dict[str, Spent]] = {}


@dataclass(frozen=True, slots=True)
class Spent:
    """Of a month in one currency: so far, and by its end. `expected` is None where the rest is not known."""

    used: Decimal = Decimal(0)
    expected: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget in a month. `used` is None where nothing has cost anything in its currency; `others` are currencies in
    which something has."""

    budget: Budget
    month: date
    used: Decimal | None
    expected: Decimal | None = None
    others: tuple[str, ...] = ()

    @property
    def share(self) -> Decimal | None:
        """What is used, of the amount; more than 1 where it is exceeded."""
        return None if self.used is None else self.used / self.budget.amount

    @property
    def levels(self) -> frozenset[Level]:
        """Which levels are reached."""
        found = set()
        if self.used is not None and self.used >= MOST * self.budget.amount:
            found.add(Level.MOST)
        if self.used is not None and self.used >= self.budget.amount:
            found.add(Level.ALL)
        if self.expected is not None and self.expected > self.budget.amount:
            found.add(Level.FORECAST)
        return frozenset(found)

    @property
    def level(self) -> Level | None:
        """The gravest of them: used up, then that it will not suffice, then that most is used."""
        return next((one for one in (Level.ALL, Level.FORECAST, Level.MOST) if one in self.levels), None)

    @property
    def is_used_up(self) -> bool:
        return Level.ALL in self.levels


def standing(
    *,
    environments: Iterable[Environment | int] = (),
    teams: Iterable[Any] = (),
    month: date,
    now: datetime,
) -> list[Standing]:
    """How the budgets of these environments and teams stand in a month: one for each of them and currency that has one.

    A month's own budget goes before the standing one. A fixed number of queries; one where there is no budget.
    """
    whose = Q(environment__in=_ids(environments)) | Q(team__in=_ids(teams))
    rows = of_months(Budget.objects.filter(whose), [month])
    return each(counting(rows, lambda _one: month), month=month, now=now)


def each(budgets: Iterable[Budget], *, month: date | None = None, now: datetime) -> list[Standing]:
    """How each of these stands, in their order: in its own month, a standing one in `month`, or in that which it is for
    it now.

    A fixed number of queries whatever their number; none where there are none.
    """
    budgets = list(budgets)
    return _each(budgets, (lambda _one: month) if month else present_months(budgets, now), now)


def _each(budgets: Sequence[Budget], month_of: Callable[[Budget], date], now: datetime) -> list[Standing]:
    months = [one.month or month_of(one) for one in budgets]
    present = months_now(now)
    found: dict[date, dict[Owner, dict[str, Spent]]] = {}
    for month in sorted(present.intersection(months)):
        live = [one for one, of_it in zip(budgets, months, strict=True) if of_it == month]
        found[month] = _spent_now(live, month, now)
    if past := set(months) - present:
        found |= _spent_then([one for one, month in zip(budgets, months, strict=True) if month in past], past)
    return [
        _standing(one, month, found[month].get(owner_of(one), _NOTHING))
        for one, month in zip(budgets, months, strict=True)
    ]


def check(*, now: datetime) -> int:
    """Tell of budgets that have reached a level this month, by the clock where they are: each level once a month; how
    many events that were.

    When one is used up at once, nobody is told of the lower levels as well. Event and notice are written together: two
    at once tell once.
    """
    months, told = months_now(now), 0
    known = set(BudgetNotice.objects.filter(month__in=months).values_list("budget_id", "month", "level"))
    rows = of_months(Budget.objects.all(), months)
    month_of = present_months(rows, now)
    for one in _each(counting(rows, month_of), month_of, now):
        fresh = {level for level in one.levels if (one.budget.pk, one.month, level) not in known}
        if fresh:
            told += _tell(one, fresh, now)
    return told


def rearm(*, budget: Budget, now: datetime) -> None:
    """After a budget was changed: forget levels of this month that it does not reach any more, so that people are told
    when it does."""
    (found,) = each([budget], now=now)
    BudgetNotice.objects.filter(budget=budget, month=found.month).exclude(level__in=found.levels).delete()


def _tell(one: Standing, fresh: Collection[Level], now: datetime) -> int:
    loud = [Level.ALL] if Level.ALL in fresh else [level for level in (Level.MOST, Level.FORECAST) if level in fresh]
    count = 0
    with transaction.atomic():
        # The budget's row is the lock; one that was removed or changed meanwhile is for the next time.
        rows = Budget.objects.select_for_update().filter(pk=one.budget.pk, amount=one.budget.amount)
        if not rows.filter(currency=one.budget.currency).exists():
            return 0
        for level in fresh:
            _notice, is_new = BudgetNotice.objects.get_or_create(
                budget=one.budget, month=one.month, level=level, defaults={"told_at": now}
            )
            if is_new and level in loud:
                events.budget(one.budget, level, one.month, used=one.used, expected=one.expected, now=now)
                count += 1
    return count


def _standing(budget: Budget, month: date, spent: dict[str, Spent]) -> Standing:
    mine = spent.get(budget.currency)
    others = tuple(sorted(code for code in spent if code != budget.currency))
    return Standing(budget, month, mine.used if mine else None, mine.expected if mine else None, others)


def _spent_now(budgets: Iterable[Budget], month: date, now: datetime) -> dict[Owner, dict[str, Spent]]:
    """A month that it is somewhere: today included, and with what is expected. Those of a team are what its
    environments of now have cost, with what was counted for it before they were removed or went elsewhere, and without
    what they cost another team."""
    owners = {owner_of(one) for one in budgets}
    alone, teams = ([pk for kind, pk in owners if kind == name] for name in ("environment", "team"))
    rows = Environment.objects.filter(Q(pk__in=alone) | Q(team__in=teams))
    team_of = dict(rows.order_by().values_list("pk", "team_id"))
    sums: dict[Owner, dict[str, list[Spent]]] = defaultdict(lambda: defaultdict(list))
    for pk, those in forecasts.expected(environments=rows, month=month, now=now).items():
        for one in those:
            for owner in (("environment", pk), ("team", team_of[pk])):
                if owner in owners:
                    sums[owner][one.currency].append(Spent(one.spent, one.total))
    for had, has, currency, estimate in _moved(teams, team_of, month, now):
        for team, amount in ((had, estimate), (has, -estimate)):
            if ("team", team) in owners:
                sums["team", team or 0][currency].append(Spent(amount))
    return {owner: {code: _sum(those) for code, those in found.items()} for owner, found in sums.items()}


def _moved(
    teams: Collection[int], team_of: Mapping[int, int], month: date, now: datetime
) -> Iterator[tuple[int | None, int | None, str, Decimal]]:
    """What was counted for another team than has the environment now: who had it, who has it (None: nobody), currency
    and estimate. One query, two where there is any: a day stays with the team that it began with, up to now."""
    whose = Q(team__in=teams) | Q(environment__team__in=teams)
    elsewhere = Q(environment=None) | ~Q(team=F("environment__team")) | Q(team=None)
    rows = MonthlyCost.objects.filter(whose, elsewhere, month=month).order_by()
    fields = ("team_id", "environment__team_id", "currency")
    counted = list(rows.values_list(*fields).annotate(Sum("estimate")))
    yield from counted
    if not any(has for _had, has, _currency, _estimate in counted):
        return
    days = DailyCost.objects.filter(whose, elsewhere, environment__isnull=False).order_by()
    for one in cost_sums.since_counted_of([days], cost_sums.Span(month, cost_sums.next_month(month) - DAY), now):
        yield one.team or None, team_of.get(int(one.environment[1])), one.currency, cost_sums.amount(one.estimate)


def _sum(those: Iterable[Spent]) -> Spent:
    """What nobody has reckoned, or has no price from now on, is taken as it is; where nothing is, all is unknown."""
    those = list(those)
    used = sum((one.used for one in those), Decimal(0))
    if all(one.expected is None for one in those):
        return Spent(used)
    return Spent(used, sum((one.used if one.expected is None else one.expected for one in those), Decimal(0)))


def _spent_then(budgets: Iterable[Budget], months: Collection[date]) -> dict[date, dict[Owner, dict[str, Spent]]]:
    """Months that are over, or have not begun: what was counted. Two queries."""
    ids = [owner_of(one) for one in budgets]
    found: dict[date, dict[Owner, dict[str, Spent]]] = {month: defaultdict(dict) for month in months}
    for kind in ("environment", "team"):
        rows = MonthlyCost.objects.filter(**{f"{kind}__in": [pk for name, pk in ids if name == kind]}, month__in=months)
        sums: Any = rows.order_by().values_list("month", f"{kind}_id", "currency").annotate(Sum("estimate"))
        for month, pk, currency, estimate in sums:
            found[month][kind, pk][currency] = Spent(estimate)
    return found


def _ids(those: Iterable[Any]) -> list[int]:
    return [one if isinstance(one, int) else one.pk for one in those]
