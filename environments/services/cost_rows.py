"""Days as rows: what was reckoned compared with what is written, and the difference written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from environments.models.bill import DailyBill
from environments.models.daily import DailyCost, DailyRun
from environments.rules.cost_days import DayFound

from . import bill_estimates
from .cost_facts import Reckoned

RUN = ("seconds", "hours", "known_until")
COST = ("estimate", "always_on", "an_hour", "always_an_hour", "known_until")


@dataclass(slots=True)
class Written:
    """What was changed: (environment, month) of days that differ, and minutes of a team's hours, new less old."""

    months: set[tuple[int, date]] = field(default_factory=set)
    minutes: dict[tuple[int, date], list[int]] = field(default_factory=dict)

    def moved(self, team_id: int | None, day: date, old: bytes, new: bytes) -> None:
        if team_id is None:
            return
        sums = self.minutes.setdefault((team_id, day), [0] * 24)
        for hour, (before, after) in enumerate(zip(old or bytes(24), new or bytes(24), strict=True)):
            sums[hour] += after - before

    def day(self, environment_id: int, day: date) -> None:
        self.months.add((environment_id, day.replace(day=1)))


def write(reckoned: Sequence[Reckoned]) -> Written:
    """Make the rows of the dates that were reckoned agree with that, in the caller's transaction, which alone writes
    days of these environments.

    A day stays with the team and the name that it was first made with, whatever is added to it later. What agrees
    already is not written. A fixed number of reads.
    """
    written = Written()
    if reckoned:
        _write_costs(reckoned, _write_runs(reckoned, written), written)
    return written


def remove(environments: Collection[int]) -> dict[tuple[int, date], list[int]]:
    """Remove all rows of days of these environments; what their teams' hours change by."""
    written = Written()
    rows = DailyRun.objects.filter(environment__in=environments)
    for team_id, day, hours in rows.values_list("team_id", "day", "hours"):
        written.moved(team_id, day, bytes(hours), b"")
    rows.delete()
    DailyCost.objects.filter(environment__in=environments).delete()
    bill_estimates.note(DailyBill.objects.filter(environment__in=environments))
    return written.minutes


def _write_runs(reckoned: Sequence[Reckoned], written: Written) -> dict[tuple[int, date], DailyRun]:
    """The runs of all dates found, whether they were written now or stood so before."""
    runs: dict[tuple[int, date], DailyRun] = {}
    old = {(row.environment_id, row.day): row for row in _existing(DailyRun, reckoned)}
    rows = []
    for one, day in _days(reckoned):
        row = old.pop((one.environment_id, day.day), None)
        values = {"seconds": day.seconds, "hours": day.minutes, "known_until": day.known_until}
        before = bytes(row.hours) if row else b""
        if row:
            runs[one.environment_id, day.day] = row
        if row and (row.seconds, before, row.known_until) == tuple(values.values()):
            continue
        made = DailyRun(**_whose(one, row), day=day.day, **values)
        runs[one.environment_id, day.day] = made
        rows.append(made)
        written.moved(made.team_id, day.day, before, day.minutes)
        written.day(one.environment_id, day.day)
    for (environment_id, on), row in old.items():
        written.moved(row.team_id, on, bytes(row.hours), b"")
        written.day(environment_id, on)
    _save(DailyRun, rows, RUN, ["environment", "day"])
    DailyRun.objects.filter(pk__in=[row.pk for row in old.values()]).delete()
    return runs


def _write_costs(reckoned: Sequence[Reckoned], runs: Mapping[tuple[int, date], DailyRun], written: Written) -> None:
    existing = _existing(DailyCost, reckoned)
    old = {(row.environment_id, row.day, row.account_id, row.currency): row for row in existing}
    rows: list[DailyCost] = []
    without: list[DailyCost] = []
    changed: set[tuple[int, date]] = set()
    for one, day in _days(reckoned):
        for (account_id, currency), cost in day.costs.items():
            row = old.pop((one.environment_id, day.day, account_id, currency), None)
            values = {name: getattr(cost, name) for name in COST[:-1]} | {"known_until": day.known_until}
            if row and all(getattr(row, name) == value for name, value in values.items()):
                continue
            whose = _whose(one, row or runs[one.environment_id, day.day])
            made = DailyCost(**whose, day=day.day, account_id=account_id, currency=currency, **values)
            # The database takes no two rows without an account for the same: such a one is replaced.
            (rows if account_id is not None or row is None else without).append(made)
            if row and account_id is None:
                made.pk = row.pk
            changed.add((one.environment_id, day.day))
    changed |= {(environment_id, on) for environment_id, on, _account, _currency in old}
    for environment_id, on in changed:
        written.day(environment_id, on)
    _save(DailyCost, [row for row in rows if row.account_id], COST, ["environment", "day", "account", "currency"])
    DailyCost.objects.bulk_create([row for row in rows if not row.account_id])
    DailyCost.objects.bulk_update(without, COST)
    DailyCost.objects.filter(pk__in=[row.pk for row in old.values()]).delete()
    bill_estimates.note_days(changed)


def _existing(model: Any, reckoned: Sequence[Reckoned]) -> list[Any]:
    """The rows of the dates that were reckoned, one query for all: of those that lie between, too."""
    lasts = [one.last for one in reckoned]
    rows: QuerySet[Any] = model.objects.filter(
        _until(lasts), environment__in=[one.environment_id for one in reckoned], day__gte=min(r.first for r in reckoned)
    )
    whose = {one.environment_id: one for one in reckoned}
    return [row for row in rows.order_by() if whose[row.environment_id].says(row.day)]


def _until(lasts: Iterable[date | None]) -> Q:
    days = list(lasts)
    return Q() if None in days else Q(day__lte=max(day for day in days if day is not None))


def _days(reckoned: Iterable[Reckoned]) -> Iterator[tuple[Reckoned, DayFound]]:
    for one in reckoned:
        for day in one.found:
            yield one, day


def _whose(one: Reckoned, row: Any) -> Mapping[str, Any]:
    if row is not None:
        return {"environment_id": row.environment_id, "team_id": row.team_id, "environment_name": row.environment_name}
    return {"environment_id": one.environment_id, "team_id": one.team_id, "environment_name": one.name}


def _save(model: Any, rows: list[Any], fields: Sequence[str], unique: list[str]) -> None:
    model.objects.bulk_create(rows, update_conflicts=True, update_fields=fields, unique_fields=unique, batch_size=2000)
