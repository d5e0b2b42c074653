"""Environments: what they do and why, their plans, and starting, stopping and redeploying them."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from environments import rules
from environments.models import Environment, Hold, Wish
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import boards, holds, operations, permissions, plans
from environments.services.specs import spec_of
from portal.api.access import needs
from portal.api.answers import Ready, page_of
from portal.api.paging import Page, Window, cut
from portal.api.problems import Problem
from portal.models.token import Scope

from . import changes, kept, rows
from .asking import Slug, environment_of, person, refuse_another_age, refuse_unknown_past
from .environment_schemas import (
    STATE_NAMES,
    EnvironmentDetail,
    EnvironmentFilters,
    EnvironmentOut,
    ExplainAsked,
    ExplainOut,
    PlanAsked,
    RedeployIn,
    Switched,
    SwitchIn,
)
from .operation_schemas import operation_out
from .planned import PlanOut, planned
from .words import language

router = Router(tags=["Environments"])

MOST_DAYS: Final = 62
USUALLY_DAYS: Final = 7


@router.get("", response=Page[EnvironmentOut], auth=needs(Scope.READ), summary="Environments")
def environments(request: HttpRequest, window: Query[Window], filters: Query[EnvironmentFilters]) -> HttpResponse:
    """All that the account sees, by name; filters narrow them, and all given must fit.

    What anybody changes is told at once; what the portal sees for itself (states, health) may be a second old. Costs
    are those of the minute.
    """
    user, now = person(request), timezone.now()

    def read() -> Ready:
        found, following = cut(rows.values(_filtered(user, filters)), window, ("name", "pk"))
        return page_of(rows.told(found, user, now), following)

    # In this order: what is changed after the look at what has changed is in no answer that is kept by it.
    asked = (changes.newest(), _sight(user), language(), window.model_dump_json(), filters.model_dump_json())
    return kept.lists.get(asked, read, now=now).response(request)


@router.get("/{slug}", response=EnvironmentDetail, auth=needs(Scope.READ), summary="An environment")
def one_environment(request: HttpRequest, slug: Slug) -> dict[str, Any]:
    """As in the list, with its targets, what it needs, and its newest operation."""
    user, now = person(request), timezone.now()
    environment = environment_of(user, slug)
    told = rows.told(list(rows.values(Environment.objects.filter(pk=environment.pk))), user, now)[0]
    last = environment.operations.select_related("environment", "actor").first()
    needed = environment.needs.filter(pk__in=Environment.objects.visible_to(user).values("pk"))
    return told | {
        "targets": list(environment.targets.order_by("order", "pk").values("kind", "identifier", "region", "order")),
        "needs": list(needed.order_by("slug").values_list("slug", flat=True)),
        "operation": operation_out(last) if last else None,
        "can_switch": permissions.may_switch(user, environment),
    }


@router.get("/{slug}/plan", response=PlanOut, auth=needs(Scope.READ), by_alias=True, summary="The plan of some days")
def plan(request: HttpRequest, slug: Slug, asked: Query[PlanAsked]) -> PlanOut:
    """What is wished for, from instant to instant, with reasons and the changes. At most 62 days."""
    now = timezone.now()
    environment = _with_plan(person(request), slug, now)
    try:
        spec = spec_of(environment, now)
        first, count = _days(asked, plans.today(spec.zone_name, now))
        if first < now.date():  # exceptions of then decided then
            spec = spec_of(_with_plan(person(request), slug, now - (now.date() - first)), now)
        return planned(environment, spec, plans.days_of(spec, first, count), now)
    except rules.RuleError as error:
        raise _unreadable(error) from error


@router.get("/{slug}/explain", response=ExplainOut, auth=needs(Scope.READ), summary="Why it runs or not")
def explain(request: HttpRequest, slug: Slug, asked: Query[ExplainAsked]) -> dict[str, Any]:
    """What is wished for at a moment and why, by the plan as it stands today."""
    now = timezone.now()
    at = asked.at or now
    refuse_unknown_past("at", at, now)
    environment = _with_plan(person(request), slug, min(at, now))
    try:
        found = rules.explain(spec_of(environment, now), at)
        text = found.text(language(), environment.zone_name)
    except rules.RuleError as error:
        raise _unreadable(error) from error
    return {
        "environment": environment.slug,
        "at": at,
        "timezone": environment.zone_name,
        "desired": found.desired.value,
        "text": text,
        "reason": found.reason.text(language()),
        "source": {"kind": found.source.kind.value, "id": found.source.id},
        "since": found.since,
        "until": found.until,
        "then": found.then.value if found.then else None,
    }


@router.post("/{slug}/start", response={202: Switched}, auth=needs(Scope.OPERATE), summary="Start and keep running")
def start(request: HttpRequest, slug: Slug, wanted: SwitchIn) -> Status[dict[str, Any]]:
    """A hold, effective at once; follow the operation that it takes. What runs already is kept running."""
    return _switched(request, slug, Wish.RUNNING, wanted)


@router.post("/{slug}/stop", response={202: Switched}, auth=needs(Scope.OPERATE), summary="Stop and keep stopped")
def stop(request: HttpRequest, slug: Slug, wanted: SwitchIn) -> Status[dict[str, Any]]:
    """A hold, effective at once; nobody is asked once more. Refused while others need it, unless `anyway`."""
    return _switched(request, slug, Wish.STOPPED, wanted)


@router.post("/{slug}/redeploy", response={202: Switched}, auth=needs(Scope.OPERATE), summary="Take the newest images")
def redeploy(request: HttpRequest, slug: Slug, wanted: RedeployIn) -> Status[dict[str, Any]]:
    """Bring what runs to its newest images; one that is starting, when it has started."""
    user, now = person(request), timezone.now()
    environment = environment_of(user, slug)
    permissions.require_switch(user, environment)
    operations.request_redeploy(environment=environment, actor=user, note=wanted.reason, now=now)
    return Status(202, _what_follows(environment, user, now))


def _sight(user: User) -> Hashable:
    """Equal for those to whom the same list says the same: it depends on nothing else of who asks."""
    teams = None if user.has_perm(SEE_EVERY_TEAM) else tuple(user.teams.order_by("pk").values_list("pk", flat=True))
    return (user.is_active, teams, user.has_perm(permissions.SEE_COSTS))


def _filtered(user: User, filters: EnvironmentFilters) -> Any:
    state = filters.state or ""
    grouped = state if state in boards.STATES else ""
    found = boards.listed(user, boards.Filters(text=filters.q or "", state=grouped), ())
    if state in STATE_NAMES:
        found = found.filter(state=state)
    if filters.team is not None:
        found = found.filter(team__name=filters.team)
    if filters.tag is not None:
        tagged = Environment.tags.through.objects.filter(tag__name__iexact=filters.tag.removeprefix("#"))
        found = found.filter(pk__in=tagged.values("environment"))
    return found


def _with_plan(user: User, slug: str, from_day: datetime) -> Environment:
    """With all that its plan needs, from some days before. Raises DoesNotExist for those of other teams."""
    return Environment.objects.visible_to(user).with_plan(from_day).get(slug=slug)


def _days(asked: PlanAsked, today: date) -> tuple[date, int]:
    """The first date, and how many. ValidationError naming `from` or `to`."""
    first = asked.first or today
    if abs((first - today).days) > 366 * 5:
        raise ValidationError({"from": _("This is too far away.")})
    last = asked.last or first + timedelta(days=USUALLY_DAYS - 1)
    if last < first:
        raise ValidationError({"to": _("The last day lies before the first.")})
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise ValidationError({"to": _("At most %(count)s days can be asked for at once.") % {"count": MOST_DAYS}})
    return first, count


def _switched(request: HttpRequest, slug: str, wish: Wish, wanted: SwitchIn) -> Status[dict[str, Any]]:
    user, now = person(request), timezone.now()
    environment = environment_of(user, slug)
    try:
        holds.place(
            environment=environment,
            desired=wish,
            until=_end(wanted, now),
            reason=wanted.reason,
            author=user,
            origin=Hold.Origin.API,
            anyway=wanted.anyway,
            now=now,
        )
    except rules.RuleError as error:
        raise _unreadable(error) from error
    return Status(202, _what_follows(environment, user, now))


def _end(wanted: SwitchIn, now: datetime) -> datetime | holds.Until:
    """ValidationError naming `until` where several ends are given, or a year that nobody means."""
    if sum((wanted.until is not None, wanted.hours is not None, wanted.released)) > 1:
        raise ValidationError({"until": _("Give one of until, hours and released.")})
    if wanted.until is not None:
        refuse_another_age("until", wanted.until, now)
        return wanted.until
    if wanted.hours is not None:
        return holds.whole_minute(now) + timedelta(hours=wanted.hours)
    return holds.Until.RELEASED if wanted.released else holds.Until.NEXT_CHANGE


def _what_follows(environment: Environment, user: User, now: datetime) -> dict[str, Any]:
    told = rows.told(list(rows.values(Environment.objects.filter(pk=environment.pk))), user, now)[0]
    current = environment.operations.unfinished().select_related("environment", "actor").first()
    return {
        "environment": environment.slug,
        "text": told["reason"],
        "hold": told["hold"],
        "operation": operation_out(current) if current else None,
    }


def _unreadable(error: rules.RuleError) -> Problem:
    """Of a schedule that came in another way than by its form, or a zone that is not known here."""
    said = _("Its schedule cannot be read: %(problem)s") % {"problem": error.text(language())}
    return Problem(409, _("Its plan cannot be read"), said)
