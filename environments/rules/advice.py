"""What the hours that something was used say about when it should run. Pure: the thresholds are the caller's.

Days are looked at in half hours by the wall clock of the schedule (`advice_slots`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.advice_lines import FEWEST_DAYS, Line, names, shorter, whole, with_margin
from environments.rules.advice_slots import (
    HOURS,
    Hour,
    Limits,
    Slots,
    State,
    slots_of,
    used,
    week_of,
)
from environments.rules.periods import DAY as MINUTES_A_DAY
from environments.rules.reasons import Desired
from environments.rules.spec import Schedule

DAY: Final = timedelta(days=1)
# The share of its hours that something without a schedule ran to be called always on, and that may lack a measurement.
ALWAYS: Final = Decimal("0.9")
UNMEASURED: Final = Decimal("0.1")
# Nights and weekends are idle only if they make so much a week.
LEAST_GAIN_OF_ALWAYS: Final = timedelta(hours=10)
# What is judged together when something has run all the time: working days, Saturdays, Sundays.
GROUPS: Final = ((0, 1, 2, 3, 4), (5,), (6,))


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
    """What to do: run by these lines; without any, stay off until somebody starts it.

    `unused` are weekdays (0 is Monday) that no line has any more, since nobody used it on any of them.
    """

    kind: Kind
    lines: tuple[Line, ...]
    evidence: Evidence
    unused: tuple[int, ...] = ()


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
    less = shorter(schedule.periods, slots, first, today)
    if less is None:
        return Silence(Why.USED, evidence)
    return Proposal(Kind.LONGER, less.lines, evidence, less.unused)


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
        begin, end = (0, MINUTES_A_DAY) if found is None else with_margin(found, 0, MINUTES_A_DAY)
        if weekdays:
            lines.append(Line(*whole(begin, end), weekdays=names(weekdays)))
        if rest := sorted(unclear - set(weekdays)):
            lines.append(Line(None, None, weekdays=names(rest)))
        on = (end - begin) * len(weekdays) + MINUTES_A_DAY * len(rest)
        gain += timedelta(minutes=MINUTES_A_DAY * len(group) - on)
    return tuple(lines) if gain >= LEAST_GAIN_OF_ALWAYS else ()
