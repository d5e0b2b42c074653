"""When a message to somebody comes: quiet hours, digests, the short wait in which a storm becomes one message. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from notifications.quiet import next_digest, quiet_until, zone_of
from notifications.reaching import ERROR, Person
from notifications.routing import Listener, Why

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""A message older than that is news to nobody; long enough for a night's outage to end first."""

NO_NEWS: Final = _("It is no news any more.")
QUIET_TOO_LONG: Final = _("It would have come in their quiet hours, and after those it is no news any more.")

ALONE: Final = frozenset({Why.ASKED, Why.ESCALATED, Why.OWNER})
"""Why somebody is told by name: such a message waits for no other and is never counted instead of sent."""


@dataclass(frozen=True, slots=True)
class News:
    """What timing needs to know of an event. `alone`: it asks its reader for something, so it is a message of its
    own."""

    severity: str
    environment: str = ""
    until: datetime | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """When a message is sent, and until when it is tried. `bundle`: what is due together with the same in here is one
    message. `dropped`: why it is not sent at all."""

    not_before: datetime
    deadline_at: datetime
    bundle: str = ""
    gathers: bool = False
    """It waits a little for others of its environment: an earlier one's end of waiting is its own."""
    dropped: StrPromise | None = None


def moment(news: News, *, why: Why, listener: Listener | None, person: Person | None, start: datetime) -> Moment:
    """When a message owed from `start` on is sent.

    Errors come at once. What else would come in somebody's quiet hours comes at their end, and what they get as a
    digest comes at its time, unless it is news only `until` then or asks for something. What would come when it is no
    news any more is dropped.
    """
    due, bundle = start, ""
    if person is not None and news.severity != ERROR:
        zone = zone_of(person.zone)
        if person.digest and why not in ALONE and not news.alone and news.until is None:
            due = next_digest(due, person.digest, person.digest_at, zone)
            bundle = f"digest {due.isoformat()}"
        quiet_end = quiet_until(due, *person.quiet, zone) if person.quiet else None
        if quiet_end is not None:
            due = quiet_end
            # Whoever is asked for something is asked by itself, and by name.
            bundle = "" if news.alone or why in ALONE else f"quiet {due.isoformat()}"
    gathers = bool(
        not bundle
        and due == start
        and listener is not None
        and listener.gather_seconds
        and news.environment
        and not news.alone
        and why not in ALONE
    )
    if gathers and listener is not None:
        due, bundle = start + timedelta(seconds=listener.gather_seconds), news.environment
    if news.until is not None and due >= news.until:
        reason = NO_NEWS if due == start or gathers else QUIET_TOO_LONG
        if gathers and start < news.until:
            # A moment's wait is not worth losing it.
            return Moment(start, news.until)
        return Moment(due, news.until, dropped=reason)
    deadline = due + GIVE_UP_AFTER
    return Moment(due, min(deadline, news.until) if news.until else deadline, bundle, gathers)
