"""“What ran when” on the environment's page: its versions, who made them, and what has not been taken yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from environments.models import Deployment, DeploymentStatus, Environment
from environments.models.texts import in_language
from environments.services import deployment_history
from environments.services.deployment_history import History, Ran
from environments.services.deployment_versions import name_of
from environments.services.deployment_words import outlook

from .deployments import TONES, commit_link
from .displays import by_both_clocks

RAN, FAILED = 8, 2
SEE = "environments.view_deployment"


@dataclass(frozen=True, slots=True)
class Line:
    """A version: its state, when it ran or why it does not, and what it was made of."""

    tone: str
    state: StrOrPromise
    version: str
    when: str
    commit: str
    author: str
    told_by: StrOrPromise
    note: str
    operation: str


def stamp(environment: Environment) -> tuple[Any, ...]:
    """What it would be another one by, beside the operations. One query."""
    rows = Deployment.objects.filter(environment=environment).order_by()
    newest = {name: Max(name) for name in ("received_at", "taken_at", "ended_at", "due_at")}
    told = rows.aggregate(count=Count("pk"), told_again=Count("commit", filter=~Q(commit="")), **newest)
    return environment.state in deployment_history.ASLEEP, *told.values()


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_deployments.html`: first what waits, then what failed after the last that ran, then
    what ran. Two queries, and those of the plan where something waits."""
    history = deployment_history.of_environment(environment)
    lines = [_told(row, environment, now) for row in history.open]
    lines += [_told(row, environment, now) for row in _failed_since(history)]
    lines += [_ran(one, environment, now) for one in history.ran[:RAN]]
    all_of_it = f"{reverse('admin:environments_deployment_changelist')}?environment__id__exact={environment.pk}"
    return {"versions": lines, "all_versions": all_of_it if request.user.has_perm(SEE) else ""}


def _failed_since(history: History) -> list[Deployment]:
    last = max((one.since for one in history.ran), default=None)
    return [row for row in history.failed if last is None or (row.ended_at and row.ended_at > last)][:FAILED]


def _told(row: Deployment, environment: Environment, now: datetime) -> Line:
    """One that does not run: what will happen, or why it failed."""
    return Line(
        tone=TONES[DeploymentStatus(row.status)],
        state=row.get_status_display(),
        version=name_of(row),
        when=in_language(outlook(row, environment, now)),
        operation=_operation(row.operation_id),
        **_made(row),
    )


def _ran(one: Ran, environment: Environment, now: datetime) -> Line:
    zone = environment.zone_name
    since = by_both_clocks(one.since, zone, now)
    if one.until is None:
        when = _("since %(time)s") % {"time": since}
    else:
        when = _("%(begin)s to %(end)s") % {"begin": since, "end": by_both_clocks(one.until, zone, now)}
    return Line(
        tone="stopped" if one.until else "running",
        state=_("ran") if one.until else _("runs"),
        version=f"{one.repository} {one.tag}".strip(),
        when=when,
        operation=_operation(one.operation_id),
        **_made(one.deployment),
    )


def _made(row: Deployment | None) -> dict[str, Any]:
    """Who made it, and what is new; of one that a start found in ECR nobody knows."""
    if row is None:
        return {"commit": "", "author": "", "told_by": "", "note": ""}
    return {
        "commit": commit_link(row),
        "author": row.author,
        "told_by": row.get_origin_display(),
        "note": row.note,
    }


def _operation(number: int | None) -> str:
    return reverse("admin:environments_operation_change", args=[number]) if number else ""
