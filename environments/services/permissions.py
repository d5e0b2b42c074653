"""Who may do what to which environment, team and schedule; asked by pages, chat and API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.translation import gettext as _

from environments.models import Environment, Schedule, Team
from environments.models.environment import SEE_EVERY_TEAM

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    Person = User | AnonymousUser

SWITCH = "environments.switch_environment"
ACCEPT = "environments.add_guardacceptance"
EXCEED = "environments.exceed_hold_limit"
CHANGE_SCHEDULE = "environments.change_schedule"
SEE_COSTS = "environments.view_dailycost"
SEE_PRICES, CHANGE_PRICES = "environments.view_rate", "environments.change_rate"

Scope = Environment | Team | Schedule
"""What an exception is made for."""


def may_see(user: Person, environment: Environment) -> bool:
    return Environment.objects.visible_to(user).filter(pk=environment.pk).exists()


def may_switch(user: Person, environment: Environment) -> bool:
    """Start, stop, hold and release: with the permission, for environments the user can see."""
    return user.has_perm(SWITCH) and may_see(user, environment)


def require_switch(user: Person, environment: Environment) -> None:
    """PermissionDenied, in words, for those who may not."""
    if not may_switch(user, environment):
        raise PermissionDenied(
            _("You may look at %(name)s, but not switch it. A manager of its team can.") % {"name": environment.name}
        )


def require_accept(user: Person, environment: Environment) -> None:
    """PermissionDenied, in words, for those who may not accept that data is lost."""
    if not (user.has_perm(ACCEPT) and may_see(user, environment)):
        raise PermissionDenied(_("Only an operator may accept that data is lost."))


def require_prices(user: Person, environment: Environment) -> None:
    """PermissionDenied, in words, for those who may not say what its targets cost."""
    if not (user.has_perm(CHANGE_PRICES) and may_see(user, environment)):
        said = _("You may look at the prices of %(name)s, but not change them. An operator can.")
        raise PermissionDenied(said % {"name": environment.name})


def may_see_scope(user: Person, scope: Scope) -> bool:
    """Whether it exists for them: environments and teams of their own, schedules that they may read or that concern
    what they see."""
    if isinstance(scope, Environment):
        return may_see(user, scope)
    if isinstance(scope, Team):
        return user.has_perm(SEE_EVERY_TEAM) or _is_member(user, scope)
    concerns = Environment.objects.visible_to(user).filter(schedule=scope)
    return user.has_perm("environments.view_schedule") or concerns.exists()


def may_override(user: Person, scope: Scope) -> bool:
    """Make and end exceptions: for environments as to switch them, for teams as a member who may switch, for schedules
    as those who edit them."""
    if isinstance(scope, Environment):
        return may_switch(user, scope)
    if isinstance(scope, Team):
        return user.has_perm(SWITCH) and may_see_scope(user, scope)
    return user.has_perm(CHANGE_SCHEDULE)


def require_override(user: Person, scope: Scope) -> None:
    """PermissionDenied, in words, for those who may not."""
    if may_override(user, scope):
        return
    if isinstance(scope, Environment):
        require_switch(user, scope)
    elif isinstance(scope, Team):
        said = _("You may not make exceptions for the team %(name)s. A manager of this team can.")
        raise PermissionDenied(said % {"name": scope.name})
    else:
        said = _("An exception for all of “%(name)s” concerns every team that uses it. An operator can make it.")
        raise PermissionDenied(said % {"name": scope.name})


def require_any_override(user: Person) -> None:
    """PermissionDenied, in words, for those who may make exceptions for nothing at all."""
    if not (user.has_perm(SWITCH) or user.has_perm(CHANGE_SCHEDULE)):
        raise PermissionDenied(_("You may look at exceptions, but not make or end them. A manager of the team can."))


def exceptions_in_sight(user: Person) -> Q:
    """Exceptions that concern what the user sees: of these environments, of their teams, of schedules in use there."""
    if not user.is_active:
        return Q(pk__in=())
    if user.has_perm(SEE_EVERY_TEAM):
        return Q()
    seen = Environment.objects.visible_to(user)
    return (
        Q(environment__in=seen.values("pk"))
        | Q(team__in=_teams_of(user))
        | Q(schedule__in=seen.filter(schedule__isnull=False).values("schedule"))
    )


def exceptions_in_reach(user: Person) -> Q:
    """Exceptions that `may_override` lets the user end, for many at once."""
    reach = Q(pk__in=())
    if user.has_perm(SWITCH):
        reach |= Q(environment__in=Environment.objects.visible_to(user).values("pk"))
        reach |= Q(team__isnull=False) if user.has_perm(SEE_EVERY_TEAM) else Q(team__in=_teams_of(user))
    return reach | Q(schedule__isnull=False) if user.has_perm(CHANGE_SCHEDULE) else reach


def _teams_of(user: Person) -> QuerySet[Team, Any]:
    return Team.objects.filter(members=user.pk).values("pk")


def _is_member(user: Person, team: Team) -> bool:
    return user.is_active and Team.objects.filter(pk=team.pk, members=user.pk).exists()
