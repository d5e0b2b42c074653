from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment, Wish


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> HoldQuerySet:
        """Holds nobody has released and no newer hold has replaced (their `until` may have passed)."""
        return self.filter(ended_at__isnull=True)


class Hold(models.Model):
    """“Keep it running / stopped until …”, effective at once. One open hold an environment; a new one replaces it."""

    class Origin(models.TextChoices):
        WEB = "web", _("web")
        BOT = "bot", _("chat")
        API = "api", _("API")
        LINK = "link", _("link in a message")
        COMMAND = "command", _("command line")

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="holds"
    )
    desired = models.CharField(
        _("keeps it"),
        max_length=8,
        choices=[(Wish.RUNNING.value, Wish.RUNNING.label), (Wish.STOPPED.value, Wish.STOPPED.label)],
    )
    starts_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until somebody releases it."))
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("For example “client demo”."))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="holds",
    )
    origin = models.CharField(_("made in"), max_length=8, choices=Origin.choices, default=Origin.WEB)
    created_at = models.DateTimeField(_("created"))
    # From where its longest length counts: a hold that only prolongs another begins where that one began to count.
    counts_from = models.DateTimeField(_("counts from"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ended by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = HoldQuerySet.as_manager()
    history = Changes(left_out=["counts_from"])

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"], condition=Q(ended_at__isnull=True), name="one_open_hold_an_environment"
            ),
            models.CheckConstraint(condition=Q(desired__in=["running", "stopped"]), name="hold_desired_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("starts_at")), name="hold_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["until"], condition=Q(ended_at__isnull=True), name="open_holds_by_until")]

    def __str__(self) -> str:
        until = f"{self.until:%Y-%m-%d %H:%M} UTC" if self.until else "…"
        return f"{self.environment}: {self.get_desired_display()} → {until}"

    @property
    def author_name(self) -> str:
        return (self.author.get_full_name() or self.author.get_username()) if self.author else ""
