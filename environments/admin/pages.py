"""The environment's page and the board: GET shows, POST changes, each POST asks for a permission."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from environments.models import Environment, Operation, OperationStatus, OperationStep, Wish
from environments.services import guard, holds, operations, permissions

from . import cards
from .displays import at_words

HISTORY = 8
View = Callable[..., HttpResponse]


def _page(view: View) -> View:
    """Sign-in first, then the environment by its short name; one that the user may not see does not exist for them."""

    @wraps(view)
    def found(request: HttpRequest, slug: str, *args: Any) -> HttpResponse:
        rows = Environment.objects.visible_to(request.user).with_plan()
        environment = rows.filter(slug=slug).first()
        if environment is None:
            raise Http404(_("There is no environment “%(slug)s” that you can see.") % {"slug": slug})
        return view(request, environment, *args)

    return admin.site.admin_view(found)


class SwitchForm(forms.Form):
    """Start or stop now, and until when: the next planned change, so many hours, a time, or until released."""

    UNTIL = [
        ("next", gettext_lazy("until the next planned change")),
        ("1", gettext_lazy("for 1 hour")),
        ("2", gettext_lazy("for 2 hours")),
        ("time", gettext_lazy("until …")),
        ("released", gettext_lazy("until somebody releases it")),
    ]
    action = forms.ChoiceField(choices=[("start", "start"), ("stop", "stop")])
    until = forms.ChoiceField(choices=UNTIL, required=False, initial="next")
    until_time = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    reason = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, zone: str, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = ZoneInfo(zone), now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("until") == "time" and not cleaned.get("until_time") and "until_time" not in self.errors:
            self.add_error("until_time", _("Say until when."))
        return cleaned

    def end(self) -> datetime | holds.Until:
        """The end of the hold; a time typed is wall time in the environment's zone."""
        match self.cleaned_data["until"]:
            case "released":
                return holds.Until.RELEASED
            case "1" | "2" as hours:
                return self.now + timedelta(hours=int(hours))
            case "time":
                wall: datetime = self.cleaned_data["until_time"]
                return wall.replace(tzinfo=self.zone).astimezone(ZoneInfo("UTC"))
            case _:
                return holds.Until.NEXT_CHANGE


def _card(environment: Environment, now: datetime) -> cards.Card:
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    own = Operation.objects.filter(environment=environment).prefetch_related(steps)
    current = own.unfinished().first()  # type: ignore[attr-defined]
    failed = own.filter(status=OperationStatus.FAILED).first()
    usual = cards.usual_durations([environment.pk], current.kind).get(environment.pk) if current else None
    return cards.card(environment, now, current=current, last_failed=failed, usual=usual)


def _live_context(request: HttpRequest, environment: Environment) -> dict[str, Any]:
    now = timezone.now()
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    rows = Operation.objects.filter(environment=environment).select_related("actor").prefetch_related(steps)[:HISTORY]
    return {
        "card": _card(environment, now),
        "env": environment,  # django-unfold has a meaning of its own for "environment"
        "operations": [cards.operation_card(operation, environment.zone_name, now) for operation in rows],
        "may_switch": permissions.may_switch(request.user, environment),
        "may_accept": request.user.has_perm(permissions.ACCEPT),
        "questions": guard.questions(environment),
        "clock": at_words(now, environment.zone_name, now),
    }


@require_GET
@_page
def page(request: HttpRequest, environment: Environment) -> HttpResponse:
    now = timezone.now()
    end = holds.default_end(environment, now=now)
    zone = environment.zone_name
    context = admin.site.each_context(request) | _live_context(request, environment)
    context |= _live_part(request, environment, context)
    context |= {
        "title": _("Environment"),
        "default_end": at_words(end, zone, now) if end else "",
        "suggested": f"{(now + timedelta(hours=2)).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:00}",
        "targets": environment.targets.select_related("account"),
        "may_edit": request.user.has_perm("environments.change_environment"),
    }
    return TemplateResponse(request, "environments/page.html", context)


@require_GET
@_page
def live(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The part of the page that changes; 204 when it reads as the browser has it (`seen`)."""
    part = _live_part(request, environment, _live_context(request, environment))
    if request.GET.get("seen") == part["seen"]:
        return HttpResponse(status=204)
    return TemplateResponse(request, "environments/_live.html", part)


def _live_part(request: HttpRequest, environment: Environment, context: dict[str, Any]) -> dict[str, Any]:
    inner = render_to_string("environments/_now.html", context, request)
    return {
        "inner": inner,
        "seen": fingerprint(inner),
        "every": 2 if context["card"].current else 5,
        "live_url": reverse("environments:live", args=[environment.slug]),
    }


def fingerprint(html: str) -> str:
    """What a part of a page reads like, whatever the secret of its forms (that changes with each rendering)."""
    return hashlib.sha256(re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", html).encode()).hexdigest()[:16]


def _back(environment: Environment) -> HttpResponseRedirect:
    return redirect(reverse("environments:page", args=[environment.slug]))


@require_POST
@_page
def switch(request: HttpRequest, environment: Environment) -> HttpResponse:
    permissions.require_switch(request.user, environment)
    now = timezone.now()
    form = SwitchForm(request.POST, zone=environment.zone_name, now=now)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return _back(environment)
    starting = form.cleaned_data["action"] == "start"
    try:
        hold = holds.place(
            environment=environment,
            desired=Wish.RUNNING if starting else Wish.STOPPED,
            until=form.end(),
            reason=form.cleaned_data["reason"],
            author=request.user,  # type: ignore[arg-type]
            now=now,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(environment)
    zone = environment.zone_name
    until = _("until %(time)s") % {"time": f"{at_words(hold.until, zone, now)} ({zone})"} if hold.until else _("until released")
    said = _("%(name)s starts now and is kept running %(until)s.") if starting else _("%(name)s stops now and stays stopped %(until)s.")
    messages.success(request, said % {"name": environment.name, "until": until})
    return _back(environment)


@require_POST
@_page
def release(request: HttpRequest, environment: Environment) -> HttpResponse:
    permissions.require_switch(request.user, environment)
    if holds.release(environment=environment, author=request.user, now=timezone.now()):  # type: ignore[arg-type]
        messages.success(request, _("Released: the schedule decides again."))
    else:
        messages.info(request, _("There was nothing to release any more."))
    return _back(environment)


@require_POST
@_page
def retry(request: HttpRequest, environment: Environment) -> HttpResponse:
    permissions.require_switch(request.user, environment)
    operation = operations.retry(environment=environment, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
    if operation is None:
        messages.info(request, _("There is nothing to try again any more."))
    return _back(environment)


@require_POST
@_page
def accept(request: HttpRequest, environment: Environment) -> HttpResponse:
    """An operator accepts that the listed resources are lost; the stop is then tried again."""
    permissions.require_accept(request.user, environment)
    accepted = guard.accept(
        environment=environment,
        fingerprints=request.POST.getlist("fingerprint"),
        user=request.user,  # type: ignore[arg-type]
        now=timezone.now(),
    )
    if accepted:
        messages.success(request, _("Accepted. The stop is tried again."))
    else:
        messages.error(request, _("The template has changed since you looked. Read the new list."))
    return _back(environment)
