from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .check import OF_ITS_STATE, Check, CheckQuerySet, Expected

LARGEST_NUMBER = 2**32 - 1
LARGEST_EPOCH = 15


class Device(Check, Expected):
    """Something that reports by SMS, sealed, from a place without internet; its name is its subject's.

    Its key follows from the portal's master key, its number and its epoch. `previous_epoch` is accepted, too, until the
    device has reported with the new one.
    """

    number = models.PositiveBigIntegerField(
        _("device number"),
        unique=True,
        validators=[MaxValueValidator(LARGEST_NUMBER)],
        help_text=_("As it is written into the device, for example 1042."),
    )
    phone = models.CharField(
        _("phone number"),
        max_length=30,
        blank=True,
        help_text=_("For example +821012345678. Only a hint: the seal is the proof."),
    )
    epoch = models.PositiveSmallIntegerField(
        _("epoch of its key"),
        default=0,
        validators=[MaxValueValidator(LARGEST_EPOCH)],
        help_text=_("0 to 15, for example 0. A new epoch is a new key."),
    )
    previous_epoch = models.PositiveSmallIntegerField(null=True, editable=False)
    urgent_bits = models.PositiveBigIntegerField(
        _("urgent bits"),
        default=1,
        validators=[MaxValueValidator(LARGEST_NUMBER)],
        help_text=_("Of the 32 bits of its status, those that alert at once, as a number: for example 1, or 5."),
    )
    # The newest counter of the epoch, and which of the 64 before it have come (bit 0: the newest itself).
    newest_counter = models.PositiveBigIntegerField(null=True, editable=False)
    counters_seen = models.CharField(max_length=16, blank=True, editable=False)
    last_report = models.JSONField(_("last report"), default=dict, editable=False)

    objects = CheckQuerySet["Device"].as_manager()  # type: ignore[misc]  # the stubs take one of them for the class's
    history = Changes(
        left_out=[
            *OF_ITS_STATE,
            *("newest_counter", "counters_seen", "last_report"),
        ],
    )

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.kind = self.Kind.DEVICE
        super().save(*args, **kwargs)


class DeviceReport(models.Model):
    """One report that was opened and counted; `sent_at` is what the device's clock says."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="reports")
    epoch = models.PositiveSmallIntegerField(_("epoch of its key"))
    counter = models.PositiveBigIntegerField(_("counter"))
    sent_at = models.DateTimeField(_("sent"))
    received_at = models.DateTimeField(_("received"))
    bits = models.PositiveBigIntegerField(_("status bits"))
    battery = models.PositiveSmallIntegerField(_("battery, per cent"))
    temperature = models.SmallIntegerField(_("temperature, °C"))
    rssi = models.PositiveSmallIntegerField(_("signal"))
    disk = models.PositiveSmallIntegerField(_("disk used, per cent"))
    last_error = models.PositiveIntegerField(_("last error"))
    is_urgent = models.BooleanField(_("urgent"))

    class Meta:
        verbose_name = _("report of a device")
        verbose_name_plural = _("reports of devices")
        default_permissions = ("view",)
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["device", "epoch", "counter"], name="one_report_a_counter"),
            models.CheckConstraint(condition=Q(epoch__lte=LARGEST_EPOCH), name="report_epoch_of_four_bits"),
        ]
        indexes = [
            models.Index(fields=["device", "-received_at"], name="reports_of_a_device"),
            models.Index(fields=["received_at"], name="reports_by_their_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.epoch}/{self.counter}"
