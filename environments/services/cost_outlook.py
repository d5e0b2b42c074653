"""What stands beside the sums of costs: the forecast, the budget, and what was kept on by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from environments.models import Budget, Environment, Forecast, Hold, Team, Wish
from environments.rules.zones import known_zone

from .cost_scope import Scope
from .cost_sums import DAY, ENVIRONMENT, Key, Since, Span, first_of_month, next_month, zone_of_environment

MICROSECOND: Final = timedelta(microseconds=1)
HOUR: Final = timedelta(hours=1) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to come of a month, in millionths: by the plan, and if all ran all the time."""

    estimate: int = 0
    always_on: int = 0


def rest_of_month(*, scope: Scope, month: date, since: Iterable[Since], now: datetime) -> dict[str, Rest]:
    """By currency, what the rest of a month will cost; two queries at most.

    A forecast is up to an hour old: what its environment has spent since, as `since` has it, is taken off, for it is in
    the costs. With them it makes what budgets go by (`forecasts.expected`).
    """
    rows = scope.of_living(Forecast.objects.filter(month=month))
    rest: defaultdict[str, Rest] = defaultdict(Rest)
    made: Counter[datetime] = Counter()
    sums = {f"whole_{name}": Cast(Sum(name), BigIntegerField()) for name in ("estimate", "always_on")}
    by_moment = rows.values_list("currency", "from_moment").annotate(count=Count("pk"), **sums)
    for currency, begin, count, estimate, always_on in by_moment:
        rest[currency] = Rest(rest[currency].estimate + estimate, rest[currency].always_on + always_on)
        made[begin] += count
    if not made:
        return {}
    # All are made anew together each hour, and a few of them apart meanwhile.
    usual = max(made, key=lambda begin: made[begin])
    others = rows.exclude(from_moment=usual).values_list("environment", "from_moment")
    apart: dict[Key, int] = {}
    if len(made) > 1:
        apart = {(ENVIRONMENT, pk): _passed(begin, now) for pk, begin in others}
    usually = _passed(usual, now)
    for one in since:
        if one.currency in rest:
            passed = apart.get(one.environment, usually) if apart else usually
            rest[one.currency] = _without(rest[one.currency], one, passed)
    return {currency: Rest(max(0, one.estimate), max(0, one.always_on)) for currency, one in rest.items()}


def _without(rest: Rest, since: Since, passed: int) -> Rest:
    """What had been counted by the time of a forecast is in neither."""
    return Rest(
        rest.estimate - min((since.an_hour * passed + HOUR // 2) // HOUR, since.estimate),
        rest.always_on - min((since.always_an_hour * passed + HOUR // 2) // HOUR, since.always_on),
    )


def _passed(begin: datetime, now: datetime) -> int:
    """In microseconds."""
    return max(timedelta(), now - begin) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Budgeted:
    """Budgets of a scope by month (its first day) in one currency. `having` of `among` teams have one; both are 1 for
    one environment or one team."""

    months: dict[date, Decimal]
    having: int
    among: int

    @property
    def is_complete(self) -> bool:
        return self.having == self.among

    def over(self, span: Span) -> Decimal | None:
        """What a span may cost: of each day its part of the month. None where a month has no budget."""
        whole, day = Fraction(0), span.first
        while day <= span.last:
            month = first_of_month(day)
            if month not in self.months:
                return None
            until = min(next_month(month) - DAY, span.last)
            days = (next_month(month) - month).days
            whole += Fraction(self.months[month]) * ((until - day).days + 1) / days
            day = until + DAY
        return Decimal(round(whole * 1_000_000)).scaleb(-6)


def budgeted(*, scope: Scope, span: Span, currency: str) -> Budgeted | None:
    """The budget of one environment, of one team, or of all teams in sight together; None where there is none, and for
    choices that no budget is made for. Two queries. A month's own budget goes before the standing one."""
    single = len(scope.environments) == 1 and not scope.removed
    if scope.account or scope.tag or (scope.names_environments and not single):
        return None
    rows = Budget.objects.filter(currency=currency)
    among = 1
    if single:
        rows = rows.filter(environment__in=scope.living().values("pk"))
    else:
        teams = Team.objects.filter(pk__in=scope.living().values("team"))
        rows, among = rows.filter(team__in=teams.values("pk")), teams.count()
    own: dict[tuple[int, date | None], Decimal] = {}
    for team, environment, month, sums in rows.values_list("team", "environment", "month", "amount"):
        own[team or environment, month] = sums
    whose = {one for one, _ in own}
    months: dict[date, Decimal] = {}
    month = first_of_month(span.first)
    while month <= span.last:
        amounts = [own.get((one, month), own.get((one, None))) for one in whose]
        given = [one for one in amounts if one is not None]
        if given and len(given) == len(whose):
            months[month] = sum(given, Decimal(0))
        month = next_month(month)
    return Budgeted(months, len(whose), among) if months else None


@dataclass(frozen=True, slots=True)
class Extensions:
    """Holds that kept something on: how many, by how many people, and for how long in all."""

    holds: int = 0
    people: int = 0
    kept_on: timedelta = timedelta()


def extensions(*, scope: Scope, span: Span, now: datetime) -> Extensions:
    """Holds “running” that kept something on during the span (days by the clock of each environment), up to `now`; two
    queries. Of each its time within the span counts, be it planned to run then or not."""
    found: dict[str, Any] = _extended(scope, span, now).aggregate(
        holds=Count("pk"), people=Count("author", distinct=True), kept_on=Sum("lasted")
    )
    return Extensions(found["holds"], found["people"], max(timedelta(), found["kept_on"] or timedelta()))


def _extended(scope: Scope, span: Span, now: datetime) -> QuerySet[Any]:
    """With the moment each ended, or the span, or now, and how long it had `lasted` within the span by then."""
    around = datetime.combine(span.first - DAY, time(), UTC), datetime.combine(span.last + 2 * DAY, time(), UTC)
    held = Hold.objects.filter(desired=Wish.RUNNING, starts_at__lt=min(around[1], now))
    held = held.filter(Q(ended_at=None) | Q(ended_at__gt=around[0]))
    rows: QuerySet[Any] = scope.of_living(held, has_account=False).annotate(zone=zone_of_environment())
    zones = set(rows.values_list("zone", flat=True).distinct())
    begins = Greatest("starts_at", _by_zone({zone: _midnight(span.first, zone) for zone in zones}, now))
    until = _by_zone({zone: min(_midnight(span.last + DAY, zone), now) for zone in zones}, now)
    ends = Least(Coalesce("ended_at", "until", until), Coalesce("until", "ended_at", until), until)
    lasted = ExpressionWrapper(F("ends") - F("begins"), DurationField())
    rows = rows.annotate(begins=begins, ends=ends).filter(ends__gt=F("begins"))
    return rows.annotate(lasted=lasted)  # type: ignore[no-any-return]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), known_zone(zone))


def _by_zone(moments: Mapping[str, datetime], otherwise: datetime) -> Case:
    return Case(*(When(zone=zone, then=_moment(at)) for zone, at in moments.items()), default=_moment(otherwise))


def _moment(at: datetime) -> Value:
    return Value(at, DateTimeField())


def priced_at_all(*, scope: Scope) -> bool:
    """Whether anything in sight has a price now; one query."""
    return Environment.objects.filter(pk__in=scope.living().values("pk"), rates__isnull=False).exists()
