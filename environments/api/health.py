"""Health: what each check says now, and how good its answers were over time."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from environments.models import TROUBLE, Check, CheckState, Environment
from environments.services import health, health_history, plans
from environments.services.health_history import SHARES, Tally
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.models.token import Scope

from .asking import Number, Slug, Words, environment_of, of_visible, reader
from .schemas import At, Out, in_language

router = Router(tags=["Health"])

CheckKind = Literal["http", "heartbeat", "alarm", "device"]


class CheckOut(Out):
    """How the health of an environment is seen: an address that is asked, a heartbeat, alarms, a device."""

    id: int
    environment: str = Field(description="The environment's short name.", examples=["chat-dev"])
    name: str = Field(examples=["API"])
    kind: CheckKind
    is_on: bool = Field(description="Whether it is looked at.")
    state: CheckState
    state_word: str = Field(description="The state as pages say it.", examples=["Up"])
    since: At | None = Field(description="Since when it is so.")
    reason: str = Field(examples=["200 in 84 ms"])
    heard: At | None = Field(description="The last answer, call or report, whatever it said.")
    response_ms: int | None = Field(description="How long its last answer took; null for what is not asked.")


class ShareOut(Out):
    """How many answers and reports of a time were as they should be. What slept on purpose is in no sum."""

    days: int = Field(description="1: the last 24 hours; more: so many dates with today.", examples=[30])
    good: int
    all: int
    percent: float | None = Field(
        description="Rounded down, so that 100 means all of them; null for none.", examples=[99.8]
    )


class CheckDetailOut(CheckOut):
    """With its shares of 1, 7, 30 and 90 days, as far as anything is known."""

    shares: list[ShareOut]


class HealthOut(Out):
    """The health of an environment: the worst of its checks speaks for all."""

    environment: str = Field(description="The environment's short name.", examples=["chat-dev"])
    state: CheckState | None = Field(description="Null where nothing is checked.")
    state_word: str = Field(examples=["Up"])
    since: At | None
    reason: str = Field(examples=["API: 200 in 84 ms"])
    in_trouble: int = Field(description="How many of its checks are down or were missed.")
    late: int
    checks: list[CheckDetailOut]


class CheckFilters(Schema):
    environment: Slug | None = Field(default=None, description="Of this environment, by its short name.")
    team: Words | None = Field(default=None, max_length=80, description="Of this team's environments, by its name.")
    kind: CheckKind | None = None
    state: CheckState | None = None
    trouble: bool = Field(default=False, description="Only those that are down or were missed, and switched on.")


@router.get("", response=Page[CheckOut], auth=needs(Scope.READ), summary="Checks")
def listed(request: HttpRequest, window: Query[Window], filters: Query[CheckFilters]) -> dict[str, Any]:
    """Every check of the environments that the account sees, by its number."""
    user = reader(request, "environments.view_check")
    rows = of_visible(_rows(), user)
    wanted = {
        "environment__slug": filters.environment,
        "environment__team__name": filters.team,
        "kind": filters.kind,
        "state": filters.state,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if filters.trouble:
        rows = rows.filter(is_on=True, state__in=TROUBLE)
    found, following = cut(rows, window, ("pk",))
    return {"items": [CheckOut(**_fields(one)) for one in found], "next": following}


@router.get("/checks/{number}", response=CheckDetailOut, auth=needs(Scope.READ), summary="A check")
def one(request: HttpRequest, number: Number) -> CheckDetailOut:
    """With the shares of its good answers."""
    user = reader(request, "environments.view_check")
    found = of_visible(_rows(), user).filter(pk=number).first()
    if found is None:
        raise Http404
    return _detail(found, _tallies(found.environment).get(found.pk, {}))


@router.get("/{slug}", response=HealthOut, auth=needs(Scope.READ), summary="Health of an environment")
def of_environment(request: HttpRequest, slug: Slug) -> HealthOut:
    """Its checks, those in trouble first, with the shares of their good answers over 1, 7, 30 and 90 days."""
    environment = environment_of(reader(request, "environments.view_check"), slug)
    rows = sorted(_rows().filter(environment=environment), key=lambda row: (row.state not in TROUBLE, row.name, row.pk))
    told, tallies = health.of_environments([environment.pk]).get(environment.pk), _tallies(environment)
    return HealthOut(
        environment=environment.slug,
        state=told.state if told else None,
        state_word=str(told.state.label) if told else "",
        since=told.since if told else None,
        reason=in_language(told.reason) if told else "",
        in_trouble=told.in_trouble if told else 0,
        late=told.late if told else 0,
        checks=[_detail(row, tallies.get(row.pk, {})) for row in rows],
    )


def _rows() -> QuerySet[Check]:
    rows = Check.objects.select_related("environment__schedule", "httpcheck")
    return rows.defer("httpcheck__secret_headers")  # nobody needs them here, and each would be decrypted


def _tallies(environment: Environment) -> dict[int, dict[int, Tally]]:
    now = timezone.now()
    return health_history.tallies(environment.pk, plans.today(environment.zone_name, now), now)


def _fields(check: Check) -> dict[str, Any]:
    return {
        "id": check.pk,
        "environment": check.environment.slug,
        "name": check.name,
        "kind": check.kind,
        "is_on": check.is_on,
        "state": check.state,
        "state_word": str(CheckState(check.state).label),
        "since": check.state_since,
        "reason": check.reason_text,
        "heard": check.seen_at,
        "response_ms": check.httpcheck.last_ms if check.kind == Check.Kind.HTTP else None,
    }


def _detail(check: Check, tallies: dict[int, Tally]) -> CheckDetailOut:
    return CheckDetailOut(**_fields(check), shares=[_share(days, tallies[days]) for days in SHARES if days in tallies])


def _share(days: int, tally: Tally) -> ShareOut:
    """All only where it was all of them, nothing only where it was none."""
    tenths = tally.good * 1000 // tally.all if tally.all else None
    if tally.good and tenths == 0:
        tenths = 1
    return ShareOut(days=days, good=tally.good, all=tally.all, percent=None if tenths is None else tenths / 10)
