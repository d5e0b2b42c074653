from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from environments.rules import RuleError
from environments.rules import expecting as rules

from .environment import Environment
from .target import Target
from .texts import in_language


class CheckState(models.TextChoices):
    """What a check says; words and colours are those of the interface guide."""

    UNKNOWN = "unknown", _("Not known yet")
    ASLEEP = "asleep", _("Asleep")
    STARTING = "starting", _("Coming up")
    UP = "up", _("Up")
    LATE = "late", _("Late")
    DOWN = "down", _("Down")
    MISSED = "missed", _("Missed")


_Check = TypeVar("_Check", bound="Check")

# Somebody should look.
TROUBLE = frozenset({CheckState.DOWN, CheckState.MISSED})


# What the portal finds out, which is no change that somebody made.
OF_ITS_STATE = (
    *("state", "state_since", "reason", "seen_at", "due_at", "failures"),
    *("ticket_due_at", "awake_since", "told_at", "created_at"),
)


class CheckQuerySet(models.QuerySet[_Check]):
    def switched_on(self) -> CheckQuerySet[_Check]:
        return self.filter(is_on=True)

    def due(self, now: datetime) -> CheckQuerySet[_Check]:
        """Switched on, and somebody should look or judge by `now`; read through the index on `due_at`."""
        return self.filter(is_on=True, due_at__lte=now)

    def in_trouble(self) -> CheckQuerySet[_Check]:
        return self.filter(is_on=True, state__in=TROUBLE)


class Check(models.Model):
    """How the health of an environment is seen: an address that is asked, a job that calls, an alarm, a device's
    reports. Each kind is a model of its own that inherits this one.

        unknown ─▶ starting ─▶ up ◀──▶ late ─▶ down | missed ─▶ up
        any ─▶ asleep (its environment sleeps on purpose) ─▶ starting

    `state` moves only in `services.health`. `due_at` is when it is next asked or judged (none: only what arrives
    matters); `ticket_due_at` when an incident opens unless it is well again by then.
    """

    class Kind(models.TextChoices):
        HTTP = "http", _("web address")
        HEARTBEAT = "heartbeat", _("heartbeat")
        ALARM = "alarm", _("CloudWatch alarms")
        DEVICE = "device", _("reports by SMS")

    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.CASCADE,
        related_name="checks",
        help_text=_("Whose health it shows, for example chat-dev."),
    )
    target = models.ForeignKey(
        Target,
        verbose_name=_("target"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checks",
        help_text=_(
            "Which of its targets it shows, for example the database's stack: what starts after that one waits for it."
            " Empty: the environment as a whole."
        ),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, editable=False)
    name = models.CharField(
        _("name"), max_length=120, help_text=_("What people read, for example “API” or “nightly backup”.")
    )
    is_on = models.BooleanField(
        _("switched on"), default=True, help_text=_("Switch it off while it would only disturb, for example in a move.")
    )
    always = models.BooleanField(
        _("also while it sleeps"),
        default=False,
        help_text=_("For what does not depend on the environment's schedule, for example devices that report by SMS."),
    )
    ticket_after = models.PositiveSmallIntegerField(
        _("a ticket after, in minutes"),
        default=5,
        validators=[MaxValueValidator(1440)],
        help_text=_("For example 5: when it is down or missed for so long, a ticket opens by itself. 0: at once."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=CheckState.choices, default=CheckState.UNKNOWN, editable=False
    )
    state_since = models.DateTimeField(_("since"), null=True, editable=False)
    reason = models.JSONField(_("reason"), default=dict, editable=False)
    # The last answer, call or report, whatever it said.
    seen_at = models.DateTimeField(_("last heard of"), null=True, editable=False)
    due_at = models.DateTimeField(_("next look"), null=True, editable=False)
    # Bad answers in a row, before it counts as down.
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    ticket_due_at = models.DateTimeField(null=True, editable=False)
    # Since when it has been awake: a redeploy in between is no sleep. Empty: nobody knows, or it sleeps.
    awake_since = models.DateTimeField(null=True, editable=False)
    # When people were told of the trouble it is or was in; empty once they were told of its end.
    told_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = CheckQuerySet["Check"].as_manager()

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["environment", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "name"],
                name="one_check_a_name_and_environment",
                violation_error_message=_("This environment has a check of this name already."),
            ),
            models.CheckConstraint(condition=Q(state__in=CheckState.values), name="check_state_known"),
            models.CheckConstraint(condition=Q(kind__in=["http", "heartbeat", "alarm", "device"]), name="check_kind"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(is_on=True, due_at__isnull=False), name="checks_due"),
            models.Index(fields=["ticket_due_at"], condition=Q(ticket_due_at__isnull=False), name="checks_for_tickets"),
            models.Index(fields=["state", "state_since"], name="checks_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.name}"

    @property
    def reason_text(self) -> str:
        return in_language(self.reason)

    def clean(self) -> None:
        super().clean()
        if self.target and self.environment_id and self.target.environment_id != self.environment_id:
            raise ValidationError({"target": _("This target belongs to another environment.")})


class Expected(models.Model):
    """When something must have called or reported: each so many minutes, or once within each window of a day."""

    class Rhythm(models.TextChoices):
        EVERY = "every", _("each so many minutes")
        WINDOWS = "windows", _("within times of the day")

    rhythm = models.CharField(
        _("expected"),
        max_length=8,
        choices=Rhythm.choices,
        default=Rhythm.EVERY,
        help_text=_("A job that runs each hour: each 60 minutes. A report each morning: within times of the day."),
    )
    every_min = models.PositiveIntegerField(
        _("each … minutes"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 40)],
        help_text=_("For example 60."),
    )
    windows = models.CharField(
        _("times of the day"),
        max_length=300,
        blank=True,
        help_text=_(
            "One call or report is expected in each, in the environment's time zone. For example “06:00-10:00,"
            " 18:00-22:00”, or with weekdays “mon-fri 06:00-10:00; sat 08:00-12:00”."
        ),
    )
    grace_min = models.PositiveIntegerField(
        _("late for, in minutes"),
        default=10,
        validators=[MaxValueValidator(60 * 24 * 7)],
        help_text=_("For example 10: so long after its time it is late; after that, missed."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.rhythm == self.Rhythm.EVERY and not self.windows.strip():
            return
        try:
            rules.parse_windows(self.windows)
        except RuleError as error:
            raise ValidationError({"windows": error.text(get_language() or "en")}) from error

    def expected(self, zone: str) -> rules.Rhythm:
        """When it must have called, by the clock of `zone`. RuleError for windows that were never cleaned."""
        grace = timedelta(minutes=self.grace_min)
        if self.rhythm == self.Rhythm.EVERY:
            return rules.Rhythm(zone, grace, every=timedelta(minutes=self.every_min))
        return rules.Rhythm(zone, grace, windows=rules.parse_windows(self.windows))
