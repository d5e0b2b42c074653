"""What called and reported in the sample's past: a job at night, and a device in the morning and in the evening.

Both are switched off by now, since nobody plays them: switched on, they are expected and soon missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from environments.models import Check, Device, DeviceReport, Environment, Heartbeat
from environments.rules.replay import SIZE

from . import health_sums, heartbeats, plans
from .health_waking import SWITCHED_OFF

DAY: Final = timedelta(days=1)
BACKUP, BACKUP_WINDOW = "nightly backup", "02:00-04:00"
BACKUP_AT, BACKUP_BY, BACKUP_TOOK = time(2, 30), time(4), timedelta(minutes=11)
BACKUP_SAID = "1.2 GB in 96 files"
DEVICE, NUMBER, WINDOWS = "card terminal 12", 2012, "06:00-10:00, 18:00-22:00"
REPORT_AT, REPORT_BY = (time(7, 10), time(19, 5)), (time(10), time(22))
# So many days ago the job did not call, and the device not in the evening.
BACKUP_MISSED, REPORT_MISSED = 9, 4
# Older reports would be pruned.
KEPT: Final = timedelta(days=30)
SENT_BEFORE: Final = timedelta(seconds=20)


def backup(environment: Environment, first: date, now: datetime) -> None:
    """A heartbeat with the nights from `first` until last night, in the caller's transaction."""
    zone, days = _zone_and_days(environment, first, now)
    missed = days[-BACKUP_MISSED]
    came = [_at(day, BACKUP_AT, zone) for day in days if day != missed]
    row = Heartbeat(
        environment=environment,
        name=BACKUP,
        rhythm=Heartbeat.Rhythm.WINDOWS,
        windows=BACKUP_WINDOW,
        last_began_at=came[-1] - BACKUP_TOOK,
        last_took_ms=BACKUP_TOOK // timedelta(milliseconds=1),
        last_body=BACKUP_SAID,
        **_switched_off(came[-1]),
    )
    heartbeats.renew(row)
    _save(row, datetime.combine(first, time(), zone))
    health_sums.count(received={row.pk: came}, missed={row.pk: [_by(missed, BACKUP_BY, zone)]})


def device(environment: Environment, first: date, now: datetime) -> None:
    """A device with the reports of those days, its last ones in full; in the caller's transaction."""
    zone, days = _zone_and_days(environment, first, now)
    missed = _at(days[-REPORT_MISSED], REPORT_AT[1], zone)
    came = [at for day in days for hour in REPORT_AT if (at := _at(day, hour, zone)) != missed]
    row = Device(
        environment=environment,
        name=DEVICE,
        number=NUMBER,
        rhythm=Device.Rhythm.WINDOWS,
        windows=WINDOWS,
        newest_counter=len(came),
        counters_seen=f"{(1 << min(len(came), SIZE)) - 1:016x}",
        **_switched_off(came[-1]),
    )
    reports = list(_reports(row, came))
    row.last_report = _last(reports[-1])
    _save(row, datetime.combine(first, time(), zone))
    DeviceReport.objects.bulk_create(one for one in reports if one.received_at > now - KEPT)
    lacked = [_by(days[-REPORT_MISSED], REPORT_BY[1], zone)]
    health_sums.count(received={row.pk: came}, missed={row.pk: lacked})


def _zone_and_days(environment: Environment, first: date, now: datetime) -> tuple[ZoneInfo, list[date]]:
    """Until yesterday."""
    today = plans.today(environment.zone_name, now)
    return ZoneInfo(environment.zone_name), [first + number * DAY for number in range((today - first).days)]


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """Around that time: not to the minute, and each day the same when it is asked again."""
    return datetime.combine(day, hour, zone) + timedelta(minutes=day.day * 7 % 17, seconds=day.day * 13 % 60)


def _by(day: date, end: time, zone: ZoneInfo) -> datetime:
    """As what is missed is counted: at the last moment of its window."""
    return datetime.combine(day, end, zone) - timedelta.resolution


def _switched_off(seen_at: datetime) -> dict[str, object]:
    return {"always": True, "is_on": False, "reason": dict(SWITCHED_OFF), "seen_at": seen_at}


def _save(row: Heartbeat | Device, added: datetime) -> None:
    row.save()
    Check.objects.filter(pk=row.pk).update(created_at=added)


def _reports(row: Device, came: Sequence[datetime]) -> Iterator[DeviceReport]:
    for number, at in enumerate(came):
        yield DeviceReport(
            device=row,
            epoch=row.epoch,
            counter=number + 1,
            sent_at=at - SENT_BEFORE,
            received_at=at,
            bits=0,
            battery=100 - number * 5 % 60 // 4,
            temperature=18 + number % 2 * 3,
            rssi=17 + number % 5,
            disk=31 + number // 20,
            last_error=0,
            is_urgent=False,
        )


def _last(report: DeviceReport) -> dict[str, object]:
    """As a report that came in is kept beside its device."""
    figures = ("epoch", "counter", "bits", "battery", "temperature", "rssi", "disk", "last_error")
    moments = {"sent_at": report.sent_at.isoformat(), "received_at": report.received_at.isoformat()}
    return {name: getattr(report, name) for name in figures} | moments | {"urgent": 0, "clock": {}}
