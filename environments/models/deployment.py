"""New versions: who told of them, when an environment took them, and what they were made of."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .environment import Environment
from .operation import Operation


class DeploymentStatus(models.TextChoices):
    WAITING = "waiting", _("waits for the next start")
    SCHEDULED = "scheduled", _("waits for its hour")
    TAKEN = "taken", _("is being taken")
    DONE = "done", _("deployed")
    FAILED = "failed", _("failed")
    REPLACED = "replaced", _("a newer one came")


OPEN = frozenset({DeploymentStatus.WAITING, DeploymentStatus.SCHEDULED, DeploymentStatus.TAKEN})


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def open(self) -> DeploymentQuerySet:
        """Those that have not reached their end."""
        return self.filter(status__in=OPEN)

    def due(self, now: datetime) -> DeploymentQuerySet:
        """Those whose hour has come."""
        return self.filter(status=DeploymentStatus.SCHEDULED, due_at__lte=now)


class Deployment(models.Model):
    """A new version of something that an environment runs: one row an environment, version and telling.

        waiting ────┐
        scheduled ──┴▶ taken ──▶ done | failed
            └──▶ replaced   (a newer version of the same came before it was taken)

    failed ──▶ done when a later try takes it; taken ──▶ waiting when ECR did not have it, or the operation was called
    off.

    `taken` is tied to the start or redeploy that took it (`operation`), whose end decides. Told again (by a pipeline
    and by ECR, say), it is the same row, and what the first did not know is filled in.
    """

    class Origin(models.TextChoices):
        API = "api", _("API")
        PUSH = "push", _("push to ECR")
        POLL = "poll", _("found in ECR")

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="deployments"
    )
    # Empty where the environment takes no images of ECR.
    repository = models.CharField(_("repository"), max_length=256, blank=True)
    tag = models.CharField(_("image tag"), max_length=300)
    digest = models.CharField(_("digest"), max_length=100, blank=True)
    commit = models.CharField(_("commit"), max_length=64, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    note = models.CharField(_("what is new"), max_length=1000, blank=True)
    origin = models.CharField(_("told by"), max_length=8, choices=Origin.choices)
    # Who told, where a token did.
    user = models.ForeignKey[User | None, User | None](
        settings.AUTH_USER_MODEL, verbose_name=_("account"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    received_at = models.DateTimeField(_("told"))
    status = models.CharField(_("status"), max_length=10, choices=DeploymentStatus.choices)
    due_at = models.DateTimeField(_("at"), null=True)
    operation = models.ForeignKey(
        Operation,
        verbose_name=_("operation"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="deployments",
    )
    taken_at = models.DateTimeField(_("taken"), null=True)
    ended_at = models.DateTimeField(_("since"), null=True)
    reason = models.JSONField(_("reason"), default=dict)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        default_permissions = ("view",)
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DeploymentStatus.values), name="deployment_status_known"),
            models.CheckConstraint(
                condition=Q(status="scheduled", due_at__isnull=False) | ~Q(status="scheduled"),
                name="deployment_scheduled_has_its_hour",
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "-received_at"], name="deployments_of_an_environment"),
            models.Index(fields=["due_at"], condition=Q(status="scheduled"), name="deployments_due"),
            models.Index(fields=["status"], condition=Q(status__in=["waiting", "taken"]), name="deployments_open"),
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.repository} {self.tag}"


class ImagePoll(models.Model):
    """When a repository was last asked for new images: the safety net below pushes that were not told."""

    account = models.ForeignKey("environments.Account", on_delete=models.CASCADE, related_name="image_polls")
    region = models.CharField(_("region"), max_length=32)
    repository = models.CharField(_("repository"), max_length=256)
    next_at = models.DateTimeField(_("next look"), db_index=True)
    polled_at = models.DateTimeField(_("last look"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.JSONField(_("problem"), default=dict, blank=True)

    class Meta:
        verbose_name = _("look for images")
        verbose_name_plural = _("looks for images")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account", "region", "repository"], name="one_look_a_repository")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.region} {self.repository}"
