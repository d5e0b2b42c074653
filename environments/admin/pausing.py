"""Pausing an environment's schedule, and resuming it: POSTs of its page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from environments.models import Environment
from environments.rules.zones import WallClock, moment
from environments.services import pauses, permissions

from .displays import at_words
from .fields import refuse_another_age
from .pages import of_environment


class PauseForm(forms.Form):
    """Until the beginning of which day, in the zone of the environment."""

    until = forms.DateField(
        error_messages={
            "required": gettext_lazy("Say until when the schedule is paused."),
            "invalid": gettext_lazy("Until when? Choose a date."),
        }
    )
    reason = forms.CharField(required=False, max_length=200)

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        refuse_another_age(day, timezone.now())
        return day

    def end(self, environment: Environment) -> datetime:
        """The midnight with which that day begins."""
        day: Any = self.cleaned_data["until"]
        return moment(WallClock(ZoneInfo(environment.zone_name)).instant(day.toordinal(), 0))


@require_POST
@of_environment
def pause(request: HttpRequest, environment: Environment) -> HttpResponse:
    permissions.require_switch(request.user, environment)
    now = timezone.now()
    form = PauseForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("environments:page", environment.slug)
    try:
        made = pauses.place(
            environment=environment,
            until=form.end(environment),
            reason=form.cleaned_data["reason"],
            author=request.user,  # type: ignore[arg-type]
            now=now,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        until = f"{at_words(made.until, environment.zone_name, now)} ({environment.zone_name})"
        said = _("The schedule of %(name)s is paused until %(time)s: it stays as it is.")
        messages.success(request, said % {"name": environment.name, "time": until})
    return redirect("environments:page", environment.slug)


@require_POST
@of_environment
def resume(request: HttpRequest, environment: Environment) -> HttpResponse:
    permissions.require_switch(request.user, environment)
    if pauses.resume(environment=environment, author=request.user, now=timezone.now()):  # type: ignore[arg-type]
        messages.success(request, _("The schedule decides again."))
    else:
        messages.info(request, _("The schedule was not paused any more."))
    return redirect("environments:page", environment.slug)
