"""From rows to what the rules read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.conf import settings

from environments import rules
from environments.models import Calendar, DayException, Environment, Hold, Pause, Schedule, Target
from environments.models.environment import READ_BACK

from .calendars import calendar_rules
from .exception_reasons import given
from .maintenance_windows import windows_of

DAY = timedelta(days=1)


def spec_of(
    environment: Environment, now: datetime, *, without_holds: bool = False, schedule: rules.Schedule | None = None
) -> rules.EnvironmentSpec:
    """Everything that decides the environment's plan around `now`. Reads nothing more when it came from `with_plan()`.

    `schedule` takes the place of the saved one. Raises RuleError for a saved one that cannot be read (the forms refuse
    such a one).
    """
    if schedule is None and environment.schedule:
        schedule = schedule_rules(environment.schedule)
    return rules.EnvironmentSpec(
        schedule=schedule,
        timezone=environment.zone_name,
        holds=() if without_holds else tuple(hold_rules(hold) for hold in _open_holds(environment)),
        exceptions=tuple(exception_rules(_exceptions(environment))),
        calendars=tuple(calendar_rules(calendar, scope, now) for calendar, scope in _calendars(environment)),
        start_early=start_lead(environment),
        pause=next((pause_rules(pause) for pause in _open_pauses(environment)), None),
        expires_on=environment.expires_on,
        windows=windows_of(_honoured_targets(environment)),
    )


def planned(environment: Environment, now: datetime) -> Environment:
    """The environment with all that its plan needs; read again only when it did not come from `with_plan()`."""
    if hasattr(environment, "exceptions_in_force"):
        return environment
    return Environment.objects.with_plan(now).get(pk=environment.pk)


def same_plan(environment: Environment) -> Hashable:
    """Equal for environments whose specs are equal, and much cheaper than building these; needs `with_plan()`."""
    return (
        environment.schedule_id,
        environment.zone_name,
        start_lead(environment),
        environment.expires_on,
        windows_of(_honoured_targets(environment)),
        tuple(pause.pk for pause in _open_pauses(environment)),
        tuple(hold.pk for hold in _open_holds(environment)),
        tuple(exception.pk for exception in _exceptions(environment)),
        tuple((calendar.pk, scope) for calendar, scope in _calendars(environment)),
    )


def _open_holds(environment: Environment) -> list[Hold]:
    found: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    return found


def _open_pauses(environment: Environment) -> list[Pause]:
    found: list[Pause] = environment.open_pauses  # type: ignore[attr-defined]
    return found


def _honoured_targets(environment: Environment) -> list[Target]:
    """Those whose maintenance windows it is to be up for; none of an environment that does not honour windows."""
    found: list[Target] = environment.honoured_targets  # type: ignore[attr-defined]
    return found


def start_lead(environment: Environment) -> timedelta:
    """How long before a planned start it is started: what was learned, at most what is allowed, if it is wished for."""
    if not environment.start_early:
        return timedelta(0)
    return timedelta(minutes=min(environment.start_lead, environment.start_early_cap))


def _scoped(environment: Environment) -> Iterator[tuple[Any, rules.Scope]]:
    """What exceptions and calendars hang on, from the wide to the narrow."""
    if environment.schedule:
        yield environment.schedule, rules.Scope.SCHEDULE
    yield environment.team, rules.Scope.TEAM
    yield environment, rules.Scope.ENVIRONMENT


def _exceptions(environment: Environment) -> list[DayException]:
    return [exception for owner, _scope in _scoped(environment) for exception in owner.exceptions_in_force]


def _calendars(environment: Environment) -> Iterator[tuple[Calendar, rules.Scope]]:
    for owner, scope in _scoped(environment):
        for calendar in owner.calendars.all():
            yield calendar, scope


def schedule_spec(schedule: Schedule, now: datetime, *, read_as: rules.Schedule | None = None) -> rules.EnvironmentSpec:
    """The plan of the schedule itself, with the calendars and exceptions that hang on it; four queries.

    `read_as` takes the place of its periods. Raises RuleError for saved ones that cannot be read.
    """
    exceptions = schedule.exceptions.in_force().select_related("author").from_day(now.date() - READ_BACK)
    calendars = schedule.calendars.prefetch_related("days")
    return rules.EnvironmentSpec(
        schedule=read_as or schedule_rules(schedule),
        timezone=schedule.timezone,
        exceptions=tuple(exception_rules(exceptions)),
        calendars=tuple(calendar_rules(calendar, rules.Scope.SCHEDULE, now) for calendar in calendars),
    )


def schedule_rules(schedule: Schedule) -> rules.Schedule:
    """The schedule as rules, parsed once for each wording of it."""
    periods = tuple(tuple(sorted(p.rule_fields().items())) for p in schedule.periods.all())
    return _parsed(str(schedule.pk), schedule.name, schedule.timezone, schedule.override, periods)


@lru_cache(maxsize=4096)
def _parsed(
    pk: str, name: str, timezone: str, override: str, periods: tuple[tuple[tuple[str, str | None], ...], ...]
) -> rules.Schedule:
    return rules.Schedule(
        id=pk,
        name=name,
        timezone=timezone or settings.TIME_ZONE,
        periods=tuple(rules.parse_period(**dict(fields)) for fields in periods),  # type: ignore[arg-type]
        override=rules.Desired(override) if override else None,
    )


def hold_rules(hold: Hold) -> rules.Hold:
    return rules.Hold(
        id=str(hold.pk),
        desired=rules.Desired(hold.desired),
        start=hold.starts_at,
        until=hold.until,
        reason=hold.reason,
        author=hold.author_name,
    )


def pause_rules(pause: Pause) -> rules.Pause:
    return rules.Pause(
        id=str(pause.pk), start=pause.starts_at, until=pause.until, reason=pause.reason, author=pause.author_name
    )


def exception_rules(rows: Iterable[DayException]) -> Iterator[rules.DayException]:
    """Rows as rules; dates of one batch that follow each other become one range, which costs the planner less."""
    ordered = sorted(rows, key=lambda row: (str(row.batch), row.kind, row.day))
    for _batch, made_together in groupby(ordered, key=lambda row: (row.batch, row.kind)):
        run: list[DayException] = []
        for row in made_together:
            if run and row.day != run[-1].day + DAY:
                yield _as_range(run)
                run = []
            run.append(row)
        yield _as_range(run)


def _as_range(run: list[DayException]) -> rules.DayException:
    row = run[0]
    return rules.DayException(
        id=str(row.pk),
        kind=rules.ExceptionKind(row.kind),
        first=row.day,
        last=run[-1].day,
        scope=rules.Scope(row.scope),
        minute=row.minute,
        reason=given(row.reason),
        author=row.author_name,
        created=row.created_at,
    )
