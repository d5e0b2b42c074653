"""Where messages go."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
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


TRIPS_AT = 5
"""So many failures in a row, and a channel rests: whatever is wrong there, asking on and on does not mend it."""

FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)


def rest_after(failures: int) -> timedelta:
    """How long a channel rests after so many failures in a row: not at all, then half a minute, doubling to an hour."""
    if failures < TRIPS_AT:
        return timedelta()
    return min(FIRST_REST * (1 << min(failures - TRIPS_AT, 10)), LONGEST_REST)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def sending(self, now: datetime) -> "ChannelQuerySet":
        """Channels that may be used at `now`: switched on, not resting and not asked by their other side to wait, and
        within their pace.
        """
        return self.filter(
            models.Q(paused_until=None) | models.Q(paused_until__lte=now),
            models.Q(next_at=None) | models.Q(next_at__lte=now),
            enabled=True,
        )


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
            "While switched off, new events are not sent here. What already waits goes out when it is on again, unless"
            " it is no news any more."
        ),
    )
    event_kinds = models.JSONField(
        _("events"),
        default=list,
        blank=True,
        help_text=_("Which kinds of events are sent here. None chosen: all of them."),
    )
    config = EncryptedConfigField(_("settings"), default=Config, editable=False)
    gather_seconds = models.PositiveSmallIntegerField(
        _("gather for (seconds)"),
        default=0,
        validators=[MaxValueValidator(600)],
        help_text=_("What comes of one environment within this time is one message. 0: each its own. For example 10."),
    )
    fold_minutes = models.PositiveSmallIntegerField(
        _("not again within (minutes)"),
        default=0,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("The same again within this time is counted and not sent. 0: each is sent. For example 30."),
    )
    per_minute = models.PositiveSmallIntegerField(
        _("at most a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("More than that wait. Empty: as many as its service takes. For example 30."),
    )
    daily_cap = models.PositiveIntegerField(
        _("at most a day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("What comes beyond is not sent, and its owner is told once. Empty: no limit. For example 100."),
    )
    owner = models.ForeignKey(
        "notifications.Contact",
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_channels",
        help_text=_(
            "Who is told when it is switched off, nothing arrives over it, or its limit is reached. For example"
            " “Minseo Kim”."
        ),
    )
    # In a row; from `channel_health.TRIPS_AT` on, it rests (a circuit breaker). A message that arrives ends the row.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    # When the next message may be claimed, by `per_minute`.
    next_at = models.DateTimeField(null=True, editable=False)
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
        left_out=[
            *("paused_until", "last_error", "last_error_at", "disabled_reason", "disabled_at", "failures", "next_at"),
        ],
        secrets=["config"],
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
            self.failures = 0

    def is_open(self, now: datetime) -> bool:
        """What `ChannelQuerySet.sending` asks, of this row as it was read."""
        return self.enabled and all(at is None or at <= now for at in (self.paused_until, self.next_at))

    @property
    def has_tripped(self) -> bool:
        """So many failures in a row that it rests, and then is tried with one message."""
        return self.failures >= TRIPS_AT

    def note_success(self) -> None:
        """A message arrived: the last error is history, and so is the row of failures with its rest. Writes only where
        this row, as it was read, knows of any: what fails meanwhile is seen by the next message.
        """
        if self.last_error_at is not None:
            self._ours().update(last_error={}, last_error_at=None)
        self.note_alive()

    def note_alive(self) -> None:
        """It answers, if only to refuse a message: the row of failures ends. A wait that its other side asked for
        stays.
        """
        if self.has_tripped:
            self._ours().filter(failures__gte=TRIPS_AT).update(failures=0, paused_until=None)
        elif self.failures:
            self._ours().filter(failures__lt=TRIPS_AT).update(failures=0)

    def note_failure(self, error: Texts, now: datetime, *, pause: float | None = None, counts: bool = False) -> None:
        """Keeps the latest error. With `pause` (seconds) nothing more goes out over this channel until then; what
        `counts` is one more of the failures in a row, and from `TRIPS_AT` on the channel rests.
        """
        changes: dict[str, Any] = {"last_error": error, "last_error_at": now}
        if counts:
            changes["failures"] = models.F("failures") + 1
        with transaction.atomic():
            self._ours().update(**changes)
            rest = timedelta(seconds=pause or 0)
            if counts:
                rest = max(rest, rest_after(self._ours().values_list("failures", flat=True).get()))
            until = now + rest
            # A message that fails late must not shorten what another one has brought about.
            shorter = models.Q(paused_until=None) | models.Q(paused_until__lt=until)
            if rest:
                self._ours().filter(shorter).update(paused_until=until)

    def switch_off(self, reason: Texts, now: datetime) -> bool:
        """on -> off, because nothing can arrive any more. False when it was off: the caller then tells nobody."""
        self.note_failure(reason, now)
        on = self._ours().filter(enabled=True)
        with transaction.atomic():
            off = on.update(enabled=False, disabled_reason=reason, disabled_at=now) == 1
            if off:
                changed(self._ours())
        return off

    def _ours(self) -> "models.QuerySet[Channel]":
        return type(self).objects.filter(pk=self.pk)
