"""Tags of alarms, which no message of CloudWatch carries: asked for where a check goes by a tag, and only then."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from environments import alarm_events
from environments.aws import cloudwatch_alarms
from environments.models import Account
from environments.models.alarm import Alarm
from environments.models.check import Check
from environments.targets.base import AccountRef, TargetError
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from . import alarm_claims, alarms

log = logging.getLogger(__name__)

AT_ONCE: Final = 25
KEPT: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
# No tag of AWS has an empty name: beside the tags it says when they are to be asked for again.
NOT_BEFORE: Final = ""


def ask(*, now: datetime) -> int:
    """Asks CloudWatch for the tags of alarms that nobody else claims; how many were asked for.

    Outside of any transaction. One query where no check goes by a tag. What cannot be asked is asked again after ten
    minutes, the rest once a day.
    """
    by_tags = Check.objects.switched_on().filter(alarmcheck__isnull=False).exclude(alarmcheck__tag_key="")
    if not by_tags.exists():
        return 0
    accounts = {
        one.account_id: AccountRef(one.account_id, one.name, one.role_arn, one.external_id)
        for one in Account.objects.all()
    }
    nobodys = Alarm.objects.filter(check_row=None, account_id__in=accounts).order_by("-changed_at", "pk")
    due = [alarm for alarm in nobodys[:1000] if _is_due(alarm, now)][:AT_ONCE]
    found = {alarm.pk: _asked(alarm, accounts[alarm.account_id], now) for alarm in due}
    if found:
        _keep(found, now)
    return len(found)


def _is_due(alarm: Alarm, now: datetime) -> bool:
    again = alarm.tags.get(NOT_BEFORE)
    return again is None or datetime.fromisoformat(again) <= now


def _asked(alarm: Alarm, account: AccountRef, now: datetime) -> Mapping[str, str]:
    try:
        with lanes.lane(account.account_id):
            tags = cloudwatch_alarms.tags_of(account, alarm.region, alarm.arn)
    except (TargetError, Busy) as error:
        log.warning("Tags of alarm %s could not be asked for: %s", alarm.name, error)
        return {**alarm.tags, NOT_BEFORE: (now + AGAIN).isoformat()}
    return {**tags, NOT_BEFORE: (now + KEPT).isoformat()}


def _keep(found: Mapping[int, Mapping[str, str]], now: datetime) -> None:
    with transaction.atomic():
        rows = list(Alarm.objects.select_for_update().filter(pk__in=found).order_by("pk"))
        waited = [row for row in rows if not row.tags and row.state == Alarm.State.ALARM]
        for row in rows:
            row.tags = dict(found[row.pk])
        Alarm.objects.bulk_update(rows, ["tags"])
        alarms.judge(alarm_claims.assign(rows), now=now)
        for row in waited:
            if row.check_row_id is None:
                alarm_events.changed(row, now)
