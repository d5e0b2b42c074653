from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.history import Changes


class Tag(models.Model):
    """A word by which people find environments: “payments”, “demo”. Names differ by more than capitals."""

    name = models.CharField(
        _("name"),
        max_length=40,
        validators=[RegexValidator(r"^[^\s,#][^,#]*$", _("Without commas and number signs, and not empty."))],
        help_text=_("For example “demo” or “release 2”."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="one_tag_a_name", violation_error_message=_("There is a tag of this name already.")
            )
        ]

    def __str__(self) -> str:
        return self.name
