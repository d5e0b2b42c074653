"""Environments whose time zone this server does not know: its time zone data is older than what was chosen elsewhere.

Nothing of them can be said by their clock. Pages say so, and what to do, instead of failing for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from environments import rules
from environments.models import FAILED_STATES, Environment, State
from environments.models.environment import EnvironmentQuerySet
from environments.rules.zones import zone

from .cards import Card


@dataclass(frozen=True, slots=True)
class UnknownZone:
    """The zone, and whether it is that of the schedule; `words` say what to do about it."""

    name: str
    is_of_schedule: bool

    @property
    def words(self) -> str:
        if self.is_of_schedule:
            said = _(
                "The zone “%(zone)s” of its schedule is not known here. Choose another zone for the schedule, or have"
                " the time zone data of this server updated."
            )
        else:
            said = _(
                "Its zone “%(zone)s” is not known here. Choose another zone for it, or have the time zone data of this"
                " server updated."
            )
        return said % {"zone": self.name}


def unknown_zone(environment: Environment) -> UnknownZone | None:
    """The first of its zones that is not known here; None where all are. No query for what came with its schedule."""
    if environment.timezone and not is_known(environment.timezone):
        return UnknownZone(environment.timezone, is_of_schedule=False)
    if environment.schedule and environment.schedule.timezone and not is_known(environment.schedule.timezone):
        return UnknownZone(environment.schedule.timezone, is_of_schedule=True)
    return None


def is_known(name: str) -> bool:
    try:
        return bool(zone(name))
    except rules.RuleError:
        return False


def of_known_zones(environments: EnvironmentQuerySet) -> EnvironmentQuerySet:
    """Those whose own time can be told; one query."""
    pairs = environments.order_by().values_list("timezone", "schedule__timezone").distinct()
    unknown = {name for pair in pairs for name in pair if name and not is_known(name)}
    return environments.exclude(Q(timezone__in=unknown) | Q(timezone="", schedule__timezone__in=unknown))


def bare_card(environment: Environment, unknown: UnknownZone) -> Card:
    """What can be said of it all the same; nothing can be done but giving it a zone. Times are the portal's."""
    state = State(environment.state)
    return Card(
        environment=environment,
        tone="unknown",
        state=str(state.label),
        short=unknown.words,
        more="",
        zone=settings.TIME_ZONE,
        next_at=None,
        next_text=_("nothing planned"),
        next_in="",
        hold=None,
        hold_text=unknown.words,
        current=None,
        progress=None,
        failed=state in FAILED_STATES,
        drifted=False,
        guarded=False,
        can_start=False,
        can_stop=False,
        can_keep=False,
    )


def told(request: HttpRequest, environment: Environment, unknown: UnknownZone) -> HttpResponse:
    """The page in place of any of its pages. What was to be done is refused (409); an open page is loaded anew."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    edit = ""
    if unknown.is_of_schedule and request.user.has_perm("environments.change_schedule"):
        edit = reverse("admin:environments_schedule_change", args=[environment.schedule_id])
    elif not unknown.is_of_schedule and request.user.has_perm("environments.change_environment"):
        edit = reverse("admin:environments_environment_change", args=[environment.pk])
    context = admin.site.each_context(request) | {
        "title": environment.name,
        "crumbs": [(_("Board"), reverse("admin:index")), (environment.team.name, "")],
        "said": unknown.words,
        "edit": edit,
    }
    status = 200 if request.method in {"GET", "HEAD"} else 409
    return TemplateResponse(request, "environments/unknown_zone.html", context, status=status)
