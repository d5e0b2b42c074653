"""What lies over a plan: holds (DESIGN section 2, items 3 and 6), and the day on which the environment expires."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from environments.rules.days import Mark
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import EnvironmentSpec, Hold
from environments.rules.timeline import Timeline, tidied
from environments.rules.zones import WallClock, seconds, zone


class _Cover(NamedTuple):
    """A span of seconds in which a mark takes the place of what lies under it."""

    start: int
    end: int
    mark: Mark


def with_holds(spec: EnvironmentSpec, timeline: Timeline) -> tuple[list[int], list[Mark]]:
    """The starts and marks of the timeline with the holds of the spec laid over it, the newest on top, and over all of
    them its end.

    Where a running hold ends and the plan leaves things as they are, nothing would ever stop what the hold switched on:
    there the plan wishes for stopped until its next boundary, at most until midnight.
    """
    holds = [_held(hold, timeline.last) for hold in spec.holds]
    holds.reverse()
    covers = sorted(holds, key=lambda cover: cover.start, reverse=True)
    covers += [cover for hold in spec.holds if (cover := _after(hold, spec, timeline)) is not None]
    if spec.expires_on is not None:
        covers.insert(0, _expired(spec, timeline.last))

    edges = {edge for cover in covers for edge in (cover.start, cover.end) if timeline.first < edge < timeline.last}
    starts = sorted(edges.union(timeline.starts))
    marks: list[Mark] = []
    for start in starts:
        mark = next((cover.mark for cover in covers if cover.start <= start < cover.end), None)
        marks.append(timeline.mark_at(start) if mark is None else mark)
    return tidied(starts, marks)


def _held(hold: Hold, forever: int) -> _Cover:
    until = forever if hold.until is None else seconds(hold.until)
    return _Cover(seconds(hold.start), until, _mark(hold, hold.desired, "hold"))


def _expired(spec: EnvironmentSpec, forever: int) -> _Cover:
    end = expiry(spec)
    params = {"date": spec.expires_on.isoformat()} if spec.expires_on else {}
    return _Cover(
        forever if end is None else end,
        forever,
        Mark(Desired.STOPPED, Reason("expired", params), Source(SourceKind.EXPIRY)),
    )


def expiry(spec: EnvironmentSpec) -> int | None:
    """The midnight that ends the last day of the environment, in seconds; None without one."""
    if spec.expires_on is None:
        return None
    return WallClock(zone(spec.zone_name)).instant(spec.expires_on.toordinal() + 1, 0)


def _after(hold: Hold, spec: EnvironmentSpec, timeline: Timeline) -> _Cover | None:
    """The wish for stopped that follows a running hold, if one does."""
    if hold.until is None or hold.desired is not Desired.RUNNING:
        return None
    until = seconds(hold.until)
    if not timeline.first <= until < timeline.last or timeline.mark_at(until).desired is not Desired.ANY:
        return None
    following = bisect_right(timeline.starts, until)
    boundary = timeline.starts[following] if following < len(timeline.starts) else timeline.last
    clock = WallClock(zone(spec.zone_name))
    midnight = clock.instant(clock.ordinal(until) + 1, 0)
    return _Cover(until, min(boundary, midnight), _mark(hold, Desired.STOPPED, "after_hold"))


def _mark(hold: Hold, desired: Desired, code: str) -> Mark:
    reason = Reason(code, {"author": hold.author, "reason": hold.reason})
    return Mark(desired, reason, Source(SourceKind.HOLD, hold.id))
