"""Opening the reports of devices and telling those that came before: in memory, over rows that the caller locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from environments.models import Device, DeviceReport
from environments.probes import sms_report
from environments.probes.sms_report import NoReportError, NotOpenedError, Sealed, Status
from environments.rules import device_words as words
from environments.rules.replay import Fresh, Window
from notifications.models import Arrival

COUNTED: Final = "counted"
NO_REPORT: Final = "no report"
UNKNOWN_DEVICE: Final = "unknown device"
NOT_OPENED: Final = "not opened"
REPLAYED: Final = "replayed"
TOO_OLD: Final = "too old"
NO_MASTER_KEY: Final = "no master key"
REFUSALS: Final = (NO_REPORT, UNKNOWN_DEVICE, NOT_OPENED, REPLAYED, TOO_OLD, NO_MASTER_KEY)


class Dropped(Exception):
    """A report that does not count: the word for its outcome, and why, for people."""

    def __init__(self, word: str, note: Mapping[str, str]) -> None:
        super().__init__(word)
        self.word, self.note = word, dict(note)


def master_key() -> bytes | None:
    """None when it is not set, or is no key (which a system check tells)."""
    try:
        return sms_report.read_master_key(settings.DEVICE_MASTER_KEY or "")
    except ValueError:
        return None


def read(arrival: Arrival) -> Sealed:
    """The report in a text message. Dropped when there is none."""
    try:
        return sms_report.read(str(arrival.payload.get("text", "")))
    except NoReportError as error:
        raise Dropped(NO_REPORT, error.texts) from None


@dataclass
class Opener:
    """Takes the reports of some devices, oldest first. `known` are the counters of these that have rows already."""

    devices: Mapping[int, Device]
    known: set[tuple[int, int, int]]
    master: bytes | None = field(repr=False)
    _keys: dict[tuple[int, int], bytes] = field(default_factory=dict, repr=False)

    def take(self, sealed: Sealed, arrival: Arrival) -> DeviceReport:
        """The report, unsaved; its device, unsaved, knows that it came. Dropped when it does not count."""
        if self.master is None:
            raise Dropped(NO_MASTER_KEY, words.NO_MASTER_KEY)
        device = self.devices.get(sealed.device)
        if device is None:
            raise Dropped(UNKNOWN_DEVICE, words.UNKNOWN)
        if sealed.epoch not in {device.epoch, device.previous_epoch}:
            raise Dropped(NOT_OPENED, words.other_epoch(sealed.epoch, device.epoch))
        try:
            status = sms_report.unseal(sealed, self._key(sealed, self.master))
        except NotOpenedError:
            raise Dropped(NOT_OPENED, words.NOT_OPENED) from None
        self._remember(device, sealed)
        return _report(device, sealed, status, arrival)

    def _key(self, sealed: Sealed, master: bytes) -> bytes:
        name = sealed.device, sealed.epoch
        if name not in self._keys:
            self._keys[name] = sms_report.device_key(master, device=sealed.device, epoch=sealed.epoch)
        return self._keys[name]

    def _remember(self, device: Device, sealed: Sealed) -> None:
        """Until the first report with a new key, the counters that are kept are those of the key before it."""
        moves_on = device.previous_epoch is not None and sealed.epoch == device.epoch
        window = Window() if moves_on else Window.stored(device.newest_counter, device.counters_seen)
        fresh = window.look(sealed.counter)
        name = device.pk, sealed.epoch, sealed.counter
        if fresh is Fresh.REPLAYED or name in self.known:
            raise Dropped(REPLAYED, words.REPLAYED)
        if fresh is Fresh.TOO_OLD:
            raise Dropped(TOO_OLD, words.TOO_OLD)
        self.known.add(name)
        window = window.take(sealed.counter)
        device.newest_counter, device.counters_seen = window.newest, window.seen_text
        if moves_on:
            device.previous_epoch = None


def known(sealed: Iterable[Sealed], devices: Mapping[int, Device]) -> set[tuple[int, int, int]]:
    """Which of these have rows already; one query, none for none."""
    asked = {(devices[one.device].pk, one.counter) for one in sealed if one.device in devices}
    if not asked:
        return set()
    ids, counters = ({name[place] for name in asked} for place in (0, 1))
    rows = DeviceReport.objects.filter(device__in=ids, counter__in=counters).order_by()
    return set(rows.values_list("device", "epoch", "counter"))


def _report(device: Device, sealed: Sealed, status: Status, arrival: Arrival) -> DeviceReport:
    return DeviceReport(
        device=device,
        epoch=sealed.epoch,
        counter=sealed.counter,
        sent_at=status.sent_at,
        received_at=arrival.received_at,
        bits=status.bits,
        battery=status.battery,
        temperature=status.temperature,
        rssi=status.rssi,
        disk=status.disk,
        last_error=status.last_error,
        is_urgent=bool(status.bits & device.urgent_bits),
    )
