"""The plan as it was: by what people had asked for at each moment, though it has ended since (docs/rules.md).

A plan knows the exceptions, holds and pause that are in force. On days that have passed that is not what was so: what
somebody made at noon did not count in the morning, and what somebody ended at noon did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final

from environments.rules.answers import Segment
from environments.rules.planner import plan
from environments.rules.spec import DayException, EnvironmentSpec, Hold, Pause
from environments.rules.zones import DAY_SECONDS, WallClock, moment, seconds, zone

_ALWAYS: Final = -(10**12)
_NEVER: Final = 10**12


@dataclass(frozen=True, slots=True)
class Ended:
    """What somebody ended, or a newer one replaced, at `at`: it has no say from then on.

    Raises ValueError for a naive time.
    """

    what: DayException | Hold | Pause
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"the end of {self.what.id} must be aware")


@dataclass(frozen=True, slots=True)
class _Known:
    """From when until when it had a say, in seconds; the ends of time where nothing would differ."""

    what: DayException | Hold | Pause
    since: int
    until: int


def plan_as_it_was(spec: EnvironmentSpec, ended: Iterable[Ended], start: datetime, end: datetime) -> list[Segment]:
    """The segments of [start, end), each moment by what was in force then; after the last change, those of `spec`.

    `spec` has what is in force now; schedule and calendars are taken for unchanged. Without gaps, overlaps or equal
    neighbours. Raises ValueError for naive times.
    """
    known = _known(spec, ended)
    begin, finish = seconds(start), seconds(end)
    edges = {edge for one in known for edge in (one.since, one.until) if begin < edge < finish}
    found: list[Segment] = []
    for since, until in pairwise([begin, *sorted(edges), finish]):
        for segment in plan(_at(spec, known, since), moment(since), moment(until)):
            before = found[-1] if found else None
            if before and _mark(before) == _mark(segment):
                found[-1] = replace(before, end=segment.end)
            else:
                found.append(segment)
    return found


def _known(spec: EnvironmentSpec, ended: Iterable[Ended]) -> list[_Known]:
    in_force: list[DayException | Hold | Pause] = [*spec.exceptions, *spec.holds]
    in_force += [spec.pause] if spec.pause else []
    # The ended ones first: of two that began in one instant the planner takes the last, and these are the older.
    ends = [(one.what, seconds(one.at)) for one in ended] + [(what, _NEVER) for what in in_force]
    spans = [_span(spec, what, until) for what, until in ends]
    return [span for span in spans if span.since < span.until]


def _span(spec: EnvironmentSpec, what: DayException | Hold | Pause, until: int) -> _Known:
    """An exception had no say before it was made; whoever is made in time, and ends after its time, had it always."""
    if isinstance(what, Pause):
        return _Known(what, seconds(what.start), min(until, seconds(what.until)))
    if isinstance(what, Hold):
        # A day more than it lasts: until then the plan may wish for stopped because it has ended.
        over = _NEVER if what.until is None else seconds(what.until) + DAY_SECONDS
        return _Known(what, _ALWAYS, _NEVER if until >= over else until if until > seconds(what.start) else _ALWAYS)
    clock = WallClock(zone(spec.zone_name))
    # Windows of its last day may run past midnight; those of its first may be started early.
    first = clock.instant(what.first.toordinal(), 0) - int(spec.start_early.total_seconds())
    over = clock.instant(what.last.toordinal() + 1, 0) + DAY_SECONDS
    made = _ALWAYS if what.created is None else seconds(what.created)
    return _Known(
        what,
        since=made if made > first else _ALWAYS,
        until=_ALWAYS if until <= first else _NEVER if until >= over else until,
    )


def _at(spec: EnvironmentSpec, known: Sequence[_Known], instant: int) -> EnvironmentSpec:
    there = [one.what for one in known if one.since <= instant < one.until]
    pauses = [one for one in there if isinstance(one, Pause)]
    return replace(
        spec,
        exceptions=tuple(one for one in there if isinstance(one, DayException)),
        holds=tuple(one for one in there if isinstance(one, Hold)),
        # One that began later has taken the place of the one before.
        pause=max(pauses, key=lambda pause: pause.start, default=None),
    )


def _mark(segment: Segment) -> tuple[object, ...]:
    return segment.desired, segment.reason, segment.source
