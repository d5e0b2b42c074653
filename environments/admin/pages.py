"""The environment's page: its state and why, what is under way, what was done, what it is made of. It only shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, OperationStatus, OperationStep, State
from environments.models.texts import in_language
from environments.services import deployments, guard, permissions
from environments.targets import registry

from . import cards, choices, exception_section, feeds, history, needs, standing, stuck, target_facts, week
from .displays import also, at_words
from .live import live_part, renewed
from .operation_cards import operation_card, usual_durations

HISTORY = 8
View = Callable[..., HttpResponse]


def of_environment(view: View) -> View:
    """Sign-in first, then the environment by its short name; one that the user may not see does not exist for them."""

    @wraps(view)
    def found(request: HttpRequest, slug: str, *args: Any) -> HttpResponse:
        environment = cards.environments_of(request.user, timezone.now()).filter(slug=slug).first()
        if environment is None:
            raise Http404(_("There is no environment “%(slug)s” that you can see.") % {"slug": slug})
        return view(request, environment, *args)

    return admin.site.admin_view(found)


@require_GET
@of_environment
def page(request: HttpRequest, environment: Environment) -> HttpResponse:
    now = timezone.now()
    context = admin.site.each_context(request) | _now(request, environment, now)
    context |= _live(request, environment, context) | choices.until_when(request.user, environment, now)
    for part in (standing, week, exception_section, needs, history, feeds):
        context |= part.section(request, environment, now)
    context |= {
        "title": environment.name,
        "redeployable": deployments.can_be_redeployed(environment),
        "repositories": deployments.repositories(environment),
        "crumbs": [(_("Board"), reverse("admin:index")), (environment.team.name, "")],
        "targets": [
            (
                target,
                in_language(registry.driver(target.kind).label),
                target_facts.lines(target, environment.zone_name, now),
            )
            for target in environment.targets.select_related("account")
        ],
        "may_edit": request.user.has_perm("environments.change_environment"),
    }
    return TemplateResponse(request, "environments/page.html", context)


@require_GET
@of_environment
def live(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The part of the page that changes."""
    return renewed(request, _live(request, environment, _now(request, environment, timezone.now())))


def _now(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    rows = list(environment.operations.select_related("actor").prefetch_related(steps)[:HISTORY])
    last = rows[0] if rows else None
    current = last if last and last.is_unfinished else None
    still_needed = needs.still_needed(request.user, environment, now)
    card = cards.card(
        environment,
        now,
        current=current,
        last_failed=last if last and last.status == OperationStatus.FAILED else None,
        usual=usual_durations([environment.pk], current.kind).get(environment.pk) if current else None,
        needed=still_needed,
    )
    holding = stuck.lines(last) if card.failed else []
    return {
        "card": card,
        "next_also": also(card.next_at, card.zone, now),
        "hold_also": also(card.hold.until, card.zone, now) if card.hold else "",
        "images": _images(environment, now),
        "failed_redeploy": deployments.failed_redeploy(last),
        "can_redeploy": environment.state == State.RUNNING and deployments.can_be_redeployed(environment),
        "still_needed": still_needed,
        "may_stop_anyway": needs.may_stop_anyway(request.user),
        "env": environment,  # django-unfold has a meaning of its own for "environment"
        "operations": [operation_card(operation, environment.zone_name, now) for operation in rows],
        "all_operations": _all_operations(environment) if len(rows) == HISTORY else "",
        # Who came as far as here sees it; whether they may act is asked again when they do.
        "may_switch": request.user.has_perm(permissions.SWITCH),
        "may_accept": request.user.has_perm(permissions.ACCEPT),
        "questions": guard.questions(environment) if card.guarded else [],
        "stuck": holding,
        "can_leave_behind": any(line.key for line in holding),
    }


def _images(environment: Environment, now: datetime) -> list[str]:
    """“chat-chat-http 2.14.3, since Tue 09:07”, for each image that runs."""
    said = _("%(image)s, since %(time)s")
    return [
        said % {"image": f"{one.repository} {one.tag}", "time": at_words(one.since, environment.zone_name, now)}
        for one in deployments.current(environment)
    ]


def _all_operations(environment: Environment) -> str:
    return f"{reverse('admin:environments_operation_changelist')}?environment__id__exact={environment.pk}"


def _live(request: HttpRequest, environment: Environment, context: dict[str, Any]) -> dict[str, Any]:
    url = reverse("environments:live", args=[environment.slug])
    busy = bool(context["card"].current)
    return live_part(
        request, "environments/_now.html", context, busy=busy, url=url, beside="environments/_history.html"
    )
