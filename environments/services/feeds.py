"""Calendar feeds: secret addresses under which calendar programs read plans. Making, revoking, finding."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from environments.models import Environment, PlanFeed, Team
from environments.models.environment import SEE_EVERY_TEAM

from . import permissions, recorded

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SECRET_BYTES = 24
HINT = 4
MOST = 50
"""Feeds a person may have at once: more are forgotten ones."""

NOTED_EVERY = timedelta(minutes=10)
"""Calendar programs ask often; “last read” is written no oftener than this."""


def make(*, scope: Environment | Team, author: User, language: str, now: datetime) -> tuple[PlanFeed, str]:
    """A feed of an environment or of a team's environments, and its secret, which is kept nowhere and shown once.

    Raises PermissionDenied for what the author may not see, ValidationError when they have too many. Nothing is written
    then.
    """
    if not _may_see(author, scope):
        raise PermissionDenied(_("You may not see %(name)s.") % {"name": scope.name})
    if author.plan_feeds.filter(revoked_at__isnull=True).count() >= MOST:
        raise ValidationError(
            _("You have %(count)d calendar feeds. Revoke those that nobody reads any more first.") % {"count": MOST}
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = PlanFeed.objects.create(
        environment=scope if isinstance(scope, Environment) else None,
        team=scope if isinstance(scope, Team) else None,
        digest=_digest(secret),
        hint=secret[-HINT:],
        language="ko" if language.startswith("ko") else "en",
        author=author,
        created_at=now,
    )
    return feed, secret


def revoke(*, feed_id: int, user: User, now: datetime) -> bool:
    """End a feed of one's own, or anybody's for those who see every team. False when it is already revoked, or is none
    of theirs (which is not told apart)."""
    open_ones = _cared_for_by(user).filter(pk=feed_id, revoked_at__isnull=True)
    return bool(recorded.update(open_ones, by=user, revoked_at=now, revoked_by=user))


def listed(user: User | AnonymousUser, environment: Environment) -> list[PlanFeed]:
    """The feeds in force that show the environment: one's own; everybody's for those who see every team."""
    of_it = Q(environment=environment) | Q(team=environment.team_id)
    rows = _cared_for_by(user).filter(of_it, revoked_at__isnull=True)
    return list(rows.select_related("author", "environment", "team"))


def found(secret: str) -> PlanFeed | None:
    """The feed behind a secret; None for what is unknown or revoked, and for authors who may not see it any more.

    Looked up by digest: how long it takes says nothing about how much of a guess was right.
    """
    rows = PlanFeed.objects.select_related("author", "environment", "team").filter(revoked_at__isnull=True)
    feed = rows.filter(digest=_digest(secret)).first()
    scope = feed and (feed.environment or feed.team)
    return feed if feed and scope and _may_see(feed.author, scope) else None


def environments_of(feed: PlanFeed, now: datetime) -> list[Environment]:
    """What a feed shows: what its author may see of it, with all that plans need, in a fixed number of queries."""
    seen = Environment.objects.visible_to(feed.author).with_plan(now)
    return list(seen.filter(pk=feed.environment_id) if feed.environment_id else seen.filter(team=feed.team_id))


def note_reading(feed: PlanFeed, now: datetime) -> None:
    """Remember that it was read; a write at most each `NOTED_EVERY`."""
    if feed.last_read_at is None or feed.last_read_at <= now - NOTED_EVERY:
        PlanFeed.objects.filter(pk=feed.pk).update(last_read_at=now)


def _may_see(user: User, scope: Environment | Team) -> bool:
    if isinstance(scope, Environment):
        return permissions.may_see(user, scope)
    return user.is_active and (user.has_perm(SEE_EVERY_TEAM) or scope.members.filter(pk=user.pk).exists())


def _cared_for_by(user: User | AnonymousUser) -> QuerySet[PlanFeed]:
    if not user.is_active:
        return PlanFeed.objects.none()
    return PlanFeed.objects.all() if user.has_perm(SEE_EVERY_TEAM) else PlanFeed.objects.filter(author=user.pk)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
