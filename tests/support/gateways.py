"""SMS gateways as a test plays them: signed calls with reports of devices that do not exist outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from environments.models import Check, Device, Environment
from environments.probes import sms_report
from environments.probes.sms_report import Status
from notifications import secret_doors
from notifications.inbound import sms, sms_signature
from notifications.models import Gateway
from tests import factories

MASTER_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
TOKEN = "12345"


def gateway(kind: str = "json", name: str = "SMS Seoul", **fields: Any) -> Gateway:
    made = Gateway(name=name, kind=kind, config={sms.SECRET: TOKEN}, **fields)
    secret_doors.new_address(made)
    made.save()
    return made


def path(of: Gateway) -> str:
    return f"/hooks/sms/{of.config[secret_doors.KEY]}/"


def call(
    of: Gateway, said: Any, *, at: datetime | None = None, secret: str = TOKEN, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A call of the generic gateway, signed now unless told otherwise."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(int((at or timezone.now()).timestamp()))
    signed = {sms.TIMESTAMP: stamp, sms.SIGNATURE: sms_signature.generic(secret, stamp, body)} | dict(headers or {})
    found: Any = Client(enforce_csrf_checks=True).post(path(of), body, content_type="application/json", headers=signed)
    return found  # type: ignore[no-any-return]


def call_of_twilio(of: Gateway, *, signed_for: str = "", signature: str | None = None, **fields: str) -> HttpResponse:
    """A call of Twilio, which knows us by `signed_for` (else as it was told)."""
    address = signed_for or sms.address(of)
    given = sms_signature.twilio(TOKEN, address, {name: [value] for name, value in fields.items()})
    found: Any = Client(enforce_csrf_checks=True).post(
        path(of),
        urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": given if signature is None else signature},
    )
    return found  # type: ignore[no-any-return]


def device(number: int = 1042, *, of: Environment | None = None, **fields: Any) -> Device:
    """One that reports each eight hours, of an environment that has been running for long."""
    of = of or Environment.objects.filter(name="care").first() or factories.environment("care", state="running")
    values = {"name": f"subject {number}", "always": True, "every_min": 480} | fields
    made = Device.objects.create(environment=of, number=number, **values)
    Check.objects.filter(pk=made.pk).update(created_at=factories.LONG_AGO)
    return made


def report(
    counter: int,
    *,
    number: int = 1042,
    epoch: int = 0,
    at: datetime | None = None,
    master: str = MASTER_KEY,
    **said: int,
) -> str:
    """The text of a report: all is well unless told otherwise."""
    key = sms_report.device_key(bytes.fromhex(master), device=number, epoch=epoch)
    values = {"bits": 0, "battery": 87, "temperature": 21, "rssi": 19, "disk": 35, "last_error": 0} | said
    status = Status(at or datetime(2026, 11, 23, 1, tzinfo=UTC), **values)
    return sms_report.seal(status, key, device=number, epoch=epoch, counter=counter)
