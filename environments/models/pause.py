from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment
from .hold import Hold


class PauseQuerySet(models.QuerySet["Pause"]):
    def open(self) -> PauseQuerySet:
        """Pauses nobody has ended and no newer one has replaced (their `until` may have passed)."""
        return self.filter(ended_at__isnull=True)


class Pause(models.Model):
    """The schedule of an environment is off until a time: it is left as it is, exceptions and holds still work.

    One open pause an environment; a new one replaces it.
    """

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="pauses"
    )
    starts_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("For example “load test”."))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.SET_NULL, null=True, related_name="pauses"
    )
    origin = models.CharField(_("made in"), max_length=8, choices=Hold.Origin.choices, default=Hold.Origin.WEB)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ended by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PauseQuerySet.as_manager()
    history = Changes()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"], condition=Q(ended_at__isnull=True), name="one_open_pause_an_environment"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("starts_at")), name="pause_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.until:%Y-%m-%d %H:%M} UTC"

    @property
    def author_name(self) -> str:
        return (self.author.get_full_name() or self.author.get_username()) if self.author else ""
