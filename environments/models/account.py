from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

# Shapes as AWS documents them: 12 digits; partition, two letters, direction and number; arn of a role with its path.
ACCOUNT_ID = r"^\d{12}$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
ROLE_ARN = r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$"


def validate_regions(value: object) -> None:
    """Accept a non-empty list of region names; name the one that is wrong."""
    if not isinstance(value, list) or not value:
        raise ValidationError(_("Name at least one region, for example ap-northeast-2."))
    for region in value:
        if not isinstance(region, str) or not re.match(REGION, region):
            raise ValidationError(
                _("“%(region)s” is not the name of an AWS region, such as ap-northeast-2."), params={"region": region}
            )


class Account(models.Model):
    """An AWS account: its id, the role to assume in it, the regions in use."""

    name = models.CharField(
        _("name"), max_length=80, unique=True, help_text=_("For people, for example “development”.")
    )
    account_id = models.CharField(
        _("account id"),
        max_length=12,
        unique=True,
        validators=[RegexValidator(ACCOUNT_ID, _("An AWS account id has twelve digits."))],
        help_text=_("Twelve digits, as AWS shows it at the top right of its console, for example 123456789012."),
    )
    role_arn = models.CharField(
        _("role to assume"),
        max_length=200,
        blank=True,
        validators=[RegexValidator(ROLE_ARN, _("This is not the ARN of a role: arn:aws:iam::123456789012:role/Name."))],
        help_text=_(
            "The role the portal takes on in this account, for example arn:aws:iam::123456789012:role/DaybreakPortal."
            " Empty: the portal's own credentials are used."
        ),
    )
    external_id = models.CharField(
        _("external id"),
        max_length=200,
        blank=True,
        # As IAM's API takes it: 2 to 1224 characters of these.
        validators=[
            RegexValidator(r"^[\w+=,.@:/-]{2,}$", _("At least two letters, digits or any of + = , . @ : / -."))
        ],
        help_text=_(
            "The external id that the role's trust policy asks for, for example daybreak. Empty when it asks for none."
        ),
    )
    regions = models.JSONField(
        _("regions"), default=list, validators=[validate_regions], help_text=_("Regions in which the portal works.")
    )
    # What the last test of the connection found: action by action, in each language.
    checked_at = models.DateTimeField(_("connection last tested"), null=True, editable=False)
    check_report = models.JSONField(_("what the test found"), default=list, blank=True, editable=False)

    history = Changes(left_out=["checked_at", "check_report"])

    class Meta:
        verbose_name = _("AWS account")
        verbose_name_plural = _("AWS accounts")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account_id__regex=ACCOUNT_ID), name="account_id_has_twelve_digits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.account_id})"

    def clean(self) -> None:
        if self.external_id and not self.role_arn:
            raise ValidationError({"external_id": _("An external id only works together with a role to assume.")})
        if self.role_arn and self.account_id and f"::{self.account_id}:" not in self.role_arn:
            raise ValidationError({"role_arn": _("The role belongs to another account than the account id says.")})
