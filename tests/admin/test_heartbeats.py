"""Heartbeats in the admin: addresses for those who care for them alone, and words for what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from environments.admin.heartbeat_lines import lines
from environments.models import Environment, Heartbeat
from environments.services import heartbeat_edits, heartbeats
from notifications import intake
from tests import factories
from tests.support.times import monday

from .conftest import Enter

pytestmark = pytest.mark.django_db
NOW = monday("12:00")
LIST = "/environments/heartbeat/"


@pytest.fixture(autouse=True)
def monday_noon(monday_morning: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chat() -> Environment:
    return factories.environment(state="running", wish="running", state_since=monday("09:00"))


def heartbeat(of: Environment, name: str = "nightly backup", **fields: Any) -> Heartbeat:
    row = Heartbeat(environment=of, name=name, **fields)
    heartbeat_edits.add(heartbeat=row, now=monday("10:00"))
    return row


def page(row: Heartbeat) -> str:
    return f"{LIST}{row.pk}/change/"


def form(of: Environment, **fields: str) -> dict[str, str]:
    own = {"environment": str(of.pk), "name": "backup", "is_on": "on", "rhythm": "every", "every_min": "60"}
    return own | {"windows": "", "grace_min": "10", "ticket_after": "5"} | fields


def test_one_that_is_added_has_an_address_of_its_own_and_its_page_shows_it_with_lines_to_copy(
    as_operator: Client, chat: Environment
) -> None:
    answer = as_operator.post(f"{LIST}add/", form(chat), follow=True)
    row = Heartbeat.objects.get()
    address = heartbeats.address(row)
    assert f'value="{address}"' in answer.content.decode()
    assert [line.name for line in answer.context["lines"]] == [line.name for line in lines(address)]
    assert {"curl", "wget", "cron", "Python", "PowerShell", "systemd", "GitHub Actions"} <= {
        line.name for line in lines(address)
    }
    assert all(address in line.text for line in lines(address))


def test_those_who_only_look_see_how_it_stands_and_not_its_address(enter: Enter, chat: Environment) -> None:
    row, as_viewer = heartbeat(chat), enter(factories.viewer())
    heartbeats.called(heartbeat_id=row.pk, said="fail", status=3, body=b"disk full", now=NOW)
    intake.judge_due(now=NOW)
    for address in (page(row), LIST):
        shown = as_viewer.get(address).content.decode()
        assert "Down" in shown
        assert row.key[heartbeats.KEY] not in shown
    assert "disk full" in as_viewer.get(page(row)).content.decode()


def test_a_new_address_ends_the_old_one(as_operator: Client, chat: Environment) -> None:
    row = heartbeat(chat)
    old = row.key[heartbeats.KEY]
    as_operator.post(reverse("admin:environments_heartbeat_new_address", args=[row.pk]), {"_form_submitted": "on"})
    row.refresh_from_db()
    assert row.key[heartbeats.KEY] != old
    assert heartbeats.found(old) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"rhythm": "windows", "windows": "06:00-10:00, 18:00-22:00"},
            "Next expected between 18:00 and 22:00 today, Asia/Seoul.",
        ),
        (
            {"rhythm": "windows", "windows": "tue 06:00-10:00"},
            "Next expected between tomorrow 06:00 and 10:00, Asia/Seoul.",
        ),
        ({"every_min": "90"}, "Next expected by 13:30, Asia/Seoul; then each 1 h 30 min after the call before."),
        ({"rhythm": "windows", "windows": "mornings"}, "no times like"),
    ],
)
def test_what_is_expected_is_said_in_plain_words_before_anything_is_saved(
    fields: dict[str, str], said: str, as_operator: Client, chat: Environment
) -> None:
    answer = as_operator.post(f"{LIST}expected/", form(chat, **fields))
    assert said in answer.content.decode()
    assert not Heartbeat.objects.exists()


def test_a_list_of_many_takes_as_many_queries_as_of_few(
    as_operator: Client, chat: Environment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        heartbeat(chat, f"job {number}")
    as_operator.get(LIST)
    with django_assert_max_num_queries(12):
        as_operator.get(LIST)
