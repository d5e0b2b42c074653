"""For how long environments ran, and at which hours of the week: facts, whether or not anything has a price."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from environments.models import DailyRun, Interval, Team, TeamHours

from .cost_scope import Scope
from .cost_sums import DAY, ENVIRONMENT, REMOVED, TEAM, Key, Span, end_of_day, zone_of_environment

WEEK, HOURS, MINUTES = 7, 24, 60
# So many days of single environments are read for a map; teams have theirs summed up.
MOST_RUNS: Final = 40_000
# Days of more than a month or two are too many to add up where all environments are meant.
FEW_DAYS: Final = 92
Since = tuple[int, int | None, date, int]
"""Environment, team, day, and the seconds that it ran since that was last counted."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Seconds: of each group that ran, and of all environments together, whether or not they have a price."""

    of_each: dict[Key, int]
    in_all: int


def ran(*, scope: Scope, span: Span, keys: Collection[Key], now: datetime) -> dict[Key, int]:
    """Seconds that environments or teams ran in the span, up to `now`; those that did not are missing. A fixed number
    of queries.

    A team's seconds are those of its environments one after the other: two that ran for an hour make two hours. Over
    long spans whole teams have theirs in minutes, hour by hour.
    """
    return _of_each(scope, span, keys, since_counted(scope, span, now))


def ran_in_all(*, scope: Scope, span: Span, now: datetime) -> int:
    """Seconds that all environments of the scope ran. Over long spans as `ran` has them."""
    return _in_all(scope, span) + sum(seconds for *_of, seconds in since_counted(scope, span, now))


def ran_of_each_and_all(*, scope: Scope, span: Span, keys: Collection[Key], now: datetime) -> Ran:
    """Both, with fewer queries than one after the other."""
    since = since_counted(scope, span, now)
    in_all = _in_all(scope, span) + sum(seconds for *_of, seconds in since)
    return Ran(_of_each(scope, span, keys, since), in_all)


def _of_each(scope: Scope, span: Span, keys: Collection[Key], since: Iterable[Since]) -> dict[Key, int]:
    found = _of_environments(scope, span, keys)
    if any(kind == TEAM for kind, _ in keys):
        found |= {key: seconds for key, seconds in _of_each_team(scope, span).items() if key in keys}
    for pk, team, _day, seconds in since:
        for key in ((ENVIRONMENT, pk), (TEAM, team or 0)):
            if key in found:
                found[key] += seconds
    return found


def _of_environments(scope: Scope, span: Span, keys: Collection[Key]) -> dict[Key, int]:
    living = [int(pk) for kind, pk in keys if kind == ENVIRONMENT]
    gone = [str(name) for kind, name in keys if kind == REMOVED]
    found: dict[Key, int] = {}
    for kind, ids, field in ((ENVIRONMENT, living, "environment"), (REMOVED, gone, "environment_name")):
        if not ids:
            continue
        among = {f"{field}__in": ids} | ({"environment": None} if kind == REMOVED else {})
        for part in _days(scope, span):
            for one, seconds in part.filter(**among).values_list(field).annotate(ran=Sum("seconds")):
                found[kind, one] = found.get((kind, one), 0) + seconds
    return found


def _days(scope: Scope, span: Span) -> list[QuerySet[DailyRun]]:
    """Days of runs, never months of costs: those have only what has a price."""
    return scope.parts(DailyRun.objects.filter(day__range=(span.first, span.last)), has_account=False)


def _of_each_team(scope: Scope, span: Span) -> dict[Key, int]:
    found: dict[Key, int] = {}
    if scope.is_whole_teams and span.days > FEW_DAYS:
        for team, minutes in _team_hours(scope, span).values_list("team_id", "minutes"):
            found[TEAM, team] = found.get((TEAM, team), 0) + sum(minutes) * MINUTES
        return found
    for part in _days(scope, span):
        for pk, seconds in part.values_list("team_id").annotate(Sum("seconds")):
            found[TEAM, pk or 0] = found.get((TEAM, pk or 0), 0) + seconds
    return found


def _team_hours(scope: Scope, span: Span) -> QuerySet[TeamHours]:
    teams = Team.objects.order_by() if scope.sees_all else Team.objects.filter(members=scope.user.pk).order_by()
    if scope.team:
        teams = teams.filter(pk=scope.team)
    return TeamHours.objects.filter(team__in=teams.values("pk"), day__range=(span.first, span.last)).order_by()


def _in_all(scope: Scope, span: Span) -> int:
    if span.days > FEW_DAYS and scope.is_whole_teams:
        return sum(_of_each_team(scope, span).values())
    return sum(part.aggregate(whole=Sum("seconds"))["whole"] or 0 for part in _days(scope, span))


def since_counted(scope: Scope, span: Span, now: datetime) -> list[Since]:
    """From when a day was last counted until now or its end, of those that run. One query, two for what is chosen."""
    days = DailyRun.objects.filter(
        day__range=(max(span.first, now.date() - 2 * DAY), span.last),
        known_until__gt=now - 2 * DAY,
        known_until__lt=now,
    )
    running = days.filter(Exists(Interval.objects.open().filter(environment=OuterRef("environment"))))
    found = []
    for part in scope.parts(running, has_account=False):
        fields = ("environment_id", "team_id", "day", "known_until")
        for pk, team, day, known_until, zone_name in part.values_list(*fields, zone_of_environment()):
            passed = min(now, end_of_day(zone_name, day)) - known_until
            if passed > timedelta():
                found.append((pk, team, day, int(passed.total_seconds())))
    return found


@dataclass(frozen=True, slots=True)
class HoursMap:
    """What ran when: seven rows (Monday first) of 24 numbers, from 0 to 1.

    `alone`: of one environment, the share of the hour that it ran; else how many of `most` ran at once on average.
    `days` were counted; none, where nothing is known yet. `too_many`: of so many environments it is not read.
    """

    cells: tuple[tuple[float, ...], ...]
    days: int
    alone: bool
    most: float = 0.0
    too_many: bool = False


def hours_map(*, scope: Scope, span: Span, today: date) -> HoursMap:
    """When the environments of a scope ran, by weekday and hour of their own clocks, on the days of the span that are
    over. One that was renamed is one, and so are removed ones of one name that have no day in common. Two queries,
    three for what is not chosen by teams alone."""
    over = Span(span.first, min(span.last, today - DAY))
    if over.last < over.first:
        return HoursMap((), 0, False)
    if scope.is_whole_teams:
        return _of_teams(scope, over)
    rows = scope.kept(DailyRun.objects.filter(day__range=(over.first, over.last)), has_account=False)
    gone = Q(environment=None)
    found = rows.aggregate(
        count=Count("pk"), first=Min("day"), last=Max("day"), there=Count("environment", distinct=True),
        removed=Count("environment_name", distinct=True, filter=gone), removed_rows=Count("pk", filter=gone),
        removed_days=Count("day", distinct=True, filter=gone),
    )  # fmt: skip
    if not found["count"]:
        return HoursMap((), 0, False)
    # Removed ones of one name are one after the other, unless two of them have the same day.
    alone = found["there"] + found["removed"] == 1 and found["removed_rows"] == found["removed_days"]
    if found["count"] > MOST_RUNS:
        return HoursMap((), over.days, alone, too_many=True)
    minutes = [[0] * HOURS for _ in range(WEEK)]
    for day, hours in rows.values_list("day", "hours"):
        row = minutes[day.weekday()]
        for hour, ran_for in enumerate(bytes(hours)):
            row[hour] += ran_for
    # One that was not there yet, or no more, did not sleep.
    counted = Span(found["first"], min(over.last, found["last"]))
    return _map(minutes, counted, alone=alone)


def _of_teams(scope: Scope, span: Span) -> HoursMap:
    minutes = [[0] * HOURS for _ in range(WEEK)]
    days: set[date] = set()
    for day, hours in _team_hours(scope, span).values_list("day", "minutes"):
        days.add(day)
        row = minutes[day.weekday()]
        for hour, ran_for in enumerate(hours):
            row[hour] += ran_for
    if not days:
        return HoursMap((), 0, False)
    return _map(minutes, Span(min(days), span.last), alone=False)


def _map(minutes: list[list[int]], span: Span, *, alone: bool) -> HoursMap:
    whole, rest = divmod(span.days, WEEK)
    extra = {(span.first + timedelta(days=ahead)).weekday() for ahead in range(rest)}
    counts = [(whole + (weekday in extra)) * MINUTES for weekday in range(WEEK)]
    means = [[sums / count if count else 0.0 for sums in row] for row, count in zip(minutes, counts, strict=True)]
    # An hour that the clock goes through twice has more than its minutes.
    if alone:
        return HoursMap(tuple(tuple(min(1.0, mean) for mean in row) for row in means), span.days, alone=True)
    most = max(max(row) for row in means)
    cells = tuple(tuple(mean / most if most else 0.0 for mean in row) for row in means)
    return HoursMap(cells, span.days, alone=False, most=most)
