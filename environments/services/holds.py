"""“Keep it running / stopped until …”: placing and releasing holds. Every door asks for them here.

Each function that writes asks first whether `author` may switch the environment (`permissions.require_switch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Hold, Operation, OperationStatus, State, Wish
from portal.origin import acting

from . import budget_limits, needed_starts, needs, operations, permissions, recorded, schedules
from .specs import planned, spec_of

KIND = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}
MET = {Wish.RUNNING: State.RUNNING, Wish.STOPPED: State.STOPPED}


class Until(Enum):
    """Ends of a hold that are no time: the next boundary of the plan without it, or somebody's release."""

    NEXT_CHANGE = "next"
    RELEASED = "released"


def default_end(environment: Environment, *, now: datetime) -> datetime | None:
    """When a hold placed now ends by default; None when the plan without it never changes."""
    return rules.default_until(spec_of(planned(environment, now), now, without_holds=True), now)


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a hold of somebody may reach: `latest` None is without limit; `counts_from` is kept with the hold."""

    counts_from: datetime | None
    latest: datetime | None


def limit_of(environment: Environment, desired: Wish, author: User, *, now: datetime) -> Limit:
    """The longest hold that `author` may place now: the environment's, unless they may pass it."""
    environment = planned(environment, now)
    spec = spec_of(environment, now)
    begin = rules.counts_from(spec, rules.Desired(desired), now, _counted_from_before(environment, spec, desired, now))
    hours = environment.max_hold_hours
    if hours is None or begin is None or author.has_perm(permissions.EXCEED):
        return Limit(begin, None)
    return Limit(begin, whole_minute(begin) + timedelta(hours=hours))


def _counted_from_before(
    environment: Environment, spec: rules.EnvironmentSpec, desired: Wish, now: datetime
) -> datetime | None:
    """From where the last hold of this wish counted, when what it began still goes on: also after it was released, or
    replaced by its opposite for a moment. It is over once the environment really was the opposite, or the plan itself
    wished for the same in between."""
    opposite = Wish.STOPPED if desired == Wish.RUNNING else Wish.RUNNING
    last = Hold.objects.filter(environment=environment, desired=desired).order_by("-created_at", "-pk").first()
    if last is None or last.counts_from is None or environment.state == MET[opposite]:
        return None
    done = Operation.objects.filter(environment=environment, kind=KIND[opposite], status=OperationStatus.SUCCEEDED)
    if done.filter(finished_at__gte=last.created_at).exists():
        return None
    since = rules.plan(spec.without_holds(), last.created_at, now)
    return None if any(segment.desired.value == desired for segment in since) else last.counts_from


def whole_minute(at: datetime) -> datetime:
    """Rounded up: people are told minutes, and given no less than they were promised."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=bool(at.second or at.microsecond))


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
    Raises PermissionDenied; ValidationError naming `until` when that is not in the future, lies beyond what they may
    hold, or the environment has expired; and one in words when others still need what is to be stopped (`anyway`:
    operators stop it all the same), or what it needs may not be started. Nothing is written then.
    """
    permissions.require_switch(author, environment)
    with acting(author, origin), transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        limit = limit_of(environment, desired, author, now=now)
        end = _end(environment, desired, until, limit, now)
        if desired == Wish.STOPPED:
            needs.refuse_stop(environment, author, anyway=anyway, now=now)
        elif desired == Wish.RUNNING:
            budget_limits.refuse_extension(environment, author, now, end)
            needed_starts.refuse(environment, author, now)
        _end_open(environment, author, now)
        hold = Hold.objects.create(
            environment=environment,
            desired=desired,
            starts_at=now,
            until=end,
            reason=reason.strip(),
            author=author,
            origin=origin,
            created_at=now,
            counts_from=limit.counts_from,
        )
        schedules.enforce(environment, now=now)
        _make_sure(environment, hold, now)
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
            return True
        if before.desired == Wish.STOPPED:
            needs.refuse_stop(environment, author, anyway=False, now=now)
        elif _is_longer(before, undone):
            budget_limits.refuse_extension(environment, author, now, before.until)
        recorded.update(Hold.objects.filter(pk=before.pk), by=author, ended_at=None, ended_by=None)
        schedules.enforce(environment, now=now)
        _make_sure(environment, before, now)
    return True


def _is_longer(hold: Hold, other: Hold) -> bool:
    """Whether a hold keeps on what the other one does not, or not for as long."""
    if other.desired != Wish.RUNNING:
        return True
    return other.until is not None and (hold.until is None or hold.until > other.until)


def _end(
    environment: Environment, desired: Wish, until: datetime | Until, limit: Limit, now: datetime
) -> datetime | None:
    """The end of a hold as it is written; ValidationError naming `until` where it may not be."""
    _refuse_what_has_expired(environment, desired, now)
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


def _end_open(environment: Environment, author: User, now: datetime) -> None:
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
