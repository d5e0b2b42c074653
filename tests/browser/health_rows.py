"""What has a page and shows whether an environment is up: one of each, of an environment that sleeps, and none of it in
trouble, so that nothing follows."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from environments.models import Device, DeviceReport, Environment, Heartbeat, StatusPage, TicketRule
from environments.models.alarm import Alarm
from environments.services import heartbeat_edits, tickets
from notifications import secret_doors
from notifications.inbound import sms
from notifications.models import Gateway


def furnish(environment: Environment, now: datetime) -> None:
    """A heartbeat, a device with a report, an alarm of nobody, a gateway, a ticket that is over, a rule for mails, and
    a public status page."""
    heartbeat_edits.add(heartbeat=Heartbeat(environment=environment, name="nightly backup"), now=now)
    device = Device.objects.create(environment=environment, name="pump 7", number=1042, windows="06:00-10:00")
    DeviceReport.objects.create(
        device=device,
        epoch=0,
        counter=1,
        sent_at=now,
        received_at=now,
        bits=0,
        battery=87,
        temperature=-4,
        rssi=19,
        disk=35,
        last_error=0,
        is_urgent=False,
    )
    Alarm.objects.create(
        arn="arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:forgotten-disk",
        name="forgotten-disk",
        account_id="123456789012",
        region="ap-northeast-2",
        state="OK",
        dimensions={},
        changed_at=now,
        received_at=now,
    )
    gateway = Gateway(name="SMS Seoul", config={sms.SECRET: "12345"})
    secret_doors.new_address(gateway)
    gateway.save()
    cause, said = "check:0", {"en": f"{environment.name}: API is down", "ko": f"{environment.name}: API 응답 없음"}
    tickets.incident(environment=environment, cause=cause, title=said, description=said, now=now)
    answers = {"en": "It answers again.", "ko": "다시 응답해요."}
    tickets.over(environment_id=environment.pk, cause=cause, reason=answers, now=now)
    TicketRule.objects.create(reader=User.objects.get(username="viewer"), team=environment.team)
    StatusPage.objects.create(environment=environment, is_public=True, title="Chat", contact="dev-team@example.com")
