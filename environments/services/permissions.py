"""Who may do what to which environment; asked by pages, chat and API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from environments.models import Environment

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

SWITCH = "environments.switch_environment"
ACCEPT = "environments.add_guardacceptance"
EXCEED = "environments.exceed_hold_limit"


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
