from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.history import Changes


class Team(models.Model):
    """People and environments that belong together; a manager acts for the teams they belong to."""

    name = models.CharField(
        _("name"), max_length=80, unique=True, help_text=_("What people call it, for example “Chat” or “Payments”.")
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("members"),
        related_name="teams",
        blank=True,
        help_text=_("They see this team's environments; managers among them start and stop these."),
    )

    history = Changes(lists=["members"])

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
