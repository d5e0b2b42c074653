from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .account import Account
from .environment import Environment
from .money import CURRENCY
from .target import Target


class PriceLine(models.Model):
    """What something costs: a price for each hour or month, of so many."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("an hour")
        MONTH = "month", _("a month of 730 hours")

    label = models.CharField(
        _("what"), max_length=120, help_text=_("For example “EC2 t3.small” or “Volume 100 GB gp3”.")
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=18,
        decimal_places=10,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("What one of it costs, for example 0.023."),
    )
    unit = models.CharField(
        _("for"),
        max_length=8,
        choices=Unit.choices,
        default=Unit.HOUR,
        help_text=_("What the price is for, for example an hour of an instance, a month of a gigabyte."),
    )
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=14,
        decimal_places=4,
        default=1,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("How many of it, for example 2 instances or 100 GB."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[CURRENCY], help_text=_("For example USD or KRW.")
    )
    always = models.BooleanField(
        _("billed while stopped"),
        default=False,
        help_text=_("For example volumes, snapshots and addresses: they cost the same while it sleeps."),
    )

    class Meta:
        abstract = True


class RateQuerySet(models.QuerySet["Rate"]):
    def current(self) -> RateQuerySet:
        """Lines that have no end: those of what is there."""
        return self.filter(valid_until__isnull=True)


class Rate(PriceLine):
    """A price line of a target, in force on the dates `[valid_from, valid_until)` of its environment's time zone.

    Of the lines of a target with one label the newest that has begun counts. Like an interval it outlives its target,
    whose number it keeps, so that days long past can be reckoned anew.
    """

    class Source(models.TextChoices):
        HAND = "hand", _("entered by hand")
        TEMPLATE = "template", _("from a template")
        PRICE_LIST = "price_list", _("from the AWS Price List")

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.SET_NULL, null=True, related_name="rates"
    )
    target = models.ForeignKey(
        Target, verbose_name=_("target"), on_delete=models.SET_NULL, null=True, related_name="rates"
    )
    account = models.ForeignKey(
        Account, verbose_name=_("AWS account"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # The id of the target, kept when the target is gone: its spans have it, too.
    target_number = models.BigIntegerField(_("number of the target"), editable=False)
    valid_from = models.DateField(
        _("valid from"), help_text=_("The first day with this price, for example 2026-11-01.")
    )
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, editable=False, help_text=_("The first day without it.")
    )
    source = models.CharField(_("source"), max_length=12, choices=Source.choices, default=Source.HAND, editable=False)
    # What it was found for: the resource, its type, the product of the price list, when it was asked.
    details = models.JSONField(_("details"), default=dict, blank=True, editable=False)

    objects = RateQuerySet.as_manager()
    history = Changes(left_out=["details"])

    class Meta:
        verbose_name = _("price line")
        verbose_name_plural = _("price lines")
        ordering = ["environment", "target_number", "label", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["target_number", "label", "valid_from"],
                name="one_price_a_label_and_day",
                violation_error_message=_("This target has a price with this name from this day on already."),
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0, quantity__gte=0), name="prices_are_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="price_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["target_number", "valid_from"], name="prices_of_a_target")]

    def __str__(self) -> str:
        return f"{self.label}: {self.unit_price:f} {self.currency} × {self.quantity:f}"


class RateTemplate(models.Model):
    """Price lines under a name, to be given to many targets."""

    name = models.CharField(
        _("name"), max_length=80, unique=True, help_text=_("For example “Chat application, small”.")
    )
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("For example where the prices come from.")
    )

    history = Changes()

    class Meta:
        verbose_name = _("template of prices")
        verbose_name_plural = _("templates of prices")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RateTemplateLine(PriceLine):
    """A line of a template."""

    template = models.ForeignKey(
        RateTemplate, verbose_name=_("template of prices"), on_delete=models.CASCADE, related_name="lines"
    )

    history = Changes()

    class Meta:
        verbose_name = _("line of a template")
        verbose_name_plural = _("lines of templates")
        ordering = ["template", "id"]
        constraints = [
            models.UniqueConstraint(fields=["template", "label"], name="one_line_a_label_and_template"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0, quantity__gte=0), name="template_prices_are_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template}: {self.label}"


class Pricing(models.Model):
    """What the last look at a target's resources and the AWS Price List found: what could not be priced, and why.

    `unpriced` is a list of {"what", "why"}, texts in each language. `wanted_at`: when the next look is due.
    """

    target = models.OneToOneField(Target, verbose_name=_("target"), on_delete=models.CASCADE, related_name="pricing")
    automatic = models.BooleanField(
        _("from the AWS Price List"),
        default=True,
        help_text=_("Prices are looked up for what the target really has, and again each week."),
    )
    looked_at = models.DateTimeField(_("last looked"), null=True, editable=False)
    wanted_at = models.DateTimeField(_("next look"), null=True, db_index=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    unpriced = models.JSONField(_("not priced"), default=list, blank=True, editable=False)
    problem = models.JSONField(_("problem"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("pricing of a target")
        verbose_name_plural = _("pricing of targets")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.target)
