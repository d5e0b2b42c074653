"""One message to one recipient over one channel, and each try at it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.channel import Channel
from notifications.models.event import Event
from notifications.models.fields import TextsField
from notifications.routing import Why
from notifications.texts import Texts

LEASE = timedelta(seconds=60)
"""How long a worker may be at one message. A sender takes at most fifteen seconds; the rest is for a machine under
load.
"""

LANES = 2
"""How many messages of one channel may be under way at once, so that a slow channel holds that many workers and no
more.
"""


class WhyChoices(models.TextChoices):
    """`routing.Why` with labels."""

    EVERYTHING = Why.EVERYTHING.value, _("The channel hears of everything")
    LISTED = Why.LISTED.value, _("The channel asks for this kind of event")
    ASKED = Why.ASKED.value, _("Somebody asked for a test message")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        """Not sent yet, and nobody is at it."""
        return self.filter(status__in=Delivery.WAITING)

    def claimable(self, now: datetime) -> "DeliveryQuerySet":
        """What may be sent at `now`: due, its channel usable and not busy, and nothing before it in its sequence.

        Conditions on other rows are EXISTS, never joins: Django turns an update() over a join into `pk IN (SELECT …)`,
        and PostgreSQL does not look again at that inner status when two workers claim one row, so both would win.
        """
        same_channel = Delivery.objects.filter(channel=OuterRef("channel"))
        earlier = same_channel.filter(
            recipient=OuterRef("recipient"),
            sequence=OuterRef("sequence"),
            status__in=Delivery.UNFINISHED,
            pk__lt=OuterRef("pk"),
        )
        # The last of the lanes is taken. Two claims at one instant may overshoot by one on PostgreSQL; that only costs
        # a worker.
        busy = same_channel.filter(status=Delivery.Status.SENDING, lease_until__gt=now).order_by("pk")[
            LANES - 1 : LANES
        ]
        return (
            self.waiting()
            .filter(not_before__lte=now, deadline_at__gt=now)
            .filter(Q(why=Why.ASKED) | Exists(Channel.objects.sending(now).filter(pk=OuterRef("channel"))))
            .exclude(~Q(sequence="") & Exists(earlier))
            .exclude(Exists(busy))
        )

    def lost(self, now: datetime) -> "DeliveryQuerySet":
        """Whose worker is gone: the lease ran out without an answer."""
        return self.filter(status=Delivery.Status.SENDING, lease_until__lte=now)

    def give_up(self, now: datetime, error: Texts) -> int:
        """waiting -> failed, for all whose deadline has passed; says how many."""
        overdue = self.waiting().filter(deadline_at__lte=now)
        return overdue.update(status=Delivery.Status.FAILED, last_error=error)


class Delivery(models.Model):
    """A message that is owed. The row is the truth; the broker only says "look now".

        pending ──claim──▶ sending ──▶ sent
           │        ▲        ├───────▶ retry ──claim──▶ sending
           │        │        ├───────▶ failed      (refused for good, or the next try would be past the deadline)
           │        │        └───────▶ unknown     (answer lost, or the worker died: it may have arrived)
           ├── deadline ──▶ failed ◀── deadline ── retry
           │        │
           └────────┴── send again ── failed | unknown
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

    WAITING = frozenset({Status.PENDING, Status.RETRY})
    UNFINISHED = WAITING | {Status.SENDING}
    TERMINAL = frozenset({Status.SENT, Status.FAILED, Status.UNKNOWN})
    REPEATABLE = frozenset({Status.FAILED, Status.UNKNOWN})

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries", verbose_name=_("channel"))
    recipient = models.CharField(
        _("recipient"), max_length=200, blank=True, help_text=_("Empty: whoever reads the channel.")
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
                condition=Q(status__in=["pending", "sending", "retry", "sent", "failed", "unknown"]),
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

    def claim(self, now: datetime) -> "DeliveryAttempt | None":
        """pending | retry -> sending, with a lease and an open attempt. None when not due or somebody was first."""
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
                )
            )
            return DeliveryAttempt.objects.create(delivery=self, at=now) if won else None

    def mark_sent(self, at: datetime, external_id: str) -> bool:
        """-> sent."""
        return self._finish(self.Status.SENT, sent_at=at, external_id=external_id[:200], last_error={})

    def mark_retry(self, not_before: datetime, error: Texts) -> bool:
        """-> retry at `not_before`."""
        return self._finish(self.Status.RETRY, not_before=not_before, last_error=error)

    def mark_failed(self, error: Texts) -> bool:
        """-> failed."""
        return self._finish(self.Status.FAILED, last_error=error)

    def mark_unknown(self, error: Texts) -> bool:
        """-> unknown: it may have arrived."""
        return self._finish(self.Status.UNKNOWN, last_error=error)

    def reopen(self, now: datetime, deadline_at: datetime) -> bool:
        """failed | unknown -> pending, as if new. False when it is in another state by now."""
        repeatable = Delivery.objects.filter(pk=self.pk, status__in=self.REPEATABLE)
        changes: dict[str, Any] = {"status": self.Status.PENDING, "lease_token": "", "attempts": 0, "last_error": {}}
        return repeatable.update(**changes, not_before=now, deadline_at=deadline_at) == 1

    def _finish(self, status: "Delivery.Status", **changes: Any) -> bool:
        """sending -> `status`, by the holder of the lease. Also from unknown: a sweep may have taken its holder for
        dead.

        False when the row has gone on without us; the attempt keeps what we know.
        """
        ours = Delivery.objects.filter(
            pk=self.pk, lease_token=self.lease_token, status__in=[self.Status.SENDING, self.Status.UNKNOWN]
        )
        return ours.update(status=status, lease_until=None, **changes) == 1


class DeliveryAttempt(models.Model):
    """One try: written before the request, completed by its outcome. What stays `started` was cut off."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("Started")
        SENT = "sent", _("Sent")
        RETRY = "retry", _("Will be tried again")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempt_log", verbose_name=_("delivery"))
    at = models.DateTimeField(pgettext_lazy("event", "at"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.STARTED)
    code = models.PositiveIntegerField(_("code"), null=True, blank=True, help_text=_("What the other side answered."))
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True, blank=True)
    error = TextsField(_("error"))

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery"], condition=Q(outcome="started"), name="attempt_one_under_way"),
            models.CheckConstraint(
                condition=Q(outcome__in=["started", "sent", "retry", "failed", "unknown"]), name="attempt_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_outcome_display()}"

    def complete(
        self, outcome: "DeliveryAttempt.Outcome", *, error: Texts, code: int | None, duration_ms: int | None
    ) -> None:
        """started -> outcome. A late answer replaces the "unknown" that a sweep wrote meanwhile."""
        type(self).objects.filter(pk=self.pk).update(outcome=outcome, error=error, code=code, duration_ms=duration_ms)
