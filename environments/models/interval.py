from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .environment import Environment
from .target import Target
from .team import Team


class IntervalQuerySet(models.QuerySet["Interval"]):
    def open(self) -> IntervalQuerySet:
        """Spans that have not ended: what runs now."""
        return self.filter(ended_at__isnull=True)

    def between(self, begin: datetime, end: datetime) -> IntervalQuerySet:
        """Spans that share a moment with `[begin, end)`, oldest first."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=begin), began_at__lt=end).order_by("began_at")

    def of(self, environments: Iterable[Environment | int]) -> IntervalQuerySet:
        return self.filter(environment__in=environments)


class Interval(models.Model):
    """A span `[began_at, ended_at)` in which a target ran: a fact, from its operations or from a look at AWS.

    Kept for good: it outlives its target and its environment, whose names it keeps. Two spans of a target never share a
    moment, and at most one is open; the database sees to both (an exclusion constraint on PostgreSQL, triggers on
    SQLite, migration 0005), by the target's id. Spans of removed targets have none, and need no guard: nothing begins
    one, and the one that may be open, the last of its target, is only ended (`intervals.end_those_of_removed_targets`).
    """

    class Evidence(models.TextChoices):
        OPERATION = "operation", _("an operation of the portal")
        SCAN = "scan", _("a look at AWS")

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.SET_NULL, null=True, related_name="intervals"
    )
    target = models.ForeignKey(
        Target, verbose_name=_("target"), on_delete=models.SET_NULL, null=True, related_name="intervals"
    )
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.SET_NULL, null=True, related_name="+")
    environment_name = models.CharField(_("environment's name"), max_length=80)
    target_name = models.CharField(_("target's name"), max_length=200)
    # The id of the target, kept when the target is gone: its prices have it, too. Empty for spans of long ago.
    target_number = models.BigIntegerField(_("number of the target"), null=True, editable=False)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    began_by = models.CharField(_("beginning known from"), max_length=12, choices=Evidence.choices)
    ended_by = models.CharField(_("end known from"), max_length=12, choices=Evidence.choices, blank=True)

    objects = IntervalQuerySet.as_manager()

    class Meta:
        verbose_name = _("interval")
        verbose_name_plural = _("intervals")
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["target"], condition=Q(ended_at__isnull=True), name="one_open_interval_a_target"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("began_at")), name="interval_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | Q(ended_at__isnull=False, ended_by__gt=""),
                name="interval_end_has_evidence",
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "began_at"], name="intervals_of_an_environment"),
            models.Index(fields=["target", "began_at"], name="intervals_of_a_target"),
            models.Index(fields=["environment", "ended_at"], name="intervals_by_their_end"),
        ]

    def __str__(self) -> str:
        end = f"{self.ended_at:%Y-%m-%d %H:%M}" if self.ended_at else "…"
        return f"{self.target_name}: {self.began_at:%Y-%m-%d %H:%M} → {end} UTC"
