from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .check import Check
from .environment import Environment


class HealthSample(models.Model):
    """One answer while its environment should be up; kept for days (HEALTH_SAMPLE_DAYS), summed for good."""

    check_row = models.ForeignKey(Check, verbose_name=_("check"), on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField(_("at"))
    is_up = models.BooleanField(_("up"))
    ms = models.PositiveIntegerField(_("response time, ms"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        default_permissions = ()
        indexes = [
            models.Index(fields=["check_row", "at"], name="samples_of_a_check"),
            models.Index(fields=["at"], name="samples_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.check_row_id} {self.at:%Y-%m-%d %H:%M:%S}"


class HealthSum(models.Model):
    """What a check showed in a span of time: kept for good, and when the check is gone, with its name."""

    check_row = models.ForeignKey(
        Check, verbose_name=_("check"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    check_number = models.BigIntegerField(_("number of the check"))
    check_name = models.CharField(_("check's name"), max_length=120)
    environment_name = models.CharField(_("environment's name"), max_length=80)
    samples = models.PositiveIntegerField(_("answers asked for"), default=0)
    up = models.PositiveIntegerField(_("good answers"), default=0)
    p50_ms = models.PositiveIntegerField(_("half were faster than, ms"), null=True)
    p95_ms = models.PositiveIntegerField(_("of twenty, nineteen were faster than, ms"), null=True)
    received = models.PositiveIntegerField(_("reports received"), default=0)
    missed = models.PositiveIntegerField(_("reports missed"), default=0)

    class Meta:
        abstract = True
        default_permissions = ("view",)


class HealthHour(HealthSum):
    hour = models.DateTimeField(_("hour"))

    class Meta(HealthSum.Meta):
        verbose_name = _("hour of a check")
        verbose_name_plural = _("hours of checks")
        constraints = [
            models.UniqueConstraint(fields=["check_number", "hour"], name="one_sum_a_check_and_hour"),
            models.CheckConstraint(condition=Q(up__lte=F("samples")), name="hour_up_is_part_of_samples"),
        ]
        indexes = [models.Index(fields=["environment", "hour"], name="health_hours_of_environment")]

    def __str__(self) -> str:
        return f"{self.check_name} {self.hour:%Y-%m-%d %H}:00"


class HealthDay(HealthSum):
    """`day` in the environment's own time zone."""

    day = models.DateField(_("day"))

    class Meta(HealthSum.Meta):
        verbose_name = _("day of a check")
        verbose_name_plural = _("days of checks")
        constraints = [
            models.UniqueConstraint(fields=["check_number", "day"], name="one_sum_a_check_and_day"),
            models.CheckConstraint(condition=Q(up__lte=F("samples")), name="day_up_is_part_of_samples"),
        ]
        indexes = [models.Index(fields=["environment", "day"], name="health_days_of_environment")]

    def __str__(self) -> str:
        return f"{self.check_name} {self.day}"
