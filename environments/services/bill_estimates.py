"""What was estimated for the days that AWS billed, kept beside each bill: so that both are read without a join of two
years of days. Who writes bills or days' costs says so here, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from environments.models import DailyBill, DailyCost
from environments.models.money import MoneyField

AT_ONCE: Final = 500
# Of an amount in the database: nothing was estimated.
_NONE: Final = -1


def note(bills: QuerySet[DailyBill]) -> None:
    """Let each of these bills say what was estimated for its environment, day, account and currency; None where nothing
    was. Of several bills of the same (two values of the tag) the first says it and the others zero: no sum counts it
    twice. Two statements, which write those alone that say something else."""
    _note(bills.filter(environment__isnull=False), {"environment": OuterRef("environment")})
    gone = {"environment": None, "environment_name": OuterRef("environment_name")}
    _note(bills.filter(environment=None).exclude(environment_name=""), gone)


def note_days(changed: Iterable[tuple[int, date]]) -> None:
    """The same where days' costs were written: of these environments and days, and what lies between them."""
    days: dict[int, set[date]] = {}
    for environment, day in changed:
        days.setdefault(environment, set()).add(day)
    ids = sorted(days)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        span = min(min(days[pk]) for pk in some), max(max(days[pk]) for pk in some)
        _note(DailyBill.objects.filter(environment__in=some, day__range=span), {"environment": OuterRef("environment")})


def _note(bills: QuerySet[DailyBill], whose: dict[str, Any]) -> None:
    same = whose | {name: OuterRef(name) for name in ("day", "account", "currency")}
    costs = DailyCost.objects.filter(**same).order_by()
    earlier = DailyBill.objects.filter(pk__lt=OuterRef("pk"), **same).order_by()
    said = Case(
        When(Exists(costs) & Exists(earlier), then=Value(0)),
        default=Subquery(costs.values("estimate")[:1]),
        output_field=MoneyField(null=True),
    )
    nothing = Value(_NONE, output_field=MoneyField())
    rows = bills.order_by().annotate(said=Coalesce(said, nothing), stood=Coalesce("estimate", nothing))
    ids = rows.exclude(stood=F("said")).values("pk")
    DailyBill.objects.filter(pk__in=ids).update(estimate=said)
