"""From a device without internet to the people who look after it: its own program, a gateway's call over HTTP, the
worker's tasks, and the pages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from environments import tasks
from environments.models import Device, DeviceReport, HealthDay, Ticket
from notifications.inbound import sms, sms_signature
from notifications.models import Arrival, Event, Gateway
from notifications.tasks import judge
from tests import factories
from tests.admin.overriding import words
from tests.support.gateways import TOKEN, device, gateway
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = Path(__file__).parents[2] / "devices" / "daybreak_report.py"
Report = Callable[..., str]
Clock = Callable[[datetime], None]


@pytest.fixture
def subject(live_server: Any, settings: Any) -> Device:
    """One report in the morning and one in the evening; bits 0 and 2 are urgent."""
    settings.BASE_URL = live_server.url
    windows: dict[str, Any] = {"rhythm": "windows", "windows": "06:00-10:00, 18:00-22:00", "grace_min": 30}
    return device(urgent_bits=0b101, ticket_after=5, **windows)


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(factories.operator())
    return client


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Moves on to a time by the environment's clock, and has the worker do what it does there."""
    with time_machine.travel(monday("05:00"), tick=False) as traveller:

        def go_to(moment: datetime) -> None:
            traveller.move_to(moment)
            work()

        yield go_to


@pytest.fixture
def report(subject: Device, operator: Client, tmp_path: Path) -> Report:
    """The device's program, with the key that the portal shows for it; the text that it would send."""
    page = operator.post(reverse("admin:environments_device_key", args=[subject.pk]), {"do": "show"})
    (tmp_path / "key").write_text(page.context["key"])
    counter = str(tmp_path / "counter")
    subprocess.run([sys.executable, PROGRAM, "--new-counter", counter], check=True)

    def made(**said: int) -> str:
        asked = ["--key-file", str(tmp_path / "key"), "--counter-file", counter, "--device", str(subject.number)]
        asked += ["--at", str(int(timezone.now().timestamp())), "--battery", "87", "--temperature", "21"]
        asked += [part for name, value in said.items() for part in (f"--{name}", str(value))]
        done = subprocess.run([sys.executable, PROGRAM, *asked], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return made


def work() -> None:
    """One turn of the worker's tasks, in the order of their cadence."""
    judge()
    tasks.judge_silence()
    tasks.sweep()


def by_twilio(to: Gateway, text: str, name: str = "SM1") -> int:
    fields = {"MessageSid": name, "AccountSid": "AC1", "From": "+821012345678", "To": "+12025550100", "Body": text}
    signed = sms_signature.twilio(TOKEN, sms.address(to), {key: [value] for key, value in fields.items()})
    answer = requests.post(sms.address(to), data=fields, headers={"X-Twilio-Signature": signed}, timeout=10)
    return answer.status_code


def by_json(to: Gateway, text: str, name: str = "m-1") -> int:
    body = json.dumps({"id": name, "from": "+821012345678", "text": text}).encode()
    stamp = str(int(timezone.now().timestamp()))
    signed = {sms.TIMESTAMP: stamp, sms.SIGNATURE: sms_signature.generic(TOKEN, stamp, body)}
    return requests.post(sms.address(to), body, headers=signed, timeout=10).status_code


CALLS = {"twilio": by_twilio, "json": by_json}


def its_page(browser: Client, of: Device) -> str:
    html: str = browser.get(reverse("admin:environments_device_change", args=[of.pk])).content.decode()
    return words(html.partition("How it stands")[2])


@pytest.mark.parametrize("kind", CALLS)
def test_a_report_is_written_at_once_judged_by_the_worker_and_shown_on_the_devices_page(
    kind: str, subject: Device, report: Report, operator: Client, clock: Clock
) -> None:
    to = gateway(kind)
    clock(monday("07:30"))
    assert CALLS[kind](to, report()) == 200
    assert Arrival.objects.waiting().count() == 1
    assert not DeviceReport.objects.exists()

    work()
    shown = its_page(operator, subject)
    assert "state Up" in shown.replace("State", "state")
    assert "87%" in shown
    assert "07:30" in shown
    to.refresh_from_db()
    assert (to.refused, to.last_at) == (0, monday("07:30"))


@pytest.mark.parametrize("kind", CALLS)
def test_a_forged_call_is_refused_and_writes_nothing(
    kind: str, subject: Device, report: Report, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, text = gateway(kind), report()
    monkeypatch.setitem(globals(), "TOKEN", "guessed")
    assert CALLS[kind](to, text) == 403
    assert not Arrival.objects.exists()


@pytest.mark.parametrize("kind", CALLS)
def test_a_report_that_comes_again_is_counted_on_its_gateway_and_not_judged_again(
    kind: str, subject: Device, report: Report, operator: Client, clock: Clock
) -> None:
    to = gateway(kind)
    clock(monday("07:30"))
    text = report()
    for name in ("first", "first", "again"):  # the gateway heard no answer; somebody recorded it and sends it later
        assert CALLS[kind](to, text, name) == 200
    clock(monday("07:31"))
    assert list(Arrival.objects.order_by("pk").values_list("outcome", flat=True)) == ["counted", "replayed"]
    assert DeviceReport.objects.count() == sum(HealthDay.objects.values_list("received", flat=True)) == 1
    to.refresh_from_db()
    assert to.refused == 1
    assert "came before" in words(operator.get(reverse("admin:notifications_arrival_changelist")).content.decode())


@pytest.mark.parametrize("kind", CALLS)
def test_an_urgent_bit_is_told_and_has_a_ticket_at_once_until_a_report_without_it(
    kind: str, subject: Device, report: Report, operator: Client, clock: Clock
) -> None:
    to = gateway(kind)
    clock(monday("07:30"))
    CALLS[kind](to, report(bits=0b110))
    work()
    clock(monday("07:30") + timedelta(seconds=10))  # the next sweep
    assert Event.objects.filter(kind="device.urgent").count() == 1
    ticket = Ticket.objects.get()
    assert ticket.over_at is None
    assert "An urgent report came at 07:30 (Asia/Seoul): bit 2." in its_page(operator, subject)

    CALLS[kind](to, report(bits=0b010), "second")
    work()
    assert Device.objects.get().state == "up"
    assert Ticket.objects.get().over_at is not None


def test_a_missed_window_is_late_then_missed_then_an_incident_and_the_next_report_ends_it(
    subject: Device, report: Report, operator: Client, clock: Clock
) -> None:
    to = gateway("twilio")
    clock(monday("07:30"))
    by_twilio(to, report())
    clock(monday("22:01"))
    assert Device.objects.get().state == "late"
    clock(monday("22:31"))
    assert Device.objects.get().state == "missed"
    assert Event.objects.filter(kind="check.missed").count() == 1
    assert not Ticket.objects.exists()
    clock(monday("22:37"))
    assert "Missed" in its_page(operator, subject)
    assert Ticket.objects.get().over_at is None

    clock(on("tuesday", "06:10"))
    by_twilio(to, report(), "SM2")
    work()
    assert "Up" in its_page(operator, subject)
    assert Ticket.objects.get().over_at is not None
    assert Event.objects.filter(kind="check.up").count() == 1
    counted = HealthDay.objects.order_by("day").values_list("received", "missed")
    assert [sum(of) for of in zip(*counted, strict=True)] == [2, 1]
