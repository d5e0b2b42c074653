"""Exceptions of single days: placing, previewing and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from environments import rules
from environments.models import DayException, Environment, Hold, Schedule, Team

from . import schedules
from .specs import spec_of

Scope = Environment | Team | Schedule
FIELD = {Environment: "environment", Team: "team", Schedule: "schedule"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An exception as people enter it: a kind, dates (both included), a time for start and stop, a reason."""

    kind: str
    first: date
    last: date
    minute: int | None = None
    reason: str = ""


def concerned(scope: Scope, now: datetime) -> list[Environment]:
    """The environments an exception of this scope works on, ready to be planned."""
    rows = Environment.objects.with_plan(now)
    return list(
        rows.filter(pk=scope.pk) if isinstance(scope, Environment) else rows.filter(**{FIELD[type(scope)]: scope})
    )


def place(
    *, scope: Scope, wanted: Wanted, author: User, origin: str = Hold.Origin.WEB, now: datetime
) -> list[DayException]:
    """Write the exception, a row a date; those in force of the same scope, date and kind end and stay in the history.

    The plans it concerns are judged again within seconds. Raises ValidationError naming the field (reason, first,
    last, time); nothing is written then.
    """
    check(scope=scope, wanted=wanted, now=now)
    field = {FIELD[type(scope)]: scope}
    batch = uuid4()
    days = [wanted.first + timedelta(days=n) for n in range((wanted.last - wanted.first).days + 1)]
    with transaction.atomic():
        # The scope's row is the lock: two people who set the same day at once do so one after the other.
        type(scope).objects.select_for_update().get(pk=scope.pk)
        replaced = DayException.objects.in_force().filter(day__in=days, kind=wanted.kind, **field)
        replaced.update(ended_at=now, ended_by=author)
        made = DayException.objects.bulk_create(
            DayException(
                day=day, kind=wanted.kind, minute=wanted.minute, reason=wanted.reason.strip(), author=author,
                origin=origin, batch=batch, created_at=now, **field,
            )
            for day in days
        )  # fmt: skip
        schedules.plan_changed([environment.pk for environment in concerned(scope, now)], now=now)
    return made


def remove(*, exceptions: Sequence[DayException], author: User, now: datetime) -> int:
    """End exceptions that are in force; their number. The plans they concerned are judged again within seconds."""
    with transaction.atomic():
        rows = DayException.objects.in_force().filter(pk__in=[exception.pk for exception in exceptions])
        # A range is many rows of one scope: each scope is looked up once.
        scopes = {(row.scope, scope_of(row).pk): scope_of(row) for row in rows.select_related(*FIELD.values())}
        ids = {environment.pk for scope in scopes.values() for environment in concerned(scope, now)}
        count = rows.update(ended_at=now, ended_by=author)
        schedules.plan_changed(sorted(ids), now=now)
    return count


def restore(*, exceptions: Sequence[DayException], author: User, now: datetime) -> int:
    """Undo a removal: exceptions whose dates have not passed come back in force, unless a newer one took their
    place."""
    count = 0
    for row in exceptions:
        wanted = Wanted(row.kind, row.day, row.day, row.minute, row.reason)
        scope = scope_of(row)
        taken = DayException.objects.in_force().filter(day=row.day, kind=row.kind, **{row.scope: scope})
        if row.ended_at and not taken.exists():
            place(scope=scope, wanted=wanted, author=author, origin=row.origin, now=now)
            count += 1
    return count


def scope_of(exception: DayException) -> Scope:
    found = exception.environment or exception.team or exception.schedule
    if found is None:
        raise AssertionError("the database keeps one scope an exception")
    return found


def check(*, scope: Scope, wanted: Wanted, now: datetime) -> None:
    """Raise ValidationError, naming the field and the reason, when the exception cannot be entered.

    One for a team or a schedule is refused when it fits none of the environments it would work on.
    """
    if not wanted.reason.strip():
        raise ValidationError({"reason": _("Say why: everybody reads it.")})
    problems = []
    for environment in concerned(scope, now):
        try:
            problem = rules.exception_problem(spec_of(environment, now), _as_rule(scope, wanted, now), now)
        except rules.RuleError as error:
            problem = error
        if problem is None:
            return
        problems.append(problem)
    if problems:
        raise ValidationError({problems[0].field: problems[0].text(get_language() or "en")})


def preview(environment: Environment, scope: Scope, wanted: Wanted, now: datetime) -> rules.EnvironmentSpec:
    """The environment's spec as it would be with the exception; plan it to see the resulting day. Writes nothing."""
    return rules.with_exception(spec_of(environment, now), _as_rule(scope, wanted, now))


def _as_rule(scope: Scope, wanted: Wanted, now: datetime) -> rules.DayException:
    return rules.DayException(
        id="new",
        kind=rules.ExceptionKind(wanted.kind),
        first=wanted.first,
        last=wanted.last,
        scope=rules.Scope(FIELD[type(scope)]),
        minute=wanted.minute,
        reason=wanted.reason,
        created=now,
    )
