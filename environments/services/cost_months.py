"""Sums of days: months of environments, and the hours of teams; in the transaction that writes the days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from environments.models.daily import DailyCost, DailyRun, MonthlyCost, TeamHours

FIELDS = ("estimate", "always_on", "seconds")
_Key = tuple[int | None, date, int | None, int | None, str]
"""Environment, month, team, account and currency."""


def sum_months(months: Collection[tuple[int, date]], names: Mapping[int, str]) -> None:
    """Make the sums of these months (environment, first day) anew from their days, those of each team apart. `names`:
    of new ones.

    `seconds` are those that the environment ran while the team had it, in each of its accounts and currencies the same:
    never to be added up over these. Three reads.
    """
    if not months:
        return
    ids = {environment_id for environment_id, _ in months}
    span = {"day__gte": min(month for _, month in months), "day__lt": _next(max(month for _, month in months))}
    keys = ("environment_id", "month", "team_id")
    runs = DailyRun.objects.filter(environment__in=ids, **span).order_by().annotate(month=TruncMonth("day"))
    ran = {(pk, month, team): total for pk, month, team, total in runs.values_list(*keys).annotate(Sum("seconds"))}
    costs = DailyCost.objects.filter(environment__in=ids, **span).order_by().annotate(month=TruncMonth("day"))
    sums = costs.values_list(*keys, "account_id", "currency").annotate(Sum("estimate"), Sum("always_on"))
    stood = MonthlyCost.objects.filter(
        environment__in=ids, month__gte=span["day__gte"], month__lt=span["day__lt"]
    ).order_by()
    old: defaultdict[_Key, list[MonthlyCost]] = defaultdict(list)
    for row in stood:
        if (row.environment_id, row.month) in months:
            # Where teams or accounts were removed, there may be several: one stays.
            old[row.environment_id, row.month, row.team_id, row.account_id, row.currency].append(row)
    new: list[MonthlyCost] = []
    changed: list[MonthlyCost] = []
    for pk, month, team_id, account_id, currency, estimate, always_on in sums:
        if (pk, month) not in months:
            continue
        there = old[pk, month, team_id, account_id, currency]
        values = {"estimate": estimate, "always_on": always_on, "seconds": ran.get((pk, month, team_id), 0)}
        if not there:
            key: dict[str, Any] = {"environment_id": pk, "month": month, "team_id": team_id, "account_id": account_id}
            new.append(MonthlyCost(environment_name=names[pk], currency=currency, **key, **values))
            continue
        row = there.pop()
        if any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            changed.append(row)
    gone = [row.pk for rows in old.values() for row in rows]
    _save(new, changed)
    MonthlyCost.objects.filter(pk__in=gone).delete()


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
    """Rows with a team and an account by what makes them one; a row without is no other's equal to the database."""
    named = [row for row in (*new, *changed) if _is_named(row)]
    unnamed = [row for row in changed if not _is_named(row)]
    for row in named:
        row.pk = None
    MonthlyCost.objects.bulk_create(
        named,
        update_conflicts=True,
        update_fields=FIELDS,
        unique_fields=["environment", "month", "team", "account", "currency"],
    )
    MonthlyCost.objects.bulk_create([row for row in new if not _is_named(row)])
    MonthlyCost.objects.bulk_update(unnamed, FIELDS)


def _is_named(row: MonthlyCost) -> bool:
    return row.team_id is not None and row.account_id is not None


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
