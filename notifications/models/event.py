"""What happened: the append-only log behind every message."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import texts
from notifications.models.fields import SearchableJSONEncoder, TextsField


class Severity(models.TextChoices):
    """How much an event matters. Senders turn it into their medium's colour."""

    INFO = "info", _("Info")
    SUCCESS = "success", _("Success")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")


class Event(models.Model):
    """Something worth knowing, in each language of the portal. Written by `outbox.publish`, never changed after
    but for the name of somebody who is erased (`erasing`)."""

    kind = models.CharField(_("kind"), max_length=100)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    labels = models.JSONField(
        _("labels"),
        default=dict,
        blank=True,
        encoder=SearchableJSONEncoder,
        help_text=_("What the event is about, such as its environment and team."),
    )
    title = TextsField(_("title"))
    body = TextsField(_("text"))
    fields = models.JSONField(
        _("details"),
        default=list,
        blank=True,
        encoder=SearchableJSONEncoder,
        help_text=_("A list of name and value, each in every language."),
    )
    link = models.CharField(_("link"), max_length=500, blank=True, help_text=_("Path of a page of this portal."))
    actor = models.CharField(
        pgettext_lazy("event", "by"), max_length=200, blank=True, help_text=_("Who or what caused it.")
    )
    at = models.DateTimeField(pgettext_lazy("event", "at"), db_index=True)
    # What belongs together, such as the trouble of one check: the same again is folded, and its end follows its begin.
    thread = models.CharField(_("thread"), max_length=200, blank=True, editable=False)
    ends_thread = models.BooleanField(_("ends its thread"), default=False, editable=False)
    until = models.DateTimeField(
        _("news until"), null=True, blank=True, editable=False, help_text=_("Not sent by then, it is not sent at all.")
    )
    # What its readers can do by a link without signing in: {"verb", "subject", "choices": [{"key", "label", "note"}]}.
    offer = models.JSONField(_("offer"), null=True, blank=True, encoder=SearchableJSONEncoder, editable=False)
    dedupe_key = models.CharField(
        _("deduplication key"),
        max_length=200,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text=_("At most one event is written for one key."),
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["thread", "-id"], condition=~models.Q(thread=""), name="event_thread"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__in=Severity.values), name="event_severity_known"),
            models.CheckConstraint(condition=~models.Q(dedupe_key=""), name="event_dedupe_key_not_empty"),
            models.CheckConstraint(
                condition=models.Q(link="") | (models.Q(link__startswith="/") & ~models.Q(link__startswith="//")),
                name="event_link_is_a_path_here",
            ),
        ]

    def __str__(self) -> str:
        return texts.here(self.title)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Adds the event. Raises TypeError on one that exists: the log only grows."""
        if not self._state.adding:
            raise TypeError("An event is never changed.")
        super().save(*args, **kwargs)
