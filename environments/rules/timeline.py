"""A plan compiled for many questions: the instants at which it changes, in UTC, without holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from environments.rules.almanac import Almanac
from environments.rules.days import NOTHING, Carry, Mark, cut, tails
from environments.rules.reasons import Desired, SourceKind
from environments.rules.spec import EnvironmentSpec, Schedule
from environments.rules.zones import days_until, moment, seconds, wall_seconds

CLOSED_GAP: Final = 60
"""Seconds of stopped between two running stretches that are closed: people write 23:59 and 12:01."""

LOOK_BACK: Final = 8 * 366 + 2
"""Days after which a lasting wish is no longer looked for: 29 February can be eight years away (1896-1904, 2096-2104).
"""


class Timeline:
    """What holds from `first` to `last` (seconds since the epoch): `marks[i]` from `starts[i]` to `starts[i + 1]`.

    Covers whole local days, so that it begins at or before the start it was compiled for and ends at or after the end.
    """

    __slots__ = ("_desired", "_moments", "first", "last", "marks", "starts")

    def __init__(self, starts: list[int], marks: list[Mark], last: int) -> None:
        self.starts = starts
        self.marks = marks
        self.first = starts[0]
        self.last = last
        self._moments: list[datetime] | None = None
        self._desired: list[Desired] = []

    def mark_at(self, at: int) -> Mark:
        """What holds at an instant. Raises ValueError outside of the compiled span."""
        if not self.first <= at < self.last:
            raise ValueError(f"{moment(at).isoformat()} lies outside of the compiled span")
        return self.marks[bisect_right(self.starts, at) - 1]

    def desired_at_many(self, instants: Sequence[datetime]) -> list[Desired]:
        """The wish at each of the aware instants, in their order. Raises ValueError outside of the compiled span."""
        if not instants:
            return []
        if seconds(min(instants)) < self.first or seconds(max(instants)) >= self.last:
            raise ValueError("some instants lie outside of the compiled span")
        if self._moments is None:
            self._moments = [moment(start) for start in self.starts[1:]]
            self._desired = [mark.desired for mark in self.marks]
        moments, desired = self._moments, self._desired
        return [desired[bisect_right(moments, instant)] for instant in instants]


def compile_spec(spec: EnvironmentSpec, start: datetime, end: datetime) -> Timeline:
    """The plan of a spec for [start, end), without its holds, early starts, pause and expiry."""
    return compile_days(Almanac(spec), seconds(start), seconds(end))


def compile_schedule(schedule: Schedule, start: datetime, end: datetime) -> Timeline:
    """The plan of a schedule alone, for [start, end)."""
    return compile_spec(EnvironmentSpec(schedule, schedule.timezone), start, end)


def desired_at_many(timeline: Timeline, instants: Iterable[datetime]) -> list[Desired]:
    """The wish at each of the aware instants, in their order. Raises ValueError outside of the compiled span."""
    return timeline.desired_at_many(instants if isinstance(instants, Sequence) else list(instants))


def compile_days(almanac: Almanac, start: int, end: int) -> Timeline:
    """The plan without holds for [start, end), in seconds since the epoch."""
    clock = almanac.clock
    first, needed = clock.ordinal(start - CLOSED_GAP), end + CLOSED_GAP
    specials = almanac.special_days(first, days_until(needed)) if almanac.has_special_days else {}
    carry = _carried_into(first, almanac) if almanac.hands_over else NOTHING
    starts: list[int] = []
    marks: list[Mark] = []
    held: Mark | None = None
    begin = 0
    # Most spans have nothing to tidy: no day made for itself, no clock change, no short gap.
    untidy = bool(specials)
    ordinal, offset = first, clock.offset(first)
    midnight = wall_seconds(first) - offset
    while midnight <= needed:
        special = specials.get(ordinal)
        if special is None:
            slices, carry = almanac.cut_ordinary(ordinal, carry)
        else:
            slices, carry = cut(special, carry, almanac.defaults)
        next_offset = clock.offset(ordinal + 1)
        if next_offset == offset:
            for minute, mark in slices:
                if mark is not held:
                    previous, begin, held = begin, midnight + minute * 60, mark
                    untidy = untidy or begin - previous <= CLOSED_GAP
                    starts.append(begin)
                    marks.append(mark)
        else:
            untidy = True
            for minute, held in slices:
                begin = clock.instant(ordinal, minute)
                starts.append(begin)
                marks.append(held)
        ordinal, offset = ordinal + 1, next_offset
        midnight = wall_seconds(ordinal) - offset
    return Timeline(*(tidied(starts, marks) if untidy else (starts, marks)), midnight)


def _carried_into(first: int, almanac: Almanac) -> Carry:
    """What the days before hand to the day `first`: windows past midnight, the wish in force where wishes last."""
    defaults = almanac.defaults
    begin = almanac.last_stop_before(first, LOOK_BACK) if defaults.lasting else first - 1
    specials = almanac.special_days(begin, first - 1) if almanac.has_special_days else {}
    carry = NOTHING
    for ordinal in range(begin, first):
        outline = specials.get(ordinal)
        if not defaults.lasting:
            carry = Carry(tails(outline or almanac.outline(almanac.ordinary(ordinal)), defaults))
        elif outline is None:
            carry = almanac.cut_ordinary(ordinal, carry)[1]
        else:
            carry = cut(outline, carry, defaults)[1]
    return carry


def tidied(starts: list[int], marks: list[Mark]) -> tuple[list[int], list[Mark]]:
    """Without empty stretches, with short stopped gaps closed (not those a hold asks for), equal neighbours merged."""
    # What a clock change leaves no time for must be gone before gaps are looked at: it would pass for a neighbour.
    real = [place for place, (start, end) in enumerate(pairwise(starts)) if start < end]
    kept_starts: list[int] = []
    kept: list[Mark] = []
    for place in (*real, len(marks) - 1):
        start, mark = starts[place], marks[place]
        if (
            len(kept) > 1
            and mark.desired is Desired.RUNNING
            and kept[-1].desired is Desired.STOPPED
            and kept[-1].source.kind is not SourceKind.HOLD
            and start - kept_starts[-1] <= CLOSED_GAP
            and kept[-2].desired is Desired.RUNNING
        ):
            kept_starts.pop()
            kept.pop()
        if not kept or kept[-1] != mark:
            kept_starts.append(start)
            kept.append(mark)
    return kept_starts, kept
