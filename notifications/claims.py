"""Who sends what: a worker takes one message, with all that goes within it, in one short transaction.

A delivery, its bundle and its channel's turn are taken together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notifications import channel_health
from notifications.channel_health import Turn
from notifications.models import Delivery, DeliveryAttempt
from notifications.routing import Why
from notifications.senders import registry


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one worker is at: a message, and the others that go out within it, oldest first."""

    delivery: Delivery
    attempts: tuple[DeliveryAttempt, ...]

    @property
    def together(self) -> tuple[Delivery, ...]:
        return tuple(attempt.delivery for attempt in self.attempts[1:])


def claim(delivery_id: int, now: datetime) -> Claimed | None:
    """Takes a delivery and what is bundled with it. None when there is nothing to send now, or somebody was first.

    Beyond the channel's limit of the day it drops what is due instead, and its owner is told.
    """
    delivery = _found(delivery_id, now)
    if delivery is None:
        return None
    try:
        with transaction.atomic():
            return _take(delivery, now)
    except _RefusedError as refused:
        if refused.turn is Turn.CAPPED:
            with transaction.atomic():
                channel_health.drop_beyond(delivery.channel, now)
        return None


class _RefusedError(Exception):
    """The channel takes no more just now: the delivery goes back as it was, with the transaction."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self.turn = turn


def _found(delivery_id: int, now: datetime) -> Delivery | None:
    """The delivery, if it looks as if it may go: most wake-ups that come too early end here, with one query."""
    whole = Delivery.objects.select_related("event", "channel", "contact")
    delivery = whole.filter(pk=delivery_id).first()
    if (
        delivery is None
        or delivery.status not in Delivery.WAITING
        or not delivery.not_before <= now < delivery.deadline_at
    ):
        return None
    if delivery.why != Why.ASKED and not delivery.channel.is_open(now):
        return None
    if not delivery.bundle:
        return delivery
    # The oldest leads, so that two workers that are told of one bundle take it once.
    bundle = {name: getattr(delivery, name) for name in ("channel", "recipient", "bundle")}
    return whole.claimable(now).filter(**bundle).order_by("pk").first()


def _take(delivery: Delivery, now: datetime) -> Claimed | None:
    # Rows are locked in the order in which a try ends, too: the delivery, then its channel.
    attempt = delivery.claim(now)
    if attempt is None:
        return None
    if delivery.why != Why.ASKED and (turn := channel_health.take_turn(delivery.channel, now)) is not Turn.YES:
        raise _RefusedError(turn)
    others = delivery.take_along(_followers(delivery, now), now) if delivery.bundle else []
    return Claimed(delivery, (attempt, *others))


def _followers(leader: Delivery, now: datetime) -> Sequence[int]:
    """What is due of the leader's bundle and may go within its message: nothing overtakes an older one of its own
    sequence that stays behind. As many as its medium lists in one message; rows that another worker holds are left to
    it."""
    to_reader = Delivery.objects.filter(channel=leader.channel_id, recipient=leader.recipient).exclude(pk=leader.pk)
    due = to_reader.waiting().filter(bundle=leader.bundle, not_before__lte=now, deadline_at__gt=now).order_by("pk")
    free = list(due.select_for_update(skip_locked=True).values_list("pk", "sequence")[: _listed(leader) - 1])
    sequences = {sequence for _pk, sequence in free if sequence}
    unsettled = (
        to_reader.holding_up(now).filter(sequence__in=sequences).order_by("pk") if sequences else to_reader.none()
    )
    held, ours = dict[str, int](), {pk for pk, _sequence in free}
    for pk, sequence in unsettled.values_list("pk", "sequence"):
        if pk not in ours:
            held.setdefault(sequence, pk)
    return [pk for pk, sequence in free if sequence not in held or pk < held[sequence]]


def _listed(leader: Delivery) -> int:
    """How many events one message of this channel lists. A kind that is gone sends nothing: one row is enough to say
    so."""
    kind = leader.channel.kind
    return registry.sender(kind).lines.most if kind in registry.SENDERS else 1
