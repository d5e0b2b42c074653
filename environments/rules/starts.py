"""Early starts: how long before its period an environment is started so that it is ready then (DESIGN section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.days import Mark
from environments.rules.reasons import Desired, Reason
from environments.rules.spec import EnvironmentSpec
from environments.rules.timeline import Timeline, tidied
from environments.rules.zones import moment

SAMPLES: Final = 20
"""Past starts that count: the newest."""

FEWEST: Final = 3
"""Past starts below which nothing is learned from them."""

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EarlyStart:
    """`lead`: how long before the planned start; zero until enough is known. `samples`: starts it was learned from.

    `capped`: the past says more than the cap allows.
    """

    lead: timedelta
    samples: int
    capped: bool


def early_start(durations: Sequence[timedelta], cap: timedelta) -> EarlyStart:
    """The 90th percentile (nearest rank) of the last starts, oldest first, in whole minutes rounded up, at most `cap`.

    Whole minutes, because the tick that acts on it comes once a minute.
    """
    newest = sorted(durations[-SAMPLES:])
    if len(newest) < FEWEST:
        return EarlyStart(timedelta(0), len(newest), capped=False)
    slow = newest[ceil(len(newest) * 9 / 10) - 1]
    lead = -(-slow // _MINUTE) * _MINUTE
    return EarlyStart(max(min(lead, cap), timedelta(0)), len(newest), capped=lead > cap)


def with_early_starts(spec: EnvironmentSpec, timeline: Timeline) -> Timeline:
    """The timeline with each start `spec.start_early` before its time, but not before the stop that precedes it."""
    lead = int(spec.start_early.total_seconds())
    zone = ZoneInfo(spec.zone_name)
    starts: list[int] = []
    marks: list[Mark] = []
    for start, mark in zip(timeline.starts, timeline.marks, strict=True):
        if mark.desired is Desired.RUNNING and _is_idle(marks):
            begin = earliest = start - lead
            while _is_idle(marks) and starts[-1] >= earliest:
                begin = starts.pop()
                marks.pop()
            starts.append(earliest if _is_idle(marks) else begin)
            marks.append(_early(mark, f"{moment(start).astimezone(zone):%H:%M}"))
        starts.append(start)
        marks.append(mark)
    return Timeline(*tidied(starts, marks), timeline.last)


def _is_idle(marks: list[Mark]) -> bool:
    return bool(marks) and marks[-1].desired is not Desired.RUNNING


def _early(mark: Mark, ready: str) -> Mark:
    reason = mark.reason
    params = {
        "ready": ready,
        "why_en": reason.text("en"),
        "why_ko": reason.text("ko"),
        "label_en": reason.short("en"),
        "label_ko": reason.short("ko"),
    }
    return Mark(Desired.RUNNING, Reason("early_start", params), mark.source)
