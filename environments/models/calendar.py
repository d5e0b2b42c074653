from __future__ import annotations

import holidays
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .environment import Environment
from .schedule import Schedule
from .team import Team


def validate_country(value: str) -> None:
    if value not in holidays.list_supported_countries(include_aliases=False):
        raise ValidationError(_("“%(country)s” is not a country code, such as KR or US."), params={"country": value})


class Calendar(models.Model):
    """Holidays of a country and own days on top; it hangs on schedules, teams or environments."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("For example “Korea, head office”."))
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[validate_country],
        help_text=_("Two letters, for example KR or US: its public holidays are days off. Empty: own days only."),
    )
    subdivision = models.CharField(
        _("subdivision"),
        max_length=12,
        blank=True,
        help_text=_("State, province or region with holidays of its own, for example CA for California."),
    )
    ics_url = models.URLField(
        _("address of an ICS calendar"),
        max_length=500,
        blank=True,
        help_text=_("Its events become days off; read again each night. For example the company's holiday calendar."),
    )
    ics_read_at = models.DateTimeField(_("last read"), null=True, editable=False)
    ics_error = models.JSONField(_("what went wrong"), default=dict, editable=False)
    schedules = models.ManyToManyField(
        Schedule,
        verbose_name=_("schedules"),
        related_name="calendars",
        blank=True,
        help_text=_("It holds for all that use them."),
    )
    teams = models.ManyToManyField(
        Team,
        verbose_name=_("teams"),
        related_name="calendars",
        blank=True,
        help_text=_("It holds for all their environments."),
    )
    environments = models.ManyToManyField(
        Environment,
        verbose_name=_("environments"),
        related_name="calendars",
        blank=True,
        help_text=_("It holds for these."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    # The address is a secret by itself, as many a calendar program hands it out.
    history = Changes(
        left_out=["ics_read_at", "ics_error", "created_at"],
        lists=["schedules", "teams", "environments"],
        secrets=["ics_url"],
    )

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not self.subdivision:
            return
        known = holidays.list_supported_countries(include_aliases=True).get(self.country, [])
        if self.subdivision not in known:
            raise ValidationError(
                {
                    "subdivision": _("“%(part)s” is none of %(country)s. Known: %(known)s")
                    % {"part": self.subdivision, "country": self.country or "–", "known": ", ".join(known) or "–"}
                }
            )


class CalendarDay(models.Model):
    """A day off, or a working day judged as another weekday; typed by people, or imported from an ICS file."""

    class Kind(models.TextChoices):
        OFF = "off", _("day off")
        WORKING = "working", _("working day")

    class Origin(models.TextChoices):
        OWN = "own", _("entered here")
        ICS = "ics", _("imported")

    calendar = models.ForeignKey(Calendar, verbose_name=_("calendar"), on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.OFF)
    as_weekday = models.PositiveSmallIntegerField(
        _("counts as"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(6)],
        choices=[
            (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")),
            (4, _("Friday")), (5, _("Saturday")), (6, _("Sunday")),
        ],
        help_text=_("For a working day: as which weekday it is judged."),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=120, help_text=_("For example “Founding day”."))
    origin = models.CharField(_("comes from"), max_length=4, choices=Origin.choices, default=Origin.OWN, editable=False)

    # What is imported comes by the hundred; its calendar keeps how many came and went.
    history = Changes(unless=lambda day: day.origin == CalendarDay.Origin.ICS)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["calendar", "day"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day", "origin"], name="one_entry_a_calendar_day_and_origin"),
            models.CheckConstraint(
                condition=Q(kind="off", as_weekday__isnull=True) | Q(kind="working", as_weekday__lte=6),
                name="working_days_count_as_a_weekday",
                violation_error_message=_("A working day needs the weekday it counts as; a day off has none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
