"""What people asked for one date of an environment: exceptions that are in force, and what has ended since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from environments.models import DayException, Environment, Hold, Pause, Wish
from environments.services import exceptions, plans
from environments.services.ended_overrides import EndedRows

from .day_scale import ReadersClock, scale_of
from .displays import also, at_words, name_of
from .exception_forms import Choice, value_of
from .exception_lines import Line, lines, replaced_among


@dataclass(frozen=True, slots=True)
class InForce:
    """An exception of the date; `count` is how many dates it has that have not passed, `theirs` whether the reader may
    end it."""

    line: Line
    count: int
    theirs: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """What had a say on the date and has none any more: `fate` is what became of it, with who and when.

    `also` and `fate_also` are its times by the reader's own clock.
    """

    what: str
    also: str
    reason: str
    scope: str
    author: str
    fate: str
    fate_also: str


def in_force(
    environment: Environment, on: date, today: date, choices: Sequence[Choice], now: datetime
) -> list[InForce]:
    rows = _in_force(environment)
    mine = {choice.value for choice in choices}
    found = []
    for line in lines([row for row in rows if row.day == on], exceptions.zones(environment)[0], now):
        days = {row.day for row in rows if row.batch == line.rows[0].batch and row.day >= today}
        found.append(InForce(line, len(days), value_of(exceptions.scope_of(line.rows[0])) in mine))
    return found


def ended(environment: Environment, gone: EndedRows, day: plans.Day, now: datetime) -> list[Ended]:
    """In the order in which they were made."""
    rows = [row for row in gone.exceptions if row.day == day.day and row.ended_at and row.ended_at > day.start]
    replaced = replaced_among([*gone.exceptions, *_in_force(environment)])
    found = [(line.rows[0].created_at, _exception(line, replaced)) for line in lines(rows, day.zone_name, now)]
    holds: list[Hold] = [*gone.holds, *environment.open_holds]  # type: ignore[attr-defined]
    begun = {hold.created_at for hold in holds}
    found += [(row.created_at, _lasting(row, begun, day, now)) for row in _of_the_day([*gone.holds, *gone.pauses], day)]
    return [one for _made, one in sorted(found, key=lambda pair: pair[0])]


def _in_force(environment: Environment) -> list[DayException]:
    owners: list[Any] = [environment, environment.team, *([environment.schedule] if environment.schedule else [])]
    return [row for owner in owners for row in owner.exceptions_in_force]


def _of_the_day(rows: Iterable[Hold | Pause], day: plans.Day) -> Iterator[Hold | Pause]:
    """Those that shared a moment with it, and that somebody ended before their time: the others are in the plan's
    words."""
    for row in rows:
        at = row.ended_at
        if at and row.starts_at < day.end and at > day.start and (row.until is None or day.start < at < row.until):
            yield row


def _exception(line: Line, replaced: set[int]) -> Ended:
    said = _("replaced: %(who)s") if line.rows[0].pk in replaced else _("removed: %(who)s")
    return Ended(
        what=line.kind,
        also=line.hours_also,
        reason=line.reason,
        scope=line.scope if line.rows[0].scope != "environment" else "",
        author=line.author,
        fate=said % {"who": line.ended},
        fate_also=line.ended_also,
    )


def _lasting(row: Hold | Pause, begun: set[datetime], day: plans.Day, now: datetime) -> Ended:
    """`begun`: when other holds were placed, for one that ended then was replaced by it."""
    scale, at = scale_of(day.day, day.zone_name), row.ended_at or now
    span = max(row.starts_at, day.start), min(at, day.end)
    if isinstance(row, Pause):
        words, said = _("paused %(span)s"), _("ended: %(who)s")
    else:
        words = _("held %(span)s") if row.desired == Wish.RUNNING else _("held stopped %(span)s")
        newer = at in begun
        said = _("replaced by another hold: %(who)s") if newer else _("released: %(who)s")
    when = at_words(at, day.zone_name, now)
    who = _("%(name)s, %(time)s") % {"name": name_of(row.ended_by), "time": when} if row.ended_by else when
    reader = ReadersClock.beside(scale)
    return Ended(
        what=words % {"span": scale.span(*span)},
        also=reader.line(reader.span(*span)) if reader else "",
        reason=row.reason,
        scope="",
        author=row.author_name,
        fate=said % {"who": who},
        fate_also=also(at, day.zone_name, now),
    )
