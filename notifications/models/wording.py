"""Own words for a kind of event, in one language, in the place of those the portal comes with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.channel import default_language, language_choices
from portal.history import Changes


class Wording(models.Model):
    """What messages of a kind say in a language; places such as {environment} are filled (`wordings.fill`)."""

    kind = models.CharField(_("event"), max_length=100, help_text=_("Whose messages it words. For example “Ready”."))
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=language_choices,
        default=default_language,
        help_text=_("For readers of this language."),
    )
    title = models.CharField(
        _("title"),
        max_length=200,
        blank=True,
        help_text=_("Empty: as the portal says it. For example “{environment} is up”."),
    )
    body = models.TextField(
        _("text"),
        max_length=4000,
        blank=True,
        help_text=_("Empty: as the portal says it. For example “{body} Ask {actor} about it.”"),
    )

    history = Changes()

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["kind", "language"]
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="one_wording_a_kind_and_language")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"
