"""What waits a little in a channel for others of its environment, so that a storm is one message: how long it does, and
that it does no longer where its reader is told something else at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Min

from notifications.models import Delivery
from notifications.models.delivery import DeliveryQuerySet
from notifications.reaching import Recipient
from notifications.routing import Listener
from notifications.timing import Moment

Reader = tuple[int, str]
"""A channel, and to whom over it, as `Delivery.recipient` keeps it."""
Owed = Iterable[tuple[Recipient, Moment]]


def found(environment: str, owed: Owed, listeners: Mapping[int, Listener]) -> Mapping[Reader, datetime]:
    """When what gathers of this environment goes to these readers just now. One query, where a channel gathers."""
    asked = [
        one
        for one, when in owed
        if when.gathers or (environment and _is_by_itself(when) and _gathers(listeners.get(one.channel_id)))
    ]
    if not asked:
        return {}
    rows = _waiting(environment, {_reader(one) for one in asked}).order_by().values_list("channel_id", "recipient")
    return {(channel_id, key): first for channel_id, key, first in rows.annotate(first=Min("not_before"))}


def joined(owed: Owed, waiting: Mapping[Reader, datetime], now: datetime) -> list[Moment]:
    """When each goes: what gathers with others waits no longer than the first of them."""
    return [
        replace(when, not_before=max(now, min(when.not_before, waiting.get(_reader(one), when.not_before))))
        if when.gathers
        else when
        for one, when in owed
    ]


def overtaken(owed: Owed, waiting: Mapping[Reader, datetime]) -> dict[Reader, datetime]:
    """The readers for whom something gathers that would come after what they are told now; and when that is."""
    return {
        reader: when.not_before
        for one, when in owed
        if _is_by_itself(when) and when.not_before < waiting.get(reader := _reader(one), when.not_before)
    }


def end(environment: str, told: Mapping[Reader, datetime], *, before: int | None = None) -> list[Delivery]:
    """What gathers for these readers is due when they are told, so that it goes first; returns it. `before`: only what
    has a smaller id. At most one query, and one for each different time; none where nobody is overtaken. Call it inside
    a transaction."""
    if not told:
        return []
    rows = _waiting(environment, told)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    # What another worker holds is on its way.
    rows = rows.select_for_update(skip_locked=True).order_by("pk")
    ours = [
        row
        for row in rows.only("channel_id", "recipient", "status", "not_before")
        if row.not_before > told.get((row.channel_id, row.recipient), row.not_before)
    ]
    for at in {told[row.channel_id, row.recipient] for row in ours}:
        due = [row for row in ours if told[row.channel_id, row.recipient] == at]
        Delivery.objects.filter(pk__in=[row.pk for row in due], status=Delivery.Status.PENDING).update(not_before=at)
        for row in due:
            row.not_before = at
    return ours


def _waiting(environment: str, readers: Collection[Reader]) -> DeliveryQuerySet:
    # The condition of the index as it is written there: SQLite uses it for nothing less.
    unfinished = Delivery.objects.filter(status__in=["pending", "retry", "sending"])
    return unfinished.filter(
        channel_id__in={channel_id for channel_id, _key in readers},
        recipient__in={key for _channel_id, key in readers},
        sequence=environment,
        bundle=environment,
        status=Delivery.Status.PENDING,
    )


def _reader(one: Recipient) -> Reader:
    return one.channel_id, one.key


def _is_by_itself(when: Moment) -> bool:
    return not when.bundle and when.dropped is None


def _gathers(listener: Listener | None) -> bool:
    return listener is not None and listener.gather_seconds > 0
