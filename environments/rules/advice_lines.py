"""The periods that advice proposes, and how present ones are made shorter: by their ends, by whole weekdays. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from environments.rules.advice_slots import SLOT, SLOTS, Slots, State, used
from environments.rules.periods import DAY as MINUTES_A_DAY
from environments.rules.periods import Period

DAY: Final = timedelta(days=1)
# Beside what was used: half an hour before and after.
MARGIN: Final = 1
# Of so few days, or of so few of a weekday, nothing is concluded.
FEWEST_DAYS: Final = 2
# Less than this a week is not worth a change.
LEAST_GAIN: Final = timedelta(hours=2)
NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Windows = Mapping[date, Mapping[int, State]]
"""What is known of a period's window, by the day on which it begins."""


@dataclass(frozen=True, slots=True)
class Line:
    """A period to be: minutes after midnight, None and None for the whole day. `source` is the period of the present
    schedule whose days it has; `weekdays` says which of them it keeps, and without a source its days."""

    begin: int | None
    end: int | None
    weekdays: str = ""
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Shorter:
    """Periods without what of them was not used, and the weekdays on which none of them runs any more."""

    lines: tuple[Line, ...]
    unused: tuple[int, ...]


def shorter(periods: Sequence[Period], slots: Slots, first: date, today: date) -> Shorter | None:
    """What the days from `first` until before `today` leave of these periods; None where that is not much less."""
    lines, gain = [], timedelta()
    gone, kept = set[int](), set[int]()
    for number, period in enumerate(periods):
        begin, end = period.window
        days = {day: window for day in _days(period, first, today) if (window := _window(slots, day, begin, end))}
        unused = _unused(period, days)
        gone |= unused
        weekdays = [weekday for weekday in _weekdays(period) if weekday not in unused]
        left = [window for day, window in days.items() if day.weekday() not in unused]
        gain += (len(days) - len(left)) * timedelta(minutes=end - begin)
        if days and not left:
            continue
        found = used(left) if len(left) >= FEWEST_DAYS else None
        kept |= set(weekdays)
        new = (begin, end) if found is None else with_margin(found, begin, end)
        gain += len(left) * timedelta(minutes=end - begin - (new[1] - new[0]))
        times = (period.begin, period.end) if new == (begin, end) else new
        lines.append(Line(*times, weekdays=names(weekdays) if unused else "", source=number))
    weeks = (today - first) / timedelta(days=7)
    return Shorter(tuple(lines), tuple(sorted(gone - kept))) if gain >= LEAST_GAIN * weeks else None


def _unused(period: Period, days: Windows) -> set[int]:
    """Weekdays on none of which anything was used, of those that it ran on often enough to say so; all of them where
    none of its days was used.

    A period of some of a month's weekdays (“mon#1”, “friL”) keeps them, or goes as a whole.
    """
    seen = Counter(day.weekday() for day in days)
    in_use = {
        day.weekday() for day, window in days.items() if any(state is not State.IDLE for state in window.values())
    }
    if not in_use and len(days) >= FEWEST_DAYS:
        return set(seen)
    if period.weekdays and (period.weekdays.nth or period.weekdays.last):
        return set()
    return {weekday for weekday, count in seen.items() if count >= FEWEST_DAYS} - in_use


def _weekdays(period: Period) -> list[int]:
    """Those that it may begin on."""
    those = period.weekdays
    if those is None:
        return list(range(len(NAMES)))
    some = {weekday for weekday, _n in those.nth}
    return [weekday for weekday in range(len(NAMES)) if (those.mask | those.last) >> weekday & 1 or weekday in some]


def _days(period: Period, first: date, today: date) -> Iterator[date]:
    """The days of the period among those looked at."""
    day = first
    while day < today:
        begin = day.replace(day=1)
        length = ((begin + 31 * DAY).replace(day=1) - begin).days
        if period.days_in_month(day.month, begin.weekday(), length) >> (day.day - 1) & 1:
            yield day
        day += DAY


def _window(slots: Slots, day: date, begin: int, end: int) -> dict[int, State]:
    """What is known of a window of a day; slots past midnight count on."""
    found = {}
    for slot in range(begin // SLOT, -(-end // SLOT)):
        state = slots.get(day + slot // SLOTS * DAY, {}).get(slot % SLOTS)
        if state is not None:
            found[slot] = state
    return found


def with_margin(found: tuple[int, int], begin: int, end: int) -> tuple[int, int]:
    """In minutes, never beyond the window; it begins on the day on which it began before."""
    first, last = found
    new_begin = min(max(begin, (first - MARGIN) * SLOT), MINUTES_A_DAY - SLOT)
    return max(begin, new_begin), min(end, (last + 1 + MARGIN) * SLOT)


def whole(begin: int, end: int) -> tuple[int | None, int | None]:
    return (None, None) if (begin, end) == (0, MINUTES_A_DAY) else (begin, end)


def names(weekdays: Sequence[int]) -> str:
    """“mon-fri”, “sat”, “mon,wed”."""
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{NAMES[weekdays[0]]}-{NAMES[weekdays[-1]]}"
    return ",".join(NAMES[weekday] for weekday in weekdays)
