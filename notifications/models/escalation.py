"""Who is asked next, until somebody has acknowledged."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.contact import Contact, ContactGroup
from notifications.models.event import Event
from portal.history import Origin


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> EscalationQuerySet:
        """Not acknowledged, not over."""
        return self.filter(ended_at__isnull=True)


class Escalation(models.Model):
    """An event that a group is told of in its order. Ends by an acknowledgement, by the end of the matter, or when
    everybody has been told in each round; `next_at` is when the next one is, and is passed on by compare-and-swap."""

    class End(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        OVER = "over", _("Over by itself")
        EXHAUSTED = "exhausted", _("Nobody acknowledged; the order is through")

    event = models.ForeignKey(Event, models.CASCADE, related_name="escalations", verbose_name=_("event"))
    group = models.ForeignKey(
        ContactGroup, models.CASCADE, related_name="escalations", verbose_name=_("group of contacts")
    )
    rule_name = models.CharField(_("rule"), max_length=100, blank=True)
    step = models.PositiveSmallIntegerField(_("told so far"), default=0)
    began_at = models.DateTimeField(_("began"))
    next_at = models.DateTimeField(pgettext_lazy("escalation", "next"), null=True, db_index=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("how it ended"), max_length=12, choices=End, blank=True)
    by = models.CharField(_("acknowledged by"), max_length=200, blank=True)
    by_contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+", editable=False)
    origin = models.CharField(pgettext_lazy("escalation", "from where"), max_length=8, choices=Origin, blank=True)

    objects: Any = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        default_permissions = ("view",)
        ordering = ["-id"]
        permissions = [("acknowledge_escalation", "Can acknowledge an escalation")]
        constraints = [
            models.UniqueConstraint(fields=["event", "group"], name="one_escalation_an_event_and_group"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="") | (Q(ended_at__isnull=False, next_at=None) & ~Q(end="")),
                name="escalation_ended_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.group}"
