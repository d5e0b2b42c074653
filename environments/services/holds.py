"""“Keep it running / stopped until …”: placing and releasing holds. Every door asks for them here.

Each function that writes asks first whether `author` may switch the environment (`permissions.require_switch`), and
tells of what it did (`override_events`).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from environments import override_events, rules
from environments.models import Environment, Hold, Operation, Wish
from portal.origin import acting, current

from . import budget_limits, needed_starts, needs, operations, permissions, recorded, schedules
from .hold_ends import KIND, MET, Limit, default_end, extended_until, limit_of, whole_minute
from .specs import planned, spec_of

__all__ = [
    "Limit", "Until", "default_end", "extended_until", "keep_on", "limit_of", "place", "place_again", "release",
    "take_back", "undo_release", "whole_minute",
]  # fmt: skip

REASON_LENGTH = 200
FURTHEST_YEARS = 10
"""Nobody means a hold that ends later than this."""


class Until(Enum):
    """Ends of a hold that are no time: the next boundary of the plan without it, or somebody's release."""

    NEXT_CHANGE = "next"
    RELEASED = "released"


def place(
    *,
    environment: Environment,
    desired: Wish,
    until: datetime | Until,
    reason: str = "",
    author: User,
    origin: str = Hold.Origin.WEB,
    anyway: bool = False,
    now: datetime,
) -> Hold:
    """Keep the environment running or stopped, effective at once; an open hold is replaced and stays in the history.

    Records the start or stop that it takes. The default end is brought forward to the longest that `author` may hold.
    Raises PermissionDenied; ValidationError naming `until` when that is not in the future, more than ten years away,
    lies beyond what they may hold, or the environment has expired; and one in words when others still need what is to
    be stopped (`anyway`: operators stop it all the same), or what it needs may not be started. Nothing is written then.
    """
    permissions.require_switch(author, environment)
    with acting(author, origin), transaction.atomic():
        return _placed(environment, desired, until, reason, author, origin, now, anyway=anyway)


def keep_on(*, environment: Environment, until: datetime, person: User | None, who: str, now: datetime) -> Hold:
    """`place`: keep it running until then, asked for by the link of a message, which is the right to do it, or by its
    button in a chat.

    `person` is the account of whose link it is; without one the limits are those of people who may pass none, and
    `who` (their name, or the room's) stands as the reason. Raises what `place` raises: PermissionDenied where `person`
    may not switch the environment any more, ValidationError in words.
    """
    if person is not None:
        permissions.require_switch(person, environment)
    asks: User | AnonymousUser = person or AnonymousUser()
    origin = Hold.Origin.BOT if current().origin == Hold.Origin.BOT else Hold.Origin.LINK
    with acting(asks, origin), transaction.atomic():
        reason = "" if person else who[:REASON_LENGTH]
        return _placed(environment, Wish.RUNNING, until, reason, asks, origin, now, who=who)


def _placed(
    environment: Environment,
    desired: Wish,
    until: datetime | Until,
    reason: str,
    asks: User | AnonymousUser,
    origin: str,
    now: datetime,
    *,
    anyway: bool = False,
    who: str = "",
) -> Hold:
    """The new hold, within the caller's transaction."""
    Environment.objects.select_for_update().get(pk=environment.pk)
    limit = limit_of(environment, desired, asks, now=now)
    end = _end(environment, desired, until, limit, now)
    author = asks if isinstance(asks, User) else None
    if desired == Wish.STOPPED:
        needs.refuse_stop(environment, asks, anyway=anyway, now=now)
    elif desired == Wish.RUNNING:
        budget_limits.refuse_extension(environment, asks, now, end)
        needed_starts.refuse(environment, asks, now)
    reason = reason.strip() or _reason_of_the_same(environment, desired)
    _end_open(environment, author, now)
    hold = Hold.objects.create(
        environment=environment,
        desired=desired,
        starts_at=now,
        until=end,
        reason=reason,
        author=author,
        origin=origin,
        created_at=now,
        counts_from=limit.counts_from,
    )
    schedules.enforce(environment, now=now)
    _make_sure(environment, hold, now)
    override_events.held(hold, environment, actor=asks.get_username() or who, now=now)
    return hold


def release(*, environment: Environment, author: User, now: datetime) -> Hold | None:
    """End the open hold; the plan decides again at once. The hold that ended; None when there was none (somebody was
    faster). Raises PermissionDenied."""
    permissions.require_switch(author, environment)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        held = Hold.objects.open().filter(environment=environment).first()
        if held is None:
            return None
        _end_open(environment, author, now)
        schedules.enforce(environment, now=now)
        override_events.released(environment, author, now)
    return held


def undo_release(*, environment: Environment, hold_id: int, author: User, now: datetime) -> Hold | None:
    """Hold it once more as it was held before `author` released that: until the same time and for the same reason.

    None when they have not released this one, when another has come since, or when its time is over. Raises what
    `place` raises.
    """
    permissions.require_switch(author, environment)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        last = Hold.objects.filter(environment=environment).order_by("-created_at", "-pk").first()
        theirs = last is not None and last.pk == hold_id and last.ended_at is not None and last.ended_by_id == author.pk
        if last is None or not theirs or (last.until is not None and last.until <= now):
            return None
        return place_again(last, author=author, now=now)


def place_again(hold: Hold, *, author: User, now: datetime) -> Hold:
    """A hold like this one, in the name of `author`. Raises what `place` raises."""
    return place(
        environment=hold.environment,
        desired=Wish(hold.desired),
        until=hold.until or Until.RELEASED,
        reason=hold.reason,
        author=author,
        now=now,
    )


def take_back(*, environment: Environment, hold_id: int, author: User, now: datetime) -> bool:
    """Undo a hold, if it is still the open one: what it replaced is in force again, with its own author and end.

    Where it replaced none, or that one's time is over by now, the plan decides. False when another hold stands in its
    place, or none. Raises PermissionDenied, and ValidationError in words when others need by now what would be stopped
    again, or a used-up budget forbids `author` to keep it on for longer than the hold that is undone does.
    """
    permissions.require_switch(author, environment)
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        undone = Hold.objects.open().filter(environment=environment, pk=hold_id).first()
        if undone is None:
            return False
        _end_open(environment, author, now)
        lasting = Q(until__isnull=True) | Q(until__gt=now)
        replaced = Hold.objects.filter(lasting, environment=environment, ended_at=undone.created_at).exclude(pk=hold_id)
        before = replaced.order_by("-created_at", "-pk").first()
        if before is None:
            schedules.enforce(environment, now=now)
            override_events.released(environment, author, now)
            return True
        if before.desired == Wish.STOPPED:
            needs.refuse_stop(environment, author, anyway=False, now=now)
        elif _is_longer(before, undone):
            budget_limits.refuse_extension(environment, author, now, before.until)
        recorded.update(Hold.objects.filter(pk=before.pk), by=author, ended_at=None, ended_by=None)
        schedules.enforce(environment, now=now)
        _make_sure(environment, before, now)
        override_events.held(before, environment, actor=author.get_username(), now=now)
    return True


def _is_longer(hold: Hold, other: Hold) -> bool:
    """Whether a hold keeps on what the other one does not, or not for as long."""
    if other.desired != Wish.RUNNING:
        return True
    return other.until is not None and (hold.until is None or hold.until > other.until)


def _reason_of_the_same(environment: Environment, desired: Wish) -> str:
    """Who prolongs a hold without a word has the reason that it was placed for."""
    held = Hold.objects.open().filter(environment=environment, desired=desired).first()
    return held.reason if held is not None else ""


def _end(
    environment: Environment, desired: Wish, until: datetime | Until, limit: Limit, now: datetime
) -> datetime | None:
    """The end of a hold as it is written; ValidationError naming `until` where it may not be."""
    _refuse_what_has_expired(environment, desired, now)
    if isinstance(until, datetime) and until.year > now.year + FURTHEST_YEARS:
        raise ValidationError({"until": _("This is more than %(count)s years away.") % {"count": FURTHEST_YEARS}})
    if until is Until.NEXT_CHANGE:
        ends = [end for end in (default_end(environment, now=now), limit.latest) if end is not None]
        end = min(ends, default=None)
    else:
        end = whole_minute(until) if isinstance(until, datetime) else None
    if limit.latest is not None and (end is None or end > limit.latest or limit.latest <= now):
        raise ValidationError({"until": _too_long(environment, limit.latest, now)})
    if end is not None and end <= now:
        raise ValidationError({"until": _("This time has passed. Choose one in the future.")})
    return end


def _too_long(environment: Environment, latest: datetime, now: datetime) -> str:
    zone = environment.zone_name
    return _(
        "%(name)s may be held for %(hours)s h beyond its plan, until %(latest)s (%(zone)s)."
        " An operator can hold it for longer."
    ) % {
        "name": environment.name,
        "hours": environment.max_hold_hours,
        "latest": rules.when(latest, now, zone, get_language() or "en"),
        "zone": zone,
    }


def _refuse_what_has_expired(environment: Environment, desired: Wish, now: datetime) -> None:
    found = rules.explain(spec_of(planned(environment, now), now), now)
    if found.source.kind is rules.SourceKind.EXPIRY and desired == Wish.RUNNING:
        raise ValidationError(
            {
                "until": _("%(name)s has expired: its last day was %(day)s. An operator can move that day.")
                % {"name": environment.name, "day": environment.expires_on}
            }
        )


def _end_open(environment: Environment, author: User | None, now: datetime) -> None:
    open_one = Hold.objects.open().filter(environment=environment)
    recorded.update(open_one, by=author, ended_at=now, ended_by=author)


def _make_sure(environment: Environment, hold: Hold, now: datetime) -> None:
    """What somebody asks for by hand is done even when the plan wished for it before and it went wrong or was
    changed."""
    wish = Wish(hold.desired)
    fresh = Environment.objects.with_plan(now).get(pk=environment.pk)
    under_way = Operation.objects.unfinished().filter(environment=environment, kind=KIND[wish], next_wish__isnull=True)
    if fresh.state == MET[wish] or under_way.exists():
        return
    found = rules.explain(spec_of(fresh, now), now)
    operations.request_many([(fresh, schedules.wanted(found, [hold], fresh))], now=now)
