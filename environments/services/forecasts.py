"""What a month will have cost: what it has cost so far, and its rest by the plans and the prices of today."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from environments import rules
from environments.models import Environment, Interval
from environments.models.daily import Forecast
from environments.models.rate import Rate
from environments.rules.cost_days import Part, amounts
from environments.rules.costs import money

from . import costs, faulty_rows, plans, rates
from .forecast_needs import Needed, Needs
from .forecast_needs import running as spans_of
from .specs import same_plan, spec_of

log = logging.getLogger(__name__)

CHUNK: Final = 500
FIELDS: Final = ("from_moment", "estimate", "always_on")
DAY: Final = timedelta(days=1)
Amounts = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Expected:
    """A month of an environment in one currency: spent so far, and in all by its end.

    `total` and `always_on` are None while nobody has reckoned the rest: there are no prices from now on, or new ones.
    """

    currency: str
    spent: Decimal
    total: Decimal | None = None
    always_on: Decimal | None = None


@dataclass(slots=True)
class _Plans:
    """The rest of the month by plans, each planned once for all that have it."""

    now: datetime
    _known: dict[Hashable, list[rules.Segment]]

    def of(self, environment: Environment, end: datetime) -> list[rules.Segment]:
        key = same_plan(environment), end
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = rules.plan(spec_of(environment, self.now), self.now, end)
        return found


def renew(*, environments: Iterable[int] | None = None, now: datetime) -> int:
    """Reckon the rest of the present month of these environments anew, all by default; how many have prices.

    Equal plans are planned once. What a plan leaves as it is, stays as it is now; what others need runs while they do
    (forecast_needs.py), and what `environments` need is reckoned anew with them. Each batch is one transaction with a
    fixed number of queries; two at once do no harm.
    """
    links = Needs()
    priced = Rate.objects.exclude(environment=None).order_by("environment_id")
    unpriced = Forecast.objects.exclude(environment__in=priced.order_by().values("environment"))
    if environments is not None:
        wanted = links.concerned(environments)
        priced, unpriced = priced.filter(environment__in=wanted), unpriced.filter(environment__in=wanted)
    unpriced.delete()
    ids = list(priced.values_list("environment_id", flat=True).distinct())
    known = _Plans(now, {})
    for first in range(0, len(ids), CHUNK):
        _renew(ids[first : first + CHUNK], known, links, now)
    return len(ids)


def renew_changed(*, environments: Iterable[int], now: datetime) -> int:
    """Reckon anew these, whose facts or prices have changed, and those whose plan was judged since they were reckoned:
    whoever changes a plan has it judged. One query more than `renew`."""
    judged = Forecast.objects.filter(from_moment__lt=F("environment__judged_at")).order_by()
    return renew(environments={*environments, *judged.values_list("environment", flat=True)}, now=now)


def expected(*, environments: QuerySet[Environment], month: date, now: datetime) -> dict[int, list[Expected]]:
    """What a month will have cost each of these environments, by its id, sorted by currency; those without prices are
    not there. A month that is over has cost what it has. Seven queries."""
    month = month.replace(day=1)
    rest: dict[int, dict[str, Amounts]] = {}
    since: dict[int, datetime] = {}
    rows = Forecast.objects.filter(environment__in=environments.order_by().values("pk"), month=month).order_by()
    for row in rows:
        since[row.environment_id] = row.from_moment
        those = rest.setdefault(row.environment_id, {})
        those[row.currency] = _sum(those.get(row.currency), (row.estimate, row.always_on))
    spent = costs.month_of_each(environments=environments, now=now, month=month)
    # Up to where the rest begins: what has passed since is in the rest.
    until = costs.month_of_each(environments=environments, now=now, month=month, until=since)
    found: dict[int, list[Expected]] = {}
    for pk in sorted({*spent, *rest}):
        by_now = {one.currency: one.estimate for one in spent.get(pk, ())}
        before = {one.currency: (one.estimate, one.always_on) for one in until.get(pk, ())}
        found[pk] = []
        for currency in sorted({*by_now, *rest.get(pk, {})}):
            more = rest.get(pk, {}).get(currency)
            total = _sum(before.get(currency), more) if more else (None, None)
            found[pk].append(Expected(currency, by_now.get(currency, Decimal(0)), *total))
    return found


def _renew(ids: Sequence[int], known: _Plans, links: Needs, now: datetime) -> None:
    environments = list(Environment.objects.filter(pk__in=ids).with_plan(now).order_by("pk"))
    running: defaultdict[int | None, set[int | None]] = defaultdict(set)
    for pk, number in Interval.objects.of(ids).open().order_by().values_list("environment_id", "target_number"):
        running[pk].add(number)
    days = {one.pk: plans.today(one.zone_name, now) for one in environments}
    first, last = min(days.values(), default=now.date()), max(map(_next, days.values()), default=now.date())
    prices = rates.lines_of(environments=days, first=first, last=last)
    needed = links.of(environments, lambda one: known.of(one, _end(one, plans.today(one.zone_name, now))), now)
    rows = []
    for one in environments:
        try:
            rows += _rest(one, days[one.pk], prices.get(one.pk, ()), running[one.pk], known, needed)
        except Exception:  # one row that nobody can read must not stop the others; it is said each time
            log.exception("The rest of the month of %s cannot be reckoned.", one)
    _write_all(ids, rows, now)


def _rest(
    environment: Environment,
    today: date,
    prices: Iterable[rates.PricedTarget],
    running: Collection[int | None],
    known: _Plans,
    needed: Needed,
) -> list[Forecast]:
    """One row for each account and currency; none where no price counts any more."""
    end = _end(environment, today)
    segments = known.of(environment, end)
    others = needed.spans(environment, lambda one: known.of(one, end))
    goes_on = environment.pk not in needed.for_others
    spans = {runs: spans_of(segments, runs and goes_on, others) for runs in (True, False)}
    parts = [Part(one.account_id, spans[one.target_number in running], one.rates) for one in prices]
    return [
        Forecast(
            environment=environment,
            account_id=account_id,
            month=today.replace(day=1),
            currency=currency,
            from_moment=known.now,
            estimate=money(found.estimate),
            always_on=money(found.always_on),
        )
        for (account_id, currency), found in amounts(parts, known.now, end).items()
    ]


def _write_all(ids: Sequence[int], rows: Sequence[Forecast], now: datetime) -> None:
    """Where a row cannot be written, each environment by itself; one that cannot be has no forecast then."""
    try:
        _write(ids, rows, now)
    except Exception as error:
        if not faulty_rows.are_to_blame(error):
            raise
        if len(ids) == 1:
            log.exception("The rest of the month of %s cannot be written.", ids[0])
            return _write(ids, (), now)
        for pk in ids:
            _write_all([pk], [row for row in rows if row.environment_id == pk], now)


@transaction.atomic
def _write(ids: Sequence[int], rows: Sequence[Forecast], now: datetime) -> None:
    """What is not among these rows goes: other months, accounts and currencies."""
    named = [row for row in rows if row.account_id is not None]
    Forecast.objects.bulk_create(
        named,
        update_conflicts=True,
        update_fields=FIELDS,
        unique_fields=["environment", "month", "account", "currency"],
    )
    Forecast.objects.filter(environment__in=ids).exclude(from_moment=now, account__isnull=False).delete()
    Forecast.objects.bulk_create([row for row in rows if row.account_id is None])


def _sum(one: Amounts | None, other: Amounts) -> Amounts:
    return (one[0] + other[0], one[1] + other[1]) if one else other


def _end(environment: Environment, today: date) -> datetime:
    """When the present month ends by its clock."""
    return plans.bounds(_next(today), environment.zone_name)[0]


def _next(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + 31 * DAY).replace(day=1)
