"""Rows of exceptions beside each other: which are of the same scope and date, whose they are, and which have passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q

from environments.models import DayException

from .exception_checks import FIELD, first_day, team_zones, zones
from .permissions import Scope

Key = tuple[str, int, date, str]
"""What one exception in force may have: the name and id of its scope, its date, its kind."""


def key_of(row: DayException) -> Key:
    return row.scope, row.environment_id or row.team_id or row.schedule_id or 0, row.day, row.kind


def scope_of(exception: DayException) -> Scope:
    found = exception.environment or exception.team or exception.schedule
    if found is None:
        raise AssertionError("the database keeps one scope an exception")
    return found


def has_passed(rows: Sequence[DayException], now: datetime) -> set[int]:
    """The ids of those whose day is over, in the zone of their plan (for a team: in all of its zones)."""
    of_teams = team_zones({row.team_id for row in rows if row.team_id})
    firsts: dict[tuple[str, int], date] = {}
    for row in rows:
        key = key_of(row)[:2]
        if key not in firsts:
            firsts[key] = first_day((row.team_id and of_teams.get(row.team_id)) or zones(scope_of(row)), now)
    return {row.pk for row in rows if row.day < firsts[key_of(row)[:2]]}


def of_the_same(rows: Sequence[DayException]) -> Q:
    """Those made for the same environments, teams and schedules, and for the same days."""
    ids = ids_of(rows)
    whose = Q(environment__in=ids["environment"]) | Q(team__in=ids["team"]) | Q(schedule__in=ids["schedule"])
    return whose & Q(day__in={row.day for row in rows})


def ids_of(rows: Sequence[DayException]) -> dict[str, set[int]]:
    ids: dict[str, set[int]] = {name: set() for name in FIELD.values()}
    for row in rows:
        ids[row.scope].add(key_of(row)[1])
    return ids


def replaced_by(rows: Sequence[DayException]) -> list[DayException]:
    """The exceptions that ended when these were made, because these took their places: of the same scope and date."""
    placed = {key_of(row)[:3]: row for row in rows}
    times = {row.created_at for row in rows}
    ended = DayException.objects.filter(of_the_same(rows), ended_at__in=times).select_related(*FIELD.values())
    found: dict[Key, DayException] = {}
    for row in ended.order_by("pk"):  # of several that ended in this instant the last one was in force
        newer = placed.get(key_of(row)[:3])
        if newer is not None and row.pk < newer.pk and row.ended_at == newer.created_at:
            found[key_of(row)] = row
    return list(found.values())
