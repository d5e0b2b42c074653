"""Switching: what its form says, and what is done on an environment's page alone (redeploying, accepting a loss).

Starting, stopping, keeping, releasing and trying again are `board_actions`, wherever they are asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
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

from environments.models import Environment, Hold, State, Wish
from environments.rules.zones import WallClock, moment
from environments.services import guard, holds, operations, permissions
from environments.services.running_on import planned_on_until
from environments.services.specs import planned, spec_of

from .choices import stays_words
from .displays import also, at_place
from .fields import refuse_another_age
from .pages import of_environment


class WallTime(forms.CharField):
    """What `<input type="datetime-local">` sends: a wall time, whose zone is the environment's."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        try:
            wall = datetime.fromisoformat(str(value))
        except ValueError:
            wall = None
        if wall is None or wall.tzinfo is not None or len(str(value)) < len("2026-11-21T18:00"):
            raise ValidationError(_("“%(value)s” is not a date with a time.") % {"value": value})
        return wall


class SwitchForm(forms.Form):
    """Start or stop now, and until when. `+1` and `+2` count from the planned stop, `1` and `2` from now."""

    action = forms.ChoiceField(choices=[("start", "start"), ("stop", "stop")])
    until = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in ("next", "1", "2", "+1", "+2", "time", "released")],
        error_messages={"invalid_choice": gettext_lazy("“%(value)s” is no answer to “until when”.")},
    )
    until_time = WallTime(required=False)
    reason = forms.CharField(required=False, max_length=200)
    anyway = forms.BooleanField(required=False)

    def __init__(self, *args: Any, environment: Environment, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environment, self.now = environment, now

    def clean_until_time(self) -> datetime | None:
        wall: datetime | None = self.cleaned_data["until_time"]
        if wall is not None:
            refuse_another_age(wall.date(), self.now)
        return wall

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("until") == "time" and not cleaned.get("until_time") and "until_time" not in self.errors:
            self.add_error("until_time", _("Say until when."))
        return cleaned

    def end(self) -> datetime | holds.Until:
        """The end of the hold."""
        match self.cleaned_data["until"]:
            case "released":
                return holds.Until.RELEASED
            case "1" | "2" as hours:
                return holds.whole_minute(self.now) + timedelta(hours=int(hours))
            case "+1" | "+2" as hours:
                spec = spec_of(self.environment, self.now)
                return holds.extended_until(self.environment, spec, self.now, timedelta(hours=int(hours)))
            case "time":
                wall: datetime = self.cleaned_data["until_time"]
                clock = WallClock(ZoneInfo(self.environment.zone_name))
                return moment(clock.instant(wall.toordinal(), wall.hour * 60 + wall.minute))
            case _:
                return holds.Until.NEXT_CHANGE


def switched(environment: Environment, hold: Hold, now: datetime) -> str:
    """What follows, said to who asked for it; the state is the one of before."""
    zone = environment.zone_name
    if hold.desired == Wish.RUNNING and environment.state in {State.RUNNING, State.REDEPLOYING}:
        said = _("%(name)s is kept running %(until)s.")
    elif hold.desired == Wish.RUNNING:
        said = _("%(name)s starts now and is kept running %(until)s.")
    else:
        said = _("%(name)s stops now and stays stopped %(until)s.")
    until = _("until released")
    if hold.until:
        stays = ""
        if hold.desired == Wish.RUNNING:
            stays = _stays(environment, hold.until, now)
        until = _("until %(time)s") % {"time": stays or _by_clocks(hold.until, zone, now)}
    return said % {"name": environment.name, "until": until}


def _stays(environment: Environment, end: datetime, now: datetime) -> str:
    """Until when what is held until then really runs, where its plan goes on with it; empty where it does not."""
    spec = spec_of(planned(environment, now), now)
    stop = planned_on_until(spec, end)
    return stays_words(spec, end, now, _by_clocks(stop, environment.zone_name, now)) if stop else ""


def _by_clocks(at: datetime, zone: str, now: datetime) -> str:
    return f"{at_place(at, zone, now)} {also(at, zone, now)}".strip()


@require_POST
@of_environment
def redeploy(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Bring what runs to its newest images; one that is starting, when it has started."""
    permissions.require_switch(request.user, environment)
    try:
        operation = operations.request_redeploy(
            environment=environment,
            actor=request.user,  # type: ignore[arg-type]
            note=request.POST.get("reason", "")[:200],
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(environment)
    said = _("%(name)s is redeployed now, where there is a newer image.")
    if operation.next_wish:
        said = _("%(name)s is redeployed as soon as what is under way is done.")
    messages.success(request, said % {"name": environment.name})
    return _back(environment)


@require_POST
@of_environment
def accept(request: HttpRequest, environment: Environment) -> HttpResponse:
    """An operator accepts that the listed resources are lost; the stop is then tried again."""
    permissions.require_accept(request.user, environment)
    try:
        accepted = guard.accept(
            environment=environment,
            fingerprints=request.POST.getlist("fingerprint"),
            user=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(environment)
    if accepted:
        messages.success(request, _("Accepted. The stop is tried again."))
    else:
        messages.error(request, _("The template has changed since you looked. Read the new list."))
    return _back(environment)


def _back(environment: Environment) -> HttpResponse:
    return redirect("environments:page", environment.slug)
