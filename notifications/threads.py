"""What belongs together: who heard of the begin of a matter, and what is only the same again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, Max, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from notifications.models import Delivery, Escalation, Event
from notifications.reaching import Recipient
from notifications.routing import Listener, Why
from notifications.timing import ALONE

LONGEST: Final = 200
RECENT: Final = 200
"""How many events of a thread are looked at for what was told last: a matter may go on for months."""

# What of a delivery means that its reader has heard of it, or will, or may have.
_HEARD = frozenset({*Delivery.UNFINISHED, Delivery.Status.SENT, Delivery.Status.UNKNOWN})


def thread_of(thread: str, *, kind: str, severity: str, environment: str) -> str:
    """What an event belongs to: the thread that its publisher named, else events of its kind, environment and
    severity."""
    return (thread or f"{kind}/{severity}/{environment}")[:LONGEST]


def followers(event: Event) -> tuple[Recipient, ...]:
    """Who was owed something of the event's thread since that ended last, over the channels where they were. One query.

    Not those whose message has failed or was dropped: they know of nothing that could end.
    """
    before = _before(event)
    last = Subquery(before.filter(ends_thread=True).values("pk")[:1])
    heard = (
        Delivery.objects.filter(event__in=before.filter(pk__gt=Coalesce(last, 0)).values("pk"))
        # A person who has been erased since is nobody to write to.
        .exclude(~Q(recipient="") & Q(contact=None))
    )
    rows = heard.order_by("pk").values_list("channel_id", "contact_id", "rule_name", "status")
    found: dict[tuple[int, int | None], Recipient] = {}
    for channel_id, contact_id, rule_name, status in rows:
        # Looked at here: asked for in the query, SQLite would go through everything that was ever sent.
        if status in _HEARD:
            found.setdefault((channel_id, contact_id), Recipient(channel_id, contact_id, Why.FOLLOWS, rule_name))
    return tuple(found.values())


def fold(
    event: Event, recipients: Sequence[Recipient], listeners: Mapping[int, Listener], now: datetime
) -> list[Recipient]:
    """Counts the event up where its reader has just been told the same, and returns those who are still to be told.

    The same: the last that they were owed of this thread, over this channel, is of the same kind, severity, title and
    details, and at most `fold_minutes` of the channel old. So worse news, another check's trouble, another change of a
    ticket and the end of a matter are always told; a reason that reads a little differently is no news. At most two
    queries; none where no channel folds.
    """
    folding = {
        one.channel_id: timedelta(minutes=listener.fold_minutes)
        for one in recipients
        if (listener := listeners.get(one.channel_id)) and listener.fold_minutes and one.why not in ALONE
    }
    if not folding or event.ends_thread or event.offer:
        return list(recipients)
    last = _last_of(event, folding, now)
    counted: dict[int, Recipient] = {}
    for one in recipients:
        told = last.get((one.channel_id, one.key))
        if told and one.why not in ALONE and _is_same(event, told) and now < told.event.at + folding[one.channel_id]:
            counted[told.pk] = one
    if counted:
        Delivery.objects.filter(pk__in=counted).update(repeats=F("repeats") + 1)
    gone = set(counted.values())
    return [one for one in recipients if one not in gone]


def ended_at(event: Event) -> datetime | None:
    """When the event's matter was over for the first time since; None while it is not. One query."""
    ends = Event.objects.filter(~Q(thread=""), thread=event.thread, pk__gt=event.pk, ends_thread=True).order_by("pk")
    found: datetime | None = ends.values_list("at", flat=True).first()
    return found


def are_one_matter(event: Event, other: Event) -> bool:
    """Whether two events of one thread are about the same: always where their publisher has named it. Else the thread
    only gathers what is of one kind, as the troubles of several people."""
    own = thread_of("", kind=event.kind, severity=event.severity, environment=str(event.labels.get("environment", "")))
    return event.thread != own or _is_like(event, other)


def asked_already(event: Event, group_ids: Sequence[int]) -> set[int]:
    """Those of the groups of which somebody is being asked about the same right now. One query."""
    asking = Escalation.objects.open().filter(event__thread=event.thread, group__in=group_ids).exclude(event=event)
    return {one.group_id for one in asking.select_related("event") if _is_like(event, one.event)}


def _last_of(event: Event, folding: Mapping[int, timedelta], now: datetime) -> dict[tuple[int, str], Delivery]:
    """The last delivery of the thread to each recipient of these channels, as far as it may fold."""
    events = _before(event).filter(at__gt=now - max(folding.values()))
    lately = Delivery.objects.filter(event__in=events.values("pk")[:RECENT], channel_id__in=folding)
    last = lately.order_by().values("channel_id", "recipient").annotate(last=Max("pk")).values("last")
    rows = (
        Delivery.objects.filter(pk__in=last)
        .select_related("event")
        .only(
            *("channel_id", "recipient", "status", "event__kind", "event__severity", "event__title", "event__at"),
            "event__fields",
        )
    )
    return {(row.channel_id, row.recipient): row for row in rows}


def _before(event: Event) -> QuerySet[Event]:
    """Those of the same thread before it, newest first."""
    # SQLite uses a partial index only where a query repeats its condition.
    return Event.objects.filter(~Q(thread=""), thread=event.thread, pk__lt=event.pk).order_by("-pk")


def _is_same(event: Event, told: Delivery) -> bool:
    return told.status in _HEARD and _is_like(event, told.event)


def _is_like(event: Event, other: Event) -> bool:
    return _what(event) == _what(other)


def _what(event: Event) -> tuple[Any, ...]:
    return event.kind, event.severity, event.title, event.fields
