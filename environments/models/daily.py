"""What each day was: when an environment ran (facts) and what that cost by the prices known (estimates).

Rows are made from intervals and rates and can be made anew at any time; they outlive their environment. Bills are
another layer (`bill`), and never mixed with these.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .account import Account
from .environment import Environment
from .money import CURRENCY, MoneyField
from .team import Team


class DailyRun(models.Model):
    """Fact: how long an environment ran on a date of its own time zone.

    `hours`: 24 bytes, the minutes that it ran in each hour by the clock on the wall (up to 120 where the clock goes
    back). `known_until` is the moment up to which it was counted: the end of the day, or earlier for today.
    """

    # Without an index of its own: the one below begins with it.
    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="daily_runs",
        db_index=False,
    )
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.SET_NULL, null=True, related_name="+")
    environment_name = models.CharField(_("environment's name"), max_length=80)
    day = models.DateField(_("day"))
    seconds = models.PositiveIntegerField(_("running seconds"))
    hours = models.BinaryField(_("minutes in each hour"), max_length=24)
    known_until = models.DateTimeField(_("counted until"))

    class Meta:
        verbose_name = _("day's run")
        verbose_name_plural = _("days' runs")
        default_permissions = ()
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["environment", "day"], name="one_run_an_environment_and_day")]
        indexes = [
            models.Index(fields=["day", "environment", "seconds"], name="runs_of_a_day"),
            models.Index(fields=["environment", "day", "seconds"], name="runs_of_an_environment"),
        ]

    def __str__(self) -> str:
        return f"{self.environment_name} {self.day}: {self.seconds} s"


class DailyCost(models.Model):
    """Estimate: what an environment's targets in one account cost on a date of its own time zone, in one currency.

    `estimate`: by the hours that they ran; `always_on`: had they run all the time; both up to `known_until`. From then
    on each hour adds `an_hour` and `always_an_hour` (nothing, once the day is over). A row stays with the team that had
    the environment when its day was first made: that of the day's run.
    """

    # Without an index of its own: the one below begins with it.
    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="daily_costs",
        db_index=False,
    )
    account = models.ForeignKey(
        Account, verbose_name=_("AWS account"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.SET_NULL, null=True, related_name="+")
    environment_name = models.CharField(_("environment's name"), max_length=80)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    estimate = MoneyField(_("estimate"))
    always_on = MoneyField(_("always on"))
    an_hour = MoneyField(_("now an hour"), default=0)
    always_an_hour = MoneyField(_("always on, an hour"), default=0)
    known_until = models.DateTimeField(_("counted until"))

    class Meta:
        verbose_name = _("day's cost")
        verbose_name_plural = _("days' costs")
        default_permissions = ("view",)
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "day", "account", "currency"], name="one_cost_an_environment_day_account"
            ),
            models.CheckConstraint(condition=Q(estimate__gte=0, always_on__gte=0), name="costs_are_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["day", "environment", "account", "currency", "estimate", "always_on"], name="costs_of_a_day"
            ),
            models.Index(
                fields=["environment", "day", "account", "currency", "estimate"], name="costs_of_an_environment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment_name} {self.day}: {self.estimate} {self.currency}"


class MonthlyCost(models.Model):
    """The sums of the days of a month that one team had the environment, made in the transaction that made the days: so
    that a year is read quickly. `seconds` are of the same days, in each account and currency the same."""

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.SET_NULL, null=True, related_name="monthly_costs"
    )
    account = models.ForeignKey(
        Account, verbose_name=_("AWS account"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.SET_NULL, null=True, related_name="+")
    environment_name = models.CharField(_("environment's name"), max_length=80)
    month = models.DateField(_("month"), help_text=_("Its first day."))
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    estimate = MoneyField(_("estimate"))
    always_on = MoneyField(_("always on"))
    seconds = models.PositiveBigIntegerField(_("running seconds"), default=0)

    class Meta:
        verbose_name = _("month's cost")
        verbose_name_plural = _("months' costs")
        default_permissions = ()
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "month", "team", "account", "currency"],
                name="one_cost_an_environment_month_team_account",
            )
        ]
        indexes = [
            models.Index(
                fields=["month", "environment", "account", "currency", "estimate", "always_on"], name="costs_of_a_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment_name} {self.month:%Y-%m}: {self.estimate} {self.currency}"


class TeamHours(models.Model):
    """Fact: when the environments of a team ran on a date, for the map of hours. `minutes`: 24 sums."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="+")
    day = models.DateField(_("day"))
    minutes = models.JSONField(_("minutes in each hour"), default=list)

    class Meta:
        verbose_name = _("team's hours")
        verbose_name_plural = _("teams' hours")
        default_permissions = ()
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["day", "team"], name="one_row_of_hours_a_team_and_day")]

    def __str__(self) -> str:
        return f"{self.team} {self.day}"


class StaleDays(models.Model):
    """Dates of an environment that must be reckoned anew, since a fact or a price has changed.

    Written in the transaction of that change; taken away by who has made the days anew, unless it was written again
    meanwhile (another row). `first` and `last` are both included; no `last`: until today. One whose `marked_at` lies
    ahead is the end of the environment's present day, when that is to be closed.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="stale_days")
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"), null=True)
    marked_at = models.DateTimeField(_("due from"), db_index=True)
    # A worker that makes them anew has until then; after that another one does.
    leased_until = models.DateTimeField(_("leased until"), null=True)

    class Meta:
        verbose_name = _("days to reckon anew")
        verbose_name_plural = _("days to reckon anew")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.environment_id}: {self.first} … {self.last or ''}"


class Forecast(models.Model):
    """Estimate: what the rest of a month will cost by the plan, from `from_day` on; made anew each hour."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="forecasts")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+")
    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY])
    # What is counted as spent already is in the daily costs, up to this moment.
    from_moment = models.DateTimeField(_("from"))
    estimate = MoneyField(_("estimate"))
    always_on = MoneyField(_("always on"))

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "month", "account", "currency"], name="one_forecast_an_environment_and_month"
            )
        ]
        indexes = [models.Index(fields=["month"], name="forecasts_of_a_month")]

    def __str__(self) -> str:
        return f"{self.environment_id} {self.month:%Y-%m}: {self.estimate} {self.currency}"
