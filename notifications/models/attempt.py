"""Each try at a delivery, and the one use of the link in it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.fields import TextsField
from notifications.texts import Texts


class DeliveryAttempt(models.Model):
    """One try: written before the request, completed by its outcome. What stays `started` was cut off."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("Started")
        SENT = "sent", _("Sent")
        RETRY = "retry", _("Will be tried again")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")

    delivery = models.ForeignKey(
        "notifications.Delivery", models.CASCADE, related_name="attempt_log", verbose_name=_("delivery")
    )
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


class OfferUse(models.Model):
    """The one use of the link in a delivery: what was chosen, when, from where, and what came of it."""

    delivery = models.OneToOneField(
        "notifications.Delivery", models.CASCADE, related_name="offer_use", verbose_name=_("delivery")
    )
    at = models.DateTimeField(pgettext_lazy("event", "at"))
    choice = models.CharField(_("chosen"), max_length=40)
    address = models.GenericIPAddressField(_("from where"), null=True)
    outcome = TextsField(_("outcome"))

    class Meta:
        verbose_name = _("use of a link")
        verbose_name_plural = _("uses of links")
        default_permissions = ("view",)
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.choice} {self.at:%Y-%m-%d %H:%M} UTC"
