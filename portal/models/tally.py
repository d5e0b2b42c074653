"""How often each periodic task ran, and for how long."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskTally(models.Model):
    """One row a task: counted by the workers, read by `/metrics`."""

    task = models.CharField(_("task"), max_length=100, unique=True)
    runs = models.PositiveBigIntegerField(_("number of runs"), default=0)
    failures = models.PositiveBigIntegerField(_("failures"), default=0)
    seconds = models.FloatField(_("seconds in all"), default=0.0)
    last_seconds = models.FloatField(_("seconds of the last run"), default=0.0)
    last_at = models.DateTimeField(_("last run"), null=True)

    class Meta:
        verbose_name = _("tally of a task")
        verbose_name_plural = _("tallies of tasks")
        default_permissions = ()

    def __str__(self) -> str:
        return self.task
