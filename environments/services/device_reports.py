"""The door of text messages: what devices report becomes rows, states, sums and alerts.

In the transaction of the intake and a fixed number of queries for a batch (but for sums, which are three for each hour
that it holds, events, which are one for each environment, and counts, one for each gateway). What was not sealed with
the key of its device, or came before, is dropped; its gateway counts it, and the arrival says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from environments import device_events
from environments.models import Check, CheckState, Device, DeviceReport
from environments.probes.sms_report import Sealed
from environments.rules import device_words as words
from environments.rules import expecting, expecting_words, job_calls
from environments.rules.errors import RuleError
from environments.rules.health import Expectation
from notifications.inbound import sms
from notifications.intake import Outcome
from notifications.models import Arrival

from . import device_rows, health, health_sums, heartbeat_rows
from .device_opening import COUNTED, REFUSALS, Dropped, Opener, known, master_key, read

DOOR = sms.DOOR
PRUNED_AT_ONCE: Final = 1000


def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    """What became of these messages; the rest of the work is done when it returns."""
    outcomes: dict[int, Outcome] = {}
    sealed: dict[int, Sealed] = {}
    for arrival in arrivals:
        try:
            sealed[arrival.pk] = read(arrival)
        except Dropped as why:
            outcomes[arrival.pk] = Outcome(why.word, why.note)
    devices = {device.number: device for device in _locked({one.device for one in sealed.values()})}
    opener = Opener(devices, known(sealed.values(), devices), master_key())
    reports: list[DeviceReport] = []
    for arrival in arrivals:
        if arrival.pk in sealed:
            try:
                report = opener.take(sealed[arrival.pk], arrival)
            except Dropped as why:
                outcomes[arrival.pk] = Outcome(why.word, why.note)
            else:
                reports.append(report)
                outcomes[arrival.pk] = Outcome(COUNTED, words.clock_off(report.sent_at - report.received_at) or {})
    _write(reports, now)
    _count(arrivals, outcomes)
    return outcomes


def prune(*, now: datetime) -> int:
    """Removes reports that came in more than `ARRIVAL_DAYS` ago; how many. Their sums stay, and none of them counts
    again: their devices remember the newest counters."""
    old = DeviceReport.objects.filter(received_at__lt=now - timedelta(days=settings.ARRIVAL_DAYS))
    removed = 0
    while ids := list(old.order_by("received_at").values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        removed += DeviceReport.objects.filter(pk__in=ids).delete()[0]
    return removed


def _locked(numbers: Collection[int]) -> list[Device]:
    """These devices as they are now, theirs alone until the transaction ends; in the order in which all lock checks.

    Two steps: a row that was waited for brings what was committed meanwhile, but the rows that it is joined with do
    not.
    """
    if not numbers:
        return []
    rows = Check.objects.filter(device__number__in=numbers).select_for_update(of=("self",), no_key=True)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    found = Device.objects.filter(pk__in=ids).select_related("environment__schedule", "environment__team")
    return list(found.order_by("pk"))


def _write(reports: Sequence[DeviceReport], now: datetime) -> None:
    if not reports:
        return
    of_device: defaultdict[int, list[DeviceReport]] = defaultdict(list)
    for report in reports:
        of_device[report.device_id].append(report)
    devices = [its[0].device for its in of_device.values()]
    moves: list[health.Move] = []
    missed: dict[int, Sequence[datetime]] = {}
    for device in devices:
        its = of_device[device.pk]
        _note_last(device, its)
        if device.is_on:
            move, missed[device.pk] = _judged(device, [one.received_at for one in its], now)
            moves.append(move)
    DeviceReport.objects.bulk_create(reports)
    device_rows.write(devices)
    heartbeat_rows.due(devices)
    health.settle(moves, now=now)
    health_sums.count(received={pk: [one.received_at for one in its] for pk, its in of_device.items()}, missed=missed)
    health.hurry([device.pk for device in devices if device.last_report.get("urgent")], now=now)
    _alert([one for one in reports if one.is_urgent and one.device.is_on], now)


def _note_last(device: Device, reports: Sequence[DeviceReport]) -> None:
    """What it said last is what has the newest counter: messages overtake one another."""
    newest = next((one for one in reports if one.counter == device.newest_counter), None)
    if newest is None:
        return
    device.last_report = {
        "epoch": newest.epoch,
        "counter": newest.counter,
        "sent_at": newest.sent_at.isoformat(),
        "received_at": newest.received_at.isoformat(),
        "bits": newest.bits,
        "urgent": newest.bits & device.urgent_bits,
        "battery": newest.battery,
        "temperature": newest.temperature,
        "rssi": newest.rssi,
        "disk": newest.disk,
        "last_error": newest.last_error,
        "clock": words.clock_off(newest.sent_at - newest.received_at) or {},
    }


def _judged(device: Device, heard: Sequence[datetime], now: datetime) -> tuple[health.Move, Sequence[datetime]]:
    """The state it should be in, by the rhythm and its last report, and by when reports were missed until now. Side
    effect: when it is judged next, unsaved."""
    state, reason = str(CheckState.UP), None
    missed: Sequence[datetime] = ()
    zone = device.environment.zone_name
    heard_at = max([*heard, *([device.seen_at] if device.seen_at else [])])
    try:
        rhythm = device.expected(zone)
    except RuleError as error:
        rhythm, state, reason = None, str(CheckState.UNKNOWN), {"en": error.text("en"), "ko": error.text("ko")}
    if rhythm is not None and health.expected(device.environment, device) is Expectation.EXPECTED:
        since = job_calls.since_when(
            expected_since=health.expected_since(device.environment, device),
            state=device.state,
            state_since=device.state_since,
            heard_at=device.seen_at,
            rhythm=rhythm,
        )
        before = [device.seen_at] if device.seen_at else []
        found = expecting.verdict(rhythm, since=since, heard=[*before, *heard], now=now, owed_from=device.due_at)
        state, reason, missed, device.due_at = found.state, found.reason, found.missed, found.judge_at
    elif rhythm is not None:
        due = expecting.next_due(rhythm, since=heard_at, last_at=heard_at, now=now)
        reason = expecting_words.fine(zone, heard_at, due, now)
    if device.last_report.get("urgent"):
        at = datetime.fromisoformat(device.last_report["received_at"])
        bits = words.positions(device.last_report["urgent"])
        state, reason = str(CheckState.DOWN), words.urgent(bits, at, zone, now)
    return health.Move(device.pk, state, reason or {}, heard_at), missed


def _alert(reports: Sequence[DeviceReport], now: datetime) -> None:
    """At once, also of a device whose newer report came first. One event for each environment."""
    told: defaultdict[int, dict[int, DeviceReport]] = defaultdict(dict)
    for report in reports:
        told[report.device.environment_id][report.device_id] = report
    for its in told.values():
        environment = next(iter(its.values())).device.environment
        zone = environment.zone_name
        said = [
            (
                one.device.name,
                words.urgent(words.positions(one.bits & one.device.urgent_bits), one.received_at, zone, now),
            )
            for one in its.values()
        ]
        device_events.urgent(environment, said, now)


def _count(arrivals: Sequence[Arrival], outcomes: Mapping[int, Outcome]) -> None:
    """On each gateway: what was refused, the last reason, and when it was last heard of."""
    of_gateway: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.subject is not None:
            of_gateway[arrival.subject].append(arrival)
    for gateway_id, its in sorted(of_gateway.items()):
        refused = [outcomes[one.pk] for one in its if outcomes[one.pk].word in REFUSALS]
        why = refused[-1].note if refused else None
        sms.count(gateway_id, refused=len(refused), why=why, last_at=max(one.received_at for one in its))
