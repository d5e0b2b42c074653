"""What a change of a schedule would do, before it is saved: reads only, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from environments import rules
from environments.models import Calendar, DayException, Environment, Hold, Pause, Schedule, State, Wish
from environments.models.environment import READ_BACK

from . import plans
from .specs import same_plan, schedule_rules, schedule_spec, spec_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

DAYS = 7
NAMED = 10
"""How many environments are named; more are counted only."""

_READ = (
    *("pk", "name", "slug", "team_id", "state", "wish", "judged_at", "retained"),
    *("start_early", "start_lead", "start_early_cap", "expires_on"),
)


@dataclass(frozen=True, slots=True)
class DayPair:
    """A date as it is planned now (None for a new schedule) and as it would be; `differs` by wish, not by reason."""

    day: date
    old: plans.Day | None
    new: plans.Day
    differs: bool


@dataclass(frozen=True, slots=True)
class Month:
    """Running time in a calendar month, from `first` on; `old` is None for a new schedule."""

    first: date
    old: timedelta | None
    new: timedelta

    @property
    def difference(self) -> timedelta:
        return self.new - (self.old or timedelta(0))

    @property
    def share(self) -> float | None:
        """The difference as a share of what it is now; None where that is nothing."""
        return self.difference / self.old if self.old else None


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Some:
    """Environments: how many there are, and those of them that are named, by name."""

    count: int
    named: tuple[Named, ...] = ()

    @property
    def more(self) -> int:
        return self.count - len(self.named)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`concerned` use the schedule; of these, `starting` and `stopping` would be acted upon at once.

    `unreadable`: why the saved schedule cannot be read; there is nothing old to compare with then.
    """

    zone_name: str
    days: tuple[DayPair, ...]
    month: Month
    concerned: Some
    starting: Some
    stopping: Some
    unreadable: rules.RuleError | None = None

    @property
    def differs(self) -> bool:
        return any(pair.differs for pair in self.days) or bool(self.month.difference)


def what_if(
    *, schedule: Schedule | None, proposed: Schedule, periods: Sequence[rules.Period], now: datetime, user: Person
) -> WhatIf:
    """Next week and next month by the `proposed` schedule beside the saved one (`schedule`, None when it is new).

    Weeks begin on Monday; week and month are those of the proposed zone. Calendars and exceptions of the saved schedule
    count for both. Environments that `user` may not see are counted and not named. Nothing is written. A saved schedule
    that cannot be read is unknown: only the new one is shown, as its repair. Raises RuleError for a zone there is not.
    """
    new_rules = rules.Schedule(
        id=str(schedule.pk if schedule else ""),
        name=proposed.name,
        timezone=proposed.timezone,
        periods=tuple(periods),
        override=rules.Desired(proposed.override) if proposed.override else None,
    )
    old_rules, unreadable = _saved(schedule)
    new = rules.EnvironmentSpec(new_rules, new_rules.timezone)
    if schedule:
        new = schedule_spec(schedule, now, read_as=new_rules)
    old = replace(new, schedule=old_rules) if old_rules else None
    zone_name = new.zone_name
    today = plans.today(zone_name, now)
    monday = today + timedelta(days=7 - today.weekday())
    concerned, starting, stopping = _environments(schedule, proposed, old_rules, new_rules, now, user)
    return WhatIf(
        zone_name=zone_name,
        days=tuple(_pairs(old, new, monday)),
        month=_month(old, new, today),
        concerned=concerned,
        starting=starting,
        stopping=stopping,
        unreadable=unreadable,
    )


def _saved(schedule: Schedule | None) -> tuple[rules.Schedule | None, rules.RuleError | None]:
    """The saved schedule as rules, or why it is not known."""
    try:
        return (schedule_rules(schedule) if schedule else None), None
    except rules.RuleError as error:
        return None, error


def _pairs(old: rules.EnvironmentSpec | None, new: rules.EnvironmentSpec, first: date) -> Iterator[DayPair]:
    """Both in the days of the new zone, so that they can be laid side by side."""
    new_days = plans.days_of(new, first, DAYS)
    old_days = plans.days_of(old, first, DAYS, new.zone_name) if old else [None] * DAYS
    for before, after in zip(old_days, new_days, strict=True):
        differs = before is not None and wishes(before.segments) != wishes(after.segments)
        yield DayPair(after.day, before, after, differs)


def wishes(segments: Sequence[rules.Segment]) -> list[tuple[datetime, datetime, rules.Desired]]:
    """Segments joined where only the reason changes."""
    found: list[tuple[datetime, datetime, rules.Desired]] = []
    for segment in segments:
        if found and found[-1][2] is segment.desired:
            found[-1] = (found[-1][0], segment.end, segment.desired)
        else:
            found.append((segment.start, segment.end, segment.desired))
    return found


def _month(old: rules.EnvironmentSpec | None, new: rules.EnvironmentSpec, today: date) -> Month:
    """The next calendar month, of the new zone, for both."""
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    start, end = plans.bounds(first, new.zone_name)[0], plans.bounds(following, new.zone_name)[0]
    return Month(first, _running(old, start, end) if old else None, _running(new, start, end))


def _running(spec: rules.EnvironmentSpec, start: datetime, end: datetime) -> timedelta:
    planned = rules.plan(spec, start, end)
    return sum((s.end - s.start for s in planned if s.desired is rules.Desired.RUNNING), timedelta(0))


def _environments(
    schedule: Schedule | None,
    proposed: Schedule,
    old_rules: rules.Schedule | None,
    new_rules: rules.Schedule,
    now: datetime,
    user: Person,
) -> tuple[Some, Some, Some]:
    """All that use the schedule, those that would start at once, and those that would stop.

    Ten thousand of them are read as plain rows; only one of each kind of plan is read whole, and judged for all alike.
    """
    if schedule is None:
        return Some(0), Some(0), Some(0)
    users = Environment.objects.filter(schedule=schedule)
    rows = list(users.order_by("name").annotate(own=_something_of_its_own(now)).values_list(*_READ, "own", named=True))
    turns = {} if old_rules == new_rules else _turns(rows, old_rules, new_rules, now)
    visible = set(users.visible_to(user).values_list("pk", flat=True))

    def some(those: Iterable[Any]) -> Some:
        found = list(those)
        named = [Named(row.name, row.slug) for row in found if row.pk in visible]
        return Some(len(found), tuple(named[:NAMED]))

    # What is so already is not done once more; what ran when it was added is left alone, as enforcement does.
    up = (State.STARTING, State.REDEPLOYING)
    starting = (row for row in rows if turns.get(row.pk) == Wish.RUNNING and not _is(row, Wish.RUNNING, *up))
    stopping = (
        row
        for row in rows
        if turns.get(row.pk) == Wish.STOPPED
        and not _is(row, Wish.STOPPED, State.STOPPING)
        and row.judged_at is not None
        and not (row.retained and proposed.retain_running)
    )
    return some(rows), some(starting), some(stopping)


def _is(row: Any, wish: Wish, *on_the_way: State) -> bool:
    return row.wish == wish or row.state in {wish.value, *on_the_way}


def _turns(
    rows: Sequence[Any], old_rules: rules.Schedule | None, new_rules: rules.Schedule, now: datetime
) -> dict[int, Wish | None]:
    """What the plan of each environment would newly wish for at this instant; None when that does not change."""
    alike: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row in rows:
        lead = (row.start_lead, row.start_early_cap) if row.start_early else ()
        alike[row.pk if row.own else (row.team_id, lead, row.expires_on)].append(row.pk)
    found: dict[int, Wish | None] = {}
    answers: dict[Hashable, Wish | None] = {}
    ones = {pks[0]: pks for pks in alike.values()}
    for environment in Environment.objects.filter(pk__in=list(ones)).with_plan(now):
        key = same_plan(environment)
        if key not in answers:
            answers[key] = _turn(spec_of(environment, now, schedule=new_rules), old_rules, now)
        found |= dict.fromkeys(ones[environment.pk], answers[key])
    return found


def _turn(spec: rules.EnvironmentSpec, old_rules: rules.Schedule | None, now: datetime) -> Wish | None:
    new = rules.desired_at(spec, now)
    old = rules.desired_at(replace(spec, schedule=old_rules), now) if old_rules else None
    return None if new in {old, rules.Desired.ANY} else Wish(new.value)


def _something_of_its_own(now: datetime) -> Q:
    """What tells an environment's plan from that of its team's others, beyond its own columns."""
    here = OuterRef("pk")
    exceptions = DayException.objects.in_force().from_day(now.date() - READ_BACK)
    return (
        Q(honour_windows=True)
        | Q(Exists(Hold.objects.open().filter(environment=here)))
        | Q(Exists(Pause.objects.open().filter(environment=here)))
        | Q(Exists(exceptions.filter(environment=here)))
        | Q(Exists(Calendar.environments.through.objects.filter(environment=here)))
    )
