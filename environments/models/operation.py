from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .environment import Environment
from .target import Target
from .texts import in_language


class OperationStatus(models.TextChoices):
    PENDING = "pending", _("waiting to begin")
    RUNNING = "running", _("under way")
    SUCCEEDED = "succeeded", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("replaced by a newer wish")


UNFINISHED = frozenset({OperationStatus.PENDING, OperationStatus.RUNNING})


class StepStatus(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("under way")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("not needed")
    FAILED = "failed", _("failed")


class OperationQuerySet(models.QuerySet["Operation"]):
    def unfinished(self) -> OperationQuerySet:
        return self.filter(status__in=UNFINISHED)

    def due(self, now: datetime) -> OperationQuerySet:
        """Unfinished, its time has come, and nobody works on it (or who did has lost the lease)."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.unfinished().filter(free, not_before__lte=now)

    def claim(self, pk: int, *, now: datetime, lease: timedelta) -> str | None:
        """Take the lease of one due operation by compare-and-swap; its token, or None when somebody else was first."""
        token = uuid4().hex
        won = (
            self.due(now)
            .filter(pk=pk)
            .update(
                status=OperationStatus.RUNNING,
                lease_token=token,
                lease_until=now + lease,
                started_at=Coalesce(F("started_at"), models.Value(now, output_field=models.DateTimeField())),
            )
        )
        return token if won else None


class Operation(models.Model):
    """One durable start, stop or redeploy of an environment, made of ordered steps.

        pending ──claim──▶ running ──▶ succeeded
           │                  ├──────▶ failed
           └──────────────────┴──────▶ cancelled   (a newer, opposite wish)

    While a worker holds the lease, a newer opposite wish is written to `next_wish` and followed as soon as the lease is
    given back or runs out, so that two operations never act on one environment at once.
    """

    class Kind(models.TextChoices):
        START = "start", _("start")
        STOP = "stop", _("stop")
        REDEPLOY = "redeploy", _("redeploy")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        HOLD = "hold", _("by hand")
        EXCEPTION = "exception", _("exception")
        BOT = "bot", _("chat")
        API = "api", _("API")
        DEPLOY = "deploy", _("deployment")
        DRIFT = "drift", _("changed outside")

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="operations"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    trigger = models.CharField(_("trigger"), max_length=12, choices=Trigger.choices)
    status = models.CharField(
        _("status"), max_length=12, choices=OperationStatus.choices, default=OperationStatus.PENDING
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.JSONField(_("reason"), default=dict)
    created_at = models.DateTimeField(_("asked for"))
    # Of what a plan asks for: when that should have begun.
    planned_at = models.DateTimeField(_("planned for"), null=True)
    started_at = models.DateTimeField(_("begun"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # Of a start: when the environment first answered as it should.
    ready_at = models.DateTimeField(_("ready"), null=True)
    deadline_at = models.DateTimeField(_("deadline"))
    not_before = models.DateTimeField(_("next look"))
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    next_wish = models.JSONField(null=True, editable=False)
    error = models.JSONField(_("error"), default=dict)
    error_detail = models.TextField(_("AWS's own words"), blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"],
                condition=Q(status__in=["pending", "running"]),
                name="one_unfinished_operation_an_environment",
            ),
            models.CheckConstraint(condition=Q(status__in=OperationStatus.values), name="operation_status_known"),
            models.CheckConstraint(condition=Q(kind__in=["start", "stop", "redeploy"]), name="operation_kind_known"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, status__in=["pending", "running"])
                | Q(finished_at__isnull=False, status__in=["succeeded", "failed", "cancelled"]),
                name="operation_finished_when_final",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"], condition=Q(status__in=["pending", "running"]), name="unfinished_by_not_before"
            ),
            models.Index(fields=["environment", "-created_at"], name="operations_of_an_environment"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M} UTC ({self.get_status_display()})"

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def reason_text(self) -> str:
        return in_language(self.reason)

    @property
    def error_text(self) -> str:
        return in_language(self.error)

    @property
    def duration(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class OperationStep(models.Model):
    """One thing an operation ensures: `pending → running → done | skipped | failed`.

    `position` orders steps; steps of different targets with the same position may interleave. `memo` is what later
    steps of the same target need (a stack id, resolved parameters); `progress` is what people see meanwhile.
    """

    operation = models.ForeignKey(
        Operation, verbose_name=_("operation"), on_delete=models.CASCADE, related_name="steps"
    )
    target = models.ForeignKey(Target, verbose_name=_("target"), on_delete=models.SET_NULL, null=True, related_name="+")
    target_label = models.CharField(_("target"), max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("step"), max_length=32)
    status = models.CharField(_("status"), max_length=8, choices=StepStatus.choices, default=StepStatus.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    not_before = models.DateTimeField(_("next look"), null=True)
    deadline_at = models.DateTimeField(_("deadline"), null=True)
    token = models.CharField(_("token"), max_length=64, blank=True)
    detail = models.JSONField(_("detail"), default=dict)
    progress = models.JSONField(_("progress"), default=dict)
    memo = models.JSONField(default=dict)
    error = models.JSONField(_("error"), default=dict)
    error_detail = models.TextField(_("AWS's own words"), blank=True)
    started_at = models.DateTimeField(_("begun"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["operation", "position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=StepStatus.values), name="step_status_known"),
            models.UniqueConstraint(
                fields=["operation", "token"], condition=~Q(token=""), name="steps_are_written_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name} ({self.get_status_display()})"

    @property
    def detail_text(self) -> str:
        return in_language(self.detail)

    @property
    def error_text(self) -> str:
        return in_language(self.error)
