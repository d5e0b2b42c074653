"""Nobody gives away, or takes over, more than they have: so no administrator makes a superuser of themselves."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from environments import roles


def asker(request: HttpRequest) -> User:
    """Who asks; the admin site has made sure that they signed in."""
    return cast("User", request.user)


def permissions_within(user: User) -> QuerySet[Permission]:
    """Permissions that the user has; a superuser has all of them."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()


def groups_within(user: User) -> QuerySet[Group]:
    """Groups that give nobody more than the user has; in the order in which the roles build on each other."""
    return Group.objects.exclude(permissions__in=_beyond(user)).order_by("pk")


def people_within(user: User) -> QuerySet[User]:
    """People who may do no more than the user, superusers only for their equals."""
    if user.is_superuser:
        return User.objects.all()
    beyond = _beyond(user)
    plain = User.objects.filter(is_superuser=False)
    return plain.exclude(user_permissions__in=beyond).exclude(groups__permissions__in=beyond)


def is_portal_role(group: Group) -> bool:
    """Whether it is one of the four that come with the portal, whose meaning is in its code."""
    return group.name in roles.MEANINGS


def _beyond(user: User) -> QuerySet[Permission]:
    return Permission.objects.exclude(pk__in=permissions_within(user).values("pk"))
