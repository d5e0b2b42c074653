"""Before and after, and one beside the other: sums of two spans, and of two environments. Only reads, by estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db.models import Min, Q

from environments.models import DailyCost, Environment, MonthlyCost, Target
from environments.models.rate import Rate

from . import cost_hours, cost_sums, costs
from .cost_scope import Scope
from .cost_sums import DAY, ENVIRONMENT, Key, Span, Sums, Totals, next_month
from .plans import today

ROWS: Final = 20
LINES: Final = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """Something in the one span and in the other, in millionths of a currency and in seconds. None: not known."""

    one: Sums
    other: Sums
    ran_one: int | None = None
    ran_other: int | None = None

    @property
    def change(self) -> int:
        return self.other.estimate - self.one.estimate

    @property
    def share(self) -> Decimal | None:
        """Of what the one cost; None where that is nothing."""
        return Decimal(self.change) / self.one.estimate if self.one.estimate else None


@dataclass(frozen=True, slots=True)
class Spans:
    """Two spans of one scope in one currency; `days` are those of each that have begun and that costs are known of.
    `rows` are the environments that changed most, of `count`."""

    currency: str
    currencies: tuple[str, ...]
    days: tuple[int, int]
    whole: Pair
    rows: list[tuple[Key, Pair]]
    count: int


@dataclass(frozen=True, slots=True)
class Beside:
    """An environment in a span: its costs by currency, for how long it ran, what an hour of running costs now, and its
    price lines of today."""

    environment: Environment
    sums: dict[str, Sums]
    ran: int
    an_hour: dict[str, Decimal]
    lines: tuple[Rate, ...]


def spans(
    *, scope: Scope, one: Span, other: Span, now: datetime, by: date, since: date | None, currency: str = ""
) -> Spans | None:
    """What changed from the one span to the other; None where nothing has cost anything in either.

    `by`: today, for the days that have begun; `since`: the first day of the scope that has costs (`first_day`).
    `currency`: which one is wanted, else the one with most environments. A fixed number of queries, whatever the number
    of environments.
    """
    found = [_totals(scope, span, now) for span in (one, other)]
    codes = sorted({*found[0], *found[1]}, key=lambda code: (-max(len(some.get(code, ())) for some in found), code))
    if not codes:
        return None
    chosen = currency if currency in codes else codes[0]
    before, after = (some.get(chosen, {}) for some in found)
    pairs = [(key, Pair(before.get(key, Sums()), after.get(key, Sums()))) for key in {*before, *after}]
    pairs.sort(key=lambda item: (-abs(item[1].change), str(item[0])))
    rows = pairs[:ROWS]
    has_hours = not scope.account
    keys = [key for key, _pair in rows]
    ran = [
        cost_hours.ran_of_each_and_all(scope=scope, span=span, keys=keys, now=now) if has_hours else None
        for span in (one, other)
    ]
    in_all = [some.in_all if some else None for some in ran]
    return Spans(
        currency=chosen,
        currencies=tuple(codes),
        days=(_known(one, since, by), _known(other, since, by)),
        whole=Pair(_sum(before), _sum(after), in_all[0], in_all[1]),
        rows=[
            (key, Pair(pair.one, pair.other, *(some.of_each.get(key, 0) if some else None for some in ran)))
            for key, pair in rows
        ],
        count=len(pairs),
    )


def environments(*, user: Any, those: Sequence[Environment], span: Span, now: datetime) -> list[Beside]:
    """Environments that `user` sees, in their order, over one span. A fixed number of queries."""
    scope = Scope(user=user, environments=tuple(one.pk for one in those))
    totals = _totals(scope, span, now)
    keys: list[Key] = [(ENVIRONMENT, one.pk) for one in those]
    ran = cost_hours.ran(scope=scope, span=span, keys=keys, now=now)
    an_hour = costs.an_hour(environments=those, now=now)
    lines: dict[int, list[Rate]] = {one.pk: [] for one in those}
    days = {one.pk: today(one.zone_name, now) for one in those}
    for row in lines_on(days):
        lines[row.environment_id or 0].append(row)
    return [
        Beside(
            environment=one,
            sums={code: found[key] for code, found in sorted(totals.items()) if key in found},
            ran=ran.get(key, 0),
            an_hour=an_hour.get(one.pk, {}),
            lines=tuple(lines[one.pk][:LINES]),
        )
        for one, key in zip(those, keys, strict=True)
    ]


def first_day(scope: Scope) -> date | None:
    """The first day of which anything in the scope has costs; None where nothing has. Two queries, four for what is
    removed as well: the first month is found by its sums, and the day among those of that month."""
    months = [part.aggregate(first=Min("month"))["first"] for part in scope.parts(MonthlyCost.objects.all())]
    known: list[date] = [month for month in months if month]
    if not known:
        return None
    first = min(known)
    rows = DailyCost.objects.filter(day__range=(first, next_month(first) - DAY))
    days = [part.aggregate(first=Min("day"))["first"] for part in scope.parts(rows)]
    there: list[date] = [day for day in days if day]
    return min(there, default=first)


def first_days(those: Sequence[Environment]) -> dict[int, date]:
    """The same of each of a few environments; those without costs are not there. One query."""
    rows = DailyCost.objects.filter(environment__in=[one.pk for one in those]).order_by()
    return dict(rows.values_list("environment_id").annotate(Min("day")))


def lines_on(days: dict[int, date]) -> list[Rate]:
    """The price lines of environments (by id) in force on a date of each, of targets that they have. One query."""
    if not days:
        return []
    wanted = Q(pk__in=[])
    for pk, day in days.items():
        wanted |= Q(environment=pk, valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    rows = Rate.objects.filter(wanted, target__isnull=False).select_related("target")
    return list(rows.order_by("target__order", "target_number", "label"))


def priced_targets(*, user: Any, most: int) -> list[Target]:
    """Targets in sight that have a price of their own, by the names of their environments. One query."""
    visible = Environment.objects.visible_to(user).order_by()
    rows = Target.objects.filter(environment__in=visible.values("pk"), rates__valid_until=None, rates__isnull=False)
    return list(
        rows.select_related("environment__schedule").order_by("environment__name", "order", "pk").distinct()[:most]
    )


def priced_target(*, user: Any, pk: int) -> Target | None:
    """One of them; None where there is none in sight. One query."""
    visible = Environment.objects.visible_to(user).order_by()
    rows = Target.objects.filter(pk=pk, environment__in=visible.values("pk"))
    return rows.select_related("environment__schedule").first()


def per(millionths: int, parts: int | Fraction) -> int | None:
    """A part of an amount, in whole millionths, half to even; None of nothing."""
    return round(Fraction(millionths) / parts) if parts else None


def _totals(scope: Scope, span: Span, now: datetime) -> Totals:
    found = cost_sums.totals(scope, span, ENVIRONMENT)
    for one in cost_sums.since_counted(scope, span, now):
        sums = found.setdefault(one.currency, {}).setdefault(one.environment, Sums())
        sums.add(one.estimate, one.always_on)
    return found


def _known(span: Span, since: date | None, by: date) -> int:
    """The days of a span from the first that has costs until today."""
    return max(0, (min(span.last, by) - max(span.first, since or span.first)).days + 1)


def _sum(those: dict[Key, Sums]) -> Sums:
    whole = Sums()
    for one in those.values():
        whole.add(one.estimate, one.always_on)
    return whole
