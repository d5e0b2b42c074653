"""Where messages go."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config, EncryptedConfigField, TextsField
from notifications.senders import registry
from notifications.senders.base import Sender
from notifications.texts import Texts
from portal.history import Changes, changed


def language_choices() -> list[tuple[str, Any]]:
    """The portal's languages (a callable: adding one needs no migration)."""
    return list(settings.LANGUAGES)


def default_language() -> str:
    """The portal's default language."""
    return settings.LANGUAGE_CODE


class ChannelQuerySet(models.QuerySet["Channel"]):
    def sending(self, now: datetime) -> "ChannelQuerySet":
        """Channels that may be used at `now`: switched on, and not asked by their other side to wait."""
        return self.filter(models.Q(paused_until=None) | models.Q(paused_until__lte=now), enabled=True)


class Channel(models.Model):
    """One place that messages go to, such as a Discord webhook.

    `enabled` moves by hand (the admin) and in `switch_off`, when the other side says that no message can ever arrive.
    `last_error` is the latest failure and is cleared by the next message that arrives.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=30, choices=registry.choices, default="discord")
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=language_choices,
        default=default_language,
        help_text=_("Messages over this channel are written in this language."),
    )
    enabled = models.BooleanField(
        _("switched on"),
        default=True,
        help_text=_(
            "While switched off, new events are not sent here; messages that already wait go out when it is on again."
        ),
    )
    event_kinds = models.JSONField(
        _("events"),
        default=list,
        blank=True,
        help_text=_("Which kinds of events are sent here. None chosen: all of them."),
    )
    config = EncryptedConfigField(_("settings"), default=Config, editable=False)
    paused_until = models.DateTimeField(
        _("paused until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The other side asked us to wait until then."),
    )
    last_error = TextsField(_("last error"), editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    disabled_reason = TextsField(
        _("switched off because"), editable=False, help_text=_("Set when the portal itself switched it off.")
    )
    disabled_at = models.DateTimeField(_("switched off at"), null=True, blank=True, editable=False)

    objects = ChannelQuerySet.as_manager()
    history = Changes(
        left_out=["paused_until", "last_error", "last_error_at", "disabled_reason", "disabled_at"], secrets=["config"]
    )

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]
        permissions = [("test_channel", "Can send a test message over a channel")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enabled=False) | models.Q(disabled_at=None), name="channel_on_or_switched_off"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError unless `event_kinds` is a list of strings."""
        if not isinstance(self.event_kinds, list) or not all(isinstance(kind, str) for kind in self.event_kinds):
            raise ValidationError({"event_kinds": _("Enter a list of kinds of events.")})

    @property
    def sender(self) -> Sender:
        """The sender of this kind. Raises KeyError when the kind is no longer registered."""
        return registry.sender(self.kind)

    def secrets(self) -> list[str]:
        """The secret values of the settings, for masking."""
        return [self.config.get(field.name, "") for field in self.sender.config_fields if field.secret]

    def masked_config(self) -> dict[str, str]:
        """The settings as people may see them."""
        return {
            field.name: field.mask(value) if field.secret else value
            for field in self.sender.config_fields
            if (value := self.config.get(field.name, ""))
        }

    def settle(self) -> None:
        """A person has saved the channel: if it is on, what the portal noted while it failed is history. Not saved
        here.
        """
        if self.enabled:
            self.disabled_reason, self.disabled_at, self.paused_until = {}, None, None

    def note_success(self) -> None:
        """A message arrived: the last error is history."""
        failing = type(self).objects.filter(pk=self.pk, last_error_at__isnull=False)
        failing.update(last_error={}, last_error_at=None)

    def note_failure(self, error: Texts, now: datetime, *, pause: float | None = None) -> None:
        """Keeps the latest error; with `pause` (seconds) nothing more goes out over this channel until then."""
        changes: dict[str, Any] = {"last_error": error, "last_error_at": now}
        if pause is not None:
            changes["paused_until"] = now + timedelta(seconds=pause)
        type(self).objects.filter(pk=self.pk).update(**changes)

    def switch_off(self, reason: Texts, now: datetime) -> bool:
        """on -> off, because nothing can arrive any more. False when it was off: the caller then tells nobody."""
        self.note_failure(reason, now)
        on = type(self).objects.filter(pk=self.pk, enabled=True)
        with transaction.atomic():
            off = on.update(enabled=False, disabled_reason=reason, disabled_at=now) == 1
            if off:
                changed(type(self).objects.filter(pk=self.pk))
        return off
