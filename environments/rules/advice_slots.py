"""The half hours of days in which something ran, and how busy each was: what advice is made of. Pure.

Whatever of an hour of measurement falls into a half hour of the wall clock makes it as busy as that hour was; what ran
and was not measured counts as used, for nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.periods import DAY as MINUTES_A_DAY

SLOT: Final = 30
SLOTS: Final = MINUTES_A_DAY // SLOT
HOURS: Final = 24
WEEK: Final = 7
# A begin or an end is brought nearer if what that cuts off was idle on all days but one in so many.
ONE_IN: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Idle is below both: CPU in per cent, network in bytes an hour; in all hours of so many days."""

    days: int = 14
    cpu: Decimal = Decimal(5)
    network: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour in which it ran for half of it at least; None where nobody measured."""

    begin: datetime
    cpu: Decimal | None = None
    network: int | None = None

    @property
    def is_measured(self) -> bool:
        return self.cpu is not None

    def is_busy(self, limits: Limits) -> bool:
        return (self.cpu or 0) >= limits.cpu or (self.network or 0) >= limits.network


class State(IntEnum):
    """Of a half hour of a day; of two that meet in one the greater counts."""

    IDLE = 0
    UNKNOWN = 1
    BUSY = 2


Slots = Mapping[date, Mapping[int, State]]


def slots_of(hours: Iterable[Hour], zone: ZoneInfo, first: date, today: date, limits: Limits) -> Slots:
    """The days from `first` until before `today` on which it ran, with their half hours."""
    found: dict[date, dict[int, State]] = {}
    for one in hours:
        busy, idle = one.is_busy(limits), State.IDLE if one.is_measured else State.UNKNOWN
        state = State.BUSY if busy else idle
        # Zones that are not whole hours from UTC share an hour of measurement among more of their own half hours.
        for minutes in (0, 15, 30, 45, 59):
            wall = (one.begin + timedelta(minutes=minutes)).astimezone(zone)
            if first <= wall.date() < today:
                slot, day = (wall.hour * 60 + wall.minute) // SLOT, found.setdefault(wall.date(), {})
                day[slot] = max(state, day.get(slot, State.IDLE))
    return found


def week_of(slots: Slots) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each weekday and hour, on how many days it was busy and on how many it ran."""
    week = [[[0, 0] for _ in range(HOURS)] for _ in range(WEEK)]
    for day, states in slots.items():
        for hour in range(HOURS):
            known = [state for slot in (2 * hour, 2 * hour + 1) if (state := states.get(slot)) is not None]
            if known:
                cell = week[day.weekday()][hour]
                cell[0] += max(known) is State.BUSY
                cell[1] += 1
    return tuple(tuple((busy, ran) for busy, ran in row) for row in week)


def used(days: Sequence[Mapping[int, State]]) -> tuple[int, int] | None:
    """The first and the last slot that were used: what lies before the first was idle on all days but one in ten at the
    most, so was what lies after the last, and so was each of these slots on the days on which it ran. None where one in
    ten at the most were used at all."""
    ran = Counter(slot for day in days for slot in day)
    in_use = [[slot for slot, state in day.items() if state is not State.IDLE] for day in days]
    counts = Counter(slot for day in in_use for slot in day)
    often = [slot for slot, count in counts.items() if count * ONE_IN > ran[slot]]
    passed_over = len(days) // ONE_IN
    begins = sorted(min(day) for day in in_use if day)
    ends = sorted((max(day) for day in in_use if day), reverse=True)
    if len(begins) <= passed_over:
        return None
    return min([begins[passed_over], *often]), max([ends[passed_over], *often])
