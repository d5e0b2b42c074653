from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment
from .team import Team


class PlanFeed(models.Model):
    """A secret address under which a calendar program reads the plan of an environment or of a team's environments.

    Only the digest of the secret is kept: the address is shown once, when it is made. It shows what its author may see,
    and nothing any more once it was revoked or its author may not see it.
    """

    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="feeds",
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.CASCADE, null=True, blank=True, related_name="feeds"
    )
    digest = models.CharField(_("digest of the secret"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends with"), max_length=8, editable=False)
    language = models.CharField(_("language"), max_length=8, default="en", editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.CASCADE, related_name="plan_feeds"
    )
    created_at = models.DateTimeField(_("created"))
    last_read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("revoked by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    history = Changes(left_out=["digest", "last_read_at"])

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(environment__isnull=False, team__isnull=True)
                | Q(environment__isnull=True, team__isnull=False),
                name="feed_has_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment or self.team} …{self.hint}"
