from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .environment import Environment


class Favourite(models.Model):
    """An environment that somebody wants to see first on their board."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="favourites"
    )
    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="favourites"
    )

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["user", "environment"], name="one_favourite_a_user")]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.environment}"
