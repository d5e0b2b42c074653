"""Tokens of the API: whose rights a program has, what of them it may use, and what it was answered before."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.history import Changes


class Scope(models.TextChoices):
    """What a token may be used for, within the rights of its account."""

    READ = "read", _("read everything that the account may see")
    OVERRIDE = "override", _("set and remove exceptions")
    OPERATE = "operate", _("start, stop and redeploy, place and release holds")
    DEPLOY = "deploy", _("tell of new versions")
    TICKETS = "tickets", _("work on tickets")
    METRICS = "metrics", _("read the figures for Prometheus")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self, now: datetime) -> ApiTokenQuerySet:
        """Neither revoked nor expired, of an account that is switched on."""
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        return self.filter(unexpired, revoked_at__isnull=True, user__is_active=True)


class ApiToken(models.Model):
    """A token of an account; shown once, kept as a digest. A program's account is one without a password."""

    user = models.ForeignKey[User, User](
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text=_("Whose rights it has: its role and its teams. For a program: an account without a password."),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses it, for example “GitHub Actions”."))
    scopes = models.JSONField(_("may be used to"), default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    start = models.CharField(_("begins with"), max_length=16, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    created_by = models.ForeignKey[User | None, User | None](
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
    )
    expires_at = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("Empty: never. For example in 90 days.")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_address = models.GenericIPAddressField(_("last address"), null=True, editable=False)
    # Requests of the window that began then: the limit holds over all web processes.
    window_at = models.DateTimeField(null=True, editable=False)
    window_count = models.PositiveIntegerField(default=0, editable=False)

    objects = ApiTokenQuerySet.as_manager()
    history = Changes(left_out=["digest", "last_used_at", "last_address", "window_at", "window_count"])

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class ApiAnswer(models.Model):
    """What a request with an idempotency key was answered: told again, it is not done again."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=200)
    # Of method, path and body: the same key with another request is refused.
    fingerprint = models.CharField(max_length=64)
    # None: it is being done.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("answer of the API")
        verbose_name_plural = _("answers of the API")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_an_idempotency_key")]

    def __str__(self) -> str:
        return self.key
