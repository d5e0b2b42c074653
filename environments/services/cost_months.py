"""Sums of days: months of environments, and the hours of teams; in the transaction that writes the days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from environments.models.daily import DailyCost, DailyRun, MonthlyCost, TeamHours

FIELDS = ("estimate", "always_on", "seconds")


def sum_months(months: Collection[tuple[int, date]], whose: Mapping[int, tuple[int, str]]) -> None:
    """Make the sums of these months (environment, first day) anew from their days. `whose`: team and name of new ones.

    `seconds` are those of the environment, in each of its accounts and currencies the same: never to be added up over
    these. Three reads.
    """
    if not months:
        return
    ids = {environment_id for environment_id, _ in months}
    span = {"day__gte": min(month for _, month in months), "day__lt": _next(max(month for _, month in months))}
    keys = ("environment_id", "month")
    runs = DailyRun.objects.filter(environment__in=ids, **span).order_by().annotate(month=TruncMonth("day"))
    ran = {(pk, month): total for pk, month, total in runs.values_list(*keys).annotate(Sum("seconds"))}
    costs = DailyCost.objects.filter(environment__in=ids, **span).order_by().annotate(month=TruncMonth("day"))
    sums = costs.values_list(*keys, "account_id", "currency").annotate(Sum("estimate"), Sum("always_on"))
    stood = MonthlyCost.objects.filter(
        environment__in=ids, month__gte=span["day__gte"], month__lt=span["day__lt"]
    ).order_by()
    old = {(r.environment_id, r.month, r.account_id, r.currency): r for r in stood}
    old = {key: row for key, row in old.items() if key[:2] in months}
    new: list[MonthlyCost] = []
    changed: list[MonthlyCost] = []
    for pk, month, account_id, currency, estimate, always_on in sums:
        if (pk, month) not in months:
            continue
        row = old.pop((pk, month, account_id, currency), None)
        values = {"estimate": estimate, "always_on": always_on, "seconds": ran.get((pk, month), 0)}
        if row is None:
            team_id, name = whose[pk]
            key: dict[str, Any] = {"environment_id": pk, "month": month, "account_id": account_id, "currency": currency}
            new.append(MonthlyCost(team_id=team_id, environment_name=name, **key, **values))
        elif any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            changed.append(row)
    _save(new, changed)
    MonthlyCost.objects.filter(pk__in=[row.pk for row in old.values()]).delete()


def add_hours(minutes: Mapping[tuple[int, date], Sequence[int]]) -> None:
    """Add minutes, new less old, to the hours of teams (team, day). Rows are locked until the transaction ends.

    What each day of an environment says is added when it is written and taken away when it changes, so that a team's
    hours cost the same however many environments it has. Four queries at most.
    """
    changes = {key: list(sums) for key, sums in minutes.items() if any(sums)}
    if not changes:
        return
    TeamHours.objects.bulk_create(
        [TeamHours(team_id=team_id, day=day, minutes=[0] * 24) for team_id, day in sorted(changes)],
        ignore_conflicts=True,
    )
    days = [day for _, day in changes]
    rows = TeamHours.objects.select_for_update().order_by("day", "team_id")
    rows = rows.filter(team__in={team_id for team_id, _ in changes}, day__range=(min(days), max(days)))
    concerned = [row for row in rows if (row.team_id, row.day) in changes]
    for row in concerned:
        added = changes[row.team_id, row.day]
        row.minutes = [before + more for before, more in zip(row.minutes, added, strict=True)]
        row.pk = None  # found by team and day: SQLite takes another conflict for an error
    TeamHours.objects.bulk_create(
        concerned, update_conflicts=True, update_fields=["minutes"], unique_fields=["day", "team"]
    )


def _save(new: list[MonthlyCost], changed: list[MonthlyCost]) -> None:
    """Rows with an account by what makes them one; a row without one is no other's equal to the database."""
    named = [row for row in (*new, *changed) if row.account_id is not None]
    for row in named:
        row.pk = None
    MonthlyCost.objects.bulk_create(
        named,
        update_conflicts=True,
        update_fields=FIELDS,
        unique_fields=["environment", "month", "account", "currency"],
    )
    MonthlyCost.objects.bulk_create([row for row in new if row.account_id is None])
    MonthlyCost.objects.bulk_update([row for row in changed if row.account_id is None], FIELDS)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
