"""Alarms of CloudWatch that no check tells of, as events. Called inside the transaction that took their change.

An alarm that belongs to a check is told by the check (`check_events`), with its environment.
"""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models.alarm import Alarm
from notifications.outbox import publish

RINGS = "alarm.rings"
QUIET = "alarm.quiet"
KINDS = {RINGS: _("Alarm without a check: rings"), QUIET: _("Alarm without a check: quiet again")}
LONGEST_REASON = 600

_TITLES = {
    RINGS: {"en": "Alarm {name} rings", "ko": "경보 {name} 발생"},
    QUIET: {"en": "Alarm {name} is quiet again", "ko": "경보 {name} 해제"},
}


def changed(alarm: Alarm, now: datetime) -> None:
    """An alarm that is no check's has gone to ALARM, or from there to OK. Of each change it is told once.

    Nobody has said of which environment it is, so it has no labels: it is told where all events are, and by rules that
    name its kind.
    """
    kind = RINGS if alarm.state == Alarm.State.ALARM else QUIET
    where = f"{alarm.account_id}, {alarm.region}"
    publish(
        kind=kind,
        severity="warning" if kind == RINGS else "success",
        labels={"environment": "", "team": ""},
        title={language: text.replace("{name}", alarm.name) for language, text in _TITLES[kind].items()},
        body=dict.fromkeys(("en", "ko"), alarm.reason[:LONGEST_REASON]),
        fields=[({"en": "AWS account and region", "ko": "AWS 계정과 리전"}, {"en": where, "ko": where})],
        link=reverse("admin:environments_alarm_change", args=[alarm.pk]),
        now=now,
        dedupe_key=f"alarm-{alarm.pk}-{alarm.state}-{alarm.changed_at:%Y%m%dT%H%M%S%f}",
        thread=f"alarm-{alarm.pk}",
        ends_thread=kind == QUIET,
    )
