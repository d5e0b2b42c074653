"""Pages of the history: of an environment (a section of its page), of any row, and of everything lately."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from environments.models import Calendar, Environment, TargetParameter
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import history, permissions, taking_back
from environments.services.history import Place
from portal.history import Changes

from .displays import name_of
from .history_lines import Reach, moments
from .history_notes import notes
from .history_words import Words
from .live import shown_so_far

SEE_EVERYTHING = "auth.view_user"
LATELY = timedelta(days=30)
LONG, LONGEST, PAGE = 50, 200, 15


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_changes.html`: the newest changes of an environment, in a fixed number of
    queries."""
    address = reverse("environments:changes", args=[environment.slug])
    reach = Reach(
        environment,
        its=request.user.has_perm(permissions.SWITCH),
        schedules=request.user.has_perm(permissions.CHANGE_SCHEDULE),
    )
    places, zone = history.of_environment(environment), environment.zone_name
    count = shown_so_far(request, "shown", PAGE, LONGEST)  # whoever opened older ones keeps them when it is renewed
    lines = lines_of(request, places, zone, now, address=address, reach=reach, count=count)
    return {"env": environment, "notes": notes(environment, zone, now), **lines}


@require_GET
def older(request: HttpRequest, environment: Environment) -> HttpResponse:
    """More of an environment's changes: below those that are there, else on a page of its own."""
    title = _("Changes of %(name)s") % {"name": environment.name}
    crumbs = [
        (_("Board"), reverse("admin:index")),
        (environment.name, reverse("environments:page", args=[environment.slug])),
    ]
    return shown(request, section(request, environment, timezone.now()), title, crumbs)


@require_POST
def undo(request: HttpRequest, environment: Environment) -> HttpResponse:
    number = request.POST.get("change", "")
    try:
        done = taking_back.take_back(
            environment=environment,
            kind=request.POST.get("kind", ""),
            change_id=int(number) if number.isdecimal() and len(number) < 19 else 0,
            author=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if done:
            messages.success(request, _("Taken back."))
        else:
            messages.info(request, _("There was nothing to undo any more."))
    return redirect("environments:page", environment.slug)


@require_GET
def of_object(request: HttpRequest, app: str, model: str, object_id: str) -> HttpResponse:
    """In the place of the admin's own history: what changed of a row, for those who may look at it."""
    try:
        found = apps.get_model(app, model)
        holder = admin.site.get_model_admin(found)
    except (LookupError, NotRegistered) as error:
        raise Http404 from error
    if not isinstance(getattr(found, "_changes", None), Changes):
        return holder.history_view(request, object_id)
    thing = holder.get_object(request, unquote(object_id))
    if thing is None:
        raise Http404(_("It does not exist, or you are not in the team that it belongs to."))
    if not holder.has_view_or_change_permission(request, thing):
        raise PermissionDenied
    zone = thing.zone_name if isinstance(thing, Environment) else settings.TIME_ZONE
    places = history.of_environment(thing) if isinstance(thing, Environment) else history.of_thing(found, thing.pk)
    crumbs = [
        (capfirst(str(found._meta.verbose_name_plural)), reverse(f"admin:{app}_{model}_changelist")),  # noqa: SLF001
        (str(thing), reverse(f"admin:{app}_{model}_change", args=[object_id])),
    ]
    now = timezone.now()
    context = lines_of(request, places, zone, now, address=request.path, count=LONG)
    context["notes"] = notes(thing, zone, now)
    return shown(request, context, _("Changes of %(name)s") % {"name": thing}, crumbs)


@require_GET
def everything(request: HttpRequest) -> HttpResponse:
    """All changes of the last 30 days, for administrators; of one person when one is chosen."""
    if not request.user.has_perm(SEE_EVERYTHING):
        raise PermissionDenied
    now = timezone.now()
    where = Q(history_date__gte=now - LATELY)
    chosen = request.GET.get("person", "")
    if chosen.isdecimal() and len(chosen) < 19:
        where &= Q(history_user_id=int(chosen))
    places = [(model, where) for model in _tracked()]
    context = lines_of(
        request, places, settings.TIME_ZONE, now, address=request.path, count=LONG, keep={"person": chosen}, named=True
    )
    people = [(str(one.pk), name_of(one)) for one in User.objects.order_by("username")]
    context |= {"people": people, "chosen": chosen}
    return shown(request, context, _("Changes of the last 30 days"), [])


def _tracked() -> list[Any]:
    return [model for model in apps.get_models() if isinstance(getattr(model, "_changes", None), Changes)]


def lines_of(
    request: HttpRequest,
    places: list[Place],
    zone: str,
    now: datetime,
    *,
    address: str,
    count: int = PAGE,
    reach: Reach | None = None,
    keep: dict[str, str] | None = None,
    named: bool = False,
) -> dict[str, Any]:
    """The newest changes, or those before the moment that was asked for; `named`: each says of which environment."""
    page = history.read(places, before=_before(request), count=count)
    more = ""
    if page.older:
        more = f"{address}?{urlencode({**(keep or {}), 'before': page.older.isoformat()})}"
    return {
        "changes": moments(
            Words(page, zone, now, _hidden_from(request)), reach, _urls(request, page) if named else None
        ),
        "older_changes": more,
        "changes_count": count,
        "changes_zone": zone,
    }


def _urls(request: HttpRequest, page: history.Page) -> dict[int, str]:
    """The pages of the environments that a page of changes names, for those that its reader sees; one query."""
    ids = [pk for model, pk in page.names if model is Environment]
    slugs = Environment.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", "slug")
    return {pk: reverse("environments:page", args=[slug]) for pk, slug in slugs}


def _hidden_from(request: HttpRequest) -> list[tuple[type[Model], str]]:
    """Fields of which somebody is told only that they changed: values of parameters, and lists that name what belongs
    to other teams."""
    hidden: list[tuple[type[Model], str]] = []
    if not request.user.has_perm("environments.view_targetparameter"):
        hidden.append((TargetParameter, "value"))
    if not request.user.has_perm(SEE_EVERY_TEAM):
        hidden += [(Calendar, "environments"), (Calendar, "teams"), (Environment, "needs")]
    return hidden


def _before(request: HttpRequest) -> datetime | None:
    """The moment asked for; what is none is not asked for."""
    try:
        at = datetime.fromisoformat(request.GET.get("before", ""))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def shown(request: HttpRequest, context: dict[str, Any], title: str, crumbs: list[tuple[str, str]]) -> HttpResponse:
    if request.headers.get("HX-Request") and "before" in request.GET:
        return TemplateResponse(request, "environments/_change_lines.html", context)
    whole = {**admin.site.each_context(request), **context, "title": title, "crumbs": crumbs}
    return TemplateResponse(request, "environments/changes.html", whole)
