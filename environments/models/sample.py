from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SampleRecord(models.Model):
    """One row of the sample data, as it was written: so that the sample is known by its rows and not by names.

    `as_made` keeps the values of the fields that people edit, to tell later what they changed.
    """

    model = models.CharField(_("model"), max_length=100)
    object_id = models.PositiveBigIntegerField(_("id"))
    as_made = models.JSONField(_("as it was written"), default=dict)

    class Meta:
        verbose_name = _("row of the sample")
        verbose_name_plural = _("rows of the sample")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["model", "object_id"], name="one_sample_record_a_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"
