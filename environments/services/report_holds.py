"""Who kept the environments of a team on in a month, also those that have gone to another team since, or are no more.

Holds go with their environment; the history keeps both, with the team and the time zone that it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from environments.models import DailyRun, Environment, Hold, Schedule, Team, Wish
from environments.rules.zones import known_zone
from portal.history import REMOVED, changes_of

from .cost_outlook import Extensions
from .cost_sums import DAY, Span


@dataclass(frozen=True, slots=True)
class _Held:
    environment_id: int
    author_id: int | None
    starts_at: datetime
    ends_at: datetime | None


def extensions_of_each(*, team: Team, span: Span, now: datetime) -> dict[int | None, Extensions]:
    """Holds “running” that kept something on in the span (days by the clock of each environment), up to `now`, by
    author; None for people who are no more. Of each its time within the span counts.

    A hold counts for the team that had the environment on the hold's first day in the span. A fixed number of queries.
    """
    had = changes_of(Environment).filter(team_id=team.pk).order_by().values_list("id", flat=True).distinct()
    ids = {*had, *Environment.objects.filter(team=team).order_by().values_list("pk", flat=True)}
    held = list(_held(ids, span, now))
    zones = _zones({one.environment_id for one in held})
    found: list[tuple[_Held, date, timedelta]] = []
    for one in held:
        zone = zones[one.environment_id]
        begin = max(one.starts_at, datetime.combine(span.first, time(), zone))
        end = min(one.ends_at or now, datetime.combine(span.last + DAY, time(), zone), now)
        if begin < end:
            found.append((one, begin.astimezone(zone).date(), end.astimezone(UTC) - begin.astimezone(UTC)))
    whose = _teams({(one.environment_id, day) for one, day, _lasted in found}, zones)
    authors = User.objects.filter(pk__in={one.author_id for one in held if one.author_id})
    people = set(authors.values_list("pk", flat=True))
    lasted_of: defaultdict[int | None, list[timedelta]] = defaultdict(list)
    for one, day, lasted in found:
        if whose.get((one.environment_id, day)) == team.pk:
            lasted_of[one.author_id if one.author_id in people else None].append(lasted)
    return {author: Extensions(len(those), 1, sum(those, timedelta())) for author, those in lasted_of.items()}


def _held(ids: Iterable[int], span: Span, now: datetime) -> Iterator[_Held]:
    """Holds of these environments around the span: those that are there, and those that went with theirs."""
    around = datetime.combine(span.first - DAY, time(), UTC), datetime.combine(span.last + 2 * DAY, time(), UTC)
    asked = Q(environment_id__in=list(ids), desired=Wish.RUNNING, starts_at__lt=min(around[1], now))
    asked &= Q(ended_at=None) | Q(ended_at__gt=around[0])
    fields = ("environment_id", "author_id", "starts_at", "until", "ended_at")
    rows = list(Hold.objects.filter(asked).order_by().values_list(*fields))
    gone = changes_of(Hold).filter(asked, history_type=REMOVED).order_by()
    for environment, author, starts_at, *ends in [*rows, *gone.values_list(*fields, "history_date")]:
        yield _Held(environment, author, starts_at, min((end for end in ends if end is not None), default=None))


def _zones(ids: Iterable[int]) -> dict[int, ZoneInfo]:
    """The time zone of each; of one that is no more, the last that it had."""
    own: dict[int, tuple[str, int | None]] = {}
    gone = changes_of(Environment).filter(id__in=list(ids), history_type=REMOVED).order_by("history_id")
    for rows in (gone, Environment.objects.filter(pk__in=list(ids)).order_by()):
        own |= {pk: (name, schedule) for pk, name, schedule in rows.values_list("id", "timezone", "schedule_id")}
    schedules = {schedule for _name, schedule in own.values() if schedule}
    of_schedule = dict(Schedule.objects.filter(pk__in=schedules).values_list("pk", "timezone"))
    names = {pk: name or (of_schedule.get(schedule, "") if schedule else "") for pk, (name, schedule) in own.items()}
    return {pk: known_zone(names.get(pk) or settings.TIME_ZONE) for pk in ids}


def _teams(days: Iterable[tuple[int, date]], zones: dict[int, ZoneInfo]) -> dict[tuple[int, date], int | None]:
    """The team that each environment was with on a day: that of the day's run, with which its costs are; else the one
    that it had by its history at the end of the day, or the first that is known."""
    wanted = set(days)
    ids = {pk for pk, _day in wanted}
    runs = DailyRun.objects.filter(environment__in=ids, day__in={day for _pk, day in wanted}).order_by()
    found: dict[tuple[int, date], int | None] = {}
    for pk, day, team in runs.values_list("environment", "day", "team"):
        found[pk, day] = team
    moves: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
    changes: Any = changes_of(Environment).filter(id__in=ids).order_by("history_date", "history_id")
    for pk, at, team in changes.values_list("id", "history_date", "team_id"):
        if not moves[pk] or moves[pk][-1][1] != team:
            moves[pk].append((at, team))
    now_with = dict(Environment.objects.filter(pk__in=ids).order_by().values_list("pk", "team"))
    for pk, day in wanted - found.keys():
        end = datetime.combine(day + DAY, time(), zones[pk])
        known = [team for at, team in moves[pk] if at < end] or [team for _at, team in moves[pk][:1]]
        found[pk, day] = known[-1] if known else now_with.get(pk)
    return found
