"""The form of an exception: what is asked, what is offered, and errors at the field that they are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import Environment, Schedule, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import exceptions, permissions
from environments.services.exception_checks import FIELD, first_day
from environments.services.exceptions import Scope, Wanted

if TYPE_CHECKING:
    from environments.services.permissions import Person

ROWS: dict[str, Callable[[], QuerySet[Any]]] = {
    "environment": lambda: Environment.objects.select_related("schedule", "team"),
    "team": Team.objects.all,
    "schedule": Schedule.objects.all,
}
HOURS = "hours"
OFFERED = 300
KINDS = [
    ("off", gettext_lazy("Off all day")),
    ("on", gettext_lazy("On all day")),
    (HOURS, gettext_lazy("Other hours")),
]
# What the service calls a field and the form calls by another name, or not at all.
KNOWN = ("kind", "first", "last", "start", "stop", "scope", "reason")


@dataclass(frozen=True, slots=True)
class Choice:
    """A scope that is offered; `value` names it in the form."""

    value: str
    label: str


class ExceptionForm(forms.Form):
    """Off, on, or other hours (a start, a stop, or both), for a day or a range, for something, with a reason."""

    kind = forms.ChoiceField(
        choices=KINDS, error_messages={"required": gettext_lazy("Choose one: off all day, on all day, or other hours.")}
    )
    first = forms.DateField(
        error_messages={"required": gettext_lazy("Say for which day."), "invalid": gettext_lazy("This is not a date.")}
    )
    last = forms.DateField(required=False, error_messages={"invalid": gettext_lazy("This is not a date.")})
    start = forms.TimeField(required=False, error_messages={"invalid": gettext_lazy("This is not a time of the day.")})
    stop = forms.TimeField(required=False, error_messages={"invalid": gettext_lazy("This is not a time of the day.")})
    scope = forms.CharField(error_messages={"required": gettext_lazy("Say what it is for.")})
    reason = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = any(name in self.errors or cleaned.get(name) is not None for name in ("start", "stop"))
        if cleaned.get("kind") == HOURS and not given:
            self.add_error("start", _("Give a start, a stop, or both."))
        return cleaned

    def wanted(self) -> list[Wanted]:
        """What the filled form asks for; only for a valid one."""
        cleaned = self.cleaned_data
        first: date = cleaned["first"]
        last: date = cleaned["last"] or first
        reason: str = cleaned.get("reason", "")  # what is refused is cleaned away
        if cleaned["kind"] != HOURS:
            return [Wanted(cleaned["kind"], first, last, None, reason)]
        times = (("start", cleaned["start"]), ("stop", cleaned["stop"]))
        return [Wanted(kind, first, last, _minute(at), reason) for kind, at in times if at is not None]

    def refuse(self, error: ValidationError) -> None:
        """Put what the service says where it belongs."""
        told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, sentences in told.items():
            if name == "time":
                name = "stop" if self.cleaned_data.get("stop") is not None else "start"
            self.add_error(name if name in KNOWN else None, [*sentences])

    def check(self, scope: Scope, now: datetime, without: Collection[int] = ()) -> bool:
        """Whether saving it would work, in the place of the exceptions `without`; what it would say is in the errors
        then."""
        if not self.is_valid():
            return False
        try:
            exceptions.check(scope=scope, wanted=self.wanted(), now=now, without=without)
        except ValidationError as error:
            self.refuse(error)
        return not self.errors


def find_scope(user: Person, value: str, among: Sequence[Scope] = ()) -> Scope:
    """The scope named “team:3”. Raises Http404 for what they cannot see (or is not `among`), PermissionDenied for what
    they see and may not make exceptions for."""
    name, _colon, pk = value.partition(":")
    known = name in ROWS and pk.isascii() and pk.isdecimal() and len(pk) < 19
    found: Scope | None = ROWS[name]().filter(pk=pk).first() if known else None
    if found is None or not permissions.may_see_scope(user, found) or (among and found not in among):
        raise Http404(_("It does not exist, or you are not in the team that it belongs to."))
    permissions.require_override(user, found)
    return found


def value_of(scope: Scope) -> str:
    return f"{FIELD[type(scope)]}:{scope.pk}"


def scopes_of(environment: Environment) -> list[Scope]:
    """What an exception on the environment's page may be for."""
    return [environment, environment.team, *([environment.schedule] if environment.schedule else [])]


def choices_for(user: Person, environment: Environment) -> list[Choice]:
    """Those of them that the user may decide on."""
    labels = {
        "environment": _("only %(name)s"),
        "team": _("all environments of the team %(name)s"),
        "schedule": _("all environments of the schedule %(name)s"),
    }
    return [
        Choice(value_of(scope), labels[value_of(scope).partition(":")[0]] % {"name": scope.name})
        for scope in scopes_of(environment)
        if permissions.may_override(user, scope)
    ]


def all_choices(user: Person) -> list[tuple[str, list[Choice]]]:
    """Whatever the user may decide on, in groups with a name; of environments the first ones, if there are very many:
    each has a form on its own page."""
    found: list[tuple[str, list[Choice]]] = []
    if user.has_perm(permissions.SWITCH):
        environments = Environment.objects.visible_to(user).order_by("name")[:OFFERED]
        teams = Team.objects.all() if user.has_perm(SEE_EVERY_TEAM) else Team.objects.filter(members=user.pk)
        found.append((_("Environments"), [Choice(value_of(one), one.name) for one in environments]))
        found.append((_("Teams"), [Choice(value_of(one), one.name) for one in teams]))
    if user.has_perm(permissions.CHANGE_SCHEDULE):
        found.append((_("Schedules"), [Choice(value_of(one), one.name) for one in Schedule.objects.all()]))
    return [(name, choices) for name, choices in found if choices]


def first_today(user: Person, chosen: str) -> date:
    """The day that the form begins with: today where the chosen scope's plan is made, else where the first environment
    lives that they may decide on."""
    try:
        scope: Scope | None = find_scope(user, chosen)
    except (Http404, PermissionDenied):
        scope = Environment.objects.visible_to(user).select_related("schedule").order_by("name").first()
    names = exceptions.zones(scope) if scope else [settings.TIME_ZONE]
    return first_day(names, timezone.now())


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
