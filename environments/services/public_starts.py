"""“Start now” on a status page, for those who have signed in and may: the same as on the board."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import get_language

from environments import rules
from environments.models import Environment, Wish
from environments.rules.public_words import until_text

from . import holds, permissions, public_status
from .specs import planned, spec_of


def startable(slug: str, user: User | AnonymousUser) -> Environment | None:
    """The environment, for those who may switch it; None for everybody else."""
    if not user.has_perm(permissions.SWITCH):
        return None
    return Environment.objects.visible_to(user).select_related("schedule").filter(slug=slug).first()


def stays_until(environment: Environment, user: User, *, now: datetime) -> str:
    """Until when it would stay on if `user` started it now, in words; empty: until somebody releases it."""
    try:
        ends = holds.default_end(environment, now=now), _latest(environment, user, now)
    except rules.RuleError:
        return ""
    return _until(environment, min((at for at in ends if at is not None), default=None), now)


def start(*, environment: Environment, user: User, now: datetime) -> str:
    """Start it and keep it on until its plan next changes; until when that is, in words, empty: until released.

    Raises PermissionDenied, and ValidationError in words; nothing is written then.
    """
    hold = holds.place(
        environment=environment, desired=Wish.RUNNING, until=holds.Until.NEXT_CHANGE, author=user, now=now
    )
    public_status.forget(environment.slug)
    return _until(environment, hold.until, now)


def _latest(environment: Environment, user: User, now: datetime) -> datetime | None:
    return holds.limit_of(environment, Wish.RUNNING, user, now=now).latest


def _until(environment: Environment, end: datetime | None, now: datetime) -> str:
    """Past the end of the hold, when its plan wants it running from there on: people care when it goes off."""
    if end is not None:
        then = rules.explain(spec_of(planned(environment, now), now, without_holds=True), end)
        end = then.until if then.desired is rules.Desired.RUNNING else end
    return until_text(end, now, environment.zone_name, get_language() or "en") if end else ""
