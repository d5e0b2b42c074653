from __future__ import annotations

from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment
from .hold import Hold
from .schedule import Schedule
from .team import Team

MIDNIGHT = 24 * 60


class DayExceptionQuerySet(models.QuerySet["DayException"]):
    def in_force(self) -> DayExceptionQuerySet:
        """Those nobody has removed and no newer one has replaced."""
        return self.filter(ended_at__isnull=True)

    def from_day(self, day: date) -> DayExceptionQuerySet:
        return self.filter(day__gte=day)


class DayException(models.Model):
    """Another wish for one date: of an environment, of a team, or of a schedule.

    A range is a row for each of its dates, with one `batch`; so the database itself keeps to one in force for each
    scope, date and kind. A second one ends the first, and both stay in the history.
    """

    class Kind(models.TextChoices):
        START = "start", _("start at")
        STOP = "stop", _("stop at")
        ON = "on", _("on all day")
        OFF = "off", _("off all day")

    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="exceptions",
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.CASCADE, null=True, blank=True, related_name="exceptions"
    )
    schedule = models.ForeignKey(
        Schedule, verbose_name=_("schedule"), on_delete=models.CASCADE, null=True, blank=True, related_name="exceptions"
    )
    day = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    minute = models.PositiveSmallIntegerField(
        _("minute of the day"),
        null=True,
        blank=True,
        help_text=_("Wall time of the schedule: 540 is 09:00; a stop goes up to 1440."),
    )
    reason = models.CharField(
        _("reason"), max_length=200, help_text=_("Everybody reads it, for example “demo for the client”.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="day_exceptions",
    )
    origin = models.CharField(_("made in"), max_length=8, choices=Hold.Origin.choices, default=Hold.Origin.WEB)
    batch = models.UUIDField(_("made together"), default=uuid4, editable=False)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ended by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = DayExceptionQuerySet.as_manager()
    history = Changes()

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["day", "kind", "id"]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[scope, "day", "kind"],
                    condition=Q(ended_at__isnull=True, **{f"{scope}__isnull": False}),
                    name=f"one_exception_a_{scope}_day_and_kind",
                )
                for scope in ("environment", "team", "schedule")
            ),
            models.CheckConstraint(
                condition=Q(environment__isnull=False, team__isnull=True, schedule__isnull=True)
                | Q(environment__isnull=True, team__isnull=False, schedule__isnull=True)
                | Q(environment__isnull=True, team__isnull=True, schedule__isnull=False),
                name="exception_has_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(kind="start", minute__isnull=False, minute__lt=MIDNIGHT)
                | Q(kind="stop", minute__isnull=False, minute__gte=1, minute__lte=MIDNIGHT)
                | Q(kind__in=["on", "off"], minute__isnull=True),
                name="exception_time_fits_its_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="exception_has_a_reason"),
        ]
        indexes = [models.Index(fields=["day"], condition=Q(ended_at__isnull=True), name="exceptions_in_force_by_day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.get_kind_display()} {self.clock}".strip()

    @property
    def clock(self) -> str:
        """Its time as HH:MM, empty for whole days."""
        return "" if self.minute is None else f"{self.minute // 60:02}:{self.minute % 60:02}"

    @property
    def scope(self) -> str:
        return "environment" if self.environment_id else "team" if self.team_id else "schedule"

    @property
    def author_name(self) -> str:
        return (self.author.get_full_name() or self.author.get_username()) if self.author else ""
