"""The address that jobs call: what is answered, what is written, and how little that takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from environments.models import Heartbeat
from environments.services import heartbeat_edits, heartbeats
from notifications.models import Arrival
from portal.masking import mask
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


def heartbeat(**fields: Any) -> Heartbeat:
    row = Heartbeat(environment=factories.environment(state="running", wish="running"), name="backup", **fields)
    heartbeat_edits.add(heartbeat=row, now=monday("09:00"))
    return row


def path(row: Heartbeat) -> str:
    return f"/ping/{row.key[heartbeats.KEY]}"


def said() -> list[dict[str, Any]]:
    return list(Arrival.objects.filter(door="ping").order_by("pk").values_list("payload", flat=True))


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_job_calls_by_get_post_or_head_and_is_answered_at_once(method: str) -> None:
    row = heartbeat()
    answer = Client(enforce_csrf_checks=True).generic(method, path(row))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert not answer.cookies
    assert not answer.has_header("Vary")
    assert said() == [{"said": "success"}]
    assert Arrival.objects.get().subject == row.pk


def test_a_call_takes_one_look_and_one_row(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    address, client = path(heartbeat()), Client()
    with django_assert_num_queries(2):
        client.get(address, headers={"Cookie": "sessionid=abc", "Accept-Language": "ko"})


def test_endings_say_start_failure_and_exit_status() -> None:
    address, client = path(heartbeat()), Client()
    for ending in ("/start", "/success", "/fail", "/0", "/3", "/255", "/"):
        assert client.get(address + ending).content == b"OK\n"
    assert said() == [
        {"said": "start"},
        {"said": "success"},
        {"said": "fail"},
        {"said": "success", "status": 0},
        {"said": "fail", "status": 3},
        {"said": "fail", "status": 255},
        {"said": "success"},
    ]


def test_the_body_is_kept_up_to_ten_kilobytes_as_text_whatever_it_is() -> None:
    address, client = path(heartbeat()), Client()
    client.post(f"{address}/fail", b"disk full\xff\x00!" + b"x" * 50_000, "application/octet-stream")
    assert said()[0]["body"].startswith("disk full\ufffd!")
    assert len(said()[0]["body"]) == heartbeats.LONGEST_BODY - 1, "cut, and without what no database keeps"


def test_an_unknown_key_or_ending_is_not_found_in_plain_text_and_nothing_is_written() -> None:
    address, client = path(heartbeat()), Client()
    endings = ("x", "/256", "/ended", "/start/1", "/SUCCESS", "/successful")
    for unknown in ("/ping/", "/ping/nobody", *(address + ending for ending in endings)):
        answer = client.get(unknown)
        assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain; charset=utf-8"), unknown
    assert client.put(address).status_code == 405
    assert said() == []


def test_one_that_is_switched_off_is_answered_paused_and_counts_nothing() -> None:
    answer = Client().post(f"{path(heartbeat(is_on=False))}/fail", b"x", "text/plain")
    assert (answer.status_code, answer.content) == (200, b"paused\n")
    assert said() == []


def test_a_new_address_ends_the_old_one() -> None:
    row = heartbeat()
    old = path(row)
    heartbeat_edits.new_address(heartbeat=row)
    row.refresh_from_db()
    assert len(row.key[heartbeats.KEY]) >= 22
    assert Client().get(old).status_code == 404
    assert Client().get(path(row)).status_code == 200


def test_the_key_is_sealed_in_the_database_and_hidden_in_logs() -> None:
    row = heartbeat()
    key = row.key[heartbeats.KEY]
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, digest FROM environments_heartbeat")
        assert key not in str(cursor.fetchall())
    assert heartbeats.address(Heartbeat.objects.get()).endswith(f"/ping/{key}")
    assert key not in mask(f"GET /ping/{key}/start 200")
