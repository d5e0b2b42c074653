from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .schedule import Schedule, validate_zone
from .tag import Tag
from .team import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from .exception import DayExceptionQuerySet

# Plans look back over a week for what began before; older exceptions decide nothing any more.
READ_BACK = timedelta(days=10)
SEE_EVERY_TEAM = "environments.view_all_teams"


class State(models.TextChoices):
    """What an environment is doing, as the portal last saw it; words and colours are those of the interface guide."""

    RUNNING = "running", _("Running")
    STARTING = "starting", _("Starting")
    STOPPED = "stopped", _("Stopped")
    STOPPING = "stopping", _("Stopping")
    REDEPLOYING = "redeploying", _("Redeploying")
    FAILED_TO_START = "failed_to_start", _("Failed to start")
    FAILED_TO_STOP = "failed_to_stop", _("Failed to stop")
    UNKNOWN = "unknown", _("Not known yet")


FAILED_STATES = frozenset({State.FAILED_TO_START, State.FAILED_TO_STOP})
MOVING_STATES = frozenset({State.STARTING, State.STOPPING, State.REDEPLOYING})


class Wish(models.TextChoices):
    """What the plan last asked for; `any` leaves an environment as it is."""

    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")
    ANY = "any", _("as it is")


class OnPush(models.TextChoices):
    """What becomes of a new image while the environment runs; one that sleeps takes it when it starts."""

    NEXT_START = "next_start", _("at the next start")
    AT_ONCE = "at_once", _("at once")
    AT_HOUR = "at_hour", _("at a set hour")


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    def visible_to(self, user: User | AnonymousUser) -> EnvironmentQuerySet:
        """Environments of the user's teams; all of them for those who may see every team."""
        if not user.is_active:
            return self.none()
        if user.has_perm(SEE_EVERY_TEAM):
            return self
        return self.filter(team__in=user.teams.all())

    def due(self, now: datetime) -> EnvironmentQuerySet:
        """Environments whose plan has something to say by `now`; read through the index on `next_transition_at`."""
        return self.filter(next_transition_at__lte=now)

    def with_plan(self, now: datetime | None = None) -> EnvironmentQuerySet:
        """Everything that decides the plan, in a fixed number of queries; `now` leaves exceptions long past unread."""
        from .exception import DayException
        from .hold import Hold
        from .pause import Pause
        from .target import Target

        exceptions = DayException.objects.in_force().select_related("author")
        if now is not None:
            exceptions = exceptions.from_day(now.date() - READ_BACK)

        def those(path: str) -> models.Prefetch[str, DayExceptionQuerySet, str]:
            return models.Prefetch(path, queryset=exceptions, to_attr="exceptions_in_force")

        return self.select_related("team", "schedule").prefetch_related(
            "schedule__periods",
            models.Prefetch("holds", queryset=Hold.objects.open().select_related("author"), to_attr="open_holds"),
            models.Prefetch("pauses", queryset=Pause.objects.open().select_related("author"), to_attr="open_pauses"),
            those("exceptions"),
            those("team__exceptions"),
            those("schedule__exceptions"),
            models.Prefetch(
                "targets",
                queryset=Target.objects.filter(environment__honour_windows=True).only("environment_id", "memory"),
                to_attr="honoured_targets",
            ),
            "calendars__days",
            "team__calendars__days",
            "schedule__calendars__days",
        )


class Environment(models.Model):
    """What people switch on and off: a team, a schedule, and targets.

    `state` is what the portal saw last and moves only through operations (`services.workflow`). `wish` is what the plan
    asked for last; `next_transition_at` is when it next has something to say, so that a tick reads only what is due.
    """

    name = models.CharField(
        _("name"), max_length=80, unique=True, help_text=_("What people say, for example “chat-dev”.")
    )
    slug = models.SlugField(
        _("short name"),
        max_length=80,
        unique=True,
        help_text=_(
            "Used in addresses, in the chat and in the API, for example chat-dev. Small letters, digits and dashes."
        ),
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.PROTECT,
        related_name="environments",
        help_text=_("Whose it is: the managers of this team start and stop it."),
    )
    schedule = models.ForeignKey(
        Schedule,
        verbose_name=_("schedule"),
        on_delete=models.PROTECT,
        related_name="environments",
        null=True,
        blank=True,
        help_text=_("When it runs. Empty: only when somebody starts it, until somebody stops it."),
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=_("In which its times are shown. Empty: that of its schedule."),
    )
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("What it is for, for example “Tests of the chat app”."),
    )
    needs = models.ManyToManyField(
        "self",
        verbose_name=_("needs"),
        symmetrical=False,
        related_name="needed_by",
        blank=True,
        help_text=_("Environments that must run before it starts, and are not stopped while it runs."),
    )
    tags = models.ManyToManyField(
        Tag,
        verbose_name=_("tags"),
        related_name="environments",
        blank=True,
        help_text=_("Words to find it by, for example “demo”."),
    )
    expires_on = models.DateField(
        _("last day"),
        null=True,
        blank=True,
        help_text=_(
            "At the end of this day, for example 2026-12-31, it is stopped for good. Its people are told a week and a"
            " day before."
        ),
    )
    max_hold_hours = models.PositiveSmallIntegerField(
        _("longest hold, in hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "For example 12: managers cannot hold it beyond its plan for longer, nor pause its schedule. Empty: no"
            " limit. Exceptions of days are not limited by it."
        ),
    )
    start_early = models.BooleanField(
        _("start early"),
        default=False,
        help_text=_("Start it as long before the planned time as its past starts took, so that it is ready then."),
    )
    start_early_cap = models.PositiveSmallIntegerField(
        _("at most this many minutes early"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("However long its past starts took, for example 30."),
    )
    honour_windows = models.BooleanField(
        _("up for maintenance"),
        default=False,
        help_text=_("Run it while AWS maintains its databases and instances, and stop it afterwards."),
    )
    on_push = models.CharField(
        _("new images"),
        max_length=12,
        choices=OnPush.choices,
        default=OnPush.NEXT_START,
        help_text=_("When an image that it takes was pushed: for example “at once” for a demo that must be new."),
    )
    push_hour = models.TimeField(
        _("hour of new images"),
        null=True,
        blank=True,
        help_text=_("With “at a set hour”: when it takes them, by its own clock. For example 12:30, at lunch."),
    )
    contacts = models.ManyToManyField(
        "notifications.Contact",
        verbose_name=_("people"),
        related_name="environments",
        blank=True,
        help_text=_(
            "Who is asked before it stops, and told where a rule says so. Empty: the managers of its team. For example"
            " Minseo Kim."
        ),
    )
    warn_minutes = models.PositiveSmallIntegerField(
        _("warning before a stop (minutes)"),
        default=30,
        validators=[MaxValueValidator(240)],
        help_text=_("So long before a planned stop its people can keep it on by a click. 0: never. For example 15."),
    )
    # The planned stop that its people were warned of last.
    warned_for = models.DateTimeField(_("warned of the stop at"), null=True, editable=False)
    # Learned from its past starts: how many minutes ahead it is started (0: not enough is known).
    start_lead = models.PositiveSmallIntegerField(_("minutes early"), default=0, editable=False)
    # How many days before the end its people were last warned; empty: not yet.
    expiry_warned = models.PositiveSmallIntegerField(_("last warning, days before"), null=True, editable=False)
    # It ran already, by somebody else's hand, when its period began (schedules that spare what ran before).
    retained = models.BooleanField(_("spared"), default=False, editable=False)
    drift_since = models.DateTimeField(_("changed outside since"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.UNKNOWN, editable=False)
    state_since = models.DateTimeField(_("since"), null=True, editable=False)
    state_reason = models.JSONField(_("reason"), default=dict, editable=False)
    wish = models.CharField(_("wish of the plan"), max_length=8, choices=Wish.choices, default=Wish.ANY, editable=False)
    next_transition_at = models.DateTimeField(_("next change"), null=True, db_index=True, editable=False)
    judged_at = models.DateTimeField(_("plan last read"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = EnvironmentQuerySet.as_manager()
    history = Changes(
        left_out=[
            *("start_lead", "expiry_warned", "retained", "drift_since", "state", "state_since", "state_reason"),
            *("wish", "next_transition_at", "judged_at", "created_at", "warned_for"),
        ],
        lists=["needs", "tags", "contacts"],
    )

    class Meta:
        verbose_name = _("environment")
        verbose_name_plural = _("environments")
        ordering = ["name"]
        permissions = [
            ("switch_environment", _("Can start, stop and hold environments")),
            ("view_all_teams", _("Can see the environments of every team")),
            ("exceed_hold_limit", _("Can keep environments on or off beyond their limit")),
        ]
        indexes = [
            models.Index(fields=["expires_on"], condition=Q(expires_on__isnull=False), name="environments_by_last_day")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="environment_state_known"),
            models.CheckConstraint(condition=Q(wish__in=Wish.values), name="environment_wish_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.on_push == OnPush.AT_HOUR and self.push_hour is None:
            raise ValidationError({"push_hour": _("Say at which hour, for example 12:30.")})

    @property
    def zone_name(self) -> str:
        """The zone in which its times are shown: its own, else its schedule's, else the portal's."""
        return self.timezone or (self.schedule.timezone if self.schedule else settings.TIME_ZONE)
