"""The plan of an environment: a pure function of (spec, span), maintenance, holds, pause and expiry included.

DESIGN section 2, items 3, 6 and 10.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from environments.rules.almanac import Almanac
from environments.rules.answers import Segment, Transition
from environments.rules.days import Mark
from environments.rules.holds import expiry, with_holds
from environments.rules.pauses import with_pause, without_schedule
from environments.rules.reasons import Desired
from environments.rules.spec import EnvironmentSpec, Hold, Pause, Schedule
from environments.rules.starts import with_early_starts
from environments.rules.timeline import LOOK_BACK, Timeline, compile_days
from environments.rules.windows import with_windows
from environments.rules.zones import DAY_SECONDS, EPOCH_ORDINAL, moment, seconds

_SPANS: Final = tuple(days * DAY_SECONDS for days in (2, 8, 40, 400))
"""How far ahead is looked, step by step: most plans change within two days, and shall not pay for those that do not."""

HORIZON: Final = timedelta(days=LOOK_BACK)
"""How far is looked before the answer is "never": eight years, so that 29 February is found."""


class Stretch(NamedTuple):
    """A segment in seconds since the epoch."""

    start: int
    end: int
    mark: Mark


def plan(spec: EnvironmentSpec, start: datetime, end: datetime) -> list[Segment]:
    """The segments of [start, end), without gaps or overlaps; neighbours differ in wish, reason or source.

    Empty when end <= start. Parts of a second are cut off. Raises ValueError for naive times.
    """
    return [
        Segment(moment(stretch.start), moment(stretch.end), *stretch.mark)
        for stretch in stretches(Almanac(spec), seconds(start), seconds(end))
    ]


def desired_at(spec: EnvironmentSpec | Schedule, at: datetime) -> Desired:
    """What is desired at one instant, without the why. Raises ValueError for naive times."""
    if isinstance(spec, Schedule):
        spec = EnvironmentSpec(spec, spec.timezone)
    instant = seconds(at)
    if spec.holds or spec.start_early or spec.pause or spec.expires_on or spec.windows:
        return next(stretches(Almanac(spec), instant, instant + 1)).mark.desired
    return compile_days(Almanac(spec), instant, instant + 1).mark_at(instant).desired


def next_transition(spec: EnvironmentSpec, after: datetime, horizon: timedelta = HORIZON) -> Transition | None:
    """The next instant at which the wish, its reason or its source changes; None when not within `horizon`.

    Raises ValueError for naive times.
    """
    instant = seconds(after)
    almanac = Almanac(spec)
    for span in spans_ahead(almanac, instant, horizon):
        ahead = stretches(almanac, instant, instant + span)
        current = next(ahead)
        following = next(ahead, None)
        if following is not None:
            changes = following.mark.desired is not current.mark.desired
            return Transition(moment(following.start), *following.mark, changes)
    return None


def spans_ahead(almanac: Almanac, instant: int, horizon: timedelta) -> Iterator[int]:
    """Ever longer spans after `instant`, in seconds: up to `horizon`, or to where nothing new can come any more."""
    limit = int(horizon.total_seconds())
    for span in _SPANS:
        if span >= limit:
            break
        yield span
    else:
        if not almanac.is_rare:
            spec = almanac.spec
            covers: list[Hold | Pause] = [*spec.holds, *([spec.pause] if spec.pause else [])]
            edges = [seconds(edge) for cover in covers for edge in (cover.start, cover.until) if edge is not None]
            edges += [end for end in [expiry(spec)] if end is not None]
            edges += [seconds(window.end) for window in spec.windows if not window.weekly]
            known = max([(almanac.last_special_day() - EPOCH_ORDINAL) * DAY_SECONDS, *edges])
            if known < instant:
                return
            limit = min(limit, known - instant + _SPANS[-1])
    yield limit


def _with_early_starts(spec: EnvironmentSpec, timeline: Timeline) -> Timeline:
    return with_early_starts(spec, timeline) if spec.start_early else timeline


def stretches(almanac: Almanac, start: int, end: int) -> Iterator[Stretch]:
    """The plan of [start, end), clipped to it."""
    if end <= start:
        return
    spec = almanac.spec
    needed = end + int(spec.start_early.total_seconds())
    timeline = _with_early_starts(spec, compile_days(almanac, start, needed))
    if spec.windows:
        timeline = with_windows(spec, timeline)
    if spec.pause:
        alone = without_schedule(spec)
        paused = _with_early_starts(alone, compile_days(Almanac(alone), start, needed))
        timeline = with_pause(spec.pause, timeline, paused)
    covered = spec.holds or spec.expires_on
    starts, marks = with_holds(spec, timeline) if covered else (timeline.starts, timeline.marks)
    place = bisect_right(starts, start) - 1
    while place < len(starts) and starts[place] < end:
        finish = starts[place + 1] if place + 1 < len(starts) else timeline.last
        yield Stretch(max(starts[place], start), min(finish, end), marks[place])
        place += 1
