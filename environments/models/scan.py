from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .account import Account


class Scan(models.Model):
    """When the portal last looked at all that an account has in a region, and what went wrong.

    A row is due when `started_at` lies long enough back: a scan that a killed worker left half done is simply begun
    again at the next turn.
    """

    account = models.ForeignKey(Account, verbose_name=_("AWS account"), on_delete=models.CASCADE, related_name="scans")
    region = models.CharField(_("region"), max_length=32)
    started_at = models.DateTimeField(_("last begun"), null=True, editable=False)
    finished_at = models.DateTimeField(_("last finished"), null=True, editable=False)
    error = models.JSONField(_("what went wrong"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["account", "region"]
        constraints = [models.UniqueConstraint(fields=["account", "region"], name="one_scan_an_account_and_region")]

    def __str__(self) -> str:
        return f"{self.account} {self.region}"
