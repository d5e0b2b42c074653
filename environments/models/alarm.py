from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .check import OF_ITS_STATE, Check, CheckQuerySet
from .environment import Environment
from .target import Target


class AlarmCheck(Check):
    """CloudWatch alarms that belong to an environment: by what they watch, a tag, a dimension, or their name."""

    own_targets = models.BooleanField(
        _("alarms on its targets"),
        default=True,
        help_text=_("Alarms that watch what the environment is made of, for example its instances and databases."),
    )
    pattern = models.CharField(
        _("names like"),
        max_length=200,
        blank=True,
        help_text=_("For example chat-dev-*. Several with commas. Empty: none by name."),
    )
    dimension_name = models.CharField(
        _("dimension"), max_length=255, blank=True, help_text=_("For example LoadBalancer.")
    )
    dimension_value = models.CharField(
        _("its value"), max_length=1024, blank=True, help_text=_("For example app/chat-dev/*; * stands for anything.")
    )
    tag_key = models.CharField(_("tag"), max_length=128, blank=True, help_text=_("For example Environment."))
    tag_value = models.CharField(_("the tag's value"), max_length=256, blank=True, help_text=_("For example chat-dev."))

    objects = CheckQuerySet["AlarmCheck"].as_manager()  # type: ignore[misc]  # the stubs take one of them for the class's
    history = Changes(left_out=[*OF_ITS_STATE])

    class Meta:
        verbose_name = _("alarm check")
        verbose_name_plural = _("alarm checks")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.kind = self.Kind.ALARM
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if not (self.own_targets or self.pattern or self.dimension_name or self.tag_key):
            raise ValidationError(_("Say which alarms belong to it: those on its targets, a name, dimension or tag."))
        for name, value in (("dimension_name", "dimension_value"), ("tag_key", "tag_value")):
            if bool(getattr(self, name)) != bool(getattr(self, value)):
                raise ValidationError({value: _("A name and its value go together.")})


class Alarm(models.Model):
    """A CloudWatch alarm that was heard of, in its latest state: later messages about earlier changes move nothing."""

    class State(models.TextChoices):
        OK = "OK", _("OK")
        ALARM = "ALARM", _("in alarm")
        NO_DATA = "INSUFFICIENT_DATA", _("no data")

    arn = models.CharField(_("ARN"), max_length=600, unique=True)
    name = models.CharField(_("name"), max_length=255)
    account_id = models.CharField(_("account id"), max_length=12)
    region = models.CharField(_("region"), max_length=32)
    check_row = models.ForeignKey(
        AlarmCheck, verbose_name=_("check"), on_delete=models.SET_NULL, null=True, related_name="alarms"
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices)
    reason = models.TextField(_("reason"), blank=True)
    description = models.TextField(_("description"), blank=True)
    namespace = models.CharField(max_length=255, blank=True)
    metric = models.CharField(_("metric"), max_length=255, blank=True)
    dimensions = models.JSONField(_("dimensions"), default=dict, blank=True)
    tags = models.JSONField(_("tags"), default=dict, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    received_at = models.DateTimeField(_("heard of"))

    class Meta:
        verbose_name = _("CloudWatch alarm")
        verbose_name_plural = _("CloudWatch alarms")
        default_permissions = ("view", "delete")
        ordering = ["-changed_at", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OK", "ALARM", "INSUFFICIENT_DATA"]), name="alarm_state_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImagePush(models.Model):
    """That a new image was pushed to a repository of ECR, told by EventBridge; told again, it is the same row."""

    account_id = models.CharField(_("account id"), max_length=12)
    region = models.CharField(_("region"), max_length=32)
    repository = models.CharField(_("repository"), max_length=256)
    tag = models.CharField(_("tag"), max_length=300)
    digest = models.CharField(_("digest"), max_length=100)
    pushed_at = models.DateTimeField(_("pushed"))
    received_at = models.DateTimeField(_("heard of"))

    class Meta:
        verbose_name = _("pushed image")
        verbose_name_plural = _("pushed images")
        default_permissions = ("view",)
        ordering = ["-pushed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "region", "repository", "tag", "digest"], name="one_row_a_pushed_image"
            )
        ]

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


class MetricSeries(models.Model):
    """A metric of CloudWatch over the last day, as it was last asked for: `points` are pairs of seconds since 1970 and
    value, oldest first, each `period_s` apart at least."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="metrics")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="metrics")
    metric = models.CharField(_("metric"), max_length=32)
    unit = models.CharField(_("unit"), max_length=16)
    period_s = models.PositiveIntegerField(_("seconds between points"))
    points = models.JSONField(_("points"), default=list)

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["target", "metric"], name="one_series_a_metric")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.metric}"


class MetricLook(models.Model):
    """When somebody last looked at an environment's metrics, when they were last asked for, and what went wrong."""

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="metric_look")
    wanted_at = models.DateTimeField(_("next look"), null=True, db_index=True)
    asked_at = models.DateTimeField(_("last asked"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.JSONField(_("problem"), default=dict, blank=True)

    class Meta:
        verbose_name = _("look at metrics")
        verbose_name_plural = _("looks at metrics")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.environment)
