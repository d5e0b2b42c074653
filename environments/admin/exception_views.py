"""What people do with exceptions: see what would come of one, make it, end it, and take either back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from environments import rules
from environments.models import DayException, Environment
from environments.services import budget_limits, exceptions, permissions, plans
from environments.services.exceptions import Scope

from . import day_preview
from .exception_forms import ExceptionForm, choices_for, find_scope, scopes_of
from .exception_lines import days_words, kind_words, scope_words
from .exception_section import form_context
from .pages import of_environment


@require_GET
@of_environment
def preview(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The resulting days and what saving would say, while the form is filled in."""
    return previewed(request, among=scopes_of(environment), shown=environment)


@require_POST
@of_environment
def place(request: HttpRequest, environment: Environment) -> HttpResponse:
    require_any(request, environment)
    back = reverse("environments:page", args=[environment.slug])
    form = placed(
        request, among=scopes_of(environment), undo=reverse("environments:exception_undo", args=[environment.slug])
    )
    if form is None:
        return led(request, back)
    context = form_context(form, environment, choices_for(request.user, environment), timezone.now())
    return refused(request, {**context, "title": environment.name, "back": back})


@require_POST
@of_environment
def remove(request: HttpRequest, environment: Environment) -> HttpResponse:
    require_any(request, environment)
    ended(request, rows_of(request, environment), reverse("environments:exception_restore", args=[environment.slug]))
    return redirect("environments:page", environment.slug)


@require_POST
@of_environment
def restore(request: HttpRequest, environment: Environment) -> HttpResponse:
    require_any(request, environment)
    taken_back(request, exceptions.restore, rows_of(request, environment))
    return redirect("environments:page", environment.slug)


@require_POST
@of_environment
def undo(request: HttpRequest, environment: Environment) -> HttpResponse:
    require_any(request, environment)
    taken_back(request, exceptions.undo, rows_of(request, environment))
    return redirect("environments:page", environment.slug)


def placed(
    request: HttpRequest,
    *,
    undo: str,
    among: Sequence[Scope] = (),
    act: Callable[..., list[DayException]] | None = None,
) -> ExceptionForm | None:
    """Make the exception that was sent; the form with its errors when it cannot be. Raises Http404 and
    PermissionDenied for what is not theirs to decide. `act` is how it is made, by default `exceptions.place`."""
    now = timezone.now()
    form = ExceptionForm(request.POST)
    value = request.POST.get("scope", "")
    scope = find_scope(request.user, value, among) if value else None
    if not form.is_valid() or scope is None:
        return form
    try:
        made = (act or exceptions.place)(scope=scope, wanted=form.wanted(), author=request.user, now=now)  # type: ignore[arg-type]
    except ValidationError as error:
        form.refuse(error)
        return form
    said = _("%(scope)s, %(days)s: %(kind)s.") % words_of(made, now)
    offer(request, said, undo, made[0])
    return None


def refused(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The form as it was filled in, its errors at their fields: in the dialog that it came from, else on a page."""
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "environments/_exception_form.html", {**context, "in_dialog": True})
    return page(request, context)


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context = admin.site.each_context(request) | {"in_dialog": False} | context
    return TemplateResponse(request, "environments/exception_page.html", context)


def previewed(
    request: HttpRequest,
    *,
    among: Sequence[Scope] = (),
    shown: Environment | None = None,
    without: Collection[int] = (),
) -> HttpResponse:
    """The part below the form's fields, and their errors. What nobody has filled in yet is not blamed.

    `without`: the ids of exceptions in whose place it comes; `shown` was read without them.
    """
    now = timezone.now()
    form = ExceptionForm(request.GET)
    value = request.GET.get("scope", "")
    scope = find_scope(request.user, value, among) if value else None
    fine = scope is not None and form.check(scope, now, without)
    found = None
    if fine and scope is not None and (why := budget_limits.longer_days(scope, form.wanted(), request.user, now)):
        form.add_error(None, why)
    if scope is not None and set(form.errors) <= {"reason"}:
        try:
            found = day_preview.preview(request.user, scope, form.wanted(), now, shown)
        except rules.RuleError as error:
            form.add_error(None, error.text(request.LANGUAGE_CODE))
    touched = set(request.GET.get("touched", "").split(","))
    errors = {
        name: " ".join(
            str(sentence) for sentence in form.errors.get(name, ()) if request.GET.get(name) or name in touched
        )
        for name in form.fields
    }
    context = {
        "preview": found,
        "concerned": day_preview.concerned_words(found.count) if found else "",
        "field_errors": errors,
        "other_errors": form.non_field_errors(),
        "blamed": any(errors.values()),
    }
    return TemplateResponse(request, "environments/_exception_preview.html", context)


def rows_of(request: HttpRequest, environment: Environment | None = None) -> list[DayException]:
    """The rows that a button of a line is about: those of its batch, and of the same end. Raises Http404 when there are
    none that they can see (or that concern the environment)."""
    rows = DayException.objects.filter(permissions.exceptions_in_sight(request.user))
    if environment is not None:
        whose = Q(environment=environment) | Q(team=environment.team_id)
        rows = rows.filter(whose | Q(schedule=environment.schedule_id) if environment.schedule_id else whose)
    try:
        rows = rows.filter(batch=UUID(request.POST.get("batch", "")))
        if stamp := request.POST.get("ended"):
            rows = rows.filter(ended_at=_instant(stamp))
    except (ValueError, OverflowError):  # at the ends of the calendar UTC has no name for what a zone has
        rows = rows.none()
    found = list(rows.select_related("environment", "team", "schedule").order_by("day", "pk"))
    if not found:
        raise Http404(_("It does not exist, or you are not in the team that it belongs to."))
    return found


def _instant(stamp: str) -> datetime:
    """Raises ValueError for a time without a zone: that names no instant."""
    at = datetime.fromisoformat(stamp)
    if at.tzinfo is None:
        raise ValueError(stamp)
    return at.astimezone(UTC)


def ended(request: HttpRequest, rows: Sequence[DayException], restore: str) -> None:
    """End what is in force of them, say so, and offer to undo that."""
    now = timezone.now()
    open_rows = [row for row in rows if row.ended_at is None]
    if exceptions.remove(exceptions=open_rows, author=request.user, now=now):  # type: ignore[arg-type]
        said = _("Removed: %(scope)s, %(days)s, %(kind)s.") % words_of(open_rows, now)
        offer(request, said, restore, open_rows[0], stamp=now.isoformat())
    else:
        messages.info(request, _("There was nothing to remove any more."))


def taken_back(request: HttpRequest, act: Callable[..., int], rows: Sequence[DayException]) -> None:
    """Restore or undo, and say what came of it."""
    now = timezone.now()
    try:
        count = act(exceptions=rows, author=request.user, now=now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return
    if not count:
        messages.info(request, _("There was nothing to undo any more."))
        return
    said = _("It is as it was before: %(scope)s, %(days)s.") % words_of(rows, now)
    left = len(rows) - count
    if left and act is exceptions.restore:
        said += " " + ngettext(
            "%(count)s exception is not back: its day has passed.",
            "%(count)s exceptions are not back: their days have passed.",
            left,
        ) % {"count": left}
    messages.success(request, said)


def words_of(rows: Sequence[DayException], now: datetime) -> dict[str, str]:
    today = plans.today(exceptions.zones(exceptions.scope_of(rows[0]))[0], now)
    days = days_words([row.day for row in rows], today)
    return {"scope": scope_words(rows[0]), "days": days, "kind": kind_words(rows)}


def offer(request: HttpRequest, said: str, address: str, row: DayException, stamp: str = "") -> None:
    """A success, with a button that takes it back."""
    button = render_to_string(
        "environments/_exception_undo.html", {"address": address, "batch": row.batch, "stamp": stamp}, request
    )
    messages.success(request, format_html("{} {}", said, button))


def led(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def require_any(request: HttpRequest, environment: Environment) -> None:
    """PermissionDenied, in words, for those who may decide on nothing that concerns the environment."""
    if not any(permissions.may_override(request.user, scope) for scope in scopes_of(environment)):
        permissions.require_override(request.user, environment)
