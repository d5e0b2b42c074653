"""All that decides one environment, as plain values: schedule, calendars, exceptions, holds.

Choices may be given as the plain strings that a database keeps ("running", "team"); they are made what they should be,
and what is none raises ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from environments.rules.errors import RuleError
from environments.rules.periods import Period
from environments.rules.reasons import Desired
from environments.rules.zones import zone


class Scope(StrEnum):
    """What a calendar or an exception hangs on; the narrower one decides."""

    SCHEDULE = "schedule"
    TEAM = "team"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Named weekly and monthly rules. `override` replaces the periods: always running or always stopped.

    Raises RuleError when the time zone does not exist or the override is neither.
    """

    id: str
    name: str
    timezone: str
    periods: tuple[Period, ...] = ()
    override: Desired | None = None

    def __post_init__(self) -> None:
        zone(self.timezone)
        if self.override is None:
            return
        if self.override not in (Desired.RUNNING, Desired.STOPPED):
            raise RuleError(
                "override_status",
                str(self.override),
                f"'{self.override}' is neither 'running' nor 'stopped'",
                f"'{self.override}'은(는) 'running'도 'stopped'도 아니에요",
            )
        object.__setattr__(self, "override", Desired(self.override))


class DayKind(StrEnum):
    OFF = "off"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day off, or a working day judged as another weekday (`as_weekday`, 0 = Monday, given for those only).

    `source` says where the entry comes from (library, own, ics), for the caller's use. Raises RuleError.
    """

    day: date
    kind: DayKind
    name_en: str
    name_ko: str = ""
    as_weekday: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", DayKind(self.kind))
        if (self.kind is DayKind.WORKING) != (self.as_weekday is not None) or self.as_weekday not in (None, *range(7)):
            raise RuleError(
                "as_weekday",
                str(self.as_weekday),
                "a working day needs the weekday it counts as, 0 (Monday) to 6; a day off has none",
                "근무일에는 어느 요일로 볼지(0 월요일 ~ 6 일요일) 적고, 휴일에는 비워 주세요",
            )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and working days for what it hangs on. Of two entries for one day the later in `days` decides."""

    id: str
    name: str
    scope: Scope
    days: tuple[CalendarDay, ...] = ()
    created: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", Scope(self.scope))


class ExceptionKind(StrEnum):
    START = "start"
    STOP = "stop"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class DayException:
    """Another wish for the dates `first` to `last`, both included.

    `minute` is the wall-clock minute of the day for START (0..1439) and STOP (1..1440; 0 is taken for the midnight that
    ends the day), None for ON and OFF. Raises RuleError.
    """

    id: str
    kind: ExceptionKind
    first: date
    last: date
    scope: Scope
    minute: int | None = None
    reason: str = ""
    author: str = ""
    created: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", ExceptionKind(self.kind))
        object.__setattr__(self, "scope", Scope(self.scope))
        if self.kind is ExceptionKind.STOP and self.minute == 0:
            object.__setattr__(self, "minute", 1440)
        if self.last < self.first:
            raise RuleError("last", str(self.last), "the last day is before the first", "마지막 날이 첫날보다 앞서요")
        timed = self.kind in (ExceptionKind.START, ExceptionKind.STOP)
        highest = 1440 if self.kind is ExceptionKind.STOP else 1439
        if timed != (self.minute is not None) or not 0 <= (self.minute or 0) <= highest:
            raise RuleError(
                "time",
                str(self.minute),
                "start and stop need a time of the day; on and off have none",
                "시작과 중지에는 시각이 필요하고, 종일 켜기와 끄기에는 없어야 해요",
            )


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep it running or stopped, from `start` to `until`; None: until released.

    Raises RuleError when it ends before it begins, ValueError for naive times and for any other wish.
    """

    id: str
    desired: Desired
    start: datetime
    until: datetime | None
    reason: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "desired", Desired(self.desired))
        if self.desired is Desired.ANY:
            raise ValueError(f"hold {self.id}: what leaves an environment as it is, is a pause")
        if self.start.tzinfo is None or (self.until is not None and self.until.tzinfo is None):
            raise ValueError(f"hold {self.id}: times must be aware")
        if self.until is not None and self.until <= self.start:
            raise RuleError(
                "until", self.until.isoformat(), "a hold must end after it begins", "유지는 시작한 뒤에 끝나야 해요"
            )


@dataclass(frozen=True, slots=True)
class Pause:
    """The schedule is off from `start` to `until`: its environment is left as it is; exceptions and holds still work.

    Raises RuleError when it ends before it begins, ValueError for naive times.
    """

    id: str
    start: datetime
    until: datetime
    reason: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.until.tzinfo is None:
            raise ValueError(f"pause {self.id}: times must be aware")
        if self.until <= self.start:
            raise RuleError(
                "until",
                self.until.isoformat(),
                "a pause must end after it begins",
                "일시 중지는 시작한 뒤에 끝나야 해요",
            )


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When AWS works on something the environment is made of: [start, end), `weekly` again each seven days of UTC.

    `id` is what it belongs to, as the caller stores it; `name` is what people know it by: "chat-db". Raises RuleError
    when it ends before it begins or is, weekly, as long as a week; ValueError for naive times.
    """

    id: str
    name: str
    start: datetime
    end: datetime
    weekly: bool = True

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"maintenance window of {self.name}: times must be aware")
        if self.end <= self.start or (self.weekly and self.end - self.start >= timedelta(days=7)):
            raise RuleError(
                "end",
                self.end.isoformat(),
                "a maintenance window must end after it begins, a weekly one within a week",
                "유지 관리 기간은 시작한 뒤에 끝나야 하고, 매주 반복되면 일주일보다 짧아야 해요",
            )


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """All that decides one environment.

    `timezone` is the environment's own; a schedule brings its own with it. `start_early` is how long before a planned
    start it is started, so as to be ready then (`environments.rules.early_start`). `expires_on` is the last day it is
    there for: at the midnight that ends it (of the plan's zone) it is stopped for good, whatever else is wished.
    `windows` are those that it is to be up for.
    """

    schedule: Schedule | None
    timezone: str
    holds: tuple[Hold, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    start_early: timedelta = timedelta(0)
    pause: Pause | None = None
    expires_on: date | None = None
    windows: tuple[MaintenanceWindow, ...] = ()

    @property
    def zone_name(self) -> str:
        """The zone whose days and wall times count: the schedule's; without one, the environment's."""
        return self.schedule.timezone if self.schedule is not None else self.timezone

    def without_holds(self) -> EnvironmentSpec:
        """What holds are compared with."""
        return replace(self, holds=())

    def without_overrides(self) -> EnvironmentSpec:
        """What exceptions and holds are compared with: schedule and calendars alone."""
        return replace(self, holds=(), exceptions=())


Spec = EnvironmentSpec
