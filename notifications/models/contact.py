"""Who hears of things: people, and groups of them in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.channel import Channel, default_language, language_choices
from notifications.models.fields import Config, EncryptedConfigField
from portal.history import Changes
from portal.models import validate_zone

EMAIL: Final = "email"
PHONE: Final = "phone"
SLACK: Final = "slack"
DISCORD: Final = "discord"
JANDI: Final = "jandi"
ADDRESSES: Final = {
    EMAIL: _("e-mail address"),
    PHONE: _("phone number"),
    SLACK: _("Slack member id"),
    DISCORD: _("Discord user id"),
    JANDI: _("JANDI e-mail address"),
}
"""Kinds of addresses of a person. A channel names the kind that it writes to (`Sender.address`)."""


def default_zone() -> str:
    """The portal's own zone."""
    return settings.TIME_ZONE


class Contact(models.Model):
    """A person who hears of things. Addresses are sealed at rest; `reachable_by` names the kinds that there are."""

    class Digest(models.TextChoices):
        NONE = "", _("at once")
        DAILY = "daily", _("once a day")
        WEEKLY = "weekly", _("once a week, on Monday")

    name = models.CharField(_("name"), max_length=100, help_text=_("What colleagues say, for example “Minseo Kim”."))
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("portal user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="contact",
        help_text=_("Their own account here, if they have one: they then look after their entry themselves."),
    )
    addresses = EncryptedConfigField(_("addresses"), default=Config, editable=False)
    reachable_by = models.JSONField(_("reachable by"), default=list, editable=False)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=language_choices,
        default=default_language,
        help_text=_("Messages to them are written in this language."),
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        default=default_zone,
        validators=[validate_zone],
        help_text=_("Their clock: for quiet hours, digests and the times in messages. For example Asia/Seoul."),
    )
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("read on"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Where they get messages. Empty: by e-mail. For example “Mail”."),
    )
    urgent_channel = models.ForeignKey(
        Channel,
        verbose_name=_("when it is urgent"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Where errors reach them instead. Empty: as everything else. For example “SMS”."),
    )
    quiet_from = models.TimeField(
        _("quiet from"),
        null=True,
        blank=True,
        help_text=_("From then on only errors come, by their clock. For example 22:00."),
    )
    quiet_until = models.TimeField(
        _("quiet until"), null=True, blank=True, help_text=_("What waited comes then. For example 07:30.")
    )
    digest = models.CharField(
        _("how often"),
        max_length=8,
        choices=Digest,
        default=Digest.NONE,
        blank=True,
        help_text=_("Once a day or week: everything but errors in one message. For example once a day."),
    )
    digest_at = models.TimeField(
        _("at"), null=True, blank=True, help_text=_("When the one message comes. Empty: 09:00. For example 08:30.")
    )
    is_on = models.BooleanField(_("gets messages"), default=True, help_text=_("Off: they hear of nothing."))
    left_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True, editable=False)

    history = Changes(left_out=["reachable_by"], secrets=["addresses"])

    class Meta:
        verbose_name = pgettext_lazy("person", "contact")
        verbose_name_plural = _("contacts")
        ordering = ["name"]
        permissions = [("export_contact", "Can export what is kept of a person")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="contact_quiet_has_both_ends",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def set_addresses(self, addresses: Mapping[str, str]) -> None:
        """Keep these addresses, by kind; empty ones are left out. Not saved here. Raises ValueError for an unknown
        kind."""
        if unknown := set(addresses) - set(ADDRESSES):
            raise ValueError(f"Unknown kinds of addresses: {sorted(unknown)}")
        kept = {kind: value for kind, value in addresses.items() if value}
        self.addresses = Config(kept)
        self.reachable_by = sorted(kept)

    def clean(self) -> None:
        """Raises ValidationError where only one end of the quiet hours is given, or both are the same."""
        if (self.quiet_from is None) != (self.quiet_until is None):
            missing = "quiet_from" if self.quiet_from is None else "quiet_until"
            raise ValidationError({missing: _("Give both ends of the quiet hours, or none.")})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": _("It must be another time than the beginning.")})


class ContactGroup(models.Model):
    """People who are told together, or one after the other until somebody has acknowledged (`GroupMember.after`)."""

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("For example “On call”."))
    rounds = models.PositiveSmallIntegerField(
        _("rounds"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("How often the whole order is gone through while nobody acknowledges. For example 2."),
    )
    members: Any = models.ManyToManyField(
        Contact, through="GroupMember", related_name="groups", verbose_name=_("members")
    )

    history = Changes()

    class Meta:
        verbose_name = _("group of contacts")
        verbose_name_plural = _("groups of contacts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A person's place in a group: told `after` so many minutes without an acknowledgement; 0: at once."""

    group = models.ForeignKey(ContactGroup, models.CASCADE, related_name="places", verbose_name=_("group of contacts"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="places", verbose_name=pgettext_lazy("person", "contact")
    )
    after = models.PositiveSmallIntegerField(
        _("after (minutes)"),
        default=0,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("How long nobody has acknowledged until this person is told, too. 0: at once. For example 15."),
    )
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("by way of"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_(
            "Empty: as they have chosen. The same person may come twice: by chat at once, by SMS after 10 minutes."
        ),
    )

    history = Changes()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["after", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "contact", "channel"], name="one_place_a_contact_group_and_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} ({self.after} min)"
