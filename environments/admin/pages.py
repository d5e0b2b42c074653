"""The environment's page: its state and why, what is under way, what was done, what it is made of. It only shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, Operation, OperationStatus, State, Wish
from environments.models.texts import in_language
from environments.services import deployments, guard, health, image_pushes, intervals, permissions

from . import (
    cards,
    exception_section,
    feeds,
    needs,
    operation_list,
    page_parts,
    status_page,
    stuck,
    unknown_zones,
    week,
)
from .displays import also, at_words
from .health_words import mark
from .live import BUSY, IDLE, brought_later, live_part, put_in, renewed
from .own_clock import at_place_words

_Answer = TypeVar("_Answer", bound=HttpResponseBase)


def of_environment(view: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """As `of_any_environment`; one whose time zone is not known here has a page that says so, in place of any other."""

    @wraps(view)
    def shown(request: HttpRequest, environment: Environment, *args: Any, **named: Any) -> _Answer:
        unknown = unknown_zones.unknown_zone(environment)
        if unknown:
            told: Any = unknown_zones.told(request, environment, unknown)
            return told  # type: ignore[no-any-return]
        return view(request, environment, *args, **named)

    return of_any_environment(shown)


def of_any_environment(view: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """Sign-in first, then the environment by its short name; one that the user may not see does not exist for them."""

    @wraps(view)
    def found(request: HttpRequest, slug: str, *args: Any, **named: Any) -> _Answer:
        environment = cards.environments_of(request.user, timezone.now()).filter(slug=slug).first()
        if environment is None:
            raise Http404(_("There is no environment “%(slug)s” that you can see.") % {"slug": slug})
        return view(request, environment, *args, **named)

    return admin.site.admin_view(found)


@require_GET
@of_environment
def page(request: HttpRequest, environment: Environment) -> HttpResponse:
    now = timezone.now()
    explained = cards.explain(environment, now)
    context = admin.site.each_context(request) | _now(request, environment, now, explained)
    context |= exception_section.form_section(request, environment, now)
    context |= _live(request, environment, now, context)
    context["inner"] = put_in(context["inner"], context["parts"][page_parts.MONTH], request)
    context |= week.section(request, environment, now, explained)
    context |= feeds.form_section()
    context |= status_page.section(request, environment)
    context |= {
        "title": environment.name,
        "crumbs": [(_("Board"), reverse("admin:index")), (environment.team.name, "")],
    }
    return TemplateResponse(request, "environments/page.html", context)


@require_GET
@of_environment
def live(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The parts of the page that change; with `later`, the one that the page left out at first."""
    now = timezone.now()
    if "later" in request.GET:
        return brought_later(request, page_parts.later(request, environment, now))
    context = _now(request, environment, now, cards.explain(environment, now))
    return renewed(request, _live(request, environment, now, context))


def _since(environment: Environment, last: Operation | None) -> datetime | None:
    """Since when it is in its state. A start that found it running, as a hold asks for one, has begun nothing."""
    if environment.state == State.RUNNING and last and last.kind == Operation.Kind.START:
        return intervals.ran_already(environment=environment, at=last.created_at) or environment.state_since
    return environment.state_since


def _now(request: HttpRequest, environment: Environment, now: datetime, explained: cards.Explained) -> dict[str, Any]:
    listed = operation_list.listed(request)
    found = operation_list.newest(environment, listed)
    last, zone = found.operation, environment.zone_name
    current = last if last and last.is_unfinished else None
    card = cards.card(
        environment,
        now,
        current=current,
        last_failed=last if last and last.status == OperationStatus.FAILED else None,
        usual=found.usual.whole,
        needed=needs.still_needed(request.user, environment, now),
        explained=explained,
    )
    holding = stuck.lines(last) if card.failed else []
    running = deployments.current(environment)
    failed_redeploy = deployments.failed_redeploy(last)
    can_redeploy = environment.state == State.RUNNING and deployments.can_be_redeployed(environment)
    may_switch = request.user.has_perm(permissions.SWITCH)
    since = None if current else _since(environment, last)
    return {
        "card": card,
        "since": at_words(since, zone, now) if since else "",
        "since_also": also(since, zone, now),
        "next_also": also(card.next_at, zone, now),
        "hold_also": also(card.hold.until, zone, now) if card.hold else "",
        "images": _images(running, environment, now),
        "newer_image": in_language(image_pushes.waiting(environment, running)),
        "failed_redeploy": failed_redeploy,
        "can_redeploy": can_redeploy,
        "repositories": deployments.repositories(environment) if can_redeploy and may_switch else [],
        "day_off": environment.state == State.RUNNING or environment.wish == Wish.RUNNING,
        "env": environment,  # django-unfold has a meaning of its own for "environment"
        "one": operation_list.opened(found, environment, now),
        "asked_at": at_place_words(last.created_at, zone, now) if last else "",
        **operation_list.lines(environment, found.before, now, listed),
        "its_health": mark(health.of_environments([environment.pk]).get(environment.pk)),
        # Who came as far as here sees it; whether they may act is asked again when they do.
        "may_switch": may_switch,
        "may_edit": request.user.has_perm("environments.change_environment"),
        "may_accept": request.user.has_perm(permissions.ACCEPT),
        "can_retry": may_switch
        and not holding
        and ((card.failed and not card.guarded) or bool(failed_redeploy and can_redeploy)),
        "questions": guard.questions(environment) if card.guarded else [],
        "stuck": holding,
        "can_leave_behind": any(line.key for line in holding),
    }


def _images(running: Iterable[deployments.RunningImage], environment: Environment, now: datetime) -> list[str]:
    """“chat-chat-http 2.14.3, since Tue 09:07”, for each image that runs."""
    said = _("%(image)s, since %(time)s")
    return [
        said % {"image": f"{one.repository} {one.tag}", "time": at_place_words(one.since, environment.zone_name, now)}
        for one in running
    ]


def _live(request: HttpRequest, environment: Environment, now: datetime, context: dict[str, Any]) -> dict[str, Any]:
    return live_part(
        request,
        "environments/_now.html",
        context,
        every=BUSY if context["card"].current else IDLE,
        url=reverse("environments:live", args=[environment.slug]),
        parts=page_parts.parts(request, environment, now, context),
    )
