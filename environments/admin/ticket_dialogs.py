"""The dialogs of tickets: a new task, and what a ticket is to be."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from environments.models import Environment, Team, Ticket, TicketProgress
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import plans, ticket_changes, ticket_people
from environments.services.ticket_changes import LONGEST_TITLE, Wanted

from .board_actions import Done
from .displays import name_of
from .ticket_closing import closed
from .ticket_sight import answer, for_readers, of_ticket, person

Scope = Environment | Team


class TicketForm(forms.Form):
    """What is sent; whether it may be so is asked of the service, which says why not."""

    title = forms.CharField(required=False, strip=True)
    description = forms.CharField(required=False)
    assignee = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False)
    due_on = forms.DateField(required=False)
    per_cent = forms.IntegerField(required=False, min_value=0, max_value=100)
    progress = forms.ChoiceField(choices=TicketProgress.choices, required=False)


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A GET asks in a dialog: about the environment of the address, else about one that is chosen. A POST opens it."""
    if not request.user.has_perm(ticket_people.WORK):
        raise PermissionDenied(_("You may read and watch tickets, but not open them. A manager of the team can."))
    fixed = Environment.objects.visible_to(request.user).filter(slug=request.GET.get("environment", "")).first()
    if request.method != "POST":
        return _new(request, fixed)
    form, scope = TicketForm(request.POST), fixed or _scope(request)
    try:
        sent = _cleaned(form)
        if scope is None:
            raise ValidationError({"scope": _("Choose what it is about.")})
        made = ticket_changes.open_task(
            user=person(request),
            scope=scope,
            title=sent["title"],
            description=sent["description"],
            assignee=sent["assignee"],
            due_on=sent["due_on"],
            now=timezone.now(),
        )
    except ValidationError as error:
        return _new(request, fixed, error)
    return answer(request, made, Done(_("#%(number)s is opened.") % {"number": made.pk}))


@of_ticket
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    ticket_people.require_work(request.user, ticket)
    if request.method != "POST":
        return _edit(request, ticket)
    form = TicketForm(request.POST)
    try:
        sent = _cleaned(form)
        given = {name: sent[name] for name in ("assignee", "due_on") if name in request.POST}
        # What was left empty stays; a title is asked for.
        given |= {name: sent[name] for name in ("progress",) if sent[name]}
        given |= {"per_cent": sent["per_cent"]} if sent["per_cent"] is not None else {}
        given |= {name: sent[name] for name in ("title", "description") if name in request.POST}
        changed = ticket_changes.change(ticket=ticket, user=person(request), wanted=Wanted(**given), now=timezone.now())
    except ValidationError as error:
        return _edit(request, ticket, error)
    done = Done(_("#%(number)s is changed.") % {"number": changed.pk})
    is_closed = changed.progress == TicketProgress.DONE != ticket.progress
    return answer(request, changed, closed(changed, done) if is_closed else done)


def _cleaned(form: TicketForm) -> dict[str, Any]:
    if not form.is_valid():
        raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
    return form.cleaned_data


def _scope(request: HttpRequest) -> Scope | None:
    """“environment:12” or “team:3”, of those that the user sees."""
    kind, _colon, number = request.POST.get("scope", "").partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    if kind == "environment":
        return Environment.objects.visible_to(request.user).select_related("team").filter(pk=int(number)).first()
    return _teams(request).filter(pk=int(number)).first() if kind == "team" else None


def _teams(request: HttpRequest) -> Any:
    rows = Team.objects.order_by("name")
    return rows if request.user.has_perm(SEE_EVERY_TEAM) else rows.filter(members=request.user.pk)


def _new(request: HttpRequest, fixed: Environment | None, error: ValidationError | None = None) -> HttpResponse:
    me = person(request)
    people = list(ticket_people.workers_of(fixed.team)) if fixed else [me]
    environments = Environment.objects.visible_to(request.user).order_by("name")
    context = {
        "fixed": fixed,
        "environments": [] if fixed else list(environments.values_list("pk", "name")),
        "teams": [] if fixed else list(_teams(request).values_list("pk", "name")),
        "address": reverse("environments:ticket_new") + (f"?environment={fixed.slug}" if fixed else ""),
        "values": request.POST,
        "due_min": _today(fixed.zone_name if fixed else ""),
    }
    return _dialog(request, context, people, error)


def _edit(request: HttpRequest, ticket: Ticket, error: ValidationError | None = None) -> HttpResponse:
    values: dict[str, Any] = {
        "title": ticket.title_text,
        "description": ticket.description_text,
        "assignee": str(ticket.assignee_id or ""),
        "due_on": f"{ticket.due_on:%Y-%m-%d}" if ticket.due_on else "",
        "per_cent": ticket.per_cent,
        "progress": ticket.progress,
    }
    context = {
        "ticket": ticket,
        "is_task": ticket.kind == Ticket.Kind.TASK,
        "address": reverse("environments:ticket_edit", args=[ticket.pk]),
        "values": values | request.POST.dict(),
        "progresses": TicketProgress.choices,
        "due_min": "",
    }
    people = list(ticket_people.workers(ticket))
    if ticket.assignee and ticket.assignee not in people:
        people.append(ticket.assignee)  # who may not work on it any more is still who it was given to
    return _dialog(request, context, people, error)


def _dialog(
    request: HttpRequest, context: dict[str, Any], people: list[User], error: ValidationError | None
) -> HttpResponse:
    said = " ".join(error.messages) if error else ""
    if error and not request.headers.get("HX-Request"):
        messages.error(request, said)
        return redirect("environments:tickets")
    context |= {
        "error": said,
        "wrong": set(error.message_dict) if error and hasattr(error, "error_dict") else set(),
        "longest": LONGEST_TITLE,
        "people": sorted(((str(one.pk), name_of(one)) for one in people), key=lambda pair: pair[1].casefold()),
        "me": str(request.user.pk),
    }
    return TemplateResponse(request, "environments/_ticket_dialog.html", context)


def _today(zone: str) -> str:
    now = timezone.now()
    day: date = plans.today(zone, now) if zone else timezone.localdate(now)
    return f"{day:%Y-%m-%d}"
