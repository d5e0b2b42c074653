"""The plans of many environments over the same dates, each planned once for the whole span."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q

from environments import rules
from environments.models import DayException, Environment
from environments.models.environment import READ_BACK, EnvironmentQuerySet
from environments.rules.hindsight import plan_as_it_was

from .ended_overrides import EndedRows, ended_in
from .plans import Day, bounds
from .specs import same_plan, spec_of

DAY = timedelta(days=1)
EXCEPTION: Final = "exception"
OVERRIDES: Final = frozenset({EXCEPTION, "hold"})
"""Codes of the reasons of what stands over a plan."""


@dataclass(frozen=True, slots=True)
class DayPlans:
    """An environment's dates, by default in the zone of its plan, in which its exceptions and days off count.

    Equal plans share one `days`. `without` is the plan without exceptions and holds, where it was asked for and there
    are any. `ended` is what had a say and has ended. `problem` says why there are no days: a schedule that cannot be
    read.
    """

    environment: Environment
    zone_name: str
    days: tuple[Day, ...]
    without: tuple[rules.Segment, ...] = ()
    ended: EndedRows = field(default_factory=EndedRows)
    problem: rules.RuleError | None = None


def with_plans(environments: EnvironmentQuerySet, first: date) -> EnvironmentQuerySet:
    """The same environments, with all that `over` reads for dates from `first` on: a fixed number of queries."""
    return environments.with_plan(_anchor(first))


def read_back(environment: Environment, first: date, now: datetime) -> Environment:
    """The same object, which came from `with_plan(now)`: from here on with all that `over` reads for dates from `first`
    on; one query for dates that have passed, none for others."""
    begin, end = first - READ_BACK, now.date() - READ_BACK
    if begin < end:
        owners: dict[str, Any] = {"environment": environment, "team": environment.team}
        owners |= {"schedule": environment.schedule} if environment.schedule else {}
        whose = reduce(or_, (Q(**{name: owner}) for name, owner in owners.items()))
        rows = DayException.objects.in_force().filter(whose, day__gte=begin, day__lt=end)
        for row in rows.select_related("author", "environment", "team", "schedule"):
            owners[row.scope].exceptions_in_force.append(row)
    return environment


def over(
    environments: Iterable[Environment],
    first: date,
    count: int,
    now: datetime,
    *,
    compared: Collection[str] = OVERRIDES,
    zone_name: str = "",
) -> list[DayPlans]:
    """`count` dates from `first` on for each environment that came from `with_plans`, in `zone_name` or, by default, in
    the zone of each plan: three queries for dates that have begun, none for those to come.

    Until `now` each moment is as it was: by the exceptions, holds and pauses that were in force then, though they have
    ended since. The schedules and calendars are those of now. `compared`: of which kinds of override one must be there
    for the plan `without` them all.
    """
    those = list(environments)
    # A day to spare: dates are those of many zones.
    ended = ended_in(those, _anchor(first) - DAY, min(now, _anchor(first) + (count + 1) * DAY))
    edges: dict[str, list[tuple[datetime, datetime]]] = {}
    known: dict[Hashable, DayPlans] = {}
    found = []
    for environment in those:
        gone = ended.get(environment.pk, EndedRows())
        key = same_plan(environment), gone.key
        same = known.get(key)
        if same is None:
            same = known[key] = _planned(environment, gone, first, count, edges, compared=compared, zone_name=zone_name)
        found.append(replace(same, environment=environment))
    return found


def running_time(day: Day) -> timedelta:
    """For how long it is to run on a date."""
    spans = (segment.end - segment.start for segment in day.segments if segment.desired is rules.Desired.RUNNING)
    return sum(spans, timedelta(0))


def _planned(
    environment: Environment,
    gone: EndedRows,
    first: date,
    count: int,
    known: dict[str, list[tuple[datetime, datetime]]],
    *,
    compared: Collection[str],
    zone_name: str,
) -> DayPlans:
    try:
        # The dates say which years of the calendars are read, however far from now they are.
        spec = spec_of(environment, _anchor(first))
        zone_name = zone_name or spec.zone_name
        if zone_name not in known:
            known[zone_name] = [bounds(first + ahead * DAY, zone_name) for ahead in range(count)]
        edges = known[zone_name]
        start, end = edges[0][0], edges[-1][1]
        ended = gone.rules()
        segments = plan_as_it_was(spec, ended, start, end)
        without: list[rules.Segment] = []
        if any(segment.reason.code in compared for segment in segments):
            pauses = [one for one in ended if isinstance(one.what, rules.Pause)]
            without = plan_as_it_was(spec.without_overrides(), pauses, start, end)
    except rules.RuleError as error:
        return DayPlans(environment, environment.zone_name, (), ended=gone, problem=error)
    days = _split(segments, edges, first, zone_name)
    return DayPlans(environment, zone_name, tuple(days), tuple(without), gone)


def _split(
    segments: Sequence[rules.Segment], edges: Sequence[tuple[datetime, datetime]], first: date, zone_name: str
) -> list[Day]:
    """Each date with its parts of the segments, in one walk over both. A date that the zone has leapt over is empty."""
    days = []
    place = 0
    for ahead, (start, end) in enumerate(edges):
        parts = []
        while place < len(segments) and segments[place].end <= start:
            place += 1
        at = place
        while at < len(segments) and segments[at].start < end:
            whole = segments[at]
            parts.append(
                rules.Segment(max(whole.start, start), min(whole.end, end), whole.desired, whole.reason, whole.source)
            )
            at += 1
        days.append(Day(first + ahead * DAY, zone_name, start, end, tuple(parts)))
    return days


def _anchor(first: date) -> datetime:
    return datetime.combine(first, time(), UTC)
