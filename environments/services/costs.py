"""What environments cost now, and what an hour of them costs: each answer takes a fixed number of queries, whatever the
number of environments (docs/costs.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet, Sum

from environments.models import Environment
from environments.models.daily import MonthlyCost
from environments.rules.costs import in_force, money

from . import cost_now, rates
from .cost_marks import zone_names
from .cost_now import Now, Sums
from .plans import today

__all__ = ["Now", "an_hour", "month_of_each", "so_far"]

MOMENT = timedelta(microseconds=1)


def so_far(*, environments: Iterable[Environment | int], now: datetime) -> dict[int, list[Now]]:
    """What each environment has cost today, by its own date, up to now: one for each currency, sorted.

    Every environment asked for is in the answer, with an empty list where there are no prices. Two queries.
    """
    ids = _ids(environments)
    found = _today(Environment.objects.filter(pk__in=ids), now).of_each()
    return {pk: found.get(pk, []) for pk in ids}


def month_of_each(
    *,
    environments: QuerySet[Environment],
    now: datetime,
    month: date | None = None,
    until: Mapping[int, datetime] | None = None,
) -> dict[int, list[Now]]:
    """The same for each environment, by its id, in the present month or another; those without prices are not there.

    Those in `until` are carried on to a moment of today of their own; what was counted beyond that stands.
    """
    return _month(environments, now, month, until or {}).of_each()


def an_hour(*, environments: Iterable[Environment | int], now: datetime) -> dict[int, dict[str, Decimal]]:
    """What one more hour of running costs by the prices of today, without what is billed anyway; by currency.

    Every environment asked for is in the answer, with nothing in it where there are no prices. Three queries.
    """
    found = _an_hour(_ids(environments), now)
    return {pk: {currency: money(amount) for currency, amount in sums.items()} for pk, sums in found.items()}


def _today(environments: QuerySet[Environment], now: datetime) -> Sums:
    sums, days = Sums(), cost_now.days(environments, now)
    for row in days.rows:
        if days.begun(row):
            sums.add(row.environment_id, row.at(now))
        elif row.environment_id not in days.counted:
            sums.add(row.environment_id, row.following(now))
    return sums


def _month(
    environments: QuerySet[Environment], now: datetime, month: date | None, until: Mapping[int, datetime]
) -> Sums:
    sums, days = Sums(), cost_now.days(environments, now)
    months = {pk: month or _first(day) for pk, day in days.today.items()}
    rows = MonthlyCost.objects.filter(
        environment__in=environments.order_by().values("pk"), month__in=set(months.values())
    ).order_by()
    amounts = rows.values_list("environment_id", "month", "currency").annotate(Sum("estimate"), Sum("always_on"))
    for pk, of_month, currency, estimate, always_on in amounts:
        if months.get(pk) == of_month:
            sums.add(pk, Now(currency, estimate, always_on))
    for row in days.rows:
        pk, moment = row.environment_id, until.get(row.environment_id, now)
        if _first(row.day) == months[pk]:
            sums.add(pk, row.since(moment) if days.begun(row) else row.since(moment).once())
        if not days.begun(row) and pk not in days.counted and _first(days.today[pk]) == months[pk]:
            sums.add(pk, row.following(moment))
    return sums


def _first(day: date) -> date:
    return day.replace(day=1)


def _an_hour(ids: Collection[int], now: datetime) -> dict[int, dict[str, Fraction]]:
    found: dict[int, dict[str, Fraction]] = {pk: {} for pk in ids}
    for pk, those in _prices(ids, now).items():
        for rate in (rate for one in those for rate in one.rates):
            more = Fraction(0) if rate.always else rate.an_hour
            found[pk][rate.currency] = found[pk].get(rate.currency, Fraction(0)) + more
    return found


def _prices(ids: Collection[int], now: datetime) -> dict[int, list[rates.PricedTarget]]:
    """The lines that count now, each environment by its own date."""
    dates = {pk: today(name, now) for pk, name in zone_names(ids).items()}
    if not dates:
        return {}
    found = rates.lines_of(environments=dates, first=min(dates.values()), last=max(dates.values()))
    return {
        pk: [
            rates.PricedTarget(one.target_number, one.account_id, tuple(lines))
            for one in those
            if (lines := [rate for rate, _ in in_force(one.rates, now, now + MOMENT)])
        ]
        for pk, those in found.items()
    }


def _ids(environments: Iterable[Environment | int]) -> set[int]:
    return {one if isinstance(one, int) else one.pk for one in environments}
