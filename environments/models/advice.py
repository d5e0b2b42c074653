from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .environment import Environment
from .money import MoneyField
from .team import Team


class HourlyUse(models.Model):
    """Fact: how busy an environment's machines were in an hour, from CloudWatch; kept for some weeks.

    `cpu` is the highest average of its machines in per cent; `network` the bytes that all of them sent and received.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="hourly_use")
    hour = models.DateTimeField(_("hour"))
    cpu = models.DecimalField(_("CPU, per cent"), max_digits=6, decimal_places=2, null=True)
    network = models.BigIntegerField(_("network, bytes"), null=True)

    class Meta:
        verbose_name = _("hour's use")
        verbose_name_plural = _("hours' use")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["environment", "hour"], name="one_use_an_environment_and_hour")]

    def __str__(self) -> str:
        return f"{self.environment_id} {self.hour:%Y-%m-%d %H}:00"


class UseLook(models.Model):
    """When CloudWatch was last asked how busy an environment is, and what went wrong."""

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="use_look")
    asked_at = models.DateTimeField(_("last asked"), null=True)
    wanted_at = models.DateTimeField(_("next look"), null=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.JSONField(_("problem"), default=dict, blank=True)

    class Meta:
        verbose_name = _("look at use")
        verbose_name_plural = _("looks at use")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.environment)


class Advice(models.Model):
    """A proposed schedule for an environment, why, and what it would save a month.

    open -> applied | dismissed | outdated; only an open one can be applied. `proposal` has the periods as
    `services.advice` writes them; `evidence` the numbers that it rests on.
    """

    class Kind(models.TextChoices):
        IDLE = "idle", _("nobody uses it")
        LONGER_THAN_USE = "longer", _("its schedule is longer than its use")
        ALWAYS_ON = "always_on", _("always on")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        APPLIED = "applied", _("applied")
        DISMISSED = "dismissed", _("dismissed")
        OUTDATED = "outdated", _("outdated")

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="advice")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.OPEN)
    made_at = models.DateTimeField(_("made"))
    proposal = models.JSONField(_("proposal"), default=dict)
    evidence = models.JSONField(_("evidence"), default=dict)
    saving = MoneyField(_("saving a month"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # What stood before it was applied, to put that back.
    replaced = models.JSONField(_("what it replaced"), default=dict)

    class Meta:
        verbose_name = _("advice")
        verbose_name_plural = _("advice")
        default_permissions = ("view",)
        ordering = ["-saving", "-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"], condition=Q(status="open"), name="one_open_advice_an_environment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.get_kind_display()}"


class MonthlyReport(models.Model):
    """A month's summary for a team, as it was sent: its figures stay as they were then."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="reports")
    month = models.DateField(_("month"))
    made_at = models.DateTimeField(_("made"))
    figures = models.JSONField(_("figures"), default=dict)

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        default_permissions = ("view",)
        ordering = ["-month", "team"]
        constraints = [models.UniqueConstraint(fields=["team", "month"], name="one_report_a_team_and_month")]

    def __str__(self) -> str:
        return f"{self.team} {self.month:%Y-%m}"


class ReportStop(models.Model):
    """That somebody wants no mails of a team's reports; they read the pages as before."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    stopped_at = models.DateTimeField(_("stopped"), auto_now_add=True)

    class Meta:
        verbose_name = _("refusal of reports by mail")
        verbose_name_plural = _("refusals of reports by mail")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["reader", "team"], name="one_refusal_a_reader_and_team")]

    def __str__(self) -> str:
        return f"{self.reader}: {self.team}"


class ReportMail(models.Model):
    """One report to one reader: pending until the mail server has taken it or refused it for good.

    pending -> sent | failed | unknown (the server may have taken it: not sent again by itself).
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("not known")

    report = models.ForeignKey(MonthlyReport, on_delete=models.CASCADE, related_name="mails")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    not_before = models.DateTimeField(_("not before"))
    leased_until = models.DateTimeField(_("leased until"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("mail of a report")
        verbose_name_plural = _("mails of reports")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["report", "reader"], name="one_mail_a_report_and_reader")]
        indexes = [models.Index(fields=["not_before"], condition=Q(status="pending"), name="report_mails_due")]

    def __str__(self) -> str:
        return f"{self.report} → {self.reader}"
