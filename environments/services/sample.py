"""The sample data leaves with one click: what goes and what stays is told first, and all of it goes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Model, ProtectedError, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.models import (
    Account,
    Budget,
    Calendar,
    DayException,
    Environment,
    Hold,
    Interval,
    Operation,
    Period,
    Schedule,
    Tag,
    Target,
    Team,
)
from environments.models.alarm import Alarm, ImagePush
from environments.models.bill import DailyBill
from environments.models.daily import DailyCost, DailyRun, MonthlyCost
from environments.models.health import HealthDay, HealthHour, HealthSample
from environments.models.rate import Rate
from environments.models.sample import SampleRecord
from notifications.models import Contact, Topic

from . import cost_days, health_sums, sample_traces, schedules
from .sample_reading import Remains, is_there, recording, remains, rows_of

__all__ = ["Line", "Removal", "is_there", "may_remove", "plan", "recording", "remove"]

OUTLIVING: tuple[type[Model], ...] = (
    *(Interval, DailyRun, DailyCost, MonthlyCost, DailyBill, Rate),
    *(HealthHour, HealthDay),
)
"""What is kept of an environment that is gone: of the sample nothing is."""
HEARD_OF: tuple[type[Model], ...] = (Alarm, ImagePush)
"""What AWS has told of an account."""
LOOKED_UP = Q(rates__source=Rate.Source.PRICE_LIST)
PERMISSIONS = (
    "environments.delete_environment",
    "environments.delete_schedule",
    "environments.delete_calendar",
    "environments.delete_team",
    "environments.delete_account",
    "auth.delete_user",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the sample, and what people should know of it before it goes: or why it stays."""

    kind: str
    name: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Removal:
    """What removing the sample does. `busy` names the environments that must come to rest first."""

    goes: list[Line] = field(default_factory=list)
    stays: list[Line] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    gone: dict[type[Model], set[int]] = field(default_factory=dict)
    closed: list[User] = field(default_factory=list)
    """People who signed in: what they did keeps their names, and they cannot sign in any more."""
    needing: set[int] = field(default_factory=set)
    """Environments of people's own that need one that goes."""
    own_password_known: bool = False
    """Whoever removes it signs in with the password that everybody can read."""


def may_remove(user: Any) -> bool:
    """Administrators: those who may delete everything that the sample is made of."""
    return bool(user.is_active and user.has_perms(PERMISSIONS))


def plan(*, user: User) -> Removal | None:
    """What `remove` would do now; None when there is no sample. A fixed number of queries; changes nothing."""
    found = remains()
    return _decided(found, user) if found else None


def remove(*, user: User, now: datetime) -> Removal | None:
    """Remove the sample, in one transaction, and forget what it was made of; None when somebody was faster.

    What people made themselves stays, and so does what it uses of the sample. Raises PermissionDenied for those who may
    not, and ValidationError while an operation of its environments is under way; nothing is changed then. AWS is not
    asked: what runs in the simulated AWS stays there.
    """
    if not may_remove(user):
        raise PermissionDenied(_("Only an administrator can remove the sample."))
    with transaction.atomic():
        records = list(SampleRecord.objects.select_for_update())
        found = remains() if records else None
        if found is None:
            SampleRecord.objects.all().delete()
            return None
        list(Environment.objects.select_for_update().filter(pk__in=found.ids(Environment)))
        decided = _decided(found, user)
        if decided.busy:
            said = _("An operation is under way: %(names)s. Try again when it has ended.")
            raise ValidationError(said % {"names": ", ".join(decided.busy)})
        _delete(decided)
        SampleRecord.objects.all().delete()
        if decided.needing:
            schedules.plan_changed(decided.needing, now=now)
    return decided


def _delete(decided: Removal) -> None:
    """In the order in which one leans on the other."""
    sample_traces.forget(environments=decided.gone[Environment], teams=decided.gone[Team], topics=decided.gone[Topic])
    cost_days.forget(environments=decided.gone[Environment])
    for facts in OUTLIVING:
        rows_of(facts).filter(environment__in=decided.gone[Environment]).delete()
    for heard in HEARD_OF:
        accounts = Account.objects.filter(pk__in=decided.gone[Account])
        rows_of(heard).filter(account_id__in=accounts.values("account_id")).delete()
    for model in (Budget, Topic, Environment, Calendar, Schedule, Team, Account, Tag):
        rows_of(model).filter(pk__in=decided.gone[model]).delete()
    if not HealthSample.objects.exists():
        HealthHour.objects.filter(check_number=health_sums.MARK).delete()
    closed = list(decided.closed)
    for person in User.objects.filter(pk__in=decided.gone[User]):
        try:
            with transaction.atomic():
                Contact.objects.filter(user=person).delete()
                person.delete()
        except ProtectedError:
            closed.append(person)
    for person in closed:
        person.is_active = False
        person.set_unusable_password()
        person.save(update_fields=["is_active", "password"])


def _decided(found: Remains, user: User) -> Removal:
    """Environments first; then what nothing that stays uses; people last."""
    made = Removal()
    gone = made.gone
    gone[Environment] = found.ids(Environment)
    own = Environment.objects.exclude(pk__in=gone[Environment])
    made.needing = set(own.filter(needs__in=gone[Environment]).values_list("pk", flat=True))
    unfinished = Operation.objects.unfinished().filter(environment__in=gone[Environment])
    made.busy = sorted(unfinished.values_list("environment__name", flat=True))
    notes = _additions(found)
    for one in found.of(Environment):
        made.goes.append(_line(found, one, notes.get(one.pk, ())))
    used: dict[type[Model], Callable[[], Iterable[tuple[Any, str]]]] = {
        Schedule: lambda: own.values_list("schedule", "name"),
        Team: lambda: [*own.values_list("team", "name"), *_members(found)],
        Calendar: lambda: _calendar_uses(found, gone),
        Account: lambda: Target.objects.filter(environment__in=own).values_list("account_id", "environment__name"),
        Tag: lambda: own.values_list("tags", "name"),
    }
    for alone in (Budget, Topic):
        gone[alone] = found.ids(alone)
        made.goes += [_line(found, one) for one in found.of(alone)]
    for model, uses in used.items():
        _sort_out(made, found, model, uses())
    _people(made, found, user)
    return made


def _sort_out(made: Removal, found: Remains, model: type[Model], uses: Iterable[tuple[Any, str]]) -> None:
    users: dict[int, set[str]] = {}
    for pk, name in uses:
        users.setdefault(pk, set()).add(name)
    made.gone[model] = found.ids(model) - set(users)
    for row in found.of(model):
        if row.pk in users:
            said = _("used by %(names)s") % {"names": ", ".join(sorted(users[row.pk]))}
            made.stays.append(Line(_kind(model), str(row), (said,)))
        else:
            made.goes.append(_line(found, row))


def _members(found: Remains) -> list[tuple[int, str]]:
    """People of one's own in the sample's teams."""
    rows = Team.members.through.objects.filter(team__in=found.ids(Team), user__is_active=True)
    names = rows.exclude(user__in=found.ids(User)).values_list("team_id", "user__username")
    return [(pk, name) for pk, name in names]


def _calendar_uses(found: Remains, gone: dict[type[Model], set[int]]) -> list[tuple[int, str]]:
    """What stays and follows one of the sample's calendars: their plans would change with it."""
    uses: list[tuple[int, str]] = []
    for model in (Schedule, Team, Environment):
        staying = rows_of(model).exclude(pk__in=gone[model]).filter(calendars__in=found.ids(Calendar))
        uses += list(staying.values_list("calendars", "name"))
    return uses


def _people(made: Removal, found: Remains, user: User) -> None:
    """Everybody knows their password, so nobody keeps it but the one who is at it, who is told to change it."""
    made.gone[User] = set()
    for person in found.of(User):
        name = f"{person.get_full_name() or person.get_username()} ({person.get_username()})"
        own_password = found.has_own_password(person)
        if person.pk == user.pk:
            made.own_password_known = not own_password
            notes = () if own_password else (_("This is you. Change your password: everybody can read it."),)
            made.stays.append(Line(_kind(User), name, notes))
        elif own_password:
            made.stays.append(Line(_kind(User), name, (_("has a password of their own"),)))
        elif person.last_login:
            made.closed.append(person)
            made.goes.append(
                Line(_kind(User), name, (_("has signed in: cannot sign in any more, the name stays in the history"),))
            )
        else:
            made.gone[User].add(person.pk)
            made.goes.append(_line(found, person, name=name))


def _line(found: Remains, row: Model, notes: Iterable[str] = (), *, name: str = "") -> Line:
    changed = found.changed(row)
    said = [_("changed: %(fields)s") % {"fields": ", ".join(changed)}] if changed else []
    if isinstance(row, Schedule):
        strange = Period.objects.filter(schedule=row).exclude(pk__in=found.ids(Period)).count()
        edited = [one for one in found.of(Period) if one.schedule_id == row.pk and found.changed(one)]
        if strange or edited:
            said.append(_("its periods were changed"))
    return Line(_kind(type(row)), name or str(row), (*said, *notes))


def _additions(found: Remains) -> dict[int, list[str]]:
    """What people added to the sample's environments, and goes with them."""
    ids = found.ids(Environment)
    rows: Iterable[Any] = Environment.objects.filter(pk__in=ids).annotate(
        new_targets=Count("targets", filter=~Q(targets__in=found.ids(Target)), distinct=True),
        days=Count("exceptions", filter=Q(exceptions__in=DayException.objects.in_force()), distinct=True),
        priced=Count("rates", filter=~Q(rates__in=found.ids(Rate)) & ~LOOKED_UP, distinct=True),
        limits=Count("budgets", filter=~Q(budgets__in=found.ids(Budget)), distinct=True),
        kept=Count("holds", filter=Q(holds__in=Hold.objects.open()), distinct=True),
    )
    said: dict[int, list[str]] = {}
    for row in rows:
        told = said.setdefault(row.pk, [])
        if row.new_targets:
            added = ngettext("%(n)s target was added", "%(n)s targets were added", row.new_targets)
            told.append(added % {"n": row.new_targets})
        if row.days:
            told.append(ngettext("%(n)s exception", "%(n)s exceptions", row.days) % {"n": row.days})
        if row.priced:
            told.append(ngettext("%(n)s price line", "%(n)s price lines", row.priced) % {"n": row.priced})
        if row.limits:
            told.append(ngettext("%(n)s budget", "%(n)s budgets", row.limits) % {"n": row.limits})
        if row.kept:
            told.append(_("a hold"))
    for target in found.of(Target):
        if found.changed(target) and target.environment_id in said:
            told = said[target.environment_id]
            told.append(_("target %(name)s was changed") % {"name": target.identifier})
    return said


def _kind(model: type[Model]) -> str:
    return str(model._meta.verbose_name)  # noqa: SLF001
