"""“Keep it running / stopped until …”: placing and releasing holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Hold, Operation, State, Wish

from . import operations, schedules
from .permissions import EXCEED
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
    holds: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    earlier = next((h.counts_from for h in holds if h.desired == desired and (h.until is None or h.until >= now)), None)
    begin = rules.counts_from(spec, rules.Desired(desired), now, earlier)
    hours = environment.max_hold_hours
    if hours is None or begin is None or author.has_perm(EXCEED):
        return Limit(begin, None)
    return Limit(begin, begin + timedelta(hours=hours))


def place(
    *,
    environment: Environment,
    desired: Wish,
    until: datetime | Until,
    reason: str = "",
    author: User,
    origin: str = Hold.Origin.WEB,
    now: datetime,
) -> Hold:
    """Keep the environment running or stopped, effective at once; an open hold is replaced and stays in the history.

    Records the start or stop that it takes. The default end is brought forward to the longest that `author` may hold.
    Raises ValidationError naming `until` when that is not in the future, lies beyond what they may hold, or the
    environment has expired. Nothing is written then.
    """
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        limit = limit_of(environment, desired, author, now=now)
        end = _end(environment, desired, until, limit, now)
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


def release(*, environment: Environment, author: User, now: datetime) -> bool:
    """End the open hold; the plan decides again at once. False when there was none (somebody was faster)."""
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=environment.pk)
        ended = _end_open(environment, author, now)
        if ended:
            schedules.enforce(environment, now=now)
    return ended


def _end(
    environment: Environment, desired: Wish, until: datetime | Until, limit: Limit, now: datetime
) -> datetime | None:
    """The end of a hold as it is written; ValidationError naming `until` where it may not be."""
    _refuse_what_has_expired(environment, desired, now)
    if until is Until.NEXT_CHANGE:
        ends = [end for end in (default_end(environment, now=now), limit.latest) if end is not None]
        end = min(ends, default=None)
    else:
        end = until if isinstance(until, datetime) else None
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


def _end_open(environment: Environment, author: User, now: datetime) -> bool:
    return bool(Hold.objects.open().filter(environment=environment).update(ended_at=now, ended_by=author))


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
