"""One date of one environment: what is planned and why, and making it another day. A dialog, or a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from environments.models import DayException, Environment
from environments.rules.intervals import Span
from environments.services import day_plans, exceptions, intervals, permissions, plans
from environments.services.exception_checks import leave_out
from environments.services.exception_reasons import given
from environments.services.specs import planned

from . import calendar_view_asked, exception_views
from .calendar_view_cells import Cell, Cells
from .calendar_view_looking import Looking, date_in
from .cards import unreadable
from .exception_forms import HOURS, Choice, ExceptionForm, choices_for, scopes_of, value_of
from .exception_lines import days_words, lines
from .exception_section import form_context
from .pages import of_environment


@require_GET
@of_environment
def day(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The date that was chosen. `change` names the exception whose form is to be filled in."""
    now = timezone.now()
    return shown(request, day_context(request, environment, now), "environments/_calendar_view_day.html")


def shown(request: HttpRequest, context: dict[str, Any], template: str) -> HttpResponse:
    """In the calendar's dialog; on a page of its own for those who came by the address."""
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, template, {**context, "in_dialog": True})
    context = admin.site.each_context(request) | {"in_dialog": False, "part": template} | context
    return TemplateResponse(request, "environments/calendar_view_day.html", context)


def day_context(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    zone = exceptions.zones(environment)[0]
    today = plans.today(zone, now)
    looking = Looking.behind(request.GET, now)
    on = date_in(request.GET, "day", today) or today
    (one,) = day_plans.over([day_plans.read_back(environment, on, now)], on, 1, now)
    really = _ran(environment, one.days[0], now) if one.days else []
    cell = Cells([on], today, now).row(one, really)[0] if one.days else None
    choices = choices_for(request.user, environment) if on >= today else []
    changed = changed_rows(request, environment)
    return {
        "title": environment.name,
        "env": environment,
        "on": on,
        "day_words": days_words([on], today),
        "zone": zone,
        "cell": cell,
        "problem": unreadable(one.problem) if one.problem else "",
        "why": _why(cell) if cell else [],
        "in_force": calendar_view_asked.in_force(environment, on, today, choices, now),
        "ended": calendar_view_asked.ended(environment, one.ended, one.days[0], now) if one.days else [],
        "has_passed": on < today,
        "back": looking.address(),
        "address": _address("calendar_day", environment, looking, day=on),
        "remove_url": _address("calendar_remove", environment, looking),
        "copy_url": _address("calendar_copy", environment, looking, day=on),
        "changed": lines(changed, zone, now)[0] if changed and choices else None,
        "offered_reasons": offered_reasons(),
        **form_context_of(request, _form(on, changed), environment, choices, now),
    }


def form_context_of(
    request: HttpRequest, form: ExceptionForm, environment: Environment, choices: list[Choice], now: datetime
) -> dict[str, Any]:
    """The form as on the environment's page, but saved and previewed here."""
    looking = Looking.behind(request.GET, now)
    named = {name: request.GET[name] for name in ("day", "change") if request.GET.get(name)}
    return form_context(form, environment, choices, now) | {
        "exception_place_url": _address("calendar_place", environment, looking, **named),
        "exception_preview_url": _address("calendar_preview", environment, looking, **named),
    }


@require_GET
@of_environment
def preview(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The resulting days; an exception that is being changed is left out of them."""
    now = timezone.now()
    gone = {row.pk for row in changed_rows(request, environment)}
    fresh = leave_out(planned(environment, now), gone)
    return exception_views.previewed(request, among=scopes_of(environment), shown=fresh, without=gone)


@of_environment
@require_POST
def place(request: HttpRequest, environment: Environment) -> HttpResponse:
    exception_views.require_any(request, environment)
    now = timezone.now()
    back = Looking.behind(request.GET, now).address()
    changed = changed_rows(request, environment)
    form = exception_views.placed(
        request,
        among=scopes_of(environment),
        undo=undo_address(request, environment, now),
        act=partial(exceptions.change, exceptions=changed) if changed else None,
    )
    if form is None:
        return exception_views.led(request, back)
    context = form_context_of(request, form, environment, choices_for(request.user, environment), now)
    return exception_views.refused(request, {**context, "title": environment.name, "back": back})


@of_environment
@require_POST
def remove(request: HttpRequest, environment: Environment) -> HttpResponse:
    """End an exception: on the date that is sent (`only`), else on all of its dates."""
    exception_views.require_any(request, environment)
    now = timezone.now()
    looking = Looking.behind(request.GET, now)
    rows = exception_views.rows_of(request, environment)
    if request.POST.get("only"):
        only = date_in(request.POST, "only", looking.today)
        rows = [row for row in rows if row.day == only]
    if not rows:
        raise Http404(_("There is no such exception on this day."))
    exception_views.ended(request, rows, _address("calendar_restore", environment, looking))
    return redirect(looking.address())


@of_environment
@require_POST
def restore(request: HttpRequest, environment: Environment) -> HttpResponse:
    exception_views.require_any(request, environment)
    exception_views.taken_back(request, exceptions.restore, exception_views.rows_of(request, environment))
    return redirect(Looking.behind(request.GET, timezone.now()).address())


@of_environment
@require_POST
def undo(request: HttpRequest, environment: Environment) -> HttpResponse:
    exception_views.require_any(request, environment)
    exception_views.taken_back(request, exceptions.undo, exception_views.rows_of(request, environment))
    return redirect(Looking.behind(request.GET, timezone.now()).address())


def undo_address(request: HttpRequest, environment: Environment, now: datetime) -> str:
    return _address("calendar_undo", environment, Looking.behind(request.GET, now))


def changed_rows(request: HttpRequest, environment: Environment, name: str = "change") -> list[DayException]:
    """The rows in force of the batch and the date in the address; none where the address names none."""
    on = date_in(request.GET, "day", timezone.localdate())
    try:
        batch = UUID(request.GET.get(name, ""))
    except ValueError:
        return []
    if on is None:
        return []
    rows = DayException.objects.in_force().filter(permissions.exceptions_in_sight(request.user), batch=batch, day=on)
    mine = set(scopes_of(environment))
    found = rows.select_related("environment", "team", "schedule", "author").order_by("pk")
    return [row for row in found if exceptions.scope_of(row) in mine]


def _address(name: str, environment: Environment, looking: Looking, **named: object) -> str:
    """An address of this environment that keeps what is looked at."""
    query = "&".join(part for part in (looking.query(), urlencode(named)) if part)
    return reverse(f"environments:{name}", args=[environment.slug]) + (f"?{query}" if query else "")


def _ran(environment: Environment, day: plans.Day, now: datetime) -> list[Span]:
    found = intervals.ran(environments=[environment], begin=day.start, end=day.end, now=now)
    return found[environment.pk]


def _why(cell: Cell) -> list[str]:
    said = [mark.title for mark in (*cell.bar.marks, *cell.bar.ran) if mark.title]
    return [*said, *([cell.missed] if cell.missed else [])]


def offered_reasons() -> dict[str, str]:
    """What the reason begins with, as on the board; only people know why a day has other hours."""
    return {"off": _("not needed this day"), "on": _("needed this day"), HOURS: ""}


def _form(on: date, changed: Sequence[DayException]) -> ExceptionForm:
    """Filled in with what is being changed, else for a day off."""
    if not changed:
        return ExceptionForm(initial={"kind": "off", "first": on, "reason": offered_reasons()["off"]})
    clocks = {row.kind: "00:00" if row.clock == "24:00" else row.clock for row in changed if row.minute is not None}
    row = changed[0]
    scope = value_of(exceptions.scope_of(row))
    kind = HOURS if clocks else row.kind
    return ExceptionForm(initial={"kind": kind, "first": on, "scope": scope, "reason": given(row.reason), **clocks})
