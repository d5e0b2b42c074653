from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config, EncryptedConfigField
from portal.history import Changes

from .check import OF_ITS_STATE, Check, CheckQuerySet, Expected


class Heartbeat(Check, Expected):
    """A secret address that a job or a host calls: at success, if it likes also at its start and at a failure.

    It is found by the digest of its key; the key itself is sealed, so that those who may change it can read its address
    again.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    key = EncryptedConfigField(_("key"), default=Config, editable=False)
    last_began_at = models.DateTimeField(_("last start"), null=True, editable=False)
    last_took_ms = models.PositiveBigIntegerField(_("last took"), null=True, editable=False)
    last_body = models.TextField(_("last said"), blank=True, editable=False)

    objects = CheckQuerySet["Heartbeat"].as_manager()  # type: ignore[misc]  # the stubs take one of them for the class's
    history = Changes(
        left_out=[
            *OF_ITS_STATE,
            *("digest", "last_began_at", "last_took_ms", "last_body"),
        ],
        secrets=["key"],
    )

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.kind = self.Kind.HEARTBEAT
        super().save(*args, **kwargs)
