from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .account import Account
from .environment import Environment
from .money import CURRENCY, MoneyField
from .team import Team


class DailyBill(models.Model):
    """Actual: what AWS billed for an environment on a day of its own (UTC), by the tag that names the environment.

    From Cost Explorer; `is_final`: AWS no longer calls it an estimate. Never added to estimates of the portal's own.
    """

    # Without an index of its own: one below begins with it.
    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="daily_bills",
        db_index=False,
    )
    # As they were when the row was written. The name stays when the environment is gone: it has had an owner.
    environment_name = models.CharField(_("environment's name"), max_length=80, blank=True)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.SET_NULL, null=True, related_name="daily_bills", db_index=False
    )
    account = models.ForeignKey(
        Account, verbose_name=_("AWS account"), on_delete=models.CASCADE, related_name="daily_bills"
    )
    # The value of the tag; kept when the environment is gone, and for values that no environment has.
    tagged = models.CharField(_("value of the tag"), max_length=256, blank=True)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    amount = MoneyField(_("billed"))
    # What the portal estimated for the same; kept here by `services.bill_estimates`.
    estimate = MoneyField(_("estimated for the same"), null=True, editable=False)
    is_final = models.BooleanField(_("final"), default=False)

    class Meta:
        verbose_name = _("day's bill")
        verbose_name_plural = _("days' bills")
        default_permissions = ("view",)
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["account", "tagged", "day", "currency"], name="one_bill_a_tag_and_day")
        ]
        indexes = [
            models.Index(fields=["day", "environment", "currency", "amount"], name="bills_of_a_day"),
            models.Index(
                fields=["environment", "day", "account", "currency", "is_final", "amount", "estimate"],
                name="bills_of_an_environment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tagged} {self.day}: {self.amount} {self.currency}"


class BillLook(models.Model):
    """How an account's bills are read: by which tag, when last, up to which day, and what went wrong.

    Each request to Cost Explorer costs 0.01 USD, so an account is asked once a day.
    """

    account = models.OneToOneField(
        Account, verbose_name=_("AWS account"), on_delete=models.CASCADE, related_name="bills"
    )
    enabled = models.BooleanField(
        _("read bills"),
        default=False,
        help_text=_("Once a day from Cost Explorer. AWS charges 0.01 USD for each request, a few a day."),
    )
    tag = models.CharField(
        _("tag"),
        max_length=128,
        default="Environment",
        help_text=_(
            "The cost allocation tag whose value is the short name of the environment, for example Environment."
        ),
    )
    asked_at = models.DateTimeField(_("last asked"), null=True, editable=False)
    wanted_at = models.DateTimeField(_("next look"), null=True, db_index=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    # The last day for which AWS had something: bills are a day or two behind.
    known_until = models.DateField(_("billed until"), null=True, editable=False)
    requests = models.PositiveIntegerField(_("requests made"), default=0, editable=False)
    problem = models.JSONField(_("problem"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("reading of bills")
        verbose_name_plural = _("reading of bills")

    def __str__(self) -> str:
        return str(self.account)
