from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from environments.rules import RuleError, parse_period
from portal.history import Changes


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def validate_zone(value: str) -> None:
    if value not in zone_names():
        raise ValidationError(_("“%(zone)s” is not a time zone, such as Asia/Seoul."), params={"zone": value})


class Schedule(models.Model):
    """Named rules that say when environments run: a time zone and periods."""

    class Override(models.TextChoices):
        NONE = "", _("none: the periods decide")
        RUNNING = "running", _("always running")
        STOPPED = "stopped", _("always stopped")

    name = models.CharField(
        _("name"),
        max_length=80,
        unique=True,
        help_text=_("For example “Office hours Seoul”. People read it as the reason."),
    )
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("Whom it is for, for example “The teams in Seoul”.")
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Asia/Seoul",
        validators=[validate_zone],
        help_text=_("All times of its periods are wall time in this zone."),
    )
    override = models.CharField(
        _("override"),
        max_length=8,
        blank=True,
        default="",
        choices=Override.choices,
        help_text=_("Sets the periods aside until it is taken back."),
    )

    enforced = models.BooleanField(
        _("enforced"),
        default=False,
        help_text=_(
            "What somebody starts or stops outside of the portal is put back within minutes. Off: it is left alone"
            " until the schedule's next change."
        ),
    )
    retain_running = models.BooleanField(
        _("spare what ran before"),
        default=False,
        help_text=_("What somebody started outside of the portal before a period begins is not stopped at its end."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(override__in=["", "running", "stopped"]), name="schedule_override_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


# The rules' names of fields that have another one here.
RULE_FIELDS = {"begintime": "begin_time", "endtime": "end_time"}


class Period(models.Model):
    """When a schedule wishes for running: times of the day, and the days on which they hold (all fields together).

    Times are kept as people wrote them (HH:MM, end up to 24:00); `environments.rules` is the only reader.
    """

    schedule = models.ForeignKey(Schedule, verbose_name=_("schedule"), on_delete=models.CASCADE, related_name="periods")
    name = models.CharField(_("name"), max_length=80, blank=True, help_text=_("Optional, for example “Late shift”."))
    begin_time = models.CharField(
        _("begin"),
        max_length=5,
        blank=True,
        help_text=_("HH:MM, for example 09:00. Empty with an end: this period only stops."),
    )
    end_time = models.CharField(
        _("end"),
        max_length=5,
        blank=True,
        help_text=_(
            "HH:MM, for example 18:00, up to 24:00. Before the begin: the next day. Empty with a begin: this period"
            " only starts."
        ),
    )
    weekdays = models.CharField(
        _("weekdays"),
        max_length=120,
        blank=True,
        help_text=_("For example mon-fri; sat,sun; mon#1 (the first); friL (the last). Empty: all."),
    )
    monthdays = models.CharField(
        _("days of the month"),
        max_length=120,
        blank=True,
        help_text=_("For example 1-5,15; L (the last); 15W (the weekday nearest to it). Empty: all."),
    )
    months = models.CharField(
        _("months"),
        max_length=120,
        blank=True,
        help_text=_("For example jan-mar; nov-feb; 1/3 (every third). Empty: all."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["schedule", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(begin_time="") | ~models.Q(begin_time=models.F("end_time")),
                name="period_begin_differs_from_end",
            ),
        ]

    def __str__(self) -> str:
        times = f"{self.begin_time or '…'}–{self.end_time or '…'}" if self.begin_time or self.end_time else _("all day")
        days = ", ".join(part for part in (self.weekdays, self.monthdays, self.months) if part)
        return f"{self.name}: {times} {days}".strip(": ") if self.name else f"{times} {days}".strip()

    def clean(self) -> None:
        """Refuse what the rules cannot read: each wrong field at its place, all at once, in the reader's language."""
        problems = self.problems()
        if problems:
            raise ValidationError({field: error.text(get_language() or "en") for field, error in problems.items()})

    def problems(self) -> dict[str, RuleError]:
        """What the rules refuse, by field of this model."""
        whole = self.rule_fields()
        found: dict[str, RuleError] = {}
        # The rules stop at the first wrong field; so each is read alone, and then all of them together.
        for fields in [*({name: value} for name, value in whole.items()), whole]:
            try:
                parse_period(**fields)
            except RuleError as error:
                field = RULE_FIELDS.get(error.field, error.field)
                found.setdefault(field, error)
        return found

    def rule_fields(self) -> dict[str, Any]:
        """The fields under the names that `environments.rules.parse_period` takes."""
        return {
            "begintime": self.begin_time or None,
            "endtime": self.end_time or None,
            "weekdays": self.weekdays or None,
            "monthdays": self.monthdays or None,
            "months": self.months or None,
            "name": self.name,
        }
