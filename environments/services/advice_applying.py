"""What operators do with advice: apply it, set it aside, and take either back. Each asks first whether they may."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from environments.models import DayException, Environment, Period, Schedule
from environments.models.advice import Advice
from portal.origin import acting

from . import plans, recorded, schedules
from .advice_reading import DAYS, TIMES, present
from .permissions import CHANGE_SCHEDULE, may_see

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

CHANGE_ENVIRONMENT = "environments.change_environment"
LONGEST_NAME, LONGEST_REASON = 80, 200
Status = Advice.Status


def may_apply(user: User | AnonymousUser) -> bool:
    """Who may give environments another schedule."""
    return user.has_perms((CHANGE_SCHEDULE, CHANGE_ENVIRONMENT))


def apply(*, advice: Advice, actor: User, now: datetime) -> Schedule:
    """Make the proposed schedule and give it to this environment alone; its plan is read anew at once.

    It has the zone, the policy and the calendars of the one before, and that one's exceptions from today on. Raises
    PermissionDenied; ValidationError in words when the advice is not open any more, or the environment runs by
    something else than what it was made for. Nothing is written then.
    """
    with acting(actor), transaction.atomic():
        row, environment = _locked(advice, actor)
        if row.status != Status.OPEN:
            raise ValidationError(_("It was applied, set aside or replaced meanwhile. Look at the page again."))
        if present(environment) != row.proposal["present"]:
            said = _("The schedule of %(name)s was changed since this was proposed. It is looked at anew by tomorrow.")
            raise ValidationError(said % {"name": environment.name})
        made = _make(row.proposal, environment, actor, now)
        former = environment.schedule
        environment.schedule = made
        environment.save(update_fields=["schedule"])
        row.replaced = {"schedule": former.pk if former else None, "made": made.pk}
        _end(row, Status.APPLIED, actor, now)
        schedules.plan_changed([environment.pk], now=now)
    return made


def dismiss(*, advice: Advice, actor: User, reason: str, now: datetime) -> None:
    """Set it aside: it is not proposed again for some time. Raises as `apply` does."""
    with acting(actor), transaction.atomic():
        row, _environment = _locked(advice, actor)
        if row.status != Status.OPEN:
            raise ValidationError(_("It was applied, set aside or replaced meanwhile. Look at the page again."))
        row.evidence["reason"] = reason.strip()[:LONGEST_REASON]
        _end(row, Status.DISMISSED, actor, now)


def undo(*, advice: Advice, actor: User, now: datetime) -> None:
    """Put back what stood before it was applied, or propose again what was set aside.

    The schedule that was made goes, unless somebody changed or uses it. Raises PermissionDenied; ValidationError in
    words when the environment runs by something else by now, or what stood before is gone. Nothing is written then.
    """
    with acting(actor), transaction.atomic():
        row, environment = _locked(advice, actor)
        if row.status not in {Status.APPLIED, Status.DISMISSED}:
            raise ValidationError(_("There was nothing to undo any more."))
        if row.status == Status.APPLIED:
            _put_back(row, environment, now)
        others = Advice.objects.filter(environment=environment, status=Status.OPEN).exclude(pk=row.pk)
        if others.exists():
            _end(row, Status.OUTDATED, actor, now)
            return
        row.status, row.ended_at, row.ended_by, row.replaced = Status.OPEN, None, None, {}
        row.evidence.pop("reason", None)
        row.save(update_fields=["status", "ended_at", "ended_by", "replaced", "evidence"])


def _locked(advice: Advice, actor: User) -> tuple[Advice, Environment]:
    """The environment first: whoever makes advice takes it before its rows, too."""
    environment = Environment.objects.select_for_update(of=("self",)).select_related("schedule").get(
        pk=advice.environment_id
    )  # fmt: skip
    if not (may_apply(actor) and may_see(actor, environment)):
        said = _("You may look at the advice for %(name)s, but not act on it. An operator can.")
        raise PermissionDenied(said % {"name": environment.name})
    return Advice.objects.select_for_update().get(pk=advice.pk), environment


def _end(row: Advice, status: Advice.Status, actor: User, now: datetime) -> None:
    row.status, row.ended_at, row.ended_by = status, now, actor
    row.save(update_fields=["status", "ended_at", "ended_by", "replaced", "evidence"])


def _make(proposal: dict[str, Any], environment: Environment, actor: User, now: datetime) -> Schedule:
    former = environment.schedule
    made = Schedule(
        name=_free_name(environment.name),
        description=_("Proposed from the use of %(name)s.") % {"name": environment.name},
        timezone=proposal["timezone"],
        override=proposal["override"],
        enforced=former.enforced if former else False,
        retain_running=former.retain_running if former else False,
    )
    made.full_clean()
    made.save()
    for fields in proposal["periods"]:
        period = Period(schedule=made, **{name: fields[name] for name in (*TIMES, *DAYS)})
        period.full_clean()
        period.save()
    if former:
        for calendar in former.calendars.all():
            calendar.schedules.add(made)
        _take_exceptions_along(former, made, actor, now)
    return made


def _take_exceptions_along(former: Schedule, made: Schedule, actor: User, now: datetime) -> None:
    """Days that somebody decided for the schedule are decided for this environment, too; ranges stay together."""
    rows = former.exceptions.in_force().from_day(plans.today(former.timezone, now)).order_by("pk")
    batches = {batch: uuid4() for batch in rows.values_list("batch", flat=True)}
    copies = [
        DayException(
            schedule=made, day=row.day, kind=row.kind, minute=row.minute, reason=row.reason, author_id=row.author_id,
            origin=row.origin, batch=batches[row.batch], created_at=row.created_at,
        )
        for row in rows
    ]  # fmt: skip
    recorded.create(DayException, copies)


def _put_back(row: Advice, environment: Environment, now: datetime) -> None:
    if environment.schedule_id != row.replaced["made"]:
        said = _("%(name)s has another schedule by now. Choose the one that you want on its page.")
        raise ValidationError(said % {"name": environment.name})
    former = Schedule.objects.filter(pk=row.replaced["schedule"]).first() if row.replaced["schedule"] else None
    if former is None and row.replaced["schedule"]:
        said = _("The schedule that %(name)s had before is gone. Choose another one on its page.")
        raise ValidationError(said % {"name": environment.name})
    made = environment.schedule
    is_as_made = _is_as_proposed(row, environment)
    environment.schedule = former
    environment.save(update_fields=["schedule"])
    later = DayException.objects.filter(schedule=made, created_at__gt=row.ended_at or now)
    if made and is_as_made and not made.environments.exists() and not later.exists():
        made.delete()
    schedules.plan_changed([environment.pk], now=now)


def _is_as_proposed(row: Advice, environment: Environment) -> bool:
    stands = present(environment)
    return all(stands[name] == row.proposal[name] for name in ("timezone", "override", "periods"))


def _free_name(environment: str) -> str:
    """“chat-dev: advised”, with a number where there is one of this name."""
    number, taken = 1, set(Schedule.objects.filter(name__contains=": advised").values_list("name", flat=True))
    while True:
        end = ": advised" if number == 1 else f": advised {number}"
        if (name := environment[: LONGEST_NAME - len(end)] + end) not in taken:
            return name
        number += 1
