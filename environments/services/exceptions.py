"""Exceptions of single days: placing, removing and bringing them back. Every door asks for them here.

Each function asks whether `author` may (`permissions.require_override`), locks what the exceptions are made for, writes
all or nothing, has the plans it concerns judged again within seconds, and tells of it once (`override_events`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from environments import override_events
from environments.models import DayException, Environment, Hold, Schedule, Team
from portal.origin import acting

from . import budget_limits, permissions, recorded, schedules
from .exception_checks import (
    FIELD,
    Wanted,
    WantedOnes,
    as_wanted,
    check,
    concerned,
    each_of,
    environments_of,
    fits,
    preview,
    problems_by_day,
    zones,
)
from .exception_rows import Key, has_passed, ids_of, key_of, of_the_same, replaced_by, scope_of
from .permissions import Scope

__all__ = [
    "Scope", "Wanted", "change", "check", "concerned", "copy", "environments_of", "fits", "has_passed", "place",
    "preview", "remove", "restore", "scope_of", "undo", "zones",
]  # fmt: skip

DAY = timedelta(days=1)
OPPOSITE = {DayException.Kind.START: DayException.Kind.STOP, DayException.Kind.STOP: DayException.Kind.START}


def place(
    *, scope: Scope, wanted: WantedOnes, author: User, origin: str = Hold.Origin.WEB, now: datetime
) -> list[DayException]:
    """Write the exception, a row a date; those in force of the same scope, date and kind end and stay in the history.

    Several wanted ones (a start and a stop) are written together, in one batch. Raises PermissionDenied, and
    ValidationError naming the field (kind, reason, first, last, time); nothing is written then.
    """
    permissions.require_override(author, scope)
    with acting(author, origin), transaction.atomic():
        _lock([scope])
        # Under the lock: what somebody else set for the same day a moment ago is there to be compared with.
        check(scope=scope, wanted=wanted, now=now)
        made = _written(scope, each_of(wanted), author, origin, now)
        override_events.made(made, scope, author, now)
    return made


def change(
    *, exceptions: Sequence[DayException], scope: Scope, wanted: WantedOnes, author: User, now: datetime
) -> list[DayException]:
    """Put another exception in the place of these: they end, and it is placed, or neither is.

    `undo` of what was made brings them back. Raises what `remove` and `place` raise.
    """
    with acting(author), transaction.atomic():
        _lock([scope, *(scope_of(row) for row in _read(exceptions))])
        _ended(exceptions, author, now)
        permissions.require_override(author, scope)
        check(scope=scope, wanted=wanted, now=now)
        made = _written(scope, each_of(wanted), author, Hold.Origin.WEB, now)
        override_events.changed(made, scope, author, now)
    return made


def copy(
    *,
    exceptions: Sequence[DayException],
    days: Collection[date],
    author: User,
    origin: str = Hold.Origin.WEB,
    now: datetime,
) -> list[DayException]:
    """Make the exceptions of one date hold for other dates as well, in one batch: `undo` takes all of it back.

    What is in force there of the same scope ends: such a date is to be as this one is. Raises PermissionDenied, and
    ValidationError of the field `days` with a sentence for each date that it cannot be for; nothing is written then.
    """
    rows = list(_read(exceptions))
    if not rows or len({key_of(row)[:3] for row in rows}) > 1:
        raise ValueError("copied are the exceptions of one scope and date")
    scope = scope_of(rows[0])
    permissions.require_override(author, scope)
    chosen = sorted(set(days) - {rows[0].day})
    if not chosen:
        raise ValidationError({"days": _("Choose at least one other day.")})
    with acting(author, origin), transaction.atomic():
        _lock([scope])
        there = DayException.objects.in_force().filter(day__in=chosen, **{FIELD[type(scope)]: scope})
        recorded.update(there, by=author, ended_at=now, ended_by=author)
        wanted = [as_wanted(row, day) for day in chosen for row in rows]
        if problems := problems_by_day(scope=scope, wanted=wanted, now=now):
            raise ValidationError({"days": [f"{day}: {why}" for day, why in problems.items()]})
        made = _written(scope, wanted, author, origin, now)
        override_events.made(made, scope, author, now)
    return made


def _written(scope: Scope, wanted: Sequence[Wanted], author: User, origin: str, now: datetime) -> list[DayException]:
    """The rows of one batch, within the caller's transaction."""
    budget_limits.refuse_longer_days(scope, wanted, author, now)
    field: dict[str, Any] = {FIELD[type(scope)]: scope}
    batch, rows = uuid4(), list[DayException]()
    for one in wanted:
        days = [one.first + n * DAY for n in range((one.last - one.first).days + 1)]
        same = DayException.objects.in_force().filter(day__range=(one.first, one.last), kind=one.kind, **field)
        recorded.update(same, by=author, ended_at=now, ended_by=author)
        rows += [
            DayException(
                day=day, kind=one.kind, minute=one.kept_minute, reason=one.reason.strip(), author=author,
                origin=origin, batch=batch, created_at=now, **field,
            )
            for day in days
        ]  # fmt: skip
    made = recorded.create(DayException, rows)
    _plans_changed(made, now)
    return made


def remove(*, exceptions: Sequence[DayException], author: User, now: datetime) -> int:
    """End exceptions that are in force; their number. Those of days that have passed stay: they were in force then.

    Raises PermissionDenied when one of them is not theirs to end; nothing is written then.
    """
    with acting(author), transaction.atomic():
        rows, count = _ended(exceptions, author, now)
        if count:
            override_events.removed(rows, [scope_of(row) for row in rows], author, now)
    return count


def _ended(exceptions: Sequence[DayException], author: User, now: datetime) -> tuple[list[DayException], int]:
    """Those that were to come, which end now, within the caller's transaction; and how many still had to."""
    rows = _to_come(_read(exceptions).filter(ended_at__isnull=True), now)
    _require(rows, author)
    still = DayException.objects.in_force().filter(pk__in=[row.pk for row in rows])
    count = recorded.update(still, by=author, ended_at=now, ended_by=author)
    _plans_changed(rows, now)
    return rows, count


def restore(*, exceptions: Sequence[DayException], author: User, now: datetime) -> int:
    """Undo a removal: the exceptions come back in force as they were; their number, 0 when they are in force already.

    Those of days that have passed do not count. Raises PermissionDenied, and ValidationError saying which day cannot
    come back and why (another one took its place, it makes no sense any more); nothing is written then.
    """
    with acting(author), transaction.atomic():
        _lock(scope_of(row) for row in _read(exceptions))
        ended = list(_read(exceptions).filter(ended_at__isnull=False))
        rows = list({key_of(row): row for row in _to_come(ended, now)}.values())
        _require(rows, author)
        if ended and not rows:
            raise ValidationError(_("It cannot come back: its days have passed."))
        budget_limits.refuse_return(rows, author, now)
        _bring_back(rows, author, now)
        override_events.brought_back(rows, [scope_of(row) for row in rows], author, now)
    return len(rows)


def undo(*, exceptions: Sequence[DayException], author: User, now: datetime) -> int:
    """Take a placement back: what is still in force of it ends, and what it replaced comes back; the number ended.

    Days that have passed stay as they were. Raises PermissionDenied, and ValidationError when what was replaced cannot
    come back; nothing is written then.
    """
    with acting(author), transaction.atomic():
        _lock(scope_of(row) for row in _read(exceptions))
        rows = _to_come(_read(exceptions).filter(ended_at__isnull=True), now)
        _require(rows, author)
        replaced = replaced_by(rows)
        still = DayException.objects.filter(pk__in=[row.pk for row in rows])
        recorded.update(still, by=author, ended_at=now, ended_by=author)
        _plans_changed(rows, now)
        _bring_back(replaced, author, now)
        override_events.removed(rows, [scope_of(row) for row in rows], author, now)
    return len(rows)


def _read(exceptions: Sequence[DayException]) -> QuerySet[DayException]:
    """Their rows as they are now; the sequence may have been read before somebody else changed them."""
    rows = DayException.objects.filter(pk__in=[row.pk for row in exceptions])
    return rows.select_related("environment__schedule", "environment__team", "team", "schedule").order_by("pk")


def _to_come(rows: Iterable[DayException], now: datetime) -> list[DayException]:
    found = list(rows)
    over = has_passed(found, now)
    return [row for row in found if row.pk not in over]


def _require(rows: Sequence[DayException], author: User) -> None:
    """PermissionDenied, in words, when one of them is not theirs to change: one query, however many there are."""
    within = DayException.objects.filter(permissions.exceptions_in_reach(author), pk__in=[row.pk for row in rows])
    reached = set(within.values_list("pk", flat=True))
    for row in rows:
        if row.pk not in reached:
            permissions.require_override(author, scope_of(row))


def _lock(scopes: Iterable[Scope]) -> None:
    """The rows of the scopes are the lock: two people who set the same day at once do so one after the other, and the
    second finds what the first wrote. Always taken in one order, so that nobody waits for each other."""
    ids: dict[type[Scope], set[int]] = {}
    for scope in scopes:
        ids.setdefault(type(scope), set()).add(scope.pk)
    for rows in (Environment.objects.all(), Team.objects.all(), Schedule.objects.all()):
        if rows.model in ids:
            list(rows.select_for_update().filter(pk__in=ids[rows.model]).order_by("pk"))


def _bring_back(rows: Sequence[DayException], author: User, now: datetime) -> None:
    """The rows themselves come back: with their author and their age, which decides among equals."""
    in_force = {key_of(row): row for row in DayException.objects.in_force().filter(of_the_same(rows))}
    for row in rows:
        if reason := _in_its_way(row, in_force):
            raise ValidationError(_("%(day)s cannot come back: %(reason)s.") % {"day": row.day, "reason": reason})
    back = DayException.objects.filter(pk__in=[row.pk for row in rows])
    if rows:
        # A row that came back forgets that it was ended; who brought it back is kept with it.
        LogEntry.objects.log_actions(author.pk, back, CHANGE, change_message=[{"changed": {"fields": ["ended"]}}])
    recorded.update(back, by=author, ended_at=None, ended_by=None)
    _plans_changed(rows, now)


def _in_its_way(row: DayException, in_force: dict[Key, DayException]) -> str:
    """What was set meanwhile and leaves no place for it; empty when nothing was."""
    name, pk, day, kind = key_of(row)
    if (name, pk, day, kind) in in_force:
        return _("another exception of the same kind took its place")
    other = in_force.get((name, pk, day, OPPOSITE.get(DayException.Kind(kind), "")))
    if other is None:
        return ""
    start, stop = (row, other) if kind == DayException.Kind.START else (other, row)
    if (stop.minute or 0) > (start.minute or 0):
        return ""
    clocks = {"stop": stop.clock, "start": start.clock}
    return _("its stop at %(stop)s would not be after the start at %(start)s") % clocks


def _plans_changed(rows: Sequence[DayException], now: datetime) -> None:
    """One UPDATE, whatever the number of environments."""
    if rows:
        ids = ids_of(rows)
        whom = Q(pk__in=ids["environment"]) | Q(team__in=ids["team"]) | Q(schedule__in=ids["schedule"])
        schedules.plan_changed(Environment.objects.filter(whom).values_list("pk", flat=True), now=now)
