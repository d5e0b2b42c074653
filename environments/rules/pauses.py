"""A pause: the schedule is off for a while, and maintenance with it; exceptions and holds are not."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from environments.rules.days import Mark
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import EnvironmentSpec, Pause
from environments.rules.timeline import Timeline, tidied
from environments.rules.zones import seconds


def without_schedule(spec: EnvironmentSpec) -> EnvironmentSpec:
    """What holds while the spec is paused: its exceptions alone, on the days of the same zone."""
    return replace(spec, schedule=None, timezone=spec.zone_name, calendars=(), pause=None, windows=())


def with_pause(pause: Pause, timeline: Timeline, paused: Timeline) -> Timeline:
    """The timeline, with `paused` (compiled of `without_schedule`, for the same span) in its place during the pause."""
    start, until = (min(max(seconds(edge), timeline.first), timeline.last) for edge in (pause.start, pause.until))
    if start >= until:
        return timeline
    params = {"author": pause.author, "reason": pause.reason}
    asleep = Mark(Desired.ANY, Reason("paused", params), Source(SourceKind.PAUSE, pause.id))
    before = bisect_right(timeline.starts, start - 1)
    starts, marks = timeline.starts[:before], timeline.marks[:before]
    inner = bisect_right(paused.starts, start) - 1
    while inner < len(paused.starts) and paused.starts[inner] < until:
        mark = paused.marks[inner]
        starts.append(max(paused.starts[inner], start))
        marks.append(asleep if mark.source.kind is SourceKind.NONE else mark)
        inner += 1
    if until < timeline.last:
        after = bisect_right(timeline.starts, until)
        starts += [until, *timeline.starts[after:]]
        marks += [timeline.marks[after - 1], *timeline.marks[after:]]
    return Timeline(*tidied(starts, marks), timeline.last)
