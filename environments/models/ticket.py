from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.history import Changes

from .environment import Environment
from .team import Team
from .texts import in_language


class TicketProgress(models.TextChoices):
    OPEN = "open", pgettext_lazy("ticket", "Open")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")


UNDONE = frozenset({TicketProgress.OPEN, TicketProgress.IN_PROGRESS, TicketProgress.WAITING})


class TicketQuerySet(models.QuerySet["Ticket"]):
    def undone(self) -> TicketQuerySet:
        return self.filter(progress__in=UNDONE)


class Ticket(models.Model):
    """An incident, which opens and closes by itself, or a task, which people open; with somebody who sees to it.

    `cause` says what an incident is about (`operation`, `check:12`): one that is not done for each environment and
    cause. `title` and `description` of an incident are kept in both languages; what people type stands under `""`.
    """

    class Kind(models.TextChoices):
        INCIDENT = "incident", _("incident")
        TASK = "task", _("task")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="tickets")
    environment = models.ForeignKey(
        Environment,
        verbose_name=_("environment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tickets",
        help_text=_("What it is about, for example chat-dev. Empty: the team as a whole."),
    )
    cause = models.CharField(_("cause"), max_length=80, blank=True, editable=False)
    title = models.JSONField(_("title"), default=dict)
    description = models.JSONField(_("description"), default=dict, blank=True)
    progress = models.CharField(
        _("progress"), max_length=12, choices=TicketProgress.choices, default=TicketProgress.OPEN
    )
    per_cent = models.PositiveSmallIntegerField(
        _("per cent"), default=0, validators=[MaxValueValidator(100)], help_text=_("How far it is, for example 40.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tickets_written",
        help_text=_("Empty: the portal itself."),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assignee"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tickets_assigned",
        help_text=_("Who sees to it, for example kim."),
    )
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("watchers"),
        related_name="tickets_watched",
        blank=True,
        help_text=_("Who hears of each change, for example lee."),
    )
    due_on = models.DateField(_("due"), null=True, blank=True, help_text=_("For example 2026-12-31."))
    opened_at = models.DateTimeField(pgettext_lazy("ticket", "opened"))
    done_at = models.DateTimeField(pgettext_lazy("ticket", "done"), null=True, blank=True)
    # When its cause was over; kept when people open it again, so that the same end does not close it twice.
    over_at = models.DateTimeField(_("cause over"), null=True, blank=True, editable=False)

    objects = TicketQuerySet.as_manager()
    history = Changes(lists=["watchers"])

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-opened_at", "-id"]
        permissions = [("work_on_ticket", _("Can open tickets and work on them"))]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "cause"],
                condition=~Q(cause="") & Q(progress__in=["open", "in_progress", "waiting"]),
                name="one_undone_incident_a_cause",
            ),
            models.CheckConstraint(condition=Q(progress__in=TicketProgress.values), name="ticket_progress_known"),
            models.CheckConstraint(condition=Q(kind__in=["incident", "task"]), name="ticket_kind_known"),
            models.CheckConstraint(
                condition=Q(progress="done", done_at__isnull=False) | (~Q(progress="done") & Q(done_at__isnull=True)),
                name="ticket_done_has_time",
            ),
            models.CheckConstraint(condition=Q(per_cent__lte=100), name="ticket_per_cent_to_100"),
            models.CheckConstraint(
                condition=Q(kind="task", cause="") | (Q(kind="incident", environment__isnull=False) & ~Q(cause="")),
                name="incident_has_environment_and_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "progress"], name="tickets_of_a_team"),
            models.Index(fields=["assignee", "progress"], name="tickets_of_an_assignee"),
            models.Index(fields=["environment", "-opened_at"], name="tickets_of_an_environment"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title_text}"

    @property
    def title_text(self) -> str:
        return in_language(self.title)

    @property
    def description_text(self) -> str:
        return in_language(self.description)


class TicketComment(models.Model):
    """What somebody said about a ticket, or the portal itself (in both languages)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.JSONField(_("text"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        default_permissions = ("view",)
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["ticket", "at"], name="comments_of_a_ticket")]

    def __str__(self) -> str:
        return in_language(self.text)


class TicketMail(models.Model):
    """What changed on a ticket, owed to one reader by mail; changes within a minute are one mail.

    pending -> sent | failed | unknown (the server may have taken it: not sent again by itself).
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("not known")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="mails")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # What to tell: each {"who", "what" (texts), "old", "new", "at"}.
    lines = models.JSONField(default=list)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    not_before = models.DateTimeField(_("not before"))
    leased_until = models.DateTimeField(_("leased until"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("mail of a ticket")
        verbose_name_plural = _("mails of tickets")
        default_permissions = ()
        indexes = [models.Index(fields=["not_before"], condition=Q(status="pending"), name="ticket_mails_due")]

    def __str__(self) -> str:
        return f"{self.ticket} → {self.reader}"


class TicketRule(models.Model):
    """Of which tickets somebody hears by mail, beside those of their own: by team, kind and what happened."""

    class Hears(models.TextChoices):
        OPENED = "opened", _("when one opens or is done")
        EVERYTHING = "everything", _("each change")

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reader"),
        on_delete=models.CASCADE,
        related_name="ticket_rules",
        help_text=_("Who gets the mails, for example kim."),
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Of which team, for example Chat. Empty: all teams that the reader sees."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=Ticket.Kind.choices,
        blank=True,
        help_text=_("For example incident. Empty: both."),
    )
    hears = models.CharField(
        _("hears"),
        max_length=12,
        choices=Hears.choices,
        default=Hears.OPENED,
        help_text=_("For example “when one opens or is done”."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("rule for mails of tickets")
        verbose_name_plural = _("rules for mails of tickets")
        ordering = ["reader", "team", "kind"]

    def __str__(self) -> str:
        return f"{self.reader}: {self.get_hears_display()}"
