"""What an exception would do, before it is written: whom it concerns, whether it can be, and the plan that follows."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, F, Min, OuterRef, Q, Value, When
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from environments import rules
from environments.models import DayException, Environment, Schedule, Team
from environments.models.environment import EnvironmentQuerySet

from .permissions import Scope
from .specs import same_plan, schedule_spec, spec_of

FIELD = {Environment: "environment", Team: "team", Schedule: "schedule"}
LONGEST_REASON = 200
MIDNIGHT = 24 * 60
# Environments whose plans are read at once while looking for one that the exception fits.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """An exception as people enter it: a kind, dates (both included), a time for start and stop, a reason.

    `minute` is wall time of the schedule; a stop at 0 means the midnight that ends the day.
    """

    kind: str
    first: date
    last: date
    minute: int | None = None
    reason: str = ""

    @property
    def kept_minute(self) -> int | None:
        """The minute as the database keeps it."""
        return MIDNIGHT if self.kind == DayException.Kind.STOP and self.minute == 0 else self.minute


WantedOnes = Wanted | Sequence[Wanted]
"""One, or a start and a stop that belong together."""


def each_of(wanted: WantedOnes) -> list[Wanted]:
    return [wanted] if isinstance(wanted, Wanted) else list(wanted)


def as_wanted(row: DayException, day: date) -> Wanted:
    """What is wished for by a row, for another date."""
    return Wanted(row.kind, day, day, row.minute, row.reason)


def environments_of(scope: Scope) -> EnvironmentQuerySet:
    """The environments an exception of this scope works on."""
    if isinstance(scope, Environment):
        return Environment.objects.filter(pk=scope.pk)
    return Environment.objects.filter(**{FIELD[type(scope)]: scope})


def concerned(scope: Scope, now: datetime) -> list[Environment]:
    """The environments an exception of this scope works on, ready to be planned."""
    return list(Environment.objects.with_plan(now).filter(pk__in=environments_of(scope).values("pk")))


def distinct_plans(
    scope: Scope, wanted: Sequence[Wanted], now: datetime, without: Collection[int] = ()
) -> Iterator[Environment]:
    """An environment for each plan of these days among those concerned, in the order of their age; read in pieces, as
    far as asked. `without`: ids of exceptions that are left out, because the new one takes their place.

    Ten thousand environments of one schedule and team have one plan, but for those with exceptions of these days or
    calendars of their own: the database tells them apart. Holds, pauses and last days have no say in what can be
    entered.
    """
    first, last = min(one.first for one in wanted), max(one.last for one in wanted)
    own = DayException.objects.in_force().filter(environment=OuterRef("pk"), day__range=(first, last))
    rows = environments_of(scope).annotate(
        is_own=Case(When(Exists(own) | Q(calendars__isnull=False), then=F("pk")), default=Value(0))
    )
    ones = rows.order_by().values("schedule", "team", "timezone", "is_own").annotate(one=Min("pk")).values("one")
    seen: set[Hashable] = set()
    found = Environment.objects.with_plan(now).filter(pk__in=ones).order_by("pk")
    for environment in found.iterator(chunk_size=CHUNK):
        leave_out(environment, without)
        key = same_plan(environment)
        if key not in seen:
            seen.add(key)
            yield environment


def leave_out(environment: Environment, exceptions: Collection[int]) -> Environment:
    """The same object, which came from `with_plan()`: from here on it is planned without these exceptions."""
    if exceptions:
        owners: list[Any] = [environment, environment.team, *([environment.schedule] if environment.schedule else [])]
        for owner in owners:
            owner.exceptions_in_force = [row for row in owner.exceptions_in_force if row.pk not in exceptions]
    return environment


def check(*, scope: Scope, wanted: WantedOnes, now: datetime, without: Collection[int] = ()) -> None:
    """Raise ValidationError, naming the fields (kind, first, last, time, reason) and the reasons, when it cannot be.

    One for a team or a schedule is refused when it fits none of the environments it would work on. `without`: ids of
    exceptions whose place it takes.
    """
    each = each_of(wanted)
    errors = _refused_words(each)
    problem = None if "kind" in errors else _problem(scope, each, now, without)
    if problem is not None:
        errors.setdefault(problem.field, capfirst(problem.text(get_language() or "en")))
    if errors:
        raise ValidationError(errors)


def problems_by_day(
    *, scope: Scope, wanted: Sequence[Wanted], now: datetime, without: Collection[int] = ()
) -> dict[date, str]:
    """Why it cannot be entered, for each date on which it cannot; `wanted` are of single dates. The plans are read
    once, however many dates there are."""
    by_day: dict[date, list[Wanted]] = {}
    for one in wanted:
        by_day.setdefault(one.first, []).append(one)
    language = get_language() or "en"
    try:
        plans = [spec_of(environment, now) for environment in distinct_plans(scope, wanted, now, without)]
    except rules.RuleError as error:  # a schedule that cannot be read
        return dict.fromkeys(by_day, capfirst(error.text(language)))
    found: dict[date, str] = {}
    for day, each in by_day.items():
        problems = [_problem_of(spec, scope, each, now) for spec in plans or [_bare(scope, now)]]
        first = problems[0]
        if first is not None and None not in problems:
            found[day] = capfirst(first.text(language))
    return found


def preview(environment: Environment, scope: Scope, wanted: WantedOnes, now: datetime) -> rules.EnvironmentSpec:
    """The environment's spec as it would be with the exception; plan it to see the resulting day. Writes nothing."""
    spec = spec_of(environment, now)
    for one in each_of(wanted):
        spec = rules.with_exception(spec, _as_rule(scope, one, now))
    return spec


def fits(environment: Environment, scope: Scope, wanted: WantedOnes, now: datetime) -> bool:
    """Whether the exception can be entered for this environment alone; its words are not judged."""
    return not misfit(environment, scope, wanted, now)


def misfit(environment: Environment, scope: Scope, wanted: WantedOnes, now: datetime) -> str:
    """Why the exception cannot be entered for this environment alone, empty where it can; its words are not judged.

    Reads nothing more when the environment came from `with_plan()`. Raises RuleError for a saved schedule that cannot
    be read.
    """
    problem = _problem_of(spec_of(environment, now), scope, each_of(wanted), now)
    return capfirst(problem.text(get_language() or "en")) if problem else ""


def zones(scope: Scope) -> list[str]:
    """The zones whose days and wall times count for an exception of this scope; more than one for some teams."""
    if isinstance(scope, Schedule):
        return [scope.timezone or settings.TIME_ZONE]
    if isinstance(scope, Environment):
        return [scope.schedule.timezone if scope.schedule else scope.zone_name]
    return team_zones([scope.pk]).get(scope.pk) or [settings.TIME_ZONE]


def team_zones(teams: Iterable[int]) -> dict[int, list[str]]:
    """For each team, by its id, the zones of its environments' plans."""
    found: dict[int, set[str]] = {}
    rows = Environment.objects.filter(team__in=list(teams)).order_by()
    for team, schedule_zone, own in rows.values_list("team_id", "schedule__timezone", "timezone").distinct():
        found.setdefault(team, set()).add(schedule_zone or own or settings.TIME_ZONE)
    return {team: sorted(names) for team, names in found.items()}


def first_day(names: Iterable[str], now: datetime) -> date:
    """The earliest date that has not passed in one of the zones at least."""
    return min(now.astimezone(ZoneInfo(name)).date() for name in names)


def _refused_words(each: Sequence[Wanted]) -> dict[str, str]:
    kinds = [one.kind for one in each]
    if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(DayException.Kind.values):
        return {"kind": _("Choose one: off all day, on all day, or other hours.")}
    reason = each[0].reason.strip()
    if not reason:
        return {"reason": _("Say why: everybody reads it.")}
    if len(reason) > LONGEST_REASON:
        return {"reason": _("Say it in %(count)s characters at most.") % {"count": LONGEST_REASON}}
    return {}


def _problem(scope: Scope, each: Sequence[Wanted], now: datetime, without: Collection[int]) -> rules.RuleError | None:
    """Why it cannot be entered for any environment; None when it fits one."""
    problem: rules.RuleError | None = None
    nobody = True
    for environment in distinct_plans(scope, each, now, without):
        nobody = False
        try:
            found = _problem_of(spec_of(environment, now), scope, each, now)
        except rules.RuleError as error:  # a schedule that cannot be read
            found = error
        if found is None:
            return None
        problem = problem or found
    return _problem_of(_bare(scope, now), scope, each, now) if nobody else problem


def _problem_of(
    spec: rules.EnvironmentSpec, scope: Scope, each: Sequence[Wanted], now: datetime
) -> rules.RuleError | None:
    """What is wrong for one plan. Of a start and a stop each is judged as if the other were there already."""
    try:
        new = [_as_rule(scope, one, now) for one in each]
    except rules.RuleError as error:
        return error
    for exception in new:
        others = spec
        for other in new:
            others = others if other is exception else rules.with_exception(others, other)
        if problem := rules.exception_problem(others, exception, now):
            return problem
    return None


def _bare(scope: Scope, now: datetime) -> rules.EnvironmentSpec:
    """The plan that an environment would have which there is not yet: dates are refused all the same."""
    if isinstance(scope, Schedule):
        return schedule_spec(scope, now)
    return rules.EnvironmentSpec(schedule=None, timezone=settings.TIME_ZONE)


def _as_rule(scope: Scope, wanted: Wanted, now: datetime) -> rules.DayException:
    return rules.DayException(
        id=f"new-{wanted.kind}",
        kind=rules.ExceptionKind(wanted.kind),
        first=wanted.first,
        last=wanted.last,
        scope=rules.Scope(FIELD[type(scope)]),
        minute=wanted.minute,
        reason=wanted.reason,
        created=now,
    )
