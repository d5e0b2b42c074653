"""What is desired and why, until when: at one instant or at many."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from environments.rules.almanac import Almanac
from environments.rules.answers import Explanation
from environments.rules.days import Mark
from environments.rules.planner import HORIZON, spans_ahead, stretches
from environments.rules.reasons import Desired
from environments.rules.spec import EnvironmentSpec
from environments.rules.zones import DAY_SECONDS, moment, seconds

_SINCE: Final = 8 * DAY_SECONDS
"""How far back the beginning of what holds is looked for."""

_AHEAD: Final = 100 * DAY_SECONDS
_WORTH_A_YEAR: Final = 25
"""Instants of one year from which planning the whole year costs less than explaining each by itself."""


def explain(spec: EnvironmentSpec, at: datetime) -> Explanation:
    """What is desired at `at`, why, since when and until when. Raises ValueError for naive times."""
    instant = seconds(at)
    begin = instant - _SINCE
    mark: Mark | None = None
    since: datetime | None = None
    almanac = Almanac(spec)
    for span in spans_ahead(almanac, instant, HORIZON):
        for stretch in stretches(almanac, begin, instant + span):
            if stretch.end <= instant:
                continue
            if mark is None:
                mark = stretch.mark
                since = moment(stretch.start) if stretch.start > begin else None
            elif stretch.mark.desired is not mark.desired:
                until, then = moment(stretch.start), stretch.mark.desired
                return Explanation(moment(instant), *mark, since, until, then, spec.zone_name)
        begin = instant
    if mark is None:
        raise AssertionError("a plan has no gaps")
    return Explanation(moment(instant), *mark, since, None, None, spec.zone_name)


def explain_many(spec: EnvironmentSpec, instants: Sequence[datetime]) -> list[Explanation]:
    """`explain` at each of the aware instants, in their order; many instants of one year share one plan of it."""
    years: dict[int, list[int]] = defaultdict(list)
    for position, instant in enumerate(instants):
        years[instant.astimezone(UTC).year].append(position)
    found: dict[int, Explanation] = {}
    for year, positions in years.items():
        if len(positions) < _WORTH_A_YEAR:
            found.update((position, explain(spec, instants[position])) for position in positions)
        else:
            found.update(zip(positions, _of_one_year(spec, year, [instants[p] for p in positions]), strict=True))
    return [found[position] for position in range(len(instants))]


def _of_one_year(spec: EnvironmentSpec, year: int, instants: Sequence[datetime]) -> list[Explanation]:
    begin = seconds(datetime(year, 1, 1, tzinfo=UTC)) - _SINCE
    end = seconds(datetime(year + 1, 1, 1, tzinfo=UTC)) + _AHEAD
    planned = list(stretches(Almanac(spec), begin, end))
    starts = [stretch.start for stretch in planned]
    last = explain(spec, moment(planned[-1].start))
    changes: list[tuple[datetime, Desired] | tuple[None, None]] = []
    change: tuple[datetime, Desired] | tuple[None, None]
    change = (last.until, last.then) if last.until is not None and last.then is not None else (None, None)
    desired = last.desired
    for stretch in reversed(planned):
        if stretch.mark.desired is not desired:
            change = moment(stretch.end), desired
            desired = stretch.mark.desired
        changes.append(change)
    changes.reverse()
    explanations: list[Explanation] = []
    for instant in instants:
        at = seconds(instant)
        place = bisect_right(starts, at) - 1
        stretch = planned[place]
        since = moment(stretch.start) if stretch.start > at - _SINCE else None
        explanations.append(Explanation(moment(at), *stretch.mark, since, *changes[place], spec.zone_name))
    return explanations


def default_until(spec: EnvironmentSpec, now: datetime) -> datetime | None:
    """Where a hold made now ends unless told otherwise: where the wish of the plan without holds next changes.

    None when it never does (no schedule): such a hold lasts until it is released, which is for the caller to show.
    """
    return explain(spec.without_holds(), now).until

