"""What the hours that something was used say about when it should run. Pure: the thresholds are the caller's.

Days are looked at in half hours by the wall clock of the schedule (`advice_slots`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.advice_slots import (
    HOURS,
    SLOT,
    SLOTS,
    Hour,
    Limits,
    Slots,
    State,
    slots_of,
    used,
    week_of,
)
from environments.rules.periods import DAY as MINUTES_A_DAY
from environments.rules.periods import Period
from environments.rules.reasons import Desired
from environments.rules.spec import Schedule

DAY: Final = timedelta(days=1)
# Beside what was used: half an hour before and after.
MARGIN: Final = 1
# Of so few days nothing is concluded.
FEWEST_DAYS: Final = 2
# The share of its hours that something without a schedule ran to be called always on, and that may lack a measurement.
ALWAYS: Final = Decimal("0.9")
UNMEASURED: Final = Decimal("0.1")
# Less than this a week is not worth a change; nights and weekends are idle only if they make more.
LEAST_GAIN: Final = timedelta(hours=2)
LEAST_GAIN_OF_ALWAYS: Final = timedelta(hours=10)
# What is judged together when something has run all the time: working days, Saturdays, Sundays.
GROUPS: Final = ((0, 1, 2, 3, 4), (5,), (6,))
NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Kind(StrEnum):
    IDLE = "idle"
    LONGER = "longer"
    ALWAYS_ON = "always_on"


class Why(StrEnum):
    """Why there is no advice."""

    NEVER_RAN = "never_ran"
    TOO_NEW = "too_new"
    RAN_LITTLE = "ran_little"
    UNMEASURED = "unmeasured"
    USED = "used"
    BY_HAND = "by_hand"
    OFF_ALREADY = "off_already"
    ONE_SIDED = "one_sided"


@dataclass(frozen=True, slots=True)
class Line:
    """A period to be: minutes after midnight, None and None for the whole day. `source` is the period of the present
    schedule whose days it has; without one `weekdays` says them."""

    begin: int | None
    end: int | None
    weekdays: str = ""
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers: whole days looked at, hours that it ran, of these measured and busy, and the highest of them.

    `week`: for each weekday and hour, on how many days it was busy and on how many it ran.
    """

    days: int
    ran: int
    measured: int
    busy: int
    cpu: Decimal | None
    network: int | None
    week: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to do: run by these lines; without any, stay off until somebody starts it."""

    kind: Kind
    lines: tuple[Line, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Silence:
    """There is nothing to advise, and why."""

    why: Why
    evidence: Evidence | None = None


def judge(
    hours: Sequence[Hour],
    *,
    schedule: Schedule | None,
    zone: ZoneInfo,
    today: date,
    since: datetime | None,
    always: bool,
    limits: Limits,
) -> Proposal | Silence:
    """What the whole days before `today` say; `hours` of other days are left out.

    `zone` is that of the schedule, or of what has none. `since`: when it first ran. `always`: nothing ever stops it, as
    it has no schedule or one that never ends.
    """
    first = today - limits.days * DAY
    if since is None:
        return Silence(Why.NEVER_RAN)
    if since.astimezone(zone).date() > first:
        return Silence(Why.TOO_NEW)
    inside = [one for one in hours if first <= one.begin.astimezone(zone).date() < today]
    slots = slots_of(inside, zone, first, today, limits)
    evidence = _evidence(inside, slots, limits)
    if len(slots) < max(FEWEST_DAYS, limits.days // 3):
        return Silence(Why.RAN_LITTLE, evidence)
    if evidence.ran - evidence.measured > evidence.ran * UNMEASURED:
        return Silence(Why.UNMEASURED, evidence)
    if schedule and schedule.override is Desired.STOPPED:
        return Silence(Why.OFF_ALREADY, evidence)
    if not evidence.busy:
        return Proposal(Kind.IDLE, (), evidence)
    return _used_in_part(slots, schedule, first, today, evidence, always=always)


def _used_in_part(
    slots: Slots, schedule: Schedule | None, first: date, today: date, evidence: Evidence, *, always: bool
) -> Proposal | Silence:
    if always and evidence.ran >= evidence.days * HOURS * ALWAYS:
        weekly = _weekly(slots)
        return Proposal(Kind.ALWAYS_ON, weekly, evidence) if weekly else Silence(Why.USED, evidence)
    if always or schedule is None:
        return Silence(Why.BY_HAND, evidence)
    if schedule.override or any(one.one_sided for one in schedule.periods):
        return Silence(Why.ONE_SIDED, evidence)
    shorter = _shorter(schedule.periods, slots, first, today)
    return Silence(Why.USED, evidence) if shorter is None else Proposal(Kind.LONGER, shorter, evidence)


def clock(minute: int) -> str:
    """“09:30”; an end at midnight is 24:00, one past it is a time of the next day."""
    if minute > MINUTES_A_DAY:
        minute -= MINUTES_A_DAY
    return f"{minute // 60:02}:{minute % 60:02}"


def _evidence(hours: Sequence[Hour], slots: Slots, limits: Limits) -> Evidence:
    return Evidence(
        days=limits.days,
        ran=len(hours),
        measured=sum(one.is_measured for one in hours),
        busy=sum(one.is_busy(limits) for one in hours),
        cpu=max((one.cpu for one in hours if one.cpu is not None), default=None),
        network=max((one.network for one in hours if one.network is not None), default=None),
        week=week_of(slots),
    )


def _weekly(slots: Slots) -> tuple[Line, ...]:
    """A week for what has run all the time; empty where that would not be much shorter."""
    lines, gain = [], timedelta()
    for group in GROUPS:
        days = {day: states for day, states in slots.items() if day.weekday() in group}
        in_use = {day.weekday() for day, states in days.items() if max(states.values()) is not State.IDLE}
        known = {weekday: sum(day.weekday() == weekday for day in days) for weekday in group}
        # A weekday that was seen too seldom stays as it is.
        unclear = {weekday for weekday in group if known[weekday] < FEWEST_DAYS}
        found = used([states for day, states in days.items() if day.weekday() in in_use])
        weekdays = sorted(in_use)
        begin, end = (0, MINUTES_A_DAY) if found is None else _with_margin(found, 0, MINUTES_A_DAY)
        if weekdays:
            lines.append(Line(*_whole(begin, end), weekdays=_names(weekdays)))
        if rest := sorted(unclear - set(weekdays)):
            lines.append(Line(None, None, weekdays=_names(rest)))
        on = (end - begin) * len(weekdays) + MINUTES_A_DAY * len(rest)
        gain += timedelta(minutes=MINUTES_A_DAY * len(group) - on)
    return tuple(lines) if gain >= LEAST_GAIN_OF_ALWAYS else ()


def _shorter(periods: Sequence[Period], slots: Slots, first: date, today: date) -> tuple[Line, ...] | None:
    """The periods without what of them was not used; None where that is not much."""
    lines, gain = [], timedelta()
    for number, period in enumerate(periods):
        begin, end = period.window
        days = [window for day in _days(period, first, today) if (window := _window(slots, day, begin, end))]
        found = used(days) if len(days) >= FEWEST_DAYS else None
        is_idle = all(state is State.IDLE for day in days for state in day.values())
        if found is None and len(days) >= FEWEST_DAYS and is_idle:
            gain += len(days) * timedelta(minutes=end - begin)
            continue
        new = (begin, end) if found is None else _with_margin(found, begin, end)
        gain += len(days) * timedelta(minutes=end - begin - (new[1] - new[0]))
        same = new == (begin, end)
        lines.append(Line(*((period.begin, period.end) if same else new), source=number))
    weeks = (today - first) / timedelta(days=7)
    return tuple(lines) if gain >= LEAST_GAIN * weeks else None


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


def _with_margin(found: tuple[int, int], begin: int, end: int) -> tuple[int, int]:
    """In minutes, never beyond the window; it begins on the day on which it began before."""
    first, last = found
    new_begin = min(max(begin, (first - MARGIN) * SLOT), MINUTES_A_DAY - SLOT)
    return max(begin, new_begin), min(end, (last + 1 + MARGIN) * SLOT)


def _whole(begin: int, end: int) -> tuple[int | None, int | None]:
    return (None, None) if (begin, end) == (0, MINUTES_A_DAY) else (begin, end)


def _names(weekdays: Sequence[int]) -> str:
    """“mon-fri”, “sat”, “mon,wed”."""
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{NAMES[weekdays[0]]}-{NAMES[weekdays[-1]]}"
    return ",".join(NAMES[weekday] for weekday in weekdays)
