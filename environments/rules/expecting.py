"""When something must have called or reported, and what its silence means (DESIGN section 2, items 2 and 7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

from environments.rules.expecting_windows import Window as Window
from environments.rules.expecting_windows import parse_windows as parse_windows
from environments.rules.expecting_words import Texts, fine, not_within, silent
from environments.rules.zones import WallClock, moment, seconds, zone

LOOK_AGAIN: Final = timedelta(days=1)
"""When to judge again where no window comes within `FURTHEST`: never is not an answer."""

FURTHEST: Final = 400
"""Days that are searched for a window, forth and back."""

LONGEST: Final = timedelta(hours=26)
"""A window at the most: a day, and what a change of clocks adds."""


class Occurrence(NamedTuple):
    """A window on one day, as instants: [begin, end)."""

    begin: datetime
    end: datetime


_END: Final = attrgetter("end")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is expected: a call each `every`, or one within each of `windows`. After its time it is late for `grace`,
    then missed. `zone` is where the windows' clock hangs."""

    zone: str
    grace: timedelta
    every: timedelta | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the silence, or the last call, means: `state` is a check's state: up, late or missed; before the first call
    is due “starting” (“unknown” where there has never been one). `judge_at` is always after the moment of judging.

    `missed` are those that became missed since the moment from which judgements were owed, oldest first: each as the
    moment by which it should have come, of a window the last within it.
    """

    state: str
    reason: Texts
    judge_at: datetime
    missed: tuple[datetime, ...] = ()


@lru_cache(maxsize=64)
def _clock(name: str) -> WallClock:
    return WallClock(zone(name))


def occurrences(rhythm: Rhythm, after: datetime) -> Iterator[Occurrence]:
    """The windows that end after `after`, by their ends, as far as a year ahead.

    A time inside a DST gap means the first instant after it, one that comes twice its first occurrence. A window that
    lies in a gap as a whole does not happen; of several that end at once the shortest does.
    """
    clock = _clock(rhythm.zone)
    today = clock.ordinal(seconds(after))
    waiting: list[Occurrence] = []
    for ordinal in range(today - 2, today + FURTHEST):
        waiting += (one for one in _of_day(rhythm, clock, ordinal) if one.end > after)
        waiting = sorted({one.end: one for one in sorted(waiting)}.values(), key=_END)
        # What begins tomorrow or later ends after tomorrow's midnight.
        midnight = moment(clock.instant(ordinal + 1, 0))
        while waiting and waiting[0].end <= midnight:
            yield waiting.pop(0)
    yield from waiting


def past(rhythm: Rhythm, until: datetime, since: datetime) -> Iterator[Occurrence]:
    """The windows that have ended by `until`, the latest first, as far as `since` or a year back."""
    clock = _clock(rhythm.zone)
    today = clock.ordinal(seconds(until))
    earliest = max(clock.ordinal(seconds(since)) - 1, today - FURTHEST)
    waiting: list[Occurrence] = []
    for ordinal in range(today, earliest - 1, -1):
        waiting += (one for one in _of_day(rhythm, clock, ordinal) if one.end <= until)
        waiting = sorted({one.end: one for one in sorted(waiting)}.values(), key=_END)
        # What began the day before ends by the end of this day, so that all later ends are here.
        midnight = moment(clock.instant(ordinal + 1, 0))
        while waiting and waiting[-1].end > midnight:
            yield waiting.pop()
    yield from reversed(waiting)


def _of_day(rhythm: Rhythm, clock: WallClock, ordinal: int) -> Iterator[Occurrence]:
    for window in rhythm.windows:
        if window.on(ordinal):
            begin, end = clock.instant(ordinal, window.begin), clock.instant(ordinal, window.end)
            if begin < end:
                yield Occurrence(moment(begin), moment(end))


def next_due(rhythm: Rhythm, *, since: datetime, last_at: datetime | None, now: datetime) -> datetime:
    """By when the next call or report is expected. `since` is when it began to be expected at all: its environment
    woke, or it was added."""
    if rhythm.every is not None:
        return max(since, last_at or since) + rhythm.every
    coming = (one for one in occurrences(rhythm, now) if _counts(one, since))
    heard = [last_at] if last_at else []
    return next((one.end for one in coming if not _satisfied(rhythm, one, heard)), now + LOOK_AGAIN)


def verdict(
    rhythm: Rhythm,
    *,
    since: datetime,
    heard: Iterable[datetime],
    now: datetime,
    owed_from: datetime | None = None,
) -> Verdict:
    """What the calls that were heard mean at `now`, and when to judge again.

    `heard` are the moments of calls or reports; the newest suffices for the state, all since `owed_from` for exactly
    the missed ones. `owed_from` is when the last verdict was to be judged again (the check's `due_at`); None
    counts nothing. Of a window, at least half must lie after `since`, or nobody is asked for it.
    """
    times = sorted(heard)
    if rhythm.every is not None:
        return _each(rhythm, rhythm.every, since, times, now, owed_from)
    return _within(rhythm, since, times, now, owed_from)


def _each(
    rhythm: Rhythm, every: timedelta, since: datetime, heard: Sequence[datetime], now: datetime, owed: datetime | None
) -> Verdict:
    last = heard[-1] if heard else None
    base = max(since, last or since)
    due = base + every
    if now < due:
        return Verdict(_before_due(last, since), fine(rhythm.zone, last, due, now), due)
    missed_at = due + rhythm.grace
    if now < missed_at:
        return Verdict("late", silent(rhythm.zone, last, due, now), missed_at)
    # Each further time without a call is one more that is missed.
    passed = (now - missed_at) // every
    first = 0 if owed is None or owed <= missed_at else -((missed_at - owed) // every)
    missed = () if owed is None else tuple(due + number * every for number in range(first, passed + 1))
    return Verdict("missed", silent(rhythm.zone, last, due, now), missed_at + (passed + 1) * every, missed)


def _within(
    rhythm: Rhythm, since: datetime, heard: Sequence[datetime], now: datetime, owed: datetime | None
) -> Verdict:
    last = heard[-1] if heard else None
    coming = list(islice(occurrences(rhythm, now), len(rhythm.windows) + 1))
    following = [one for one in coming if _counts(one, since)]
    judge_at = following[0].end if following else coming[0].end if coming else now + LOOK_AGAIN
    ended = next((one for one in past(rhythm, now, since) if _counts(one, since)), None)
    # The rest of the grace of an earlier window is judged as well, or nobody would count it.
    judge_at = min([judge_at, *_pending(rhythm, since, heard, now)])
    missed = () if owed is None else _missed(rhythm, since, heard, owed, now)
    if ended is None or (last is not None and last >= ended.begin):
        due = next_due(rhythm, since=since, last_at=last, now=now)
        return Verdict(_before_due(last, since), fine(rhythm.zone, last, due, now), judge_at, missed)
    reason = not_within(rhythm.zone, ended.begin, ended.end, now)
    if now < ended.end + rhythm.grace:
        return Verdict("late", reason, min(judge_at, ended.end + rhythm.grace), missed)
    return Verdict("missed", reason, judge_at, missed)


def _pending(rhythm: Rhythm, since: datetime, heard: Sequence[datetime], now: datetime) -> Iterator[datetime]:
    """Until when windows that have ended without a call may still get one."""
    for one in past(rhythm, now, since):
        last = taking(rhythm, one).end
        if last <= now:
            return
        if _counts(one, since) and not _satisfied(rhythm, one, heard):
            yield last


def _missed(
    rhythm: Rhythm, since: datetime, heard: Sequence[datetime], owed: datetime, now: datetime
) -> tuple[datetime, ...]:
    """The last moments of the windows that in [owed, now] came to the end of what they take, without a call."""
    found: list[datetime] = []
    for one in past(rhythm, now, since):
        last = taking(rhythm, one).end
        if last < owed:
            break
        if last <= now and _counts(one, since) and not _satisfied(rhythm, one, heard):
            # What ends at midnight is of the day before: windows are half-open.
            found.append(one.end - timedelta.resolution)
    return tuple(reversed(found))


@lru_cache(maxsize=4096)
def taking(rhythm: Rhythm, one: Occurrence) -> Occurrence:
    """From when until when a call counts for this window: while it lasts and in its grace, which ends when another
    window begins. No moment is of two windows, so that no call counts twice, and the newest call tells whether there
    was one. Of windows that overlap, the one that ends later takes what comes after the end of the other.
    """
    before = next(past(rhythm, one.end - timedelta.resolution, one.begin), None)
    first = max(one.begin, before.end) if before else one.begin
    last = one.end + rhythm.grace
    for other in occurrences(rhythm, one.end):
        if other.end > last + LONGEST:
            break
        last = min(last, max(other.begin, one.end))
    return Occurrence(first, last)


def _counts(one: Occurrence, since: datetime) -> bool:
    return one.end - since >= (one.end - one.begin) / 2


def _satisfied(rhythm: Rhythm, one: Occurrence, heard: Iterable[datetime]) -> bool:
    first, last = taking(rhythm, one)
    return any(first <= at < last for at in heard)


def _before_due(last: datetime | None, since: datetime) -> str:
    if last is None:
        return "unknown"
    return "up" if last >= since else "starting"
