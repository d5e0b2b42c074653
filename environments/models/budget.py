from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment
from .money import CURRENCY, MoneyField
from .team import Team


class Budget(models.Model):
    """What an environment or a team may cost a month, by estimate, in one currency."""

    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
        help_text=_("For example chat-dev. Leave it empty for the budget of a team."),
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
        help_text=_("For example Chat: all of its environments together. Leave it empty for one environment."),
    )
    month = models.DateField(
        _("month"),
        null=True,
        blank=True,
        help_text=_("The first day of one month, for example 2026-12-01. Empty: each month that has none of its own."),
    )
    amount = MoneyField(
        _("amount"),
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("What it may cost a month, for example 900."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[CURRENCY], help_text=_("For example USD or KRW.")
    )
    blocks_extensions = models.BooleanField(
        _("no extensions above it"),
        default=False,
        help_text=_("Once it is used up, managers cannot keep anything on beyond its plan; operators can."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["team__name", "environment__name", "-month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(environment__isnull=True, team__isnull=False)
                | Q(environment__isnull=False, team__isnull=True),
                name="budget_of_an_environment_or_a_team",
                violation_error_message=_("Choose an environment or a team, one of the two."),
            ),
            models.UniqueConstraint(
                fields=["environment", "month", "currency"],
                condition=Q(environment__isnull=False, month__isnull=False),
                name="one_budget_an_environment_and_month",
                violation_error_message=_("There is a budget for this month already."),
            ),
            models.UniqueConstraint(
                fields=["environment", "currency"],
                condition=Q(environment__isnull=False, month__isnull=True),
                name="one_standing_budget_an_environment",
                violation_error_message=_("There is a budget for this month already."),
            ),
            models.UniqueConstraint(
                fields=["team", "month", "currency"],
                condition=Q(team__isnull=False, month__isnull=False),
                name="one_budget_a_team_and_month",
                violation_error_message=_("There is a budget for this month already."),
            ),
            models.UniqueConstraint(
                fields=["team", "currency"],
                condition=Q(team__isnull=False, month__isnull=True),
                name="one_standing_budget_a_team",
                violation_error_message=_("There is a budget for this month already."),
            ),
            models.CheckConstraint(
                condition=Q(month__isnull=True) | Q(month__day=1),
                name="budget_month_by_its_first_day",
                violation_error_message=_("Name a month by its first day, for example 2026-12-01."),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_is_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.environment or self.team}: {self.amount.normalize():,f} {self.currency}"


class BudgetNotice(models.Model):
    """That people have been told of a budget's level in a month: once each."""

    class Level(models.TextChoices):
        MOST = "80", _("used by 80 %")
        ALL = "100", _("used up")
        FORECAST = "forecast", _("will not suffice")

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="notices")
    month = models.DateField(_("month"))
    level = models.CharField(_("level"), max_length=8, choices=Level.choices)
    told_at = models.DateTimeField(_("told"))

    class Meta:
        verbose_name = _("notice of a budget")
        verbose_name_plural = _("notices of budgets")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["budget", "month", "level"], name="one_notice_a_budget_month_and_level")
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.month:%Y-%m} {self.level}"
