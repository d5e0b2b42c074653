"""The present month so far of several teams beside each other: what each one's report would say in its first line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from environments.models import Team

from . import cost_hours, cost_sums
from .cost_scope import Scope
from .cost_sums import TEAM, Key, Sums
from .report_figures import month_of

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class SoFar:
    """A team's month: seconds that all of its environments ran, and its sums by currency, sorted."""

    team: Team
    seconds: int
    sums: list[tuple[str, Sums]]


@dataclass(frozen=True, slots=True)
class OfTeams(Scope):
    """All of some teams, whoever reads it: what the report of each counts."""

    teams: tuple[int, ...] = ()

    @property
    def sees_all(self) -> bool:
        return True

    def parts(self, rows: QuerySet[_Row], *, has_account: bool = True) -> list[QuerySet[_Row]]:
        return [rows.order_by().filter(team__in=self.teams)]


def so_far(*, teams: Collection[Team], now: datetime) -> list[SoFar]:
    """The month of each of these teams up to `now`, by UTC, in their order: the sums of `reports.preview`. A fixed
    number of queries, whatever the number of teams."""
    span = month_of(month_of_now(now))
    scope = OfTeams(user=AnonymousUser(), teams=tuple(team.pk for team in teams))
    keys: list[Key] = [(TEAM, team.pk) for team in teams]
    totals = cost_sums.totals(scope, span, TEAM)
    for one in cost_sums.since_counted(scope, span, now):
        sums = totals.setdefault(one.currency, {}).setdefault(one.key(TEAM), Sums())
        sums.add(one.estimate, one.always_on)
    ran = cost_hours.ran(scope=scope, span=span, keys=keys, now=now)
    return [
        SoFar(team, ran.get(key, 0), [(code, found[key]) for code, found in sorted(totals.items()) if key in found])
        for team, key in zip(teams, keys, strict=True)
    ]


def month_of_now(now: datetime) -> date:
    """The first day of the present month, as previews have it."""
    return now.date().replace(day=1)
