"""Exceptions, holds and pauses that somebody ended, or newer ones replaced: what dates that have passed are told by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from environments.models import DayException, Environment, Hold, Pause
from environments.rules.hindsight import Ended

from .specs import exception_rules, hold_rules, pause_rules

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EndedRows:
    """The rows that had a say in an environment's plan at some moment of a span, the older first."""

    exceptions: list[DayException] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.exceptions or self.holds or self.pauses)

    @property
    def key(self) -> Hashable:
        """Equal for those that the same rows are of."""
        return tuple(tuple(row.pk for row in rows) for rows in (self.exceptions, self.holds, self.pauses))

    def rules(self) -> list[Ended]:
        """The same as the planner reads them."""
        together: dict[datetime, list[DayException]] = {}
        for row in self.exceptions:
            together.setdefault(_end(row), []).append(row)
        found = [Ended(rule, at) for at, rows in together.items() for rule in exception_rules(rows)]
        found += [Ended(hold_rules(row), _end(row)) for row in self.holds]
        return found + [Ended(pause_rules(row), _end(row)) for row in self.pauses]


def ended_in(environments: Sequence[Environment], begin: datetime, end: datetime) -> dict[int, EndedRows]:
    """What ended after `begin` and concerned [begin, end), by the id of the environment: three queries, whatever their
    number; those of which nothing ended are not in it. For a span of the future, or no environments, none.

    Dates are compared with a day to spare at both ends, for they are those of many zones.
    """
    if not environments or end <= begin:
        return {}
    ids = [one.pk for one in environments]
    found: defaultdict[int, EndedRows] = defaultdict(EndedRows)
    owners: defaultdict[tuple[str, int | None], list[int]] = defaultdict(list)
    for one in environments:
        for owner in (("environment", one.pk), ("team", one.team_id), ("schedule", one.schedule_id)):
            owners[owner].append(one.pk)
    for exception in _exceptions(environments, begin, end):
        whose = exception.environment_id or exception.team_id or exception.schedule_id
        for pk in owners[exception.scope, whose]:
            found[pk].exceptions.append(exception)
    for hold in _lasting(Hold.objects, ids, begin, end):
        found[hold.environment_id].holds.append(hold)
    for pause in _lasting(Pause.objects, ids, begin, end):
        found[pause.environment_id].pauses.append(pause)
    return dict(found)


def _exceptions(environments: Sequence[Environment], begin: datetime, end: datetime) -> Iterable[DayException]:
    """Without those that ended before their date could begin anywhere: they never had a say."""
    whose = Q(environment__in=[one.pk for one in environments]) | Q(team__in={one.team_id for one in environments})
    whose |= Q(schedule__in={one.schedule_id for one in environments if one.schedule_id})
    rows = DayException.objects.filter(whose, ended_at__gt=begin, day__range=(begin.date() - DAY, end.date() + DAY))
    rows = rows.select_related("environment", "team", "schedule", "author", "ended_by").order_by("created_at", "pk")
    return [row for row in rows if _end(row).date() >= row.day - DAY]


def _lasting(rows: Any, environments: Sequence[int], begin: datetime, end: datetime) -> Any:
    lasted = Q(until__isnull=True) | Q(until__gt=begin - DAY)
    rows = rows.filter(lasted, environment__in=environments, ended_at__gt=begin, starts_at__lt=end)
    return rows.select_related("author", "ended_by").order_by("created_at", "pk")


def _end(row: Any) -> datetime:
    at: datetime = row.ended_at
    return at
