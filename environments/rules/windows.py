"""AWS's own maintenance: an environment that honours its windows runs while they last (docs/decisions/0006).

They lie over what schedule and calendars say, and under pause, exceptions, holds and the last day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from environments.rules.days import Mark
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import EnvironmentSpec, MaintenanceWindow
from environments.rules.timeline import Timeline, tidied
from environments.rules.zones import DAY_SECONDS, seconds

READY_BEFORE: Final = timedelta(minutes=15)
"""How long before a window it is started: a database must be `available` when AWS begins, and takes some ten minutes to
become that. Where past starts took longer and it is started early, that counts."""

WEEK: Final = 7 * DAY_SECONDS
_GIVES_WAY: Final = frozenset({SourceKind.SCHEDULE, SourceKind.CALENDAR})


class _Cover(NamedTuple):
    """A span of seconds in which it runs for AWS's maintenance."""

    start: int
    end: int
    mark: Mark


def with_windows(spec: EnvironmentSpec, timeline: Timeline) -> Timeline:
    """The timeline with the windows of the spec in the place of what schedule and calendars wish for.

    What is left as it is stays so: nothing would stop afterwards what a window has started, and nobody wants to be
    stopped by the end of one.
    """
    covers = _covers(spec, timeline)
    begins = [cover.start for cover in covers]
    edges = {edge for cover in covers for edge in cover[:2] if timeline.first < edge < timeline.last}
    starts = sorted(edges.union(timeline.starts))
    marks: list[Mark] = []
    for start in starts:
        mark = timeline.mark_at(start)
        place = bisect_right(begins, start) - 1
        if place >= 0 and start < covers[place].end and _gives_way(mark):
            mark = covers[place].mark
        marks.append(mark)
    return Timeline(*tidied(starts, marks), timeline.last)


def _gives_way(mark: Mark) -> bool:
    return mark.source.kind in _GIVES_WAY and mark.desired is not Desired.ANY


def _covers(spec: EnvironmentSpec, timeline: Timeline) -> list[_Cover]:
    """The windows that touch the timeline, one after the other: of several at once the one that ends last speaks,
    because it says until when."""
    lead = int(max(READY_BEFORE, spec.start_early).total_seconds())
    spans = [
        _Cover(start, end, _mark(window))
        for window in spec.windows
        for start, end in _occurrences(window, lead, timeline.first, timeline.last)
    ]
    found: list[_Cover] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if found and span.start < found[-1].end:
            if span.end <= found[-1].end:
                continue
            found[-1] = found[-1]._replace(end=span.start)
        found.append(span)
    return found


def _occurrences(window: MaintenanceWindow, lead: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The spans of a window, with its lead, that touch [first, last)."""
    start, end = seconds(window.start) - lead, seconds(window.end)
    if window.weekly:
        weeks = (first - end) // WEEK + 1
        start, end = start + weeks * WEEK, end + weeks * WEEK
    while end > first and start < last:
        yield start, end
        if not window.weekly:
            return
        start, end = start + WEEK, end + WEEK


def _mark(window: MaintenanceWindow) -> Mark:
    reason = Reason("maintenance", {"name": window.name})
    return Mark(Desired.RUNNING, reason, Source(SourceKind.MAINTENANCE, window.id))
