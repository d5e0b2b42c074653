"""Devices that report by SMS: their keys, and what follows when one is added, edited or removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from environments.models import Check, Device
from environments.models.device import LARGEST_EPOCH
from environments.probes import sms_report

from . import health, health_telling
from .device_opening import master_key

REMOVED: Final = {"en": "The device was removed.", "ko": "기기가 삭제됐어요."}
# None of these says when it is expected.
BESIDE: Final = frozenset({"name", "target", "ticket_after", "phone", "urgent_bits"})


class NoMasterKey(Exception):
    """DEVICE_MASTER_KEY is not set, or is no key: there are no keys of devices."""


class KeysUsedUp(Exception):
    """All sixteen keys of the device's number were used; none is used twice."""


def key_of(device: Device) -> str:
    """What is written into the device: 64 hexadecimal digits. Raises NoMasterKey."""
    master = master_key()
    if master is None:
        raise NoMasterKey
    return sms_report.device_key(master, device=device.number, epoch=device.epoch).hex()


def new_epoch(*, device: Device) -> str:
    """Give the device its next key, and say it. Raises KeysUsedUp, or NoMasterKey; then nothing is changed.

    The key that it has reported with is taken until it reports with the new one. One that it never reported with is
    taken no more.
    """
    if master_key() is None:
        raise NoMasterKey
    with transaction.atomic():
        # Reports are judged under this lock.
        Check.objects.select_for_update(no_key=True).get(pk=device.pk)
        row = Device.objects.get(pk=device.pk)
        if row.epoch >= LARGEST_EPOCH:
            raise KeysUsedUp
        if row.previous_epoch is None and row.newest_counter is not None:
            row.previous_epoch = row.epoch
        row.epoch += 1
        row.save(update_fields=["epoch", "previous_epoch"])
    return key_of(row)


def saved(*, devices: Sequence[Device], changed: Sequence[str] | None, now: datetime) -> None:
    """In the transaction that saved them: they are expected by their new rhythm. `changed` are names of fields, None
    for new ones."""
    if changed is None or set(changed) - BESIDE:
        Check.objects.filter(pk__in=[device.pk for device in devices], due_at__isnull=False).update(due_at=now)
        health.environments_moved({device.environment_id for device in devices}, now=now)


def remove(*, devices: Sequence[Device], now: datetime) -> None:
    """Remove devices with their reports; their sums stay, their incidents are over."""
    with transaction.atomic():
        health_telling.removed([device.pk for device in devices], REMOVED, now=now)
        for device in devices:
            device.delete()
