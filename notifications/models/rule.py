"""Rules: which events are told where, and to whom."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.channel import Channel
from notifications.models.contact import Contact, ContactGroup, default_zone
from portal.history import Changes
from portal.models import validate_zone


class Rule(models.Model):
    """Events that match all of what is given go to all of its channels and people; nothing given: any.

    Channels of a place (a chat room) get one message; people get one each, over those of the rule's channels that
    write to people and for which they have an address, else over their own. `routing` judges.
    """

    name = models.CharField(
        _("name"), max_length=100, unique=True, help_text=_("For example “Failures of chat to on-call”.")
    )
    is_on = models.BooleanField(_("switched on"), default=True, help_text=_("Off: it is kept, and does nothing."))
    event_kinds = models.JSONField(
        _("events"), default=list, blank=True, help_text=_("None chosen: all. For example “Failed”.")
    )
    severities = models.JSONField(
        _("severities"), default=list, blank=True, help_text=_("None chosen: all. For example error.")
    )
    environments = models.JSONField(
        _("environments"), default=list, blank=True, help_text=_("Short names. None: all. For example chat-dev.")
    )
    teams = models.JSONField(_("teams"), default=list, blank=True, help_text=_("None: all. For example Chat."))
    hours_from = models.TimeField(
        _("from"), null=True, blank=True, help_text=_("Only what happens from then on. For example 09:00.")
    )
    hours_until = models.TimeField(
        _("until"),
        null=True,
        blank=True,
        help_text=_("Only what happens before. For example 18:00; past midnight: 02:00."),
    )
    weekdays = models.JSONField(
        _("weekdays"), default=list, blank=True, help_text=_("None chosen: each day. For example Monday to Friday.")
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        default=default_zone,
        validators=[validate_zone],
        help_text=_("By whose clock hours and weekdays are meant. For example Asia/Seoul."),
    )
    channels: Any = models.ManyToManyField(
        Channel, blank=True, related_name="rules", verbose_name=_("channels"), help_text=_("For example “Team room”.")
    )
    contacts: Any = models.ManyToManyField(
        Contact,
        blank=True,
        related_name="rules",
        verbose_name=pgettext_lazy("rule", "people"),
        help_text=_("For example “Minseo Kim”."),
    )
    groups: Any = models.ManyToManyField(
        ContactGroup,
        blank=True,
        related_name="rules",
        verbose_name=pgettext_lazy("rule", "groups"),
        help_text=_("Told in their order, until somebody acknowledges. For example “On call”."),
    )
    its_people = models.BooleanField(
        _("people of the environment"),
        default=False,
        help_text=_("Also those who are named at the environment; where nobody is, the managers of its team."),
    )
    changed_at = models.DateTimeField(auto_now=True, db_index=True, editable=False)

    history = Changes(left_out=["changed_at"], lists=["channels", "contacts", "groups"])

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours_from=None, hours_until=None)
                | models.Q(hours_from__isnull=False, hours_until__isnull=False),
                name="rule_hours_have_both_ends",
            )
        ]

    def __str__(self) -> str:
        return self.name
