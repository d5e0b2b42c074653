from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment


class StatusPage(models.Model):
    """What everybody may read of an environment without a sign-in, once it is switched on: its state and when it is
    back."""

    environment = models.OneToOneField(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="status_page"
    )
    is_public = models.BooleanField(
        _("status page for everybody"),
        default=False,
        help_text=_("Anybody who has its address reads whether it is up and when it is back; nothing else."),
    )
    title = models.CharField(
        _("name for everybody"),
        max_length=80,
        blank=True,
        help_text=_("For example “Chat (test)”. Empty: the environment's name."),
    )
    contact = models.CharField(
        _("contact"),
        max_length=200,
        blank=True,
        help_text=_("Whom to write to, for example dev-team@example.com."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("status page")
        verbose_name_plural = _("status pages")

    def __str__(self) -> str:
        return f"{self.title or self.environment}"
