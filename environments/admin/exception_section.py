"""Exceptions on the environment's page: those in force, those that ended lately, and the form for new ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from environments.models import DayException, Environment
from environments.services import plans
from environments.services.exceptions import scope_of, zones

from .exception_forms import Choice, ExceptionForm, choices_for, value_of
from .exception_lines import Line, lines, replaced_among

# For how long what has ended is shown, and can be brought back with a click.
LATELY = timedelta(days=14)


def section(
    request: HttpRequest, environment: Environment, now: datetime, choices: list[Choice] | None = None
) -> dict[str, Any]:
    """The context of `environments/_exceptions.html` on the environment's page; one query more, whatever there is.

    `choices` is what they may decide on, where the page asked already; else it is asked for, scope by scope.
    """
    choices = choices_for(request.user, environment) if choices is None else choices
    zone = zones(environment)[0]  # of its days and hours, and so of all times beside them
    today = plans.today(zone, now)
    in_force = [row for row in _in_force(environment) if row.day >= today]
    ended = list(_concerning(environment).filter(ended_at__gte=now - LATELY).order_by("-ended_at", "day", "pk"))
    replaced = replaced_among([*ended, *_in_force(environment)])
    taken = {_place(row) for row in in_force}
    mine = {choice.value for choice in choices}
    gone = sorted(lines(ended, zone, now), key=lambda line: line.stamp, reverse=True)

    def theirs(line: Line) -> bool:
        return value_of(scope_of(line.rows[0])) in mine

    def can_return(line: Line) -> bool:
        left = [row for row in line.rows if row.day >= today]
        return bool(left) and theirs(line) and not any(_place(row) in taken for row in left)

    return {
        "exception_choices": choices,
        "exception_zone": zone,
        "exceptions": [(line, theirs(line)) for line in lines(in_force, zone, now)],
        "ended_exceptions": [(line, line.rows[0].pk in replaced, can_return(line)) for line in gone],
    }


def form_section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_exception_dialog.html`, which stays while the section above it is renewed."""
    today = plans.today(zones(environment)[0], now)
    form = ExceptionForm(initial={"kind": "off", "first": today})
    return form_context(form, environment, choices_for(request.user, environment), now)


def form_context(form: ExceptionForm, environment: Environment, choices: list[Choice], now: datetime) -> dict[str, Any]:
    """The context of `environments/_exception_form.html` on an environment's page."""
    zone = zones(environment)[0]
    return {
        "exception_form": form,
        "exception_choices": choices,
        "exception_zone": zone,
        "exception_min": f"{plans.today(zone, now):%Y-%m-%d}",
        "exception_place_url": reverse("environments:exception_place", args=[environment.slug]),
        "exception_preview_url": reverse("environments:exception_preview", args=[environment.slug]),
    }


def _in_force(environment: Environment) -> list[DayException]:
    owners: list[Any] = [environment, environment.team, *([environment.schedule] if environment.schedule else [])]
    return [row for owner in owners for row in owner.exceptions_in_force]


def _concerning(environment: Environment) -> Any:
    whose = Q(environment=environment) | Q(team=environment.team_id)
    if environment.schedule_id:
        whose |= Q(schedule=environment.schedule_id)
    return DayException.objects.filter(whose).select_related("environment", "team", "schedule", "author", "ended_by")


def _place(row: DayException) -> object:
    return row.environment_id, row.team_id, row.schedule_id, row.day, row.kind
