"""Devices in the admin: keys that are shown once, many added at once, and what a reader sees of a device."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import Device, DeviceReport, Environment, Ticket
from environments.probes import sms_report
from environments.services import device_import, tickets
from tests import factories
from tests.support.gateways import MASTER_KEY, device

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
IMPORT = "/environments/device/import/"


def signed_in(as_whom: Any = factories.operator) -> Client:
    client = Client()
    client.force_login(as_whom())
    return client


def body(answer: Any) -> str:
    return str(answer.content.decode())


def key(row: Device, epoch: int) -> str:
    return sms_report.device_key(bytes.fromhex(MASTER_KEY), device=row.number, epoch=epoch).hex()


def test_the_key_of_a_device_is_shown_by_a_post_only_and_that_is_noted() -> None:
    row = device()
    client, page = signed_in(), f"/environments/device/{row.pk}/key/"
    assert key(row, 0) not in body(client.get(page))
    answer = client.post(page, {"do": "show"})
    assert key(row, 0) in body(answer)
    assert "no-store" in answer["Cache-Control"]
    assert key(row, 0) not in body(client.get(page))
    noted = LogEntry.objects.get()
    assert (noted.user.username, noted.object_id) == ("operator", str(row.pk))
    assert key(row, 0) not in str(noted.change_message)


def test_a_new_epoch_is_a_new_key_and_the_one_before_it_is_taken_until_the_first_report() -> None:
    row = device(newest_counter=9, counters_seen="1".zfill(16))
    answer = signed_in().post(f"/environments/device/{row.pk}/key/", {"do": "new"})
    assert key(row, 1) in body(answer)
    row = Device.objects.get()
    assert (row.epoch, row.previous_epoch, row.newest_counter) == (1, 0, 9)


def test_of_a_device_that_never_reported_no_key_before_is_taken() -> None:
    row = device()
    signed_in().post(f"/environments/device/{row.pk}/key/", {"do": "new"})
    assert Device.objects.get().previous_epoch is None


def test_two_new_epochs_in_a_row_still_take_the_key_that_the_device_has() -> None:
    row = device(newest_counter=9, counters_seen="1".zfill(16))
    for _ in range(2):
        signed_in().post(f"/environments/device/{row.pk}/key/", {"do": "new"})
    assert (Device.objects.get().epoch, Device.objects.get().previous_epoch) == (2, 0)


def test_no_key_is_used_twice_after_sixteen() -> None:
    row = device(epoch=15)
    answer = signed_in().post(f"/environments/device/{row.pk}/key/", {"do": "new"})
    assert "All sixteen keys" in body(answer)
    assert Device.objects.get().epoch == 15


def test_without_the_master_key_the_page_says_what_to_do(settings: Settings) -> None:
    settings.DEVICE_MASTER_KEY = ""
    row = device()
    client = signed_in()
    for answer in (
        client.get(f"/environments/device/{row.pk}/key/"),
        client.post(f"/environments/device/{row.pk}/key/", {"do": "new"}),
    ):
        assert "secrets.token_hex(32)" in body(answer)
    assert Device.objects.get().epoch == 0


def test_who_only_looks_sees_no_key_and_no_phone_number() -> None:
    row = device(phone="+821099998888", of=factories.environment("care", state="running"))
    client = signed_in(factories.viewer)
    page = body(client.get(f"/environments/device/{row.pk}/change/"))
    assert "subject 1042" in page
    assert "+821099998888" not in page
    assert client.get(f"/environments/device/{row.pk}/key/").status_code == 403


def test_the_number_and_the_epoch_of_a_device_stay() -> None:
    row = device()
    form = {"environment": row.environment_id, "name": "renamed", "number": "7", "epoch": "3", "rhythm": "every"}
    form |= {"every_min": "60", "grace_min": "10", "urgent_bits": "1", "ticket_after": "5", "is_on": "on"}
    assert signed_in().post(f"/environments/device/{row.pk}/change/", form).status_code == 302
    row = Device.objects.get()
    assert (row.name, row.number, row.epoch) == ("renamed", 1042, 0)


def test_a_device_that_is_removed_leaves_no_incident_behind() -> None:
    row = device()
    said = {"en": "missed", "ko": "누락"}
    tickets.incident(environment=row.environment, cause=tickets.of_check(row.pk), title=said, description=said, now=NOW)
    signed_in().post(f"/environments/device/{row.pk}/delete/", {"post": "yes"})
    assert not Device.objects.exists()
    assert Ticket.objects.get().over_at is not None


def _list_queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/environments/device/")
    assert page.status_code == 200
    return len(seen)


def test_the_list_costs_the_same_for_many_devices() -> None:
    client = signed_in()
    device(1)
    client.get("/environments/device/")
    few = _list_queries(client)
    for number in range(2, 12):
        device(number, last_report={"battery": number, "bits": 1, "urgent": 1})
    assert _list_queries(client) == few
    low = body(client.get("/environments/device/?battery=low"))
    assert len(set(re.findall(r"subject \d+", low))) == 10


def test_the_reports_of_one_device_are_a_list() -> None:
    rows = [device(number) for number in (1, 2)]
    for row in rows:
        DeviceReport.objects.create(
            device=row, epoch=0, counter=1, sent_at=NOW, received_at=NOW, bits=5, battery=50 + row.number,
            temperature=-3, rssi=9, disk=1, last_error=0, is_urgent=True,
        )  # fmt: skip
    client = signed_in()
    assert "device__check_ptr__exact" in body(client.get(f"/environments/device/{rows[0].pk}/change/"))
    page = body(client.get(f"/environments/devicereport/?device__check_ptr__exact={rows[0].pk}"))
    assert "51%" in page
    assert "52%" not in page
    one = DeviceReport.objects.get(device=rows[0])
    assert re.search(rf"{rows[0].name}: \S+", body(client.get(f"/environments/devicereport/{one.pk}/change/")))


def test_a_device_that_never_reported_has_no_clock_that_is_right() -> None:
    client = signed_in()
    new, old = device(1), device(2, last_report={"battery": 50})
    said = [
        re.search(r">\s*right\s*<", body(client.get(f"/environments/device/{one.pk}/change/"))) for one in (new, old)
    ]
    assert [bool(found) for found in said] == [False, True]


def table(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def look(client: Client, content: bytes) -> HttpResponse:
    of = Environment.objects.get(name="care")
    found: Any = client.post(IMPORT, {"environment": of.pk, "file": SimpleUploadedFile("devices.csv", content)})
    return found  # type: ignore[no-any-return]


def carried(answer: HttpResponse) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', body(answer))
    return found[1] if found else ""


def test_a_table_is_looked_at_first_and_then_added_as_a_whole() -> None:
    factories.environment("care", state="running")
    client = signed_in()
    lines = ("name,number,phone,windows", 'A-1,1,+8210,"06:00-10:00, 18:00-22:00"', "", "A-2,2,,")
    answer = look(client, table(*lines))
    assert "2 devices of care" in body(answer)
    assert not Device.objects.exists()
    done = client.post(IMPORT, {"carried": carried(answer)})
    assert "Show the devices" in body(done)
    first, second = Device.objects.order_by("number")
    assert (first.name, first.rhythm, first.windows, first.always) == (
        "A-1",
        "windows",
        "06:00-10:00, 18:00-22:00",
        True,
    )
    assert (second.rhythm, second.kind) == ("every", "device")
    assert first.due_at is not None


def test_what_was_carried_for_one_person_is_not_anothers() -> None:
    factories.environment("care", state="running")
    answer = look(signed_in(), table("name,number", "A-1,1"))
    assert "by somebody else" in body(signed_in(factories.administrator).post(IMPORT, {"carried": carried(answer)}))
    assert not Device.objects.exists()


def wrong(content: bytes) -> list[tuple[int, str]]:
    of = Environment.objects.filter(name="care").first() or factories.environment("care", state="running")
    found = device_import.read(content, environment=of)
    assert all(one.why for one in found.wrong)
    return [(one.line, one.column) for one in found.wrong]


def test_errors_name_their_line_and_field_and_nothing_is_added() -> None:
    device(7, name="taken")
    lines = table(
        "name,number,windows,grace_min",
        "A,x,,",
        "B,2,25:00-26:00,",
        ",3,,",
        "taken,4,,",
        "C,7,,",
        "D,8,,soon",
        "E,9,,",
        "E,9,,",
        "F,4294967296,,",
        "G,10,,,more",
    )
    assert wrong(lines) == [
        *((2, "number"), (3, "windows"), (4, "name"), (5, "name"), (6, "number"), (7, "grace_min")),
        *((9, "name"), (9, "number"), (10, "number"), (11, "")),
    ]
    client = signed_in()
    assert "Nothing was added" in body(look(client, lines))
    assert carried(look(client, lines)) == ""


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", [(1, "name")]),
        (b"name;number", [(2, "")]),
        (b"name,number,colour\nA,1,red", [(1, "colour")]),
        (b"name,number,name\nA,1,B", [(1, "name")]),
        (b"\xff\xfe\x00", [(1, "")]),
        ("name\tnumber\n가\t1".encode("cp949"), []),
        ("\ufeffname;number\r\n가;1\r\n".encode(), []),
        (b'name,number\n"A\n1",1\nB,1', [(4, "number")]),
    ],
)
def test_tables_of_other_programs_are_read_or_said_to_be_none(content: bytes, found: list[tuple[int, str]]) -> None:
    assert wrong(content) == found
