"""The plans of many environments over the same dates, each planned once for the whole span."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from environments import rules
from environments.models import Environment
from environments.models.environment import EnvironmentQuerySet

from .plans import Day, bounds
from .specs import same_plan, spec_of

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPlans:
    """An environment's dates in the zone of its plan, in which its exceptions and days off count.

    Equal plans share one `days`. `without` is the plan without exceptions and holds, where there are any. `problem`
    says why there are no days: a schedule that cannot be read.
    """

    environment: Environment
    zone_name: str
    days: tuple[Day, ...]
    without: tuple[rules.Segment, ...] = ()
    problem: rules.RuleError | None = None


def with_plans(environments: EnvironmentQuerySet, first: date) -> EnvironmentQuerySet:
    """The same environments, with all that `over` reads for dates from `first` on: a fixed number of queries."""
    return environments.with_plan(_anchor(first))


def over(environments: Iterable[Environment], first: date, count: int) -> list[DayPlans]:
    """`count` dates from `first` on for each environment that came from `with_plans`; no queries.

    The plan is what is known now: exceptions and holds that have ended are not in it, on dates that have passed either.
    """
    edges: dict[str, list[tuple[datetime, datetime]]] = {}
    known: dict[Hashable, DayPlans] = {}
    found = []
    for environment in environments:
        key = same_plan(environment)
        same = known.get(key)
        if same is None:
            same = known[key] = _planned(environment, first, count, edges)
        found.append(replace(same, environment=environment))
    return found


def running_time(day: Day) -> timedelta:
    """For how long it is to run on a date."""
    spans = (segment.end - segment.start for segment in day.segments if segment.desired is rules.Desired.RUNNING)
    return sum(spans, timedelta(0))


def _planned(
    environment: Environment, first: date, count: int, known: dict[str, list[tuple[datetime, datetime]]]
) -> DayPlans:
    try:
        # The dates say which years of the calendars are read, however far from now they are.
        spec = spec_of(environment, _anchor(first))
        zone_name = spec.zone_name
        if zone_name not in known:
            known[zone_name] = [bounds(first + ahead * DAY, zone_name) for ahead in range(count)]
        edges = known[zone_name]
        start, end = edges[0][0], edges[-1][1]
        segments = rules.plan(spec, start, end)
        is_other = spec.holds or spec.exceptions
        without = tuple(rules.plan(spec.without_overrides(), start, end)) if is_other else ()
    except rules.RuleError as error:
        return DayPlans(environment, environment.zone_name, (), problem=error)
    return DayPlans(environment, zone_name, tuple(_split(segments, edges, first, zone_name)), without)


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
