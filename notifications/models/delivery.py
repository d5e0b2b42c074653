"""One message to one recipient over one channel."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.attempt import DeliveryAttempt
from notifications.models.channel import Channel
from notifications.models.event import Event
from notifications.models.fields import TextsField
from notifications.models.why import WhyChoices
from notifications.routing import Why
from notifications.texts import Texts

LEASE = timedelta(seconds=60)
"""How long a worker may be at one message. A sender takes at most fifteen seconds, a mail up to 45; the rest is for
a machine under load."""

LANES = 2
"""How many messages of one channel may be under way at once, so that a slow channel holds that many workers and no
more.
"""


# As the index of unfinished deliveries says it. SQLite uses a partial index only where a query repeats its condition to
# the letter, without parameters; otherwise each claim would look through all that its channel has ever sent.
_UNFINISHED = RawSQL("status IN ('pending', 'retry', 'sending')", (), output_field=models.BooleanField())


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> "DeliveryQuerySet":
        """Not settled: it waits, or somebody is at it."""
        return self.filter(_UNFINISHED)

    def waiting(self) -> "DeliveryQuerySet":
        """Not sent yet, and nobody is at it."""
        return self.unfinished().filter(status__in=Delivery.WAITING)

    def claimable(self, now: datetime) -> "DeliveryQuerySet":
        """What may be sent at `now`: due, its channel usable and not busy, and nothing before it in its sequence.

        Conditions on other rows are EXISTS, never joins: Django turns an update() over a join into `pk IN (SELECT …)`,
        and PostgreSQL does not look again at that inner status when two workers claim one row, so both would win.
        """
        same_channel = Delivery.objects.filter(channel=OuterRef("channel"))
        earlier = same_channel.holding_up(now).filter(
            recipient=OuterRef("recipient"), sequence=OuterRef("sequence"), pk__lt=OuterRef("pk")
        )
        # The last of the lanes is taken. Two claims at one instant may overshoot by one on PostgreSQL; that only costs
        # a worker. Of a bundle, one counts. Few are under way at all: found by status, not among all of the channel.
        beside = Delivery.objects.annotate(place=F("channel") + 0).filter(place=OuterRef("channel"))
        under_way = beside.filter(status=Delivery.Status.SENDING, lease_until__gt=now, sent_with=None)
        busy = under_way.order_by("pk")[LANES - 1 : LANES]
        return (
            self.waiting()
            .filter(not_before__lte=now, deadline_at__gt=now)
            .filter(Q(why=Why.ASKED) | Exists(Channel.objects.sending(now).filter(pk=OuterRef("channel"))))
            .exclude(~Q(sequence="") & Exists(earlier))
            .exclude(Exists(busy))
        )

    def holding_up(self, now: datetime) -> "DeliveryQuerySet":
        """What is not settled, so that later ones of its sequence wait for it. What was put off on purpose (quiet
        hours, a digest, gathering) holds up nobody: an error at night does not wait for the morning's summary.
        """
        put_off = Q(status=Delivery.Status.PENDING, not_before__gt=now)
        return self.unfinished().exclude(put_off)

    def lost(self, now: datetime) -> "DeliveryQuerySet":
        """Whose worker is gone: the lease ran out without an answer."""
        return self.filter(status=Delivery.Status.SENDING, lease_until__lte=now)

    def give_up(self, now: datetime, error: Texts) -> int:
        """waiting -> failed, for all whose deadline has passed; says how many. See `drop_old_news` for the others."""
        overdue = self.waiting().filter(deadline_at__lte=now)
        return overdue.update(status=Delivery.Status.FAILED, last_error=error)

    def drop_old_news(self, now: datetime, reason: Texts) -> int:
        """waiting -> dropped, for all whose event is no news any more; says how many."""
        stale = Exists(Event.objects.filter(pk=OuterRef("event"), until__lte=now))
        return self.filter(stale, deadline_at__lte=now).drop(reason)

    def drop(self, reason: Texts) -> int:
        """waiting -> dropped; says how many."""
        return self.waiting().update(status=Delivery.Status.DROPPED, last_error=reason)


class Delivery(models.Model):
    """A message that is owed. The row is the truth; the broker only says "look now".

        pending ──claim──▶ sending ──▶ sent
           │        ▲        ├───────▶ retry ──claim──▶ sending
           │        │        ├───────▶ failed      (refused for good, or the next try would be past the deadline)
           │        │        └───────▶ unknown     (answer lost, or the worker died: it may have arrived)
           ├── deadline ──▶ failed ◀── deadline ── retry
           ├── no news any more, a limit, nobody there ──▶ dropped
           │        │
           └────────┴── send again ── failed | unknown | dropped
        unknown ──▶ sent | retry | failed          (the worker was only late: its answer is the truth)

    `sending` is written right before the request and nothing else happens in between, so it means "may be on its way".
    It is never repeated by itself: no sender so far can ask its other side whether a message arrived. A person sees it
    and may.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        RETRY = "retry", _("Will be tried again")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        DROPPED = "dropped", _("Not sent")

    WAITING = frozenset({Status.PENDING, Status.RETRY})
    UNFINISHED = WAITING | {Status.SENDING}
    TERMINAL = frozenset({Status.SENT, Status.FAILED, Status.UNKNOWN, Status.DROPPED})
    REPEATABLE = frozenset({Status.FAILED, Status.UNKNOWN, Status.DROPPED})

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries", verbose_name=_("channel"))
    recipient = models.CharField(
        _("recipient"), max_length=200, blank=True, help_text=_("Empty: whoever reads the channel.")
    )
    contact = models.ForeignKey(
        "notifications.Contact",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=pgettext_lazy("person", "contact"),
        help_text=_("Whose address is looked up when it is sent."),
    )
    rule_name = models.CharField(_("rule"), max_length=100, blank=True, help_text=_("That of when it was owed."))
    # What is due together with the same in here, for the same recipient of a channel, is one message.
    bundle = models.CharField(_("bundle"), max_length=200, blank=True, editable=False)
    # Of a message that went out within another one: that.
    sent_with = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="together", verbose_name=_("sent together with")
    )
    repeats = models.PositiveIntegerField(
        _("the same again"), default=0, help_text=_("How often it came again and was only counted.")
    )
    why = models.CharField(_("why"), max_length=20, choices=WhyChoices.choices)
    sequence = models.CharField(
        _("sequence"), max_length=200, blank=True, help_text=_("Messages of one sequence go out in their order.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    deadline_at = models.DateTimeField(_("deadline"), help_text=_("Not sent by then, it has failed."))
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    external_id = models.CharField(
        _("message id"), max_length=200, blank=True, help_text=_("Its id on the other side.")
    )
    last_error = TextsField(_("last error"))

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        permissions = [("resend_delivery", "Can send a failed or unknown delivery again")]
        indexes = [
            models.Index(fields=["not_before"], name="delivery_not_before"),
            models.Index(
                fields=["channel", "recipient", "sequence", "id"],
                condition=Q(status__in=["pending", "retry", "sending"]),
                name="delivery_unfinished",
            ),
            models.Index(fields=["status", "-id"], name="delivery_status"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "channel", "recipient"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sending", "retry", "sent", "failed", "unknown", "dropped"]),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=(Q(status="sending", lease_until__isnull=False) & ~Q(lease_token=""))
                | (~Q(status="sending") & Q(lease_until__isnull=True)),
                name="delivery_leased_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.channel}"

    def is_under_way(self, now: datetime) -> bool:
        """Whether it takes a lane of its channel, as it was read; of a bundle, one does."""
        return self.lease_until is not None and self.lease_until > now and self.sent_with_id is None

    def claim(self, now: datetime) -> DeliveryAttempt | None:
        """pending | retry -> sending, with a lease and an open attempt. None when not due or somebody was first.

        `claims.claim` is what workers use: it also asks the channel, and takes what belongs into the same message.
        """
        self.lease_token = uuid.uuid4().hex
        with transaction.atomic():
            won = (
                Delivery.objects.claimable(now)
                .filter(pk=self.pk)
                .update(
                    status=self.Status.SENDING,
                    lease_token=self.lease_token,
                    lease_until=now + LEASE,
                    attempts=F("attempts") + 1,
                    sent_with=None,
                )
            )
            return DeliveryAttempt.objects.create(delivery=self, at=now) if won else None

    def take_along(self, delivery_ids: Collection[int], now: datetime) -> list[DeliveryAttempt]:
        """pending | retry -> sending, for others that go out within this one, which is claimed; says which were won."""
        Delivery.objects.waiting().filter(pk__in=delivery_ids).update(
            status=self.Status.SENDING,
            lease_token=self.lease_token,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            sent_with=self,
        )
        won = Delivery.objects.filter(pk__in=delivery_ids, lease_token=self.lease_token).order_by("pk")
        return DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(delivery=delivery, at=now) for delivery in won.select_related("event")
        )

    def mark_sent(self, at: datetime, external_id: str) -> bool:
        """-> sent, with all that went within it."""
        return self._finish(self.Status.SENT, sent_at=at, external_id=external_id[:200], last_error={})

    def mark_retry(self, not_before: datetime, error: Texts) -> bool:
        """-> retry at `not_before`, with all that goes within it; failed, for those whose deadline is before."""
        late = {"deadline_at__lte": not_before}
        self._finish(self.Status.FAILED, only=Q(**late), last_error=error)
        return self._finish(self.Status.RETRY, only=~Q(**late), not_before=not_before, last_error=error)

    def mark_failed(self, error: Texts) -> bool:
        """-> failed."""
        return self._finish(self.Status.FAILED, last_error=error)

    def mark_unknown(self, error: Texts) -> bool:
        """-> unknown: it may have arrived."""
        return self._finish(self.Status.UNKNOWN, last_error=error)

    def mark_dropped(self, reason: Texts) -> bool:
        """-> dropped: nobody is there to send it to."""
        return self._finish(self.Status.DROPPED, last_error=reason)

    def reopen(self, now: datetime, deadline_at: datetime) -> bool:
        """failed | unknown | dropped -> pending, as if new. False when it is in another state by now, or no news any
        more.
        """
        until = self.event.until
        if until is not None and until <= now:
            return False
        repeatable = Delivery.objects.filter(pk=self.pk, status__in=self.REPEATABLE)
        changes: dict[str, Any] = {
            "status": self.Status.PENDING,
            "lease_token": "",
            "attempts": 0,
            "last_error": {},
            "sent_with": None,
            "deadline_at": min(deadline_at, until) if until else deadline_at,
        }
        return repeatable.update(**changes, not_before=now) == 1

    def _finish(self, status: "Delivery.Status", *, only: Q | None = None, **changes: Any) -> bool:
        """sending -> `status`, by the holder of the lease, for the message and all that went within it. Also from
        unknown: a sweep may have taken its holder for dead.

        False when the rows have gone on without us; the attempts keep what we know.
        """
        ours = Delivery.objects.filter(
            Q(pk=self.pk) | Q(sent_with=self.pk),
            only or Q(),
            lease_token=self.lease_token,
            status__in=[self.Status.SENDING, self.Status.UNKNOWN],
        )
        return ours.update(status=status, lease_until=None, **changes) > 0
