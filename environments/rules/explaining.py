"""What is desired and why, until when: at one instant or at many."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from environments.rules.almanac import Almanac
from environments.rules.answers import Explanation
from environments.rules.planner import HORIZON, Stretch, spans_ahead, stretches
from environments.rules.reasons import Desired, Reason
from environments.rules.spec import EnvironmentSpec
from environments.rules.zones import DAY_SECONDS, moment, seconds

_LATELY: Final = DAY_SECONDS
_SINCE: Final = 8 * DAY_SECONDS
"""How far back the beginning of what holds is looked for: at first a day, because most of it began today."""

_AHEAD: Final = 100 * DAY_SECONDS
_WORTH_A_YEAR: Final = 25
"""Instants of one year from which planning the whole year costs less than explaining each by itself."""


def explain(spec: EnvironmentSpec, at: datetime) -> Explanation:
    """What is desired at `at`, why, since when and until when. Raises ValueError for naive times."""
    instant = seconds(at)
    almanac = Almanac(spec)
    current: Stretch | None = None
    following: Stretch | None = None
    for span in spans_ahead(almanac, instant, HORIZON):
        begin = instant if current is not None else instant - _LATELY
        for stretch in stretches(almanac, begin, instant + span):
            if stretch.end <= instant:
                continue
            if current is None:
                current = stretch
            elif stretch.mark.desired is not current.mark.desired:
                since = _since(almanac, current, instant)
                change = (moment(stretch.start), stretch.mark.desired)
                return Explanation(moment(instant), *current.mark, since, *change, spec.zone_name, *_next(following))
            elif following is None and stretch.mark != current.mark:
                following = stretch
    if current is None:
        raise AssertionError("a plan has no gaps")
    since = _since(almanac, current, instant)
    return Explanation(moment(instant), *current.mark, since, None, None, spec.zone_name, *_next(following))


def _next(following: Stretch | None) -> tuple[datetime | None, Reason | None]:
    """Where the reason becomes another while the wish stays, and which."""
    return (moment(following.start), following.mark.reason) if following else (None, None)


def _since(almanac: Almanac, current: Stretch, instant: int) -> datetime | None:
    """Where what holds began, None when that is too long ago. `current` may be cut off at `_LATELY`."""
    if current.start > instant - _LATELY:
        return moment(current.start)
    begin = instant - _SINCE
    *_, whole = stretches(almanac, begin, instant + 1)
    return moment(whole.start) if whole.start > begin else None


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
    changes: list[tuple[datetime | None, Desired | None]] = []
    reasons: list[tuple[datetime | None, Reason | None]] = []
    until, then, desired = last.until, last.then, last.desired
    following = (last.reason_until, last.then_reason)
    for stretch in reversed(planned):
        if stretch.mark.desired is not desired:
            until, then, desired = moment(stretch.end), desired, stretch.mark.desired
            following = (None, None)
        changes.append((until, then))
        reasons.append(following)
        following = (moment(stretch.start), stretch.mark.reason)
    changes.reverse()
    reasons.reverse()
    explanations: list[Explanation] = []
    for instant in instants:
        at = seconds(instant)
        place = bisect_right(starts, at) - 1
        stretch = planned[place]
        since = moment(stretch.start) if stretch.start > at - _SINCE else None
        explanations.append(
            Explanation(moment(at), *stretch.mark, since, *changes[place], spec.zone_name, *reasons[place])
        )
    return explanations


def default_until(spec: EnvironmentSpec, now: datetime) -> datetime | None:
    """Where a hold made now ends unless told otherwise: where the wish of the plan without holds next changes.

    None when it never does (no schedule): such a hold lasts until it is released, which is for the caller to show.
    """
    return explain(spec.without_holds(), now).until


def extended_until(spec: EnvironmentSpec, now: datetime, by: timedelta) -> datetime:
    """Where "+1 h" ends: counted from the planned stop (holds included) while it is to run, from now otherwise.

    A hold until somebody releases it is no planned stop: the plan's own counts then.
    """
    found = explain(spec, now)
    if found.desired is Desired.RUNNING and found.until is None:
        found = explain(spec.without_holds(), now)
    if found.desired is Desired.RUNNING and found.until is not None:
        return found.until + by
    return found.at + by


def counts_from(spec: EnvironmentSpec, desired: Desired, now: datetime, earlier: datetime | None) -> datetime | None:
    """From where the longest length of a hold made now counts; None where it holds nothing that would not be so anyway.

    While the plan without holds wishes for the same, the hold only prolongs that: it counts from the planned end.
    Otherwise from now, or from where the hold that it replaces began to count (`earlier`), or one hold after the other
    would go on without end.
    """
    found = explain(spec.without_holds(), now)
    if found.desired is desired:
        return found.until
    return min(earlier, found.at) if earlier is not None else found.at
