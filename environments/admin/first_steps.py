"""What to do next in an installation without environments, for each reader: what they may do, or whom to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from environments import roles
from environments.models import Account, Environment, Schedule, Team
from notifications.models import Channel

from . import board, sample
from .displays import name_of

ASKED = 5
"""So many people are named at most."""


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what it is, whether it is done, and the buttons that do it."""

    title: str
    text: str
    done: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    mail: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by django-unfold for the admin's index page: the board, and what is said above or instead of it.

    The first steps are asked for only by a board that shows them.
    """
    own = {"first_steps": SimpleLazyObject(lambda: section(request)), "sample_shown": sample.is_shown(request)}
    return board.dashboard(request, context) | own


def section(request: HttpRequest) -> dict[str, Any]:
    """What `environments/_first_steps.html` shows, in a fixed number of queries."""
    user: Any = request.user
    steps = _steps(user)
    open_steps = [step for step in steps if not step.done]
    helpers = (roles.ADMINISTRATOR,) if steps else (roles.ADMINISTRATOR, roles.OPERATOR)
    waits = bool(steps) and not user.has_perm("environments.add_account") and not Account.objects.exists()
    return {
        "steps": steps,
        "next_step": open_steps[0] if open_steps else None,
        "waits_for_account": waits,
        "in_team": bool(steps) or user.teams.exists(),
        "asked": _people(*helpers) if waits or not steps else [],
    }


def _steps(user: Any) -> list[Step]:
    """What this person may do, in the order in which one needs the other; with the environment they end."""
    known = _known()
    possible: dict[str, Callable[[], Step]] = {
        "environments.add_account": lambda: _account(known),
        "environments.add_team": lambda: _people_and_teams(known),
        "environments.add_schedule": lambda: _schedule(known),
        "notifications.add_channel": lambda: _channel(known),
        "environments.add_environment": lambda: _environment(user, known),
    }
    return [make() for permission, make in possible.items() if user.has_perm(permission)]


def _known() -> dict[str, bool]:
    """What there is already, asked in one query."""
    accounts = Account.objects.all()
    there = {
        "account": Exists(accounts),
        "tested": Exists(accounts.filter(checked_at__isnull=False)),
        "team": Exists(Team.objects.all()),
        "member": Exists(Team.members.through.objects.all()),
        "schedule": Exists(Schedule.objects.all()),
        "environment": Exists(Environment.objects.all()),
        "channel": Exists(Channel.objects.all()),
        "channel_on": Exists(Channel.objects.filter(enabled=True)),
    }
    return User.objects.annotate(**there).values(*there).first() or dict.fromkeys(there, False)


def _account(known: dict[str, bool]) -> Step:
    if known["account"] and not known["tested"]:
        text = _("An account is there. Open it and test the connection: it says what is missing and changes nothing.")
        links = (Link(_("Test the connection"), reverse("admin:environments_account_changelist")),)
    else:
        text = _("Say which account and regions the portal works in, and test the connection.")
        links = (Link(_("Add an AWS account"), reverse("admin:environments_account_add")),)
    return Step(_("AWS account"), text, known["tested"], links)


def _people_and_teams(known: dict[str, bool]) -> Step:
    links = (
        Link(_("Add a team"), reverse("admin:environments_team_add")),
        Link(_("Add people"), reverse("admin:auth_user_add")),
    )
    text = _("A team owns environments; the managers in it start and stop them.")
    return Step(_("Teams and people"), text, known["team"] and known["member"], links)


def _schedule(known: dict[str, bool]) -> Step:
    links = (
        Link(_("Add a schedule"), reverse("admin:environments_schedule_add")),
        Link(_("Import schedules"), reverse("admin:environments_schedule_import")),
    )
    text = _("When things run, for example Monday to Friday from 09:00 to 18:00.")
    return Step(_("Schedule"), text, known["schedule"], links)


def _environment(user: Any, known: dict[str, bool]) -> Step:
    links = [Link(_("Add by hand"), reverse("admin:environments_environment_add"))]
    if known["account"] and user.has_perm("environments.add_target") and user.has_perm("environments.view_account"):
        links.insert(0, Link(_("Find in AWS"), reverse("environments:find")))
    text = _("What people switch on and off. The portal finds in AWS what could become one.")
    return Step(_("First environment"), text, known["environment"], tuple(links))


def _channel(known: dict[str, bool]) -> Step:
    if known["channel"] and not known["channel_on"]:
        text = _("Every channel is switched off: when something fails, nobody hears of it.")
        links = (Link(_("Switch one on"), reverse("admin:notifications_channel_changelist")),)
    else:
        text = _("Without a channel nobody hears when something fails. For example a room in Discord, or mail.")
        links = (Link(_("Add a channel"), reverse("admin:notifications_channel_add")),)
    return Step(_("Say who hears of failures"), text, known["channel_on"], links)


def _people(*names: str) -> list[Person]:
    """Who can help, by name and mail."""
    helping = User.objects.filter(Q(groups__name__in=names) | Q(is_superuser=True), is_active=True)
    found = helping.order_by("first_name", "username").distinct()[:ASKED]
    return [Person(name_of(person), person.email) for person in found]
